"""HTTP for the helpdesks: one place that sends, and that says in the words of `base` what became of it.

    not sent: refused, no name, no TLS    HelpdeskDown, whatever was asked
    sent, and no whole answer             HelpdeskUnsure; HelpdeskDown where asking twice is harmless
    429, or 503 with Retry-After          HelpdeskBusy
    other 5xx                             as "no whole answer": a proxy may say it of what was done
    401, 407                              HelpdeskDenied: not let in, whatever is asked
    other 4xx, and 3xx                    HelpdeskRefused

Nothing is retried and no redirect is followed: it would carry the token elsewhere, and make a GET of a POST.
"""

import base64
import json
import ssl
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from agent.helpdesk.base import (
    HelpdeskBusy,
    HelpdeskDenied,
    HelpdeskDown,
    HelpdeskError,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from models.facts import Secret

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0
MAX_ANSWER: Final = 8 * 2**20  # bytes; no helpdesk has to say more than that at once
BUSY_SECONDS: Final = 60.0  # where it is busy and does not say for how long
_QUOTED: Final = 200  # characters of what a helpdesk says in an error
_CHUNK: Final = 2**16
_NEVER_SENT: Final = (NewConnectionError, ConnectTimeoutError, NameResolutionError, SSLError)
_HARMLESS: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})  # idempotent by RFC 9110, 9.2.2


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file in a multipart form; `key` is the name of the form's field."""

    key: str
    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `host` is who said it; `harmless`: the same may be asked again."""

    status: int
    headers: Mapping[str, str]
    data: bytes = field(repr=False)
    host: str
    harmless: bool

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            HelpdeskDown, HelpdeskUnsure: it is none, as when a login page or a proxy answers instead.
        """
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            said = (
                f"{self.host} answered {self.status} without JSON: is the URL right, and no login page there?"
            )
            raise _lost(said, harmless=self.harmless) from None


def basic(user: str, password: Secret) -> Secret:
    """Return the value of an Authorization header (RFC 7617, UTF-8)."""
    pair = f"{user}:{password.reveal()}".encode()
    return Secret("Basic " + base64.b64encode(pair).decode())


def segment(text: str) -> str:
    """Return one step of a path, whatever the text holds."""
    return quote(text, safe="")


