"""The pages' words: both languages, nothing asked for that is not there, nothing there that nobody asks for."""

import re
from pathlib import Path

from agent.web import words
from agent.web.words import WORDS, say

TEMPLATES = Path(words.__file__).parent / "templates"
ASKED = re.compile(r"""\bt\(\s*'([^']+)'\s*[,)]""")
# Names that templates put together: states, severities, kinds of pause, outboxes, errors, and what handlers hand on.
MADE = re.compile(
    r"ok|fault|unknown|open|pending|recovering|S[1-4]|pause\.\w+|standing\.\w+|helpdesk|broker|\d{3}"
    r"|quiet\.\w+|quiet_means\.\w+|due\.\w+|outcome\.\w+|good|bad|held\.\w+|oidc_\w+|at_handover|end_of_life|bad_\w+|day\.\w+|shot\.\w+|breaker\.\w+|step\.\w+|written_in_\w+|is\.\w+"
)
HANDED = {
    "session_over",
    "stale_form",
    "wrong_login",
    "too_many",
    "foreign_form",
    "overview",
    "devices",
    "wall",
    "tickets",
    "map",
    "agent",
    "service",
    "predictions",
    "baselines",
    "planned",
    "audit",
    "figures",
}


def asked() -> set[str]:
    return {name for path in TEMPLATES.glob("*.html") for name in ASKED.findall(path.read_text())}


def test_every_word_that_is_asked_for_is_there_and_none_is_idle():
    used = asked() | HANDED
    assert asked() <= set(WORDS)
    idle = {name for name in WORDS if name not in used and not MADE.fullmatch(name)}
    assert not idle


def test_both_languages_say_the_same_placeholders():
    for name, both in WORDS.items():
        assert both.en, name
        assert both.zh, name
        assert set(re.findall(r"{(\w+)}", both.en)) == set(re.findall(r"{(\w+)}", both.zh)), name


def test_placeholders_are_filled():
    assert say("explains", "zh_CN", count=3) == "影响另外 3 台"
