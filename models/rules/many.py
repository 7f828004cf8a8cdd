"""One fault of many channels at once is one ticket of the recorder, not one for each channel."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.facts import Health, Verdict
from models.view import View

MANY_SHARE = 0.5  # from this share of the channels on, and at least two, it is the recorder's fault
NAMED = 8  # channels named in the sentence


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a rule thinks of one channel: as `Verdict`, before it is known whether it is one of many."""

    health: Health
    detail: str
    at: float
    facts: Mapping[str, float | str] = field(default_factory=dict)


def told(
    view: View, code: str, opinions: Mapping[str, Opinion], *, whole: str = "", unless: str = ""
) -> Iterator[Verdict]:
    """Yield a verdict for each channel, or one for the whole device where many are bad.

    Args:
        view: the device.
        code: of a channel's fault.
        opinions: by channel.
        whole: code of the whole device's fault; the same as `code` when not given.
        unless: a fault of the whole device that explains them all while it is bad.
    """
    if unless and view.was_bad(unless, ""):
        for part in opinions:
            yield view.verdict(code, Health.UNKNOWN, part, "unknown.explained", view.at, by=unless)
        return
    whole = whole or code
    bad = [part for part, opinion in opinions.items() if opinion.health is Health.BAD]
    is_many = len(bad) >= 2 and len(bad) >= MANY_SHARE * len(opinions)
    if len(opinions) > 1:
        yield _whole(view, whole, opinions, bad, is_many=is_many)
    for part, opinion in opinions.items():
        if is_many and part in bad:
            yield view.verdict(code, Health.UNKNOWN, part, "unknown.explained", view.at, by=whole)
        else:
            yield view.verdict(code, opinion.health, part, opinion.detail, opinion.at, **opinion.facts)


def _whole(
    view: View, code: str, opinions: Mapping[str, Opinion], bad: list[str], *, is_many: bool
) -> Verdict:
    at = max(opinion.at for opinion in opinions.values())
    names = ", ".join(bad[:NAMED]) + (" …" if len(bad) > NAMED else "")
    facts: dict[str, float | str] = {"count": float(len(bad)), "of": float(len(opinions)), "names": names}
    if is_many:
        worst = opinions[bad[0]]
        return view.verdict(code, Health.BAD, "", "many.bad", at, **{**worst.facts, **facts})
    if all(opinion.health is Health.UNKNOWN for opinion in opinions.values()):
        return view.verdict(code, Health.UNKNOWN, "", "unknown.not_told", view.at)
    return view.verdict(code, Health.GOOD, "", "many.good", at, **facts)
