"""A prediction as a technician reads it: what fails, when, how sure, why, what to do. Plain text, pure."""

from collections.abc import Callable, Iterator

from models.facts import Ending, FaultKey, Incident, Prediction
from models.faults import FAULTS
from models.messages import MESSAGES
from models.phrasing import clean
from models.service.texts import Say


def component(prediction: Prediction, say: Say) -> str:
    """Return the name of what wears out."""
    key = f"component.{prediction.component}"
    name = say(key) if key in MESSAGES else clean(prediction.component)
    return f"{name} {clean(prediction.part)}".strip()


def facts(prediction: Prediction, say: Say) -> Iterator[str]:
    """Yield what is expected, when, how sure it is and why, a line each."""
    codes = [code for code in prediction.becomes if code in FAULTS]
    named = ", ".join(say("prediction.fault", fault=code, code=code) for code in codes)
    yield say("prediction.expected", component=component(prediction, say), faults=named or "?")
    yield from _when(prediction, say)
    yield say(f"prediction.grade_{prediction.grade}")
    if prediction.probability is not None:
        yield say("prediction.probability", probability=prediction.probability)
    yield from _why(prediction, say)
    yield say("prediction.model", model=clean(prediction.model) or "?", at=prediction.at)


def advice(prediction: Prediction, say: Say) -> Iterator[str]:
    """Yield what to do and what to carry."""
    for message, given in (("prediction.action", prediction.action), ("prediction.spare", prediction.spare)):
        if given:
            yield say(message, text=say(given) if given in MESSAGES else clean(given))


def update(prediction: Prediction, say: Say) -> str:
    """Return the comment for a forecast that changed."""
    return "\n".join([say("prediction.changed"), *facts(prediction, say)])


def closing(incident: Incident, say: Say) -> str:
    """Return the comment for a prediction that ended without its fault."""
    at = incident.closed_at if incident.closed_at is not None else incident.opened_at
    return say("prediction.removed" if incident.ending is Ending.REMOVED else "prediction.lifted", at=at)


def converted(incident: Incident, body: str, say: Say, fault: Callable[[FaultKey], str]) -> str:
    """Return the comment for the ticket of a prediction that goes on as its fault's, whose text is `body`."""
    return "\n".join([say("prediction.came", fault=fault(incident.root.key)), "", body])


def _when(prediction: Prediction, say: Say) -> Iterator[str]:
    early, late = prediction.earliest, prediction.latest
    if prediction.due_at is not None and early is not None and late is not None:
        yield say("prediction.due_within", due=prediction.due_at, early=early, late=late)
    elif prediction.due_at is not None:
        yield say("prediction.due", due=prediction.due_at)
    else:
        yield say("prediction.no_date")


def _why(prediction: Prediction, say: Say) -> Iterator[str]:
    for cause in prediction.explanation:
        if cause.detail in MESSAGES:
            yield say("prediction.why", why=say(cause.detail, **cause.facts))
