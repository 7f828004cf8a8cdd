"""Which channel of a recorder an event is about: its source token, set against the video sources it lists."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_LAST_NUMBER: Final = re.compile(r"(\d{1,6})\D{0,20}$")


def channels(tokens: Sequence[str]) -> dict[str, str]:
    """Return video source token -> `ch1`, `ch2`, … in the order that the device lists them."""
    return {token: f"ch{n}" for n, token in enumerate(tokens, start=1)}


def channel(token: str, known: Mapping[str, str]) -> str:
    """Return the channel that an event's source means; the token itself where that cannot be told.

    Recorders name sources in events otherwise than in their lists: `VideoSourceToken_3` or `00003` for
    `VideoSource_3`. The last number decides, if it is one and one only. It is never guessed.
    """
    if token in known:
        return known[token]
    number = _number(token)
    same = {name for other, name in known.items() if number is not None and _number(other) == number}
    return same.pop() if len(same) == 1 else token


def _number(token: str) -> int | None:
    match = _LAST_NUMBER.search(token[-40:])
    return int(match.group(1)) if match else None
