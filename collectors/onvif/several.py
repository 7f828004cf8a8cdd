"""Several questions of one collector: what is not there, or not for this user, does not cost the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported
from collectors.onvif.client import Onvif
from collectors.onvif.xml import Element
from models.facts import Device


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: service, operation, plain arguments; `name` is what its answer is kept under."""

    service: str
    operation: str
    args: Mapping[str, str | int | float] = field(default_factory=dict)
    name: str = ""

    @property
    def key(self) -> str:
        """Name of the answer."""
        return self.name or self.operation


async def several(onvif: Onvif, device: Device, asks: Sequence[Ask]) -> dict[str, Element]:
    """Ask one after the other; return the answers there are.

    Raises:
        CollectError: the device is gone or refuses the login; or not one question was answered, and this is
            what became of the first.
    """
    answers: dict[str, Element] = {}
    first: CollectError | None = None
    for ask in asks:
        try:
            told = await onvif.call(device, ask.service, ask.operation, **ask.args)
        except (NotSupported, BadReply, Busy) as err:
            first = first or err
        except AuthRejected as err:
            first = first or err
            if onvif.session(device).memory.examines_login((ask.service, ask.operation)):
                raise  # not this one question: the login
        else:
            answers[ask.key] = told.body
    if not answers and first is not None:
        raise first
    return answers
