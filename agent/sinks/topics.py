"""The names messages go by: `cctv/v1/{site}/…`."""

from typing import Final

ROOT: Final = "cctv/v1"
# What ends a level, is a wildcard, or begins an escape; control characters may end a connection (MQTT 1.5.4).
_UNSAFE: Final = frozenset('/+#%"\\') | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


def level(name: str) -> str:
    """Return a name as one level of a topic: unsafe characters as %XX, so that two names never become one."""
    safe = "".join(_escaped(char) if char in _UNSAFE else char for char in name)
    return safe.replace("$", "%24", 1) if safe.startswith("$") else safe or "%"


def status(site: str) -> str:
    """Birth and will of the agent; retained."""
    return f"{ROOT}/{level(site)}/agent/status"


def state(site: str, device: str) -> str:
    """What is known of a device now; retained."""
    return f"{ROOT}/{level(site)}/{level(device)}/state"


def event(site: str, device: str) -> str:
    """What happened to a device; not retained."""
    return f"{ROOT}/{level(site)}/{level(device)}/event"


def incident(site: str, key: str) -> str:
    """An incident, as it is now; retained."""
    return f"{ROOT}/{level(site)}/incident/{level(key)}"


def _escaped(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode(errors="replace"))
