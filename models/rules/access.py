"""Who may get in, and by which certificate do we know the device?"""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import CERT_EXPIRES, DEFAULT_ACCOUNTS, TLS_PINNED, USERS
from models.view import View

METRICS: Final = frozenset({CERT_EXPIRES.name, DEFAULT_ACCOUNTS.name, TLS_PINNED.name, USERS.name})


def accounts(view: View) -> Iterator[Verdict]:
    """DEFAULT_ACCOUNT: by their names alone; nobody tries a password."""
    users = view.number(USERS)
    if users is None:
        return
    found = [
        part
        for part in view.parts(DEFAULT_ACCOUNTS)
        if (one := view.number(DEFAULT_ACCOUNTS, part)) and one.value == 1 and one.at >= users.at
    ]
    health = Health.BAD if found else Health.GOOD
    detail = "access.default" if found else "access.own"
    yield view.verdict("DEFAULT_ACCOUNT", health, "", detail, users.at, names=", ".join(sorted(found)))


def certificates(view: View) -> Iterator[Verdict]:
    """CERT_CHANGED and, by certificate, CERT_EXPIRING."""
    pinned = view.number(TLS_PINNED)
    if pinned is not None:
        same = pinned.value == 1
        detail = "access.pinned" if same else "access.not_pinned"
        yield view.verdict("CERT_CHANGED", Health.GOOD if same else Health.BAD, "", detail, pinned.at)
    for part in view.parts(CERT_EXPIRES):
        expires = view.number(CERT_EXPIRES, part)
        if expires is None:
            continue
        left = expires.value - view.at
        if left < 0:
            health, detail = Health.BAD, "access.cert_over"
        elif left < view.limits.cert_expiring_seconds:
            health, detail = Health.BAD, "access.cert_soon"
        else:
            health, detail = Health.GOOD, "access.cert_good"
        yield view.verdict(
            "CERT_EXPIRING", health, part, detail, expires.at, ends=expires.value, left=abs(left)
        )
