"""What learning costs at a site: 1,000 devices x 20 series by default.

`update_ms_20000`: processor time of one batch of 20,000 series through baselines and detectors, as the agent
does every five minutes; `retrain_s`: what is worked out anew each night: priors of the classes, devices
beside their siblings, the trend of 90 days of daily values of every series, and the disk classifier on a
month of 500 drives; `rss_mb`: resident memory of the process at its highest; `load_s`: reading the state of
all series at start-up. `fresh_mb` is the process with its libraries before that, `state_mb` the file.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from agent.learning import memory
from bench.output import finish, refuse
from models.learning.anomaly import Detectors
from models.learning.baseline import Baselines
from models.learning.components import COMPONENTS
from models.learning.disks import DiskModel, DriveDays
from models.learning.fleet import compare
from models.learning.priors import learn_priors
from models.learning.wear import Panel, wear

START, STEP, WARM, TIMED, DAYS = 1_700_438_400.0, 300.0, 140, 12, 90
DRIVES, DRIVE_DAYS = 500, 30


def rss() -> float:
    """Return the highest resident memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(devices: int, per_device: int) -> dict[str, object]:
    size, fresh = devices * per_device, rss()
    rng = np.random.default_rng(0)
    base, found, every = Baselines(size), Detectors(size), np.arange(size)
    spent = []
    for step in range(WARM + TIMED):
        at = np.full(size, START + STEP * step)
        value = 10 + np.sin(at / 13750) + rng.normal(0, 1, size)
        began = time.process_time()
        base.take(every, at, value)
        found.take(every, at, value)
        spent.append(time.process_time() - began)
    saved, load_s = restart(base, found)
    return {
        "retrain_s": round(retrain(base, devices, per_device), 2),
        "rss_mb": round(rss()),
        "update_ms_20000": round(1e3 * float(np.median(spent[WARM:])) * 20_000 / size, 1),
        "load_s": round(load_s, 3),
        "fresh_mb": round(fresh),
        "state_mb": round(saved / 1e6, 1),
        "series": size,
    }


def restart(base: Baselines, found: Detectors) -> tuple[int, float]:
    """Return the size of the saved state in bytes, and the time to take it up, seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "learning.npz"
        state = {f"baseline_{name}": array for name, array in base.dump().items()}
        memory.save(path, state | {f"anomaly_{name}": array for name, array in found.dump().items()})
        began = time.process_time()
        again = memory.load(path) or {}
        Baselines().load(memory.part(again, "baseline_"))
        Detectors().load(memory.part(again, "anomaly_"))
        return path.stat().st_size, time.process_time() - began


def retrain(base: Baselines, devices: int, per_device: int) -> float:
    """Return the processor time of a night's work, seconds."""
    rng = np.random.default_rng(1)
    measures = [one for component in COMPONENTS.values() for one in component.measures]
    daily = 100 + rng.normal(0, 1, (devices, DAYS))
    began = time.process_time()
    of = np.tile(np.arange(per_device), devices)
    learn_priors(of, base.level, base.hours(), base.scale(), np.ones(len(base), dtype=bool))
    compare(base.level.reshape(devices, per_device))
    for number in range(per_device):
        wear(Panel.of(daily), measures[number % len(measures)])
    drive, day = np.repeat(np.arange(DRIVES), DRIVE_DAYS), np.tile(np.arange(DRIVE_DAYS), DRIVES)
    failed_on = np.where(drive < 20, 10.0 + drive, np.inf)
    bad = np.where(failed_on - day < 5, 40.0, 0.0)
    rows = DriveDays(drive, day, {5: bad, 197: bad / 2}, np.full(len(drive), 4e12))
    DiskModel.fit(rows, failed_on, DRIVE_DAYS)
    return time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.learning_cost", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="taken and not used: the series are generated")
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--series", type=int, default=20, help="of each device")
    parser.add_argument("--json", action="store_true", help="one line of JSON only")
    given = parser.parse_args(arguments)
    if given.devices < 1 or given.series < 1:
        return refuse("at least one device with one series")
    return finish(measure(given.devices, given.series), as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
