"""A pre-flight: looks in order, the first that fails ends it, for the others stand on it."""

from collections.abc import Callable
from typing import Final

from agent.check import Check
from agent.helpdesk.base import HelpdeskDenied, HelpdeskDown, HelpdeskError

Look = tuple[str, Callable[[], str], str]  # name, does it and says what it found, what to do if it fails
_REACH: Final = "mend helpdesk.url, start it, or open the way to it"
_LOGIN: Final = "mend the login in the helpdesk section: a token that is valid, of a user that is active"


def steps(*looks: Look) -> list[Check]:
    """Take the looks one by one. Raises nothing.

    A look may raise HelpdeskError; not being reached or let in is told as such, whichever look met it first.
    """
    checks: list[Check] = []
    for name, look, todo in looks:
        check = _taken(f"helpdesk {name}", look, todo)
        checks.append(check)
        if not check.ok:
            break
    return checks


def _taken(name: str, look: Callable[[], str], todo: str) -> Check:
    try:
        return Check(name, True, look())
    except HelpdeskDenied as err:
        return Check(name, False, str(err), _LOGIN)
    except HelpdeskDown as err:
        return Check(name, False, str(err), _REACH)
    except HelpdeskError as err:
        return Check(name, False, str(err), todo)
    except Exception as err:  # noqa: BLE001  an answer of a shape we do not know: the doctor must go on
        return Check(name, False, f"its answer is not understood ({type(err).__name__})", todo)
