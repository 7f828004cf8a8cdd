"""Log lines: events and fields, as text or JSON; rate-limited, and blanked of secrets at the last door."""

import json
import logging
import re
import sys
import time
from typing import Any, Final

# Up to the last @ of the word: a password written into a URL may itself hold an @ or a slash.
_URL_LOGIN: Final = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s'\"<>]+@", re.IGNORECASE)
_REPEAT_SECONDS: Final = 60.0
_REPEAT_KEEP: Final = 1000


def blank(text: str) -> str:
    """Return a text with `user:password@` in its URLs blanked."""
    return _URL_LOGIN.sub(r"\g<scheme>***@", text)


class _Blanker(logging.Filter):
    """Blanks logins in URLs: libraries log them, and a log outlives a password."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = blank(_message(record)), ()
        return True


class _Limiter(logging.Filter):
    """Lets one and the same line through once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, now = (record.name, str(record.msg)), time.monotonic()
        if now - self._last.get(key, -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            return False
        if len(self._last) >= _REPEAT_KEEP:
            self._last.clear()
        self._last[key] = now
        return True


class _Plain(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802  the name is logging's
        return blank(super().formatException(ei))


class _Json(_Plain):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a caller's own mistake must not come down on the caller
        return str(record.msg)


def set_up(*, level: str = "INFO", as_json: bool = False) -> None:
    """Send all logs to stderr, once. Call it before libraries that configure logging on import.

    Raises:
        ValueError: there is no such level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Blanker())
    handler.addFilter(_Limiter())
    plain = _Plain("%(asctime)s %(levelname)-7s %(name)s %(message)s")
    handler.setFormatter(_Json() if as_json else plain)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("zeep", "urllib3", "transitions", "amqtt", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("zeep.xsd.types.simple").setLevel(logging.CRITICAL)  # a traceback for each odd time
