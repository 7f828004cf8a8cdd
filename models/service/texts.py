"""What is said on a ticket about its work order: warnings, re-tests, steps, in the site's language. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from models.phrasing import clean
from models.service.causes import CAUSES
from models.service.clocks import Clock
from models.service.retest import Result, Trial
from models.service.workorder import NotAllowed, Order, Step
from models.ticket_setting import Setting
from models.words import Lang


class Say(Protocol):
    """Renders a message in one language and zone."""

    def __call__(self, message: str, /, **facts: object) -> str:
        """Return the message with its facts."""
        ...


def refusal(err: NotAllowed, say: Say) -> str:
    """Return why a step was not taken, and what to do."""
    facts: Mapping[str, str] = {
        name: say(f"state.{value}") if name in {"state", "to"} else value for name, value in err.facts.items()
    }
    return say(err.message, **facts)


def warning(clock: Clock, mark: float, due: float | None, name: str, say: Say) -> str:
    """Return what is said when a clock reached a mark; `name` is who is to be told, "" for nobody."""
    message = "sla.breached" if mark >= 1.0 else "sla.warning"
    line = say(message, clock=say(f"sla.{clock.name.value}"), share=mark, due=due or 0.0)
    return "\n".join([line, say("sla.escalate", who=clean(name))]) if name else line


def escalation(order: Order, ticket: str, clock: Clock, mark: float, setting: Setting) -> str:
    """Return the subject of a mail to who is to be told that a clock runs out."""
    return setting.say(
        "mail.breached" if mark >= 1.0 else "mail.warning",
        severity=order.severity.value,
        site=clean(setting.site),
        clock=setting.say(f"sla.{clock.name.value}"),
        share=mark,
        ticket=clean(ticket),
    )


def moved(order: Order, step: Step, say: Say) -> str:
    """Return what is said of a person's step."""
    line = say("order.moved", who=clean(step.who), state=say(f"state.{order.state.value}"))
    return f"{line} {clean(step.why)}".strip()


def began(trial: Trial, say: Say) -> str:
    """Return what is said when a re-test begins."""
    head = say("retest.began", rounds=trial.rounds, who=clean(trial.who))
    return "\n".join([head, *_faults(trial.absent, say)])


def ended(result: Result, order: Order, suggested: str, lang: Lang, say: Say, *, by_hand: str = "") -> str:
    """Return what is said of a re-test that ended; a passed one asks for the cause."""
    lines: list[str] = []
    if result.passed:
        lines = [say("retest.passed", rounds=result.rounds), *_left_out(result, say)]
        lines += [say("ticket.by_hand", what=by_hand)] if by_hand else []
        return "\n".join([*lines, "", *ask_cause(order, suggested, lang, say)])
    lines = [say("retest.failed", rounds=result.rounds)]
    if result.bad:
        lines += [say("retest.still"), *_faults(result.bad, say)]
    if result.unseen:
        lines += [say("retest.unseen"), *_faults(result.unseen, say)]
    return "\n".join([*lines, *_left_out(result, say), say("retest.again")])


def waived(order: Order, why: str, suggested: str, lang: Lang, say: Say) -> str:
    """Return what is said when a named person answers for a repair."""
    line = say("retest.waived", who=clean(order.proof_by), why=clean(why))
    return "\n".join([line, "", *ask_cause(order, suggested, lang, say)])


def ask_cause(order: Order, suggested: str, lang: Lang, say: Say) -> Iterator[str]:
    """Yield the question for the cause, unless it was answered."""
    if order.cause:
        return
    yield say("cause.ask")
    if suggested in CAUSES:
        yield say("cause.suggested", code=suggested, cause=CAUSES[suggested].name.of(lang))
    yield say("cause.codes", codes=", ".join(CAUSES))


def confirmed(order: Order, lang: Lang, say: Say) -> str:
    """Return what is said when a cause was confirmed."""
    cause = CAUSES[order.cause].name.of(lang)
    return say("cause.confirmed", who=clean(order.cause_by), code=order.cause, cause=cause)


def repeat(order: Order, resolved_at: float | None, say: Say) -> str:
    """Return what is said of a fault that came back soon after its repair."""
    again = order.repeat_of or order.reference
    return say("order.repeat", times=max(1, order.turn), of=again, at=resolved_at or 0.0)


def _faults(codes: Iterable[str], say: Say) -> Iterator[str]:
    for code in codes:
        yield "  - " + say("retest.fault", fault=code, code=code)


def _left_out(result: Result, say: Say) -> Iterator[str]:
    if result.left_out:
        yield say("retest.left_out")
        yield from _faults(result.left_out, say)
