"""The site's helpdesk, as its config wants it: the chosen one, its record, its mail."""

import time
from collections.abc import Callable

from agent.check import Check
from agent.config import Access, SiteConfig
from agent.files import HELPDESK_FILE
from agent.helpdesk.base import Helpdesk
from agent.helpdesk.choice import build
from agent.helpdesk.email import MailHelpdesk
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.together import Recorded, WithMail
from agent.strict import is_clear


class DeskError(Exception):
    """The helpdesk's section cannot be used; the message says why."""


def open_desk(config: SiteConfig, access: Access, local: LocalHelpdesk) -> Helpdesk:
    """Return where tickets go; nothing is connected to before the first call.

    Raises:
        DeskError: the section cannot be used.
    """
    chosen = _chosen(config, access)
    if chosen is None:
        return local
    return Recorded(chosen, local) if config.helpdesk_record else chosen


def preflight(config: SiteConfig, access: Access, *, clock: Callable[[], float] = time.time) -> list[Check]:
    """Look whether tickets can be made as they should. Makes no ticket, and no file."""
    try:
        chosen = _chosen(config, access)
    except DeskError as err:
        return [Check("helpdesk", False, str(err), "mend the section helpdesk in site.yaml")]
    path = config.state_dir / HELPDESK_FILE
    if chosen is None:
        if not path.exists():
            return [Check("helpdesk", True, "local, begun with the first ticket")]
        with LocalHelpdesk(path, clock) as local:
            return local.preflight()
    try:
        return [*_privacy(config), *chosen.preflight()]
    finally:
        chosen.close()


def _chosen(config: SiteConfig, access: Access) -> Helpdesk | None:
    try:
        chosen = build(config.helpdesk, access.helpdesk, base=access.base)
        mail = config.helpdesk_mail
        if chosen is None or mail is None:
            return chosen
        replies = MailHelpdesk(mail, access.helpdesk_mail.get("password"), tag=config.helpdesk_mail_tag)
        return WithMail(chosen, replies, replies.abilities)
    except (ValueError, KeyError, OSError) as err:
        said = f"needs {err}" if isinstance(err, KeyError) else str(err)
        raise DeskError(f"helpdesk {config.helpdesk.kind}: {said}") from None


def _privacy(config: SiteConfig) -> list[Check]:
    url = getattr(config.helpdesk, "url", "")
    if not url or not is_clear(url):
        return []
    said = "its login and all tickets travel in the clear"
    return [Check("helpdesk privacy", False, said, "let it speak https and write https:// in helpdesk.url")]
