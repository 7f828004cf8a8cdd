"""Which values a device has, by its role."""

from collections.abc import Callable, Iterator
from typing import Final

from simulator.snmp.table import Row
from simulator.snmp.values.box import Box
from simulator.snmp.values.camera import camera
from simulator.snmp.values.recorder import recorder
from simulator.snmp.values.switch import switch
from simulator.snmp.values.ups import ups

ROLES: Final[dict[str, Callable[[Box], Iterator[Row]]]] = {
    "camera": camera,
    "nvr": recorder,
    "switch": switch,
    "ups": ups,
}


def rows_of(box: Box) -> Iterator[Row]:
    """Yield all values of a device.

    Raises:
        ValueError: there is no such role.
    """
    role = ROLES.get(box.snmp.role)
    if role is None:
        raise ValueError(
            f"device {box.spec.id}: no SNMP role {box.snmp.role!r}: choose one of {', '.join(ROLES)}"
        )
    return role(box)
