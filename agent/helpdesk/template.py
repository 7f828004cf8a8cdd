"""JSON with {{words}} in its texts: each is replaced once, by a text that is never read again. No code."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

WORDS: Final = (
    "event", "reference", "key", "subject", "body", "severity", "site", "device", "part", "fault",
    "ticket", "text", "file_name", "file_type", "file_data",
)  # fmt: skip
_WORD: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def check_template(template: object) -> None:
    """Look through a template.

    Raises:
        ValueError: it names a word that there is not.
    """
    for text in _texts(template):
        for word in _WORD.findall(text):
            if word not in WORDS:
                raise ValueError(f"the template's {{{{{word}}}}} is no word; there are {', '.join(WORDS)}")


def _texts(part: object) -> Iterable[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for child in part.values() if isinstance(part, dict) else part:
            yield from _texts(child)


def filled(part: object, words: Mapping[str, str]) -> object:
    """Return a template with its words; a word that the deed has not is empty. Keys stay as they are."""
    if isinstance(part, str):
        return _WORD.sub(lambda found: words.get(found[1], ""), part)
    if isinstance(part, dict):
        return {key: filled(value, words) for key, value in part.items()}
    return [filled(child, words) for child in part] if isinstance(part, list) else part
