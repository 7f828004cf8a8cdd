"""What people order of a ticket on the command line, and how it reaches the running agent.

    siteward ticket 7 --repaired ─▶ requests/<id>.ask ─▶ the agent takes it (.taken), does it ─▶ <id>.done
The folder belongs to the agent's user, so whoever may write there may order. Only one program writes the
database: where no agent runs, the command does the same by itself.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from agent.service.quiet import Quiets, shown
from agent.service.report import Report
from agent.service.terms import Terms
from agent.service.workorder import Orders
from models import weekly
from models.quiet import Quiet, Window
from models.service import texts
from models.service.causes import CAUSES
from models.service.clocks import PauseReason
from models.service.workorder import NotAllowed, State

FOLDER: Final = "requests"
ANSWER_SECONDS: Final = 15.0
_OF_QUIET: Final = frozenset({"maintenance", "silence", "end_quiet"})
_LONGEST_BYTES: Final = 10_000
_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to do.

    `do`: move, waive, cause, pause or resume, with `value` a state, a cause, a reason; report, maintenance or
    silence, with `value` its details as JSON; end_quiet, with `value` the window's number.
    With `accept` the device named by `ticket` is taken as it is now.
    """

    ticket: str
    do: str
    who: str
    value: str = ""
    why: str = ""
    reference: str = ""  # ours, where the number is that of our own record of another helpdesk's ticket


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request, in one sentence."""

    ok: bool
    said: str


def carry_out(
    request: Request, orders: Orders, terms: Terms, now: float, quiets: Quiets | None = None
) -> Done:
    """Do what is asked, or say why not."""
    try:
        if request.do in _OF_QUIET and quiets is not None:
            return Done(ok=True, said=_be_quiet(request, quiets, terms, now))
        if request.do == "report":
            return Done(ok=True, said=_report(request, orders, terms, now))
        return Done(ok=True, said=_carry_out(request, orders, terms, now))
    except NotAllowed as err:
        return Done(ok=False, said=texts.refusal(err, terms.say))
    except (KeyError, TypeError, ValueError) as err:
        return Done(ok=False, said=str(err))


def _be_quiet(request: Request, quiets: Quiets, terms: Terms, now: float) -> str:
    if request.do == "end_quiet":
        ended = quiets.end(int(request.value), who=request.who, now=now)
        return terms.say("quiet.ended", number=ended.id)
    given = json.loads(request.value)
    each = str(given.get("each") or "")
    window = Window(
        id=0,
        kind=Quiet(request.do),
        devices=tuple(map(str, given["devices"])),
        since=float(given.get("since") or now),
        until=float(given["until"]),
        who=request.who,
        why=request.why,
        faults=tuple(map(str, given.get("faults", ()))),
        each=weekly.parse(each, terms.zone) if each else None,
    )
    return shown(quiets.add(window, now), terms.say)


def _report(request: Request, orders: Orders, terms: Terms, now: float) -> str:
    given = json.loads(request.value)
    at = float(given.get("at") or now)
    said = Report(str(given["device"]), request.who, request.why, at, str(given.get("fault", "")))
    order = orders.report(said, now)
    ticket = orders.ticket_of(order)
    if not ticket:
        return terms.say("report.not_numbered", reference=order.reference)
    return terms.say("report.taken", ticket=ticket, state=terms.say(f"state.{order.state.value}"))


def _carry_out(request: Request, orders: Orders, terms: Terms, now: float) -> str:
    who, why, ticket = request.who.strip(), request.why, request.reference or request.ticket
    if request.do == "move":
        order = orders.move(ticket, State(request.value), who=who, why=why, now=now)
    elif request.do == "waive":
        order = orders.waive(ticket, who=who, why=why, now=now)
    elif request.do == "cause":
        order = orders.confirm(ticket, request.value, who=who, now=now)
    elif request.do == "pause":
        order = orders.pause(ticket, PauseReason(request.value), who=who, why=why, now=now)
    elif request.do == "resume":
        order = orders.resume(ticket, who=who, now=now)
    else:
        raise ValueError(f"nothing is known of {request.do!r}")
    return terms.say("order.is_now", ticket=request.ticket, state=terms.say(f"state.{order.state.value}"))


# ---------------------------------------------------------------- from the command to the agent


def ask(state_dir: Path, request: Request, *, seconds: float = ANSWER_SECONDS) -> Done:
    """Hand a request to the running agent and wait for its answer; one it does not take is taken back.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = state_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    asked = _write(folder, ".ask", asdict(request))
    done = asked.with_suffix(".done")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done.exists():
            answer = _read(done)
            done.unlink(missing_ok=True)
            return Done(bool(answer.get("ok")), str(answer.get("said", "")))
        time.sleep(_LOOK_SECONDS)
    try:
        asked.unlink()
    except FileNotFoundError:
        return Done(ok=False, said="the agent took the request and did not answer: look at the ticket")
    return Done(ok=False, said=f"the agent did not answer within {seconds:.0f} s; nothing was done")


class Inbox:
    """The agent's end of the folder.

    Args:
        state_dir: the agent's folder.
        answer: does a request.
    """

    def __init__(self, state_dir: Path, answer: Callable[[Request], Done]) -> None:
        self._folder = state_dir / FOLDER
        self._answer = answer

    def clear(self) -> None:
        """Remove what an agent that was killed left half done: whoever asked was told to look."""
        for path in (
            *self._folder.glob("*.taken"),
            *self._folder.glob("*.done"),
            *self._folder.glob("*.tmp"),
        ):
            path.unlink(missing_ok=True)

    def step(self) -> None:
        """Do all that is asked."""
        for path in sorted(self._folder.glob("*.ask")):
            taken = path.with_suffix(".taken")
            with contextlib.suppress(FileNotFoundError):  # whoever asked has taken it back
                path.rename(taken)
                done = self._answered(taken)
                _write(self._folder, ".done", asdict(done), name=path.stem)
                taken.unlink(missing_ok=True)

    def _answered(self, path: Path) -> Done:
        try:
            request = Request(**{name: str(value) for name, value in _read(path).items()})
        except (ValueError, TypeError) as err:
            return Done(ok=False, said=f"the request cannot be read: {err}")
        return self._answer(request)


def _write(folder: Path, suffix: str, data: Mapping[str, Any], *, name: str = "") -> Path:
    """Write a file that is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(suffix=".tmp", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(dict(data), out)
    path = Path(temporary)
    target = folder / f"{name or path.stem}{suffix}"
    path.rename(target)
    return target


def _read(path: Path) -> dict[str, Any]:
    text = path.read_bytes()[:_LONGEST_BYTES].decode(errors="replace")
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004  the file is wrong, not our code
    return data


def wrong_use(requests: Sequence[Request]) -> str:
    """Return what is wrong with a command before anybody is asked, "" if nothing."""
    if len(requests) != 1:
        return f"one change at a time: {', '.join('--' + one.do for one in requests)}"
    request = requests[0]
    if not request.who.strip():
        return "say who with --who NAME"
    choices = _choices().get(request.do, ())
    if choices and request.value not in choices:
        return f"--{request.do} {request.value}: choose of {', '.join(choices)}"
    return ""


def _choices() -> dict[str, tuple[str, ...]]:
    beyond = {State.DETECTED, State.REGISTERED}
    return {
        "move": tuple(state.value for state in State if state not in beyond),
        "cause": tuple(CAUSES),
        "pause": tuple(reason.value for reason in PauseReason),
    }
