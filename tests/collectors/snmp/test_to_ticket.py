"""The whole way of what a camera's own agent tells: simulated agent, engine, knowledge, rule, ticket, and its end."""

import pytest

from collectors.snmp import SnmpHealth
from models import ticket_text
from models.facts import Report
from models.ticket_setting import Setting
from models.watch import Watch
from tests.collectors.snmp.test_simulator import running

T0 = 1_760_000_000.0
STEP = 60.0


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("supply_failed", "SUPPLY_FAILED", "supply"),
        ("fan_failed", "FAN_FAILED", "fan"),
        ("overheated", "OVERHEATED", "°c"),
    ],
)
async def test_a_failing_part_of_a_camera_becomes_a_ticket_that_ends_with_it(fault, code, said):
    async with running({}) as (snmp, devices, board):
        camera = devices["cam-axis"]
        watch = Watch("site", [camera], correlate_seconds=10.0)
        collector, at, opened, closed = SnmpHealth(snmp), T0, [], []

        async def look(times):
            nonlocal at
            for _ in range(times):
                answer = await collector.collect(camera)
                for changes in (
                    watch.observe(Report(camera.id, "snmp_health", at, 0.1, answer.readings)),
                    watch.tick(at),
                ):
                    opened.extend(changes.opened)
                    closed.extend(changes.closed)
                at += STEP

        await look(5)
        assert not opened
        board.switch_on(camera.id, fault)
        await look(30)
        (incident,) = opened
        assert incident.root.key.code == code
        text = ticket_text.ticket(incident, Setting("Site", {camera.id: camera}))
        assert said in f"{text.subject}\n{text.body}".casefold()
        board.switch_off(camera.id, fault)
        await look(120)
        assert [one.key for one in closed] == [incident.key]
