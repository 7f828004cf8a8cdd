"""Ready-made sites: the demo's, and as many cameras as a bench wants."""

from pathlib import Path
from typing import Final

from simulator.site import DeviceSpec, OnvifSpec, SiteSpec, SnmpSpec, filled, load_site

BIG_SITE_MOST: Final = 60_000  # 127.21.0.0/16 without the addresses that end in 0 or 255


def demo_site() -> SiteSpec:
    """Return the site of `siteward demo`: 13 cameras, a recorder, two PoE switches and a UPS."""
    return load_site(Path(__file__).with_name("demo.yaml"))


def big_site(n: int) -> SiteSpec:
    """Return `n` cameras with ONVIF and SNMP v2c and no streams, at 127.21.x.y.

    Raises:
        ValueError: n is not between 1 and 60,000.
    """
    if not 1 <= n <= BIG_SITE_MOST:
        raise ValueError(f"a big site has 1 to {BIG_SITE_MOST} devices, not {n}")
    return filled(SiteSpec(name=f"big-{n}", devices=tuple(_camera(i) for i in range(n))))


def _camera(i: int) -> DeviceSpec:
    return DeviceSpec(
        id=f"cam-{i + 1:05d}",
        kind="camera",
        address=f"127.21.{i // 250}.{i % 250 + 1}",
        password="simulated-camera",  # noqa: S106  of a camera that does not exist
        onvif=OnvifSpec(),
        snmp=SnmpSpec(role="camera", community="simulated"),
    )
