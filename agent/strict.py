"""What every section of `site.yaml` is made of: unknown keys refused, secrets by reference."""

import ipaddress
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.secrets import HINT


class Strict(BaseModel):
    """A section in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def meant(section: type[BaseModel], place: Sequence[Any]) -> str:
    """Return the key that an unknown one was probably meant to be, "" when none is like it.

    Args:
        section: the outermost one.
        place: the way from there to the unknown key, as pydantic tells it.
    """
    sections = {section}
    for step in place[:-1]:
        fields = [one.model_fields[step] for one in sections if step in one.model_fields]
        # What is no field is the key of a mapping, or the name of a choice: their sections are known already.
        sections = (
            {inner for field in fields for inner in _sections(field.annotation)} if fields else sections
        )
    keys = sorted({key for one in sections for key in one.model_fields})
    return next(iter(get_close_matches(str(place[-1]), keys, n=1, cutoff=0.7)), "")


def _sections(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _sections(part)


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must begin with https:// (or http://) and name a host")
    if parts.username or parts.password:
        raise ValueError("a user or password must not stand in it")
    if parts.query or parts.fragment:
        raise ValueError("must end with the path, without ? and #")
    return url.rstrip("/")


SecretRef = Annotated[str, Field(description=f"A reference to a secret: {HINT}.")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Words = Annotated[str, Field(min_length=1)]  # any text but none
WebAddress = Annotated[str, AfterValidator(_web_address)]

_LOCAL_NAMES: Final = frozenset({"localhost", "localhost."})


def is_clear(url: str) -> bool:
    """Whether what is sent to a URL can be read on its way: not TLS, and not to this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host in _LOCAL_NAMES:
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
