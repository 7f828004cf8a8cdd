"""What the demo leaves on the terminal, in both languages."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from agent.demo.plan import ACTS
from agent.demo.screen import NORMAL, summary
from agent.demo.story import Story


@pytest.mark.parametrize(
    ("lang", "last"),
    [
        ("en", "17 devices, 900 checks, 80 MQTT messages, 70 Prometheus series"),
        ("zh_CN", "Prometheus序列70条"),
    ],
)
def test_the_summary_is_in_one_language_and_cuts_nothing_off(lang, last):
    story = Story()
    story.begin(next(act for act in ACTS if not act.expected), 5.0)
    counts = {"devices": 17, "reports": 900, "mqtt_messages": 80, "prometheus_series": 70}
    out = io.StringIO()
    shown = summary(SimpleNamespace(story=story), {**counts, "missed": [], "false": []}, lang)
    Console(file=out, width=80).print(shown)
    assert out.getvalue().splitlines()[-1].endswith(last)
    assert NORMAL.of(lang) in out.getvalue().replace("\n", "")
