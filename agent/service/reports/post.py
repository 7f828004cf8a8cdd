"""Sends a report by e-mail: the page itself as the mail's body, its files attached."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from typing import Final

from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.marks import one_line
from agent.helpdesk.settings import MailConfig
from agent.helpdesk.smtp import SECONDS, Smtp
from agent.service.refused import Refused
from agent.service.reports.make import Made
from models.facts import Secret

MOST_BYTES: Final = 15_000_000  # of attachments: mail servers refuse more
_TYPES: Final = {
    ".pdf": ("application", "pdf"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": ("text", "csv"),
    ".html": ("text", "html"),
}


def send(config: MailConfig, password: Secret | None, made: Made) -> str:
    """Send a report; return to whom.

    Raises:
        Refused: the mail server did not take it; the message says why.
    """
    try:
        Smtp(config, password, SECONDS).send(compose(config, made))
    except HelpdeskError as err:
        raise Refused(f"the report was written and not mailed: {err}") from None
    return f"mailed to {', '.join(config.to)}"


def compose(config: MailConfig, made: Made) -> EmailMessage:
    """Return the mail; files that are too much together are named and left out."""
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = Address("Siteward", addr_spec=config.sender)
    mail["To"] = ", ".join(config.to)
    mail["Subject"] = one_line(f"{made.title} · {made.subtitle}")[:160]
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = make_msgid(domain=config.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    total, left_out = 0, []
    data = [(path, path.read_bytes()) for path in made.paths]
    for path, content in data:
        total += len(content)
        if total > MOST_BYTES:
            left_out.append(path.name)
    text = f"{made.title}\n{made.subtitle}\n"
    if left_out:
        text += "\nToo large for a mail, in the reports folder: " + ", ".join(left_out) + "\n"
    mail.set_content(text, cte="base64")
    mail.add_alternative(made.html, subtype="html", cte="base64")
    for path, content in data:
        if path.name not in left_out:
            main, sub = _TYPES.get(path.suffix, ("application", "octet-stream"))
            mail.add_attachment(content, maintype=main, subtype=sub, filename=path.name)
    return mail
