"""The audit log in words: every entry that this build writes has them in both languages."""

import pytest

from agent.service import audit
from models.messages import MESSAGES
from models.service.workorder import State
from models.words import LANGUAGES

WHATS = [value for name, value in vars(audit).items() if name.isupper() and isinstance(value, str)]


@pytest.mark.parametrize("what", WHATS)
def test_every_entry_has_words(what):
    assert f"audit.{what}" in MESSAGES
    assert all("_" not in audit.told(what, lang) for lang in LANGUAGES)


def test_a_step_is_told_from_state_to_state():
    step = f"{State.ON_SITE.value}>{State.REPAIRING.value}"
    assert audit.told(step, "zh_CN") == "到场 → 维修中"


def test_what_an_older_build_wrote_is_told_as_it_stands():
    assert audit.told("thing_of_old", "zh_CN") == "thing of old"


@pytest.mark.parametrize(
    ("why", "lang", "told"),
    [
        ("1772323200-1772330400: new lens", "en", "2026-03-01 00:00 to 2026-03-01 02:00: new lens"),
        ("POWER_SUPPLY", "zh_CN", "电源"),
        ("arrive 80%", "zh_CN", "到场 80%"),
        ("arrive", "en", "arrive"),
        ("seen good again", "zh_CN", "已再次检测正常"),
        ("3 rounds", "zh_CN", "3轮"),
        ("IMG_BLACK, REACH_LOST?", "zh_CN", "设备失联?"),
        ("Li Wei said so", "zh_CN", "Li Wei said so"),
        ("", "en", ""),
    ],
)
def test_why_is_told_in_words_where_it_is_one_of_ours(why, lang, told):
    assert told in audit.because(why, lang)
    if not told:
        assert audit.because(why, lang) == ""
