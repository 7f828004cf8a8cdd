"""Any value at any place of a device: readings that can be, or a named error; never anything else."""

import asyncio
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import CollectError
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps
from collectors.snmp.loading import shipped
from collectors.snmp.oids import SYS_UPTIME
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from models.metrics import Type
from tests.collectors.snmp.support import CASES, device
from tests.collectors.snmp.test_cases import recorded

WALKS = [recorded(case) for case in CASES]
SCALARS = [oid for mib in shipped().mibs for item in mib.scalars for oid in item.oids]
COLUMNS = [oid for mib in shipped().mibs for table in mib.tables for item in table.items for oid in item.oids]
COLUMNS += [oid for mib in shipped().mibs for table in mib.tables for oid in (*table.rows, *table.name)]
KNOWN = st.sampled_from(SCALARS) | st.tuples(st.sampled_from(COLUMNS), st.integers(0, 3)).map(
    lambda at: f"{at[0]}.{at[1]}"
)
WILD = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-10, 300),
    st.sampled_from([65_535, 2**31 - 1, 2**32 - 1, -1000]),
    st.binary(max_size=30),
    st.sampled_from(
        [b"15 PERCENT", b"40 C/104 F", b"Running", b"GOOD", b"-- C/-- F", b"1,5 TB", b"\0\0", b"\xe9"]
    ),
    st.sampled_from([b'{"data":{"disks":{"a":{"5":{},"194":"NaN"}}}}', b'{"data":{"disks":7}}', b"[]"]),
    st.just("1.3.6.1.4.1"),
)


@given(
    walk=st.sampled_from(WALKS),
    kind=st.sampled_from(Kind),
    changes=st.lists(st.dictionaries(KNOWN, WILD, max_size=25), min_size=2, max_size=3),
    uptimes=st.lists(WILD, min_size=3, max_size=3),
    data=st.data(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_a_device_says_gives_readings_that_can_be_or_a_named_error(
    walk, kind, changes, uptimes, data
):
    base = dict(walk[1].values)
    base |= {oid: data.draw(WILD) for oid in data.draw(st.lists(st.sampled_from(sorted(base)), max_size=10))}

    async def polls():
        now = [0.0]
        engine = Recorded(base)
        snmp = Snmp(engine, clock=lambda: now[0])
        for change, uptime in zip(changes, uptimes, strict=False):
            now[0] += 60
            engine.values = base | change | {SYS_UPTIME: uptime}
            for collector in (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp)):
                try:
                    answer = await collector.collect(device(kind))
                except CollectError:
                    continue
                for one in answer.readings:
                    check(one, collector.metrics)

    asyncio.run(polls())


def check(one, metrics):
    assert one.metric in metrics
    if one.metric.type is Type.INFO:
        assert isinstance(one.value, str)
        assert one.value.isprintable()
    else:
        assert math.isfinite(one.value)
    if one.metric.name.endswith(("_ok", "_warning", "_up", "_open", "_alarm", "_delivering")):
        assert one.value in {0, 1}
    if one.metric.name.endswith(("_bps", "_total", "_bytes", "_seconds")):
        assert one.value >= 0
