"""Is it still the device that was accepted, with the firmware it had?"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import DEVICE_INFO
from models.view import Text, View

METRICS: Final = frozenset({DEVICE_INFO.name})
_MARKS: Final = ("serial", "mac")


def identity(view: View) -> Iterator[Verdict]:
    """REPLACED and FW_CHANGED."""
    seen = {part: text for part in (*_MARKS, "model", "firmware") if (text := view.text(DEVICE_INFO, part))}
    if not seen:
        return
    at = max(text.at for text in seen.values())
    is_other = _is_other(view, seen)
    if is_other is not None:
        yield _replaced(view, seen, at, is_other=is_other)
    if is_other:
        yield view.verdict("FW_CHANGED", Health.UNKNOWN, "", "unknown.explained", view.at, by="REPLACED")
    elif firmware := seen.get("firmware"):
        yield _firmware(view, firmware)


def _is_other(view: View, seen: dict[str, Text]) -> bool | None:
    """Whether it is another device; None where it tells neither serial nor MAC.

    Devices ship with equal serials, serials that are the address, and MACs of zeros: one mark alone may
    change on the same device. Both, the only one there is, or one beside another model: another device.
    """
    known = [mark for mark in _MARKS if mark in seen and view.accepted.get(DEVICE_INFO.name, mark)]
    if not known:
        return None
    changed = [mark for mark in known if _differs(view, seen, mark)]
    return bool(changed) and (len(changed) == len(known) or _differs(view, seen, "model"))


def _differs(view: View, seen: dict[str, Text], part: str) -> bool:
    accepted = view.accepted.get(DEVICE_INFO.name, part)
    return part in seen and accepted is not None and seen[part].value != accepted


def _replaced(view: View, seen: dict[str, Text], at: float, *, is_other: bool) -> Verdict:
    if is_other:
        facts: dict[str, float | str] = {}
        known = [mark for mark in _MARKS if mark in seen and view.accepted.get(DEVICE_INFO.name, mark)]
        for mark in known:
            facts[f"{mark}_was"] = view.accepted.get(DEVICE_INFO.name, mark) or "-"
            facts[f"{mark}_is"] = seen[mark].value
        detail = "identity.replaced" + (f"_{known[0]}" if len(known) == 1 else "")
        return view.verdict("REPLACED", Health.BAD, "", detail, at, **facts)
    return view.verdict("REPLACED", Health.GOOD, "", "identity.same", at)


def _firmware(view: View, firmware: Text) -> Verdict:
    was = view.accepted.get(DEVICE_INFO.name, "firmware") or ""
    if view.accepted.differs_since(DEVICE_INFO.name, "firmware") is None or firmware.value == was:
        return view.verdict(
            "FW_CHANGED", Health.GOOD, "", "identity.firmware_same", firmware.at, now=firmware.value
        )
    return view.verdict(
        "FW_CHANGED", Health.BAD, "", "identity.firmware", firmware.at, was=was, now=firmware.value
    )
