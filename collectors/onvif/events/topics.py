"""Which topic is which event: `topics.yaml`, read once.

Makers put the same fault under paths and item names of their own, so a topic is matched by the beginning of
its path without namespace prefixes, and item names count for nothing.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml

_OWNERS: Final = frozenset({"", "channel", "disk", "fan", "supply", "sensor"})
_LONGEST: Final = 300  # of a topic; beyond it is no topic


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a topic tells; see `topics.yaml` for the fields."""

    event: str
    of: str = ""
    true_is: str = "bad"
    trust: str = "state"
    value: str = "boolean"
    words: dict[str, str] = field(default_factory=dict, hash=False)

    def trouble(self, holds: bool) -> bool:  # noqa: FBT001  a state, no switch
        """Whether a boolean of this topic means trouble."""
        return holds is (self.true_is == "bad")


def bare(topic: str) -> str:
    """Return a topic's path without namespace prefixes and spaces, "" for what is no path."""
    if len(topic) > _LONGEST:
        return ""
    steps = [step.strip().rpartition(":")[2] for step in topic.split("/")]
    return "/".join(step for step in steps if step)


def meaning(topic: str) -> Meaning | None:
    """Return what a topic tells, None for one that is no concern of ours (motion and its like)."""
    path = bare(topic).lower()
    while path:
        if (found := _table().get(path)) is not None:
            return found
        path = path.rpartition("/")[0]
    return None


@cache
def _table() -> dict[str, Meaning]:
    text = files("collectors.onvif.events").joinpath("topics.yaml").read_text(encoding="utf-8")
    return {str(row["topic"]).lower(): _meaning(row) for row in yaml.safe_load(text)}


def _meaning(row: dict[str, Any]) -> Meaning:
    made = Meaning(**{key: value for key, value in row.items() if key != "topic"})
    if (
        made.of not in _OWNERS
        or made.true_is not in {"bad", "good"}
        or made.trust not in {"state", "nothing"}
    ):
        raise ValueError(f"topics.yaml: {row['topic']} says something that is not known")
    return made
