"""`siteward ticket N --repaired` and the like: through the running agent, or by itself where none runs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent.config import SiteConfig
from agent.files import HELPDESK_FILE, STORE_FILE
from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.local import LocalHelpdesk
from agent.service.quiet import Quiets
from agent.service.requests import Done, Request, ask, carry_out
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.store import Store, StoreError, StoreInUse
from models.facts import Device

LONGEST_NUMBER: Final = 18  # digits; SQLite counts to 2**63


def order(site: SiteConfig, devices: Sequence[Device], request: Request) -> Done:
    """Do one thing that a person asks for. Where no agent runs, the helpdesk hears of it when one does."""
    if not (site.state_dir / STORE_FILE).exists():
        return Done(ok=False, said=f"there are no tickets yet: the agent has not run here ({site.state_dir})")
    request = replace(request, reference=_reference(site, request.ticket))
    try:
        with _Alone(site) as store:
            known = {device.id: device for device in devices}
            terms = terms_of(site, known.get)
            orders = Orders(store, terms)
            now = time.time()
            orders.reconcile(now)
            return carry_out(request, orders, terms, now, Quiets(store, lambda: devices))
    except StoreInUse:
        return _ask(site, request)
    except StoreError as err:
        return Done(ok=False, said=str(err))


def terms_of(site: SiteConfig, device: Callable[[str], Device | None], *, reopens: bool = True) -> Terms:
    """Return what the contract and the site's language say."""
    return Terms.of(
        site.service,
        device,
        lang=site.language,
        zone=site.zone,
        reopens=reopens,
        site=site.site,
        site_name=site.name,
        policies=site.tickets.policies,
        pages=site.web.base_url or "",
    )


def _reference(site: SiteConfig, number: str) -> str:
    """Return our reference of a ticket that the local helpdesk has, its own or the record of another's."""
    path = site.state_dir / HELPDESK_FILE
    if not path.exists() or not number.isdecimal() or len(number) > LONGEST_NUMBER:
        return ""
    try:
        with LocalHelpdesk.open(path) as desk:
            found = desk.get(number)
    except HelpdeskError:
        return ""
    return found.reference if found else ""


def _ask(site: SiteConfig, request: Request) -> Done:
    try:
        return ask(site.state_dir, request)
    except OSError as err:
        return Done(ok=False, said=f"the agent cannot be asked: {err.strerror}; run this as the agent's user")


class _Alone:
    """The store, opened by this command; StoreInUse where an agent has it."""

    def __init__(self, site: SiteConfig) -> None:
        self._path = site.state_dir / STORE_FILE
        self._store: Store | None = None

    def __enter__(self) -> Store:
        self._store = Store.open(self._path)
        return self._store

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()
