"""The head of an HTTP answer, read plainly: `http.client` sends each one through the e-mail parser.

That takes a tenth of a millisecond, as long as all else that is done to a small answer. The body stays
`http.client`'s: chunks, lengths and cut-off answers are its matter.
"""

import http.client
import io
from typing import Final

_LONGEST_LINE: Final = 65536
_MOST_LINES: Final = 100


class Headers:
    """Header fields of one answer, by name in lower case; a field that comes again is kept too."""

    def __init__(self, fp: io.BufferedIOBase) -> None:
        self._fields: dict[str, list[str]] = {}
        last: list[str] | None = None
        for _ in range(_MOST_LINES):
            line = fp.readline(_LONGEST_LINE + 1)
            if len(line) > _LONGEST_LINE:
                raise http.client.LineTooLong("header line")
            text = line.decode("latin-1").rstrip("\r\n")
            if not text:
                return
            if text[0] in " \t" and last is not None:  # folded, as old servers do (RFC 9112, section 5.2)
                last[-1] += f" {text.strip()}"
                continue
            name, colon, value = text.partition(":")
            if colon:
                last = self._fields.setdefault(name.strip().lower(), [])
                last.append(value.strip())
        raise http.client.HTTPException(f"more than {_MOST_LINES} header lines")

    def get(self, name: str, default: str = "") -> str:
        """Return the first field of a name."""
        return self._fields.get(name.lower(), [default])[0]

    def get_all(self, name: str) -> list[str]:
        """Return all fields of a name."""
        return self._fields.get(name.lower(), [])


class Answer(http.client.HTTPResponse):
    """One answer; `read` is `http.client`'s."""

    def begin(self) -> None:
        """Read status and headers, passing over interim answers (RFC 9110, section 15.2)."""
        status = 100
        while status == 100:
            version, status, reason = self._read_status()  # type: ignore[attr-defined]
            fields = Headers(self.fp)
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = 10 if version.startswith("HTTP/1.0") or version == "HTTP/0.9" else 11
        self.fields = fields
        self.chunked = fields.get("Transfer-Encoding").lower() == "chunked"
        self.chunk_left = None
        self.will_close = _closes(fields, self.version)
        self.length = None if self.chunked else _length(fields)
        if status in {http.client.NO_CONTENT, http.client.NOT_MODIFIED}:
            self.length = 0
        if not self.will_close and not self.chunked and self.length is None:
            self.will_close = True


def _closes(fields: Headers, version: int) -> bool:
    connection = fields.get("Connection").lower()
    if version == 11:
        return "close" in connection
    return not ("keep-alive" in connection or fields.get("Keep-Alive"))


def _length(fields: Headers) -> int | None:
    text = fields.get("Content-Length")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
