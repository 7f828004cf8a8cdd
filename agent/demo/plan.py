"""What happens in the demo: which fault comes when, goes when, and which ticket must follow.

0 s   the agent starts; each camera's own picture reference is taken from its first quiet checks
1/10  device faults, and from 1/5 on picture and stream faults, one device after the other
1/2   a "repair" that is none is sent back, then a real one is verified and its ticket resolved
2/3   a switch dies and takes its cameras: one ticket
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Act:
    """One fault of the demo. `begin` and `end` are shares of the demo's length.

    `expected` is the code of the ticket that must open; "" for what is normal and must open none.
    `repaired`: a technician says that it is while it is not, and again when it is.
    """

    device: str
    fault: str
    expected: str
    begin: float
    end: float
    repaired: bool = False


# Devices behind sw-2 carry the single faults; sw-1 dies at the end with all that hangs on it.
ACTS: Final = (
    Act("nvr-1", "disk_full", "", 0.05, 1.0),
    Act("ups-1", "on_battery", "POWER_BATTERY", 0.10, 0.45),
    Act("cam-09", "off", "REACH_LOST", 0.12, 0.48),
    Act("nvr-1", "disk_failed", "DISK_FAILED", 0.15, 0.52),
    Act("cam-10", "wrong_password", "AUTH_REFUSED", 0.18, 0.54),
    Act("cam-11", "clock_offset", "CLOCK_OFFSET", 0.20, 0.56),
    Act("cam-12", "black", "IMG_BLACK", 0.16, 0.55, repaired=True),
    Act("cam-13", "blurred", "IMG_BLUR", 0.22, 0.67),
    Act("cam-01", "frozen", "IMG_FREEZE", 0.23, 0.67),
    Act("cam-02", "covered", "IMG_COVER", 0.24, 0.68),
    Act("cam-03", "stream_stall", "STREAM_STALL", 0.19, 0.68),
    Act("cam-04", "packet_loss", "STREAM_LOSS", 0.21, 0.68),
    Act("sw-1", "off", "REACH_LOST", 0.70, 0.98),
)
