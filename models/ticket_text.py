"""An incident as a technician reads it: subject, body, and what is added later. Plain text, pure.

What comes from a device (model, disk name, error sentence) is foreign text: it is made one printable line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from models import prediction_text
from models.facts import SITE, Device, Ending, FaultKey, Incident, Prediction, Verdict
from models.faults import FAULTS, Fault, Retest, advice_for, severity_of
from models.messages import MESSAGES
from models.phrasing import clean
from models.service.causes import CAUSES
from models.ticket_setting import Setting
from models.words import Words

CHILDREN_SHOWN: Final = 50
FINE_SHOWN: Final = 12
LONGEST_SUBJECT: Final = 120
_MODEL_LABELS: Final = ("maker", "model", "firmware", "serial")


@dataclass(frozen=True, slots=True)
class Text:
    """A ticket's subject (one line, at most 120 characters) and body."""

    subject: str
    body: str


def ticket(incident: Incident, setting: Setting) -> Text:
    """Return subject and body of a new ticket."""
    if incident.prediction is not None:
        return Text(
            _announcement(incident, incident.prediction, setting), "\n".join(_forecast(incident, setting))
        )
    return Text(_subject(incident, setting), "\n".join(_body(incident, setting)))


def update(incident: Incident, setting: Setting) -> str:
    """Return the comment for an incident that now explains more, or whose forecast changed."""
    if incident.prediction is not None:
        return prediction_text.update(incident.prediction, setting.say)
    lines = list(_notes(incident, setting))
    if incident.children or not lines:
        lines += [setting.say("update.children", count=len(incident.children))]
        lines += _children(incident.children, setting)
    return "\n".join(lines)


def closing(incident: Incident, setting: Setting) -> str:
    """Return the comment for an incident that ended: `closed_at` and `ending` are set."""
    if incident.prediction is not None:
        return prediction_text.closing(incident, setting.say)
    at = incident.closed_at if incident.closed_at is not None else incident.opened_at
    if incident.ending is Ending.EXPLAINED:
        return setting.say("closing.explained", by=incident.explained_by)
    if incident.ending is Ending.REMOVED:
        return setting.say("closing.removed", at=at)
    lines = [setting.say("closing.recovered", at=at, lasted=max(0.0, at - incident.opened_at))]
    if incident.root.key.device != SITE:
        lines += [setting.say("closing.now", seen=seen) for seen in _seen(incident.root.verdict, setting)]
    return "\n".join(lines)


def came_true(incident: Incident, text: Text, setting: Setting) -> str:
    """Return the comment for a ticket that goes on: what was predicted or reported is seen now."""
    if incident.goes_on_from.endswith("/REPORTED"):
        fault = _fault_and_part(incident.root.key, setting)
        return "\n".join([setting.say("report.seen_too", fault=fault), "", text.body])
    return prediction_text.converted(
        incident, text.body, setting.say, lambda key: _fault_and_part(key, setting)
    )


def severity(incident: Incident, devices: Mapping[str, Device]) -> str:
    """Return how bad an incident is, S1 to S4: the contract's word for its root on that device."""
    key = incident.root.key
    return severity_of(FAULTS[key.code], devices.get(key.device)).value


def short(key: FaultKey, setting: Setting) -> Iterator[str]:
    """Yield a fault in a few lines, for who does not read the ticket: what, and where."""
    fault = FAULTS.get(key.code)
    if fault is not None:
        severity = severity_of(fault, setting.devices.get(key.device)).value
        yield setting.say(
            "ticket.fault",
            fault=_fault_and_part(key, setting),
            code=fault.code,
            severity=setting.say(f"severity.{severity}"),
        )
    yield from _where(key.device, setting)


def _subject(incident: Incident, setting: Setting) -> str:
    key = incident.root.key
    more = len(incident.children)
    subject = setting.say(
        "ticket.subject_more" if more else "ticket.subject",
        severity=severity(incident, setting.devices),
        site=clean(setting.site),
        device=_name(key.device, setting),
        fault=_fault_and_part(key, setting),
        more=more,
    )
    return _shortened(subject)


def _shortened(subject: str) -> str:
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1] + "…"


def _announcement(incident: Incident, prediction: Prediction, setting: Setting) -> str:
    device = incident.root.key.device
    return _shortened(
        setting.say(
            "prediction.subject",
            severity=severity(incident, setting.devices),
            site=clean(setting.site),
            device=_name(device, setting),
            component=prediction_text.component(prediction, setting.say),
        )
    )


