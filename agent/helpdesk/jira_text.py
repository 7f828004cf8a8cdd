"""How Jira takes texts, references and queries: ADF (Cloud, API v3), wiki markup (Data Center, API v2), JQL.

Sources: developer.atlassian.com, Atlassian Document Format; JQL: quoting of strings.
"""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, unquote

from agent.helpdesk.marks import short

MAX_LABEL: Final = 255
_PREFIX: Final = "siteward:"
_SAFE: Final = "/#:@+~.-_"
_FENCE: Final = "{noformat}"


def label_of(reference: str) -> str:
    """Return a reference as a label: no spaces, at most 255 characters."""
    return short(_PREFIX + quote(reference, safe=_SAFE), MAX_LABEL)


def reference_in(labels: list[str]) -> str:
    """Return the reference that one of the labels holds."""
    ours = (label for label in labels if label.startswith(_PREFIX))
    return unquote(next(ours, _PREFIX).removeprefix(_PREFIX))


def jql_string(text: str) -> str:
    """Return text as a JQL string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def adf(text: str) -> dict[str, Any]:
    """Return text as a document: a paragraph for each block of lines."""
    blocks = [block.strip("\n") for block in text.split("\n\n")]
    content = [_paragraph(block) for block in blocks if block.strip()]
    return {"type": "doc", "version": 1, "content": content or [{"type": "paragraph", "content": []}]}


def _paragraph(block: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for line in block.split("\n"):
        if content:
            content.append({"type": "hardBreak"})
        if line:  # ADF has no empty text
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def plain(document: Any) -> str:
    """Return the text of a document, or of wiki markup."""
    return document if isinstance(document, str) else "".join(_texts(document))


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("text"), str):
            yield node["text"]
        elif node.get("type") == "hardBreak":
            yield "\n"
        for child in node.get("content") or []:
            yield from _texts(child)
        if node.get("type") == "paragraph":
            yield "\n"


def fenced(text: str) -> str:
    """Return text as wiki markup in which nothing of it is markup."""
    return f"{_FENCE}\n{text.replace(_FENCE, '{no format}')}\n{_FENCE}"
