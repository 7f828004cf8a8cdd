"""What travels with a look, in one blob: what the agent knows beside the picture, and the references.

To the worker: where the sun stands, whether to learn, whether the camera turns. Back: the same with the mode
that was found. JSON and arrays of fixed size, never pickle.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_MAGIC: Final = b"SWP2"
_HEAD: Final = struct.Struct("!4sII")
LONGEST_HEAD: Final = 4096


@dataclass(frozen=True, slots=True)
class Envelope:
    """A blob, opened.

    Attributes:
        head: what is known beside the picture, or was found.
        last: what is kept of the last look, as `sight` wrote it; empty before the first.
        book: the references, packed.
    """

    head: Mapping[str, Any] = field(default_factory=dict)
    last: bytes = field(default=b"", repr=False)
    book: bytes = field(default=b"", repr=False)

    def pack(self) -> bytes:
        """Return it as bytes."""
        text = json.dumps(dict(self.head)).encode()
        return _HEAD.pack(_MAGIC, len(text), len(self.last)) + text + self.last + self.book


def read_envelope(blob: bytes) -> Envelope:
    """Return a blob, opened; an empty one for nothing.

    Raises:
        ValueError: it is no such blob.
    """
    if not blob:
        return Envelope()
    try:
        magic, size, rest = _HEAD.unpack_from(blob)
        if magic != _MAGIC or size > LONGEST_HEAD:
            raise ValueError("what is known of the picture is of another make")
        head = json.loads(blob[_HEAD.size : _HEAD.size + size])
    except (struct.error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"what is known of the picture cannot be read: {type(error).__name__}") from None
    begin = _HEAD.size + size
    end = begin + rest
    if not isinstance(head, dict) or end > len(blob):
        raise ValueError("what is known of the picture is cut short")
    return Envelope(head, blob[begin:end], blob[end:])
