"""The section `service:` of site.yaml."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from agent.service.config import ServiceConfig
from models.faults import Severity
from models.service.clocks import ClockName

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"profile": "platinum"}, "choose of warranty-strict"),
        ({"profile": "custom"}, "go together"),
        ({"clocks": [{"clock": "respond", "within": "1h"}]}, "go together"),
        ({"hours": {"mon": ["9 to 5"]}}, "are no hours"),
        ({"hours": {"mon": ["12:00-09:00"]}}, "in order"),
        ({"hours": {}}, "without an hour"),
        ({"holidays": ["next monday"]}, "date"),
        ({"escalation": {"S4": {"breached": "x"}}}, "S3"),
        ({"colour": "red"}, "Extra"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        ServiceConfig.model_validate(given)


def test_a_contract_of_ones_own():
    clocks = [
        {"clock": "respond", "within": "15m", "severities": ["S1"]},
        {"clock": "arrive", "within": "4h", "calendar": "working"},
        {"clock": "restore", "within": "1d", "after": "arrive"},
    ]
    level = ServiceConfig(profile="custom", clocks=clocks).level()
    assert {c.name.value: (c.limit, c.calendar) for c in level.start(Severity.S1, 0.0)} == {
        "respond": (900.0, "24x7"),
        "arrive": (14400.0, "working"),
    }
    assert [c.name for c in level.follow(Severity.S3, ClockName.ARRIVE, 9.0)] == [ClockName.RESTORE]


def test_hours_and_holidays_become_the_working_calendar_of_the_site():
    config = ServiceConfig.model_validate(
        {
            "hours": {"fri": ["08:30-12:00", "13:30-17:30"], "mon": ["08:30-12:00"]},
            "holidays": ["2026-10-05"],
            "workdays": ["2026-10-10"],
        }
    )
    working = config.calendars(ZONE)["working"]
    assert working.after(at("2026-10-02T17:00"), 3600) == at("2026-10-09T09:00")
    assert working.elapsed(at("2026-10-10T00:00"), at("2026-10-11T00:00")) == 7.5 * 3600
