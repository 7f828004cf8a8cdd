"""Small builders for the store's tests."""

from agent.store import Channel, Message
from models.facts import Failure, FaultKey, Finding, Incident, Phase, Reading, Report, Trouble
from models.metrics import METRICS

T0 = 1_700_000_000.0 // 86400 * 86400  # the beginning of a day
UP = METRICS["cctv_icmp_up"]
RTT = METRICS["cctv_icmp_rtt_seconds"]
INFO = METRICS["cctv_device_info"]


def report(at, *readings, device="cam-1", collector="reach", trouble=None):
    """A report; each reading is (metric, value) or (metric, value, part)."""
    made = tuple(Reading(*reading) for reading in readings)
    error = Failure(trouble, "no answer") if trouble else None
    return Report(device, collector, at, 0.1, made, error)


def failed(at, trouble=Trouble.UNREACHABLE, **more):
    return report(at, trouble=trouble, **more)


def incident(device="cam-1", code="REACH_LOST", *, at=T0, closed_at=None, children=()):
    key = FaultKey(device, "", code)
    return Incident(
        key=f"site/{key}",
        root=Finding(key, Phase.OPEN if closed_at is None else Phase.OK, at),
        children=tuple(FaultKey(child, "", code) for child in children),
        opened_at=at,
        closed_at=closed_at,
    )


def telemetry(number, topic="cctv/v1/site/cam-1/state", at=T0):
    return Message(topic, str(number).encode(), Channel.TELEMETRY, at, retain=True)


def event(number, topic="cctv/v1/site/cam-1/event", at=T0):
    return Message(topic, str(number).encode(), Channel.EVENT, at)


def values(points):
    return [(point.at, point.value) for point in points]