def _forecast(incident: Incident, setting: Setting) -> Iterator[str]:
    prediction = incident.prediction
    assert prediction is not None  # noqa: S101  asked for predictions only
    yield from prediction_text.facts(prediction, setting.say)
    yield from _where(incident.root.key.device, setting)
    yield from _people(setting)
    yield ""
    yield from prediction_text.advice(prediction, setting.say)
    yield setting.say("prediction.not_a_fault")
    yield from _standing(incident.root.key.device, setting)
    yield ""
    yield setting.say("ticket.key", key=incident.key)
    yield from _page(incident.key, setting)


def _body(incident: Incident, setting: Setting) -> Iterator[str]:
    fault = FAULTS[incident.root.key.code]
    yield from _facts(incident, fault, setting)
    if incident.children:
        yield ""
        yield setting.say("ticket.children", count=len(incident.children))
        yield from _children(incident.children, setting)
    place = setting.say(f"place.{fault.place.value}")
    advice = advice_for(fault, setting.devices.get(incident.root.key.device))
    yield from _list(setting.say("ticket.causes", place=place), advice.causes, setting)
    yield from _list(setting.say("ticket.steps"), advice.steps, setting)
    yield from _list(setting.say("ticket.parts"), advice.parts, setting)
    yield from _standing(incident.root.key.device, setting)
    yield from _retest(advice.retest, setting)
    yield ""
    yield setting.say("ticket.key", key=incident.key)
    yield from _page(incident.key, setting)


def _page(key: str, setting: Setting) -> Iterator[str]:
    """Yield where the incident stands on the site's own pages, where people reach these."""
    if setting.pages:
        yield setting.say("ticket.page", url=f"{setting.pages}/incidents/{quote(key)}")


def _facts(incident: Incident, fault: Fault, setting: Setting) -> Iterator[str]:
    key = incident.root.key
    yield setting.say(
        "ticket.fault",
        fault=_fault_and_part(key, setting),
        code=fault.code,
        severity=setting.say(f"severity.{severity(incident, setting.devices)}"),
    )
    yield from _where(key.device, setting)
    yield setting.say("ticket.since", since=incident.opened_at)
    yield from _clocks(incident, setting)
    for seen in _seen(incident.root.verdict, setting):
        yield setting.say("ticket.seen", seen=seen)
    if incident.cause is not None and incident.cause.detail in MESSAGES:
        cause = setting.say(incident.cause.detail, **incident.cause.facts)
        yield setting.say("ticket.cause", cause=cause)
    yield from _learned(key, setting)
    yield from _notes(incident, setting)
    yield from _people(setting)


def _clocks(incident: Incident, setting: Setting) -> Iterator[str]:
    """Yield until when the contract wants what."""
    promised = setting.promised(severity(incident, setting.devices), setting.told_at)
    if promised:
        named = [
            setting.say("ticket.clock", clock=setting.say(f"sla.{name}"), due=due) for name, due in promised
        ]
        yield setting.say("ticket.clocks", clocks=setting.say("ticket.and").join(named))


def _learned(key: FaultKey, setting: Setting) -> Iterator[str]:
    """Yield what was behind this fault before, on devices of this kind."""
    likely = setting.likely(key)
    if likely is not None:
        code, probability, cases = likely
        name = CAUSES[code].name.of(setting.lang) if code in CAUSES else clean(code)
        yield setting.say("ticket.learned", cause=name, probability=probability, cases=cases)


def _people(setting: Setting) -> Iterator[str]:
    """Yield whom to call, and how to get in."""
    if setting.contact:
        yield setting.say("ticket.contact", contact=clean(setting.contact))
    if setting.access:
        yield setting.say("ticket.access", access=clean(setting.access))


def _standing(id_: str, setting: Setting) -> Iterator[str]:
    """Yield what else was checked and is fine, and whether the device is in warranty."""
    codes = setting.fine.get(id_, ())
    known = setting.warranty.get(id_)
    if codes or (known and setting.today):
        yield ""
    if codes:
        shown = (FAULTS[code].name.of(setting.lang) for code in codes[:FINE_SHOWN])
        names = setting.say("ticket.comma").join(shown)
        more = len(codes) - FINE_SHOWN
        yield setting.say("ticket.fine_more" if more > 0 else "ticket.fine", faults=names, more=more)
    if known and setting.today:
        standing = known.standing(setting.today)
        until = known.until.isoformat() if known.until else ""
        yield setting.say(f"ticket.warranty_{standing}", until=until)


