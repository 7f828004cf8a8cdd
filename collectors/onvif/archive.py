"""What the collectors of recordings have in common."""

from collections.abc import Callable
from datetime import UTC, tzinfo

from collectors.onvif.client import Onvif
from collectors.onvif.media import OnvifMedia
from models.facts import Device
from models.recording import Plan

PlanOf = Callable[[Device, str], Plan]  # device, channel


class OfArchive:
    """A collector that asks a recorder for its recordings.

    Args:
        onvif: the client.
        media: knows the profiles.
        plan_of: what the contract asks of a channel.
        wall: Unix seconds.
        zone: of the plan's hours, and where a day begins at midnight.
    """

    slots = 2
    leisurely = True

    def __init__(
        self,
        onvif: Onvif,
        media: OnvifMedia,
        *,
        plan_of: PlanOf,
        wall: Callable[[], float],
        zone: tzinfo = UTC,
    ) -> None:
        self._onvif = onvif
        self._media = media
        self._plan_of = plan_of
        self._wall = wall
        self._zone = zone

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None
