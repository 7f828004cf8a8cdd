"""What every page has: language, zone, who is logged in, words, stylesheet; and how it becomes HTML."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from agent.helpdesk.base import HelpdeskError
from agent.service import audit
from agent.service.reports.tongue import Tongue
from agent.web.gate import Gate
from agent.web.roles import Permission
from agent.web.views.live import Live, fault_name, level, said
from agent.web.views.tickets import NO_TICKETS, Listed, Tickets
from agent.web.words import WORDS, say
from models.facts import SITE
from models.messages import MESSAGES, render
from models.phrasing import percent, span
from models.words import LANGUAGES, Lang

STATIC: Final = Path(__file__).parents[1] / "static"
PARTIAL: Final = "x-siteward-partial"  # asks for the content without the frame: how a page refreshes itself


@dataclass(frozen=True, slots=True)
class Frame:
    """What handlers work with."""

    live: Live
    tickets: Tickets
    gate: Gate
    site: str
    lang: Lang
    zone: tzinfo

    def language(self, request: Request) -> Lang:
        """Return the language of whoever asks: the account's, else the cookie's, else the site's."""
        account = getattr(request.state, "account", None)
        wanted = (account.language if account else "") or request.cookies.get("lang", "")
        return next((lang for lang in LANGUAGES if lang == wanted), self.lang)

    def say(self, message: str, lang: Lang, **facts: object) -> str:
        """Return a message of the catalogue in the site's zone; what is none stays as it is."""
        return render(message, lang, self.zone, **facts) if message in MESSAGES else message

    async def listed(self) -> Listed:
        """Return all tickets, at most a second old; none where they cannot be read now."""
        known = self.tickets.known()
        if known is not None:
            return known
        try:
            return await run_in_threadpool(self.tickets.read)
        except HelpdeskError:
            return NO_TICKETS

    async def numbers(self) -> dict[str, int]:
        """Return incident key -> number of its newest ticket; none where tickets cannot be read now."""
        return (await self.listed()).numbers

    def page(self, request: Request, name: str, status: int = 200, /, **data: Any) -> Response:
        """Return a page."""
        lang = self.language(request)
        tongue = Tongue(lang, self.zone)
        account = getattr(request.state, "account", None)
        context = {
            "t": partial(_say, lang),
            "lang": lang,
            "site_lang": self.lang,
            "zone_name": str(self.zone),
            "account": account,
            "may": account.may if account else frozenset(),
            "P": Permission,
            "csrf": self.gate.csrf(request),
            "site": self.site,
            "here": request.url.path,
            "query": dict(request.query_params),
            "when": partial(_when, self.zone),
            "ago": partial(_ago, lang, self.live.agent.clocks.wall()),
            "span": lambda seconds: span(seconds, lang),
            "fault_name": lambda code: fault_name(code, lang),
            "said": lambda finding: said(finding, lang),
            "level": level,
            "render": lambda message, **facts: render(message, lang, self.zone, **facts),
            "number": _number,
            "day": partial(_day, self.zone),
            "percent": lambda ratio: percent(ratio, lang),
            "quantity": tongue.metric,
            "value_of": tongue.reading,
            "told": lambda name: render(name, lang) if name in MESSAGES else name,
            "component": partial(_named, lang, "component"),
            "state_name": partial(_named, lang, "state"),
            "kind_name": partial(_named, lang, "kind"),
            "done": lambda what: audit.told(what, lang),
            "because": lambda why: audit.because(why, lang, self.zone),
            "at": self.live.agent.clocks.wall(),
            "asset": asset,
            "site_id": SITE,
            **data,
        }
        is_part = request.headers.get(PARTIAL) == "1"
        template = _environment().get_template(name)
        html = template.render(context | {"layout": "part.html" if is_part else "layout.html"})
        return HTMLResponse(html, status)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("agent.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def asset(name: str) -> str:
    """Return the address of a file of ours; it changes with the file: browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _say(lang: Lang, name: str, /, **facts: object) -> str:
    return say(name, lang, **facts) if name in WORDS else name


def _when(zone: tzinfo, at: float | None) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def _day(zone: tzinfo, at: float | None) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d") if at else ""


def _named(lang: Lang, of: str, name: str) -> str:
    key = f"{of}.{name}"
    return render(key, lang) if key in MESSAGES else name


def _ago(lang: Lang, now: float, at: float) -> str:
    length = span(max(0.0, now - at), lang)
    return f"{length}前" if lang == "zh_CN" else f"{length} ago"


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.4g}"