def _where(id_: str, setting: Setting) -> Iterator[str]:
    """Yield which device it is, where it stands and what it says of itself."""
    device = setting.devices.get(id_)
    yield setting.say("ticket.device", device=_described(id_, setting))
    if device is not None:
        if device.place:
            yield setting.say("ticket.place", place=clean(device.place))
        yield setting.say("ticket.address", address=clean(device.host))
        yield from _hangs(device, setting)
    yield from _model(id_, setting)


def _hangs(device: Device, setting: Setting) -> Iterator[str]:
    parent, port = setting.hangs.get(device.id, (device.parent, ""))
    if parent:
        message = "ticket.hangs_port" if port else "ticket.hangs"
        yield setting.say(message, parent=_name(parent, setting), port=clean(port))


def _notes(incident: Incident, setting: Setting) -> Iterator[str]:
    if incident.root.is_restless:
        yield setting.say("flaps.restless")
    for note in incident.notes:
        if note.detail in MESSAGES:
            yield setting.say(note.detail, **note.facts)


def _seen(verdict: Verdict | None, setting: Setting) -> Iterator[str]:
    """Yield what the rule saw, with its numbers; nothing when it left no word."""
    if verdict is not None and verdict.detail in MESSAGES:
        yield setting.say(verdict.detail, **verdict.facts)


def _model(device: str, setting: Setting) -> Iterator[str]:
    said = setting.identity.get(device, {})
    told = [(label, clean(said[label])) for label in _MODEL_LABELS if said.get(label, "").strip()]
    parts = [setting.say(f"label.{label}", text=text) for label, text in told]
    if parts:
        yield setting.say("ticket.model", model=" · ".join(parts))


def _retest(test: Retest, setting: Setting) -> Iterator[str]:
    if test.absent:
        head = setting.say(
            "ticket.retest" if test.rounds > 1 else "ticket.retest_once",
            rounds=test.rounds, every=test.every_seconds,
        )  # fmt: skip
        yield from _list(head, (FAULTS[code].name for code in test.absent), setting)
    if test.by_hand is not None:
        yield setting.say("ticket.by_hand", what=test.by_hand.of(setting.lang))


def _list(head: str, items: Iterable[Words], setting: Setting) -> Iterator[str]:
    lines = [f"  - {item.of(setting.lang)}" for item in items]
    if lines:
        yield ""
        yield head
        yield from lines


def _children(keys: tuple[FaultKey, ...], setting: Setting) -> Iterator[str]:
    for key in keys[:CHILDREN_SHOWN]:
        device = setting.devices.get(key.device)
        message = "ticket.child_at" if device and device.place else "ticket.child"
        place = clean(device.place) if device else ""
        name, fault = _name(key.device, setting), _fault_and_part(key, setting)
        yield "  - " + setting.say(message, device=name, place=place, fault=fault)
    if len(keys) > CHILDREN_SHOWN:
        yield "  " + setting.say("ticket.and_more", count=len(keys) - CHILDREN_SHOWN)


def _described(id_: str, setting: Setting) -> str:
    device = setting.devices.get(id_)
    name = _name(id_, setting)
    kind = setting.say(f"kind.{device.kind.value}") if device else ""
    return name if name.casefold().startswith(kind.casefold()) else f"{kind} {name}"


def _name(id_: str, setting: Setting) -> str:
    if id_ == SITE:
        return setting.say("ticket.whole_site")
    device = setting.devices.get(id_)
    name = clean(device.name) if device else ""
    return f"{name} ({id_})" if name and name != id_ else id_


def _fault_and_part(key: FaultKey, setting: Setting) -> str:
    name = FAULTS[key.code].name.of(setting.lang)
    if not key.part:
        return name
    kind = "disk" if key.code.startswith("DISK_") else "stream"
    if kind == "stream" and not key.code.startswith(("IMG_", "STREAM_")):
        kind = "other"
    return setting.say("ticket.fault_part", fault=name, part=setting.say(f"part.{kind}", part=key.part))
