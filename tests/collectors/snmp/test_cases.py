"""Each folder of tests/cases/snmp is a device: walk.txt as `snmpwalk -On` prints it, and expected.txt."""

import pytest

from collectors.base import CollectError
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps, walkfile
from collectors.snmp.rates import RATES
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from tests.collectors.snmp.support import CASES, device, line, values


def recorded(case):
    lines = (case / "walk.txt").read_text(encoding="utf-8").splitlines()
    return Kind(lines[0].removeprefix("# kind: ")), Recorded(walkfile.read(lines))


async def lines_of(snmp, kind):
    lines = []
    asked = device(kind)
    for collector in (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp)):
        if not collector.applies(asked):
            continue
        try:
            answer = await collector.collect(asked)
        except CollectError as err:
            lines.append(f"{collector.name} raises {type(err).__name__}")
            continue
        assert {reading.metric for reading in answer.readings} <= set(collector.metrics)
        lines += [line(collector.name, reading) for reading in answer.readings]
    return lines


def is_rate(one):
    """Whether a line needs two polls."""
    return any(f" {metric.name}[" in one for metric in RATES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_device_reads_as_expected(case):
    """The first poll, which surveys the device, and the second, which only asks for what it has, agree."""
    kind, engine = recorded(case)
    snmp = Snmp(engine)
    first = await lines_of(snmp, kind)
    second = await lines_of(snmp, kind)
    assert first == (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert any("_bps[" in one for one in second) == any("bytes_total[" in one for one in first)
    uncounted = [one for one in second if "cctv_unreadable" not in one and not is_rate(one)]
    assert uncounted == [one for one in first if "cctv_unreadable" not in one]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_second_poll_of_a_collector_is_a_handful_of_datagrams(case):
    kind, engine = recorded(case)
    snmp = Snmp(engine)
    await lines_of(snmp, kind)
    engine.requests = 0
    await lines_of(snmp, kind)
    assert engine.requests <= 3  # one per collector: none of these devices has more than 29 OIDs for one


def failures(lines):
    """Return how many lines say that something is down or failed."""
    return sum("_ok[" in one and one.endswith("= 0") for one in lines)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_missing_row_never_makes_a_failure_or_a_new_kind_of_reading(case):
    """A device that leaves out any one row: readings go missing with it, and no 0 takes their place."""
    kind, engine = recorded(case)
    whole = dict(engine.values)
    lines = await lines_of(Snmp(engine), kind)
    metrics = {one.split("[")[0].split(" = ")[0] for one in lines}
    for oid in whole:
        engine.values = {name: value for name, value in whole.items() if name != oid}
        left = await lines_of(Snmp(engine), kind)
        assert failures(left) <= failures(lines)
        assert {one.split("[")[0].split(" = ")[0] for one in left if "raises" not in one} <= metrics


async def test_a_disk_that_fails_between_two_polls_turns_to_0_and_back():
    kind, engine = recorded(next(case for case in CASES if case.name == "hikvision_nvr_failed_disk"))
    snmp = Snmp(engine)
    health, nvr = SnmpHealth(snmp), device(kind)
    seen = []
    for state in (0, 2, 3, 6, 10, 5):
        engine.values = dict(engine.values) | {"1.3.6.1.4.1.50001.1.241.1.3.1.0": state}
        seen.append(values((await health.collect(nvr)).readings, "cctv_disk_ok").get("disk1"))
    assert seen == [1, 0, 0, 0, None, 1]


async def test_a_camera_that_speaks_onvif_is_not_named_twice():
    """ONVIF says model and firmware too, in other words: two sources would make the labels flicker."""
    _, engine = recorded(next(case for case in CASES if case.name == "hikvision_camera_no_card"))
    plain = device(Kind.CAMERA)
    onvif = type(plain)(plain.id, plain.kind, plain.host, snmp=plain.snmp, onvif_port=80)
    assert values((await SnmpHealth(Snmp(engine)).collect(plain)).readings, "cctv_device_info")
    assert not values((await SnmpHealth(Snmp(engine)).collect(onvif)).readings, "cctv_device_info")
