"""Who may do what on the site's pages and API: roles, permissions, and the scopes of tokens."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing that not everybody may do; also the scope of an API token."""

    VIEW = "view"  # devices, faults, incidents, tickets, agent health
    PICTURES = "pictures"  # evidence: personal data
    WORK = "work"  # lead a work order on, confirm a cause, stop its clocks
    WAIVE = "waive"  # answer for a repair that no re-test proved
    AUDIT = "audit"  # who did what
    REPORTS = "reports"  # inspection records, device files and the other reports, with the pictures in them
    SIGN = "sign"  # sign an inspection record


class Role(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    AUDITOR = "auditor"
    SERVICE = "service"  # a program; it logs in by token only


_P = Permission
GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.VIEWER: frozenset({_P.VIEW}),
    Role.TECHNICIAN: frozenset({_P.VIEW, _P.PICTURES, _P.WORK, _P.REPORTS}),
    Role.MANAGER: frozenset(_P),
    Role.AUDITOR: frozenset({_P.VIEW, _P.PICTURES, _P.AUDIT, _P.REPORTS}),
    Role.SERVICE: frozenset({_P.VIEW}),
}


def allowed(role: Role, scopes: frozenset[Permission] | None = None) -> frozenset[Permission]:
    """Return what a role may do; a token may do what both its scopes and its owner's role allow.

    The role `service` has no rights of its own beyond looking: its tokens' scopes are what they say.
    """
    if scopes is None:
        return GRANTS[role]
    return scopes if role is Role.SERVICE else scopes & GRANTS[role]
