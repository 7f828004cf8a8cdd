"""What the agent would open: the looks of a trial through its own rule and hold times."""

from collections.abc import Sequence
from typing import Final

from collectors.stream.sight import told
from models.diagnosis import Diagnosis
from models.facts import Device, Kind, Phase, Reading, Report, StreamUri
from models.faults import FAULTS
from models.metrics import METRICS, PICTURE_SURE
from models.picture_look import Values
from models.watch import Watch

CAMERA: Final = Device("camera", Kind.CAMERA, "192.0.2.1", streams=(StreamUri("main", "rtsp://192.0.2.1/"),))
STREAM: Final = "stream"
BEGIN: Final = 1_700_000_000.0
# Looks of a trial stand as far apart as the most patient picture fault waits: its count decides.
APART: Final = max(FAULTS[code].hold.open_seconds for code in PICTURE_SURE)


def confirmed(looks: Sequence[tuple[Diagnosis, Values]]) -> str:
    """Return the first picture fault that an agent opens over some looks, "" for none.

    Of two that open at the same look the one that it was surer of counts.
    """
    watch = Watch("bench", [CAMERA], stale_after=lambda _collector: 2 * APART)
    for number, (diagnosis, values) in enumerate(looks):
        at = BEGIN + number * APART
        readings = [Reading(METRICS[name], value, "main") for name, value in told(diagnosis, values)]
        changes = watch.observe(Report(CAMERA.id, STREAM, at, 0.1, tuple(readings)))
        opened = [one.key.code for one in changes.findings if one.phase is Phase.OPEN]
        codes = [code for code in opened if code in PICTURE_SURE]
        if codes:
            return max(codes, key=lambda code: diagnosis.told.get(code, 0.0))
    return ""