class Http:
    """Speaks to one helpdesk. Thread-safe.

    Args:
        base: URL that all paths are appended to, without user and password.
        headers: sent with each request; a Secret among them is never shown.
        ca_file: certificates to trust instead of the system's.
        secrets: more words that must not be shown, such as a token that travels in a body.
        login: what to mend when it does not let us in, for the error's text.
        connect_seconds: for the connection.
        answer_seconds: for the answer, until its last byte.

    Raises:
        ValueError: the URL is none, or a header cannot be sent.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        ca_file: Path | None = None,
        secrets: Sequence[Secret] = (),
        login: str = "the token",
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the URL must begin with http:// or https:// and name a host")
        if parts.username or parts.password:
            raise ValueError("user and password must not stand in the URL")
        self.host = parts.netloc
        self._base = base.rstrip("/")
        self._login = login
        self._headers = dict(headers or {})
        self._hidden = _words([*self._headers.values(), *secrets])
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=answer_seconds)
        self._seconds = answer_seconds
        context = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._pool = urllib3.PoolManager(ssl_context=context, retries=False, maxsize=2)
        for value in self._headers.values():
            _check_header(value)

    def set_header(self, name: str, value: str | Secret | None) -> None:
        """Send a header from now on, or no more: for a session that is opened by a login."""
        if value is None:
            self._headers.pop(name, None)
            return
        _check_header(value)
        self._headers[name] = value
        self._hidden |= _words([value])

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def get(
        self,
        path: str,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        allow: Collection[int] = (),
    ) -> Answer:
        """Ask. `allow` are statuses beyond 2xx that the caller understands, such as 404."""
        return self.send("GET", path, query=query, allow=allow)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Sequence[FilePart] = (),
        body: bytes | None = None,
        headers: Mapping[str, str | Secret] | None = None,
        harmless: bool | None = None,
        allow: Collection[int] = (),
    ) -> Answer:
        """Send a request with at most one kind of body: JSON, a form (multipart when there are files), bytes.

        Args:
            method: GET, POST, …
            path: begins with a slash; see `segment`.
            query: appended to the URL.
            json_body: sent as UTF-8.
            form: fields of a form.
            files: files of a form.
            body: sent as it is; the caller names its type in `headers`.
            headers: besides those of all requests.
            harmless: that it may be done twice; by default what RFC 9110 says of the method.
            allow: statuses beyond 2xx that the caller understands.

        Raises:
            HelpdeskError: as the table above says.
        """
        data, media_type = _body(json_body, form, files, body)
        sent = {"Accept": "application/json", **({"Content-Type": media_type} if media_type else {})}
        sent |= {name: _plain(value) for name, value in (self._headers | dict(headers or {})).items()}
        url = self._base + path + ("?" + urlencode(query) if query else "")
        safe = method in _HARMLESS if harmless is None else harmless
        answer = self._exchange(method, url, data, sent, harmless=safe)
        if not (HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status in allow):
            raise self._error(answer)
        return answer

    def _exchange(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str], *, harmless: bool
    ) -> Answer:
        until = time.monotonic() + self._seconds
        try:
            reply = self._pool.request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                preload_content=False,
            )
            try:
                content = _read(reply, until)
                reply.release_conn()
            finally:
                reply.close()  # does nothing after a whole answer: the connection went back to the pool
        except LocationParseError:
            raise HelpdeskRefused(f"{self.host}: the URL cannot be used") from None
        except _NEVER_SENT as err:
            raise HelpdeskDown(f"{self.host} was not reached: {_why(err)}") from None
        except (HTTPError, OSError) as err:
            raise _lost(f"{self.host} did not answer: {_why(err)}", harmless=harmless) from None
        return Answer(reply.status, reply.headers, content, self.host, harmless)

    def _error(self, answer: Answer) -> HelpdeskError:
        status, said = answer.status, f"{self.host} answered {answer.status}{self._quote(answer)}"
        pause = _retry_after(answer.headers.get("Retry-After"))
        broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
        if status == HTTPStatus.TOO_MANY_REQUESTS or (
            status == HTTPStatus.SERVICE_UNAVAILABLE and pause is not None
        ):
            return HelpdeskBusy(said, BUSY_SECONDS if pause is None else pause)
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}:
            return HelpdeskDenied(f"{said}: it does not let us in, mend {self._login}")
        if status == HTTPStatus.FORBIDDEN:
            return HelpdeskRefused(f"{said}: this user may not do that, give it the rights")
        if status == HTTPStatus.REQUEST_TIMEOUT:
            return HelpdeskDown(said)
        if status < HTTPStatus.BAD_REQUEST:
            return HelpdeskRefused(f"{said}: it is elsewhere now, mend the URL")
        return _lost(said, harmless=answer.harmless) if broken else HelpdeskRefused(said)

    def _quote(self, answer: Answer) -> str:
        """Return what it said about itself, short, on one line, with our secrets taken out; no HTML."""
        text = answer.data[: 4 * _QUOTED].decode("utf-8", "replace")
        if "html" in answer.headers.get("Content-Type", "") or text.lstrip()[:1] in {"", "<"}:
            return ""
        for word in sorted(self._hidden, key=len, reverse=True):
            text = text.replace(word, "***")
        line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return f" ({line[:_QUOTED]})"


def _lost(said: str, *, harmless: bool) -> HelpdeskError:
    return HelpdeskDown(said) if harmless else HelpdeskUnsure(said)


def _read(reply: urllib3.BaseHTTPResponse, until: float) -> bytes:
    content = bytearray()
    for chunk in reply.stream(_CHUNK):
        content += chunk
        if len(content) > MAX_ANSWER:
            raise HTTPError(f"more than {MAX_ANSWER} bytes")
        if time.monotonic() > until:
            raise HTTPError("it takes too long")
    return bytes(content)


def _why(err: Exception) -> str:
    """Say what went wrong without quoting the URL, which urllib3 does."""
    if isinstance(err, NameResolutionError):
        return "its name is not known"
    cause = err.__cause__ or err.__context__
    if isinstance(err, SSLError):
        reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", "") or "no TLS spoken there"
        return f"TLS: {reason}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(
        err, (ConnectTimeoutError, ReadTimeoutError)
    ):  # the first is a parent of NewConnectionError
        return "it takes too long"
    return str(err) if type(err) is HTTPError else "the connection broke"


def _body(
    json_body: Any, form: Mapping[str, str] | None, files: Sequence[FilePart], body: bytes | None
) -> tuple[bytes | None, str]:
    if json_body is not None:
        return json.dumps(json_body, ensure_ascii=False).encode("utf-8", "replace"), "application/json"
    if files:
        parts: list[Any] = list((form or {}).items())
        parts += [(part.key, (part.name, part.data, part.media_type)) for part in files]
        return urllib3.encode_multipart_formdata(parts)
    if form is not None:
        return urlencode(form).encode(), "application/x-www-form-urlencoded"
    return body, ""


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3): a number, or a date."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _check_header(value: str | Secret) -> None:
    text = _plain(value)
    if not text.isprintable() or not text.isascii():
        raise ValueError("a header cannot be sent: the token holds spaces, line ends or letters beyond ASCII")


def _words(values: Sequence[str | Secret]) -> frozenset[str]:
    """Return what must not be shown: each secret, and its parts where it is `scheme token`."""
    secrets = [value.reveal() for value in values if isinstance(value, Secret)]
    return frozenset(word for text in secrets for word in (text, text.split(" ")[-1]) if len(word) > 3)
