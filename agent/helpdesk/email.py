"""Tickets by e-mail: to people, or to the mailbox of a helpdesk that makes tickets of mails.

A mail can be sent and no more: nothing is found, read or closed. So each is made such that whoever gets it
twice can tell: its Message-ID is a hash of what it is about, the same for each try, and all mails about one
ticket are one thread (In-Reply-To and References, RFC 5322, 3.6.4).
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from typing import Final

from agent.check import Check
from agent.helpdesk.base import Abilities, Attachment, Draft, TicketRef
from agent.helpdesk.marks import ascii_name, digest, one_line
from agent.helpdesk.preflight import steps
from agent.helpdesk.settings import MailConfig
from agent.helpdesk.smtp import SECONDS, Smtp
from models.facts import Secret

MAX_SUBJECT: Final = 160
_PREFIX: Final = "SW-"


class MailHelpdesk:
    """Sends a mail for each deed. A ticket's id is a hash of its reference: it stands in each subject.

    Args:
        config: the server, from whom, to whom.
        password: of the user, where there is one.
        seconds: how long the server may take for one step.
        tag: put around a ticket's id in the subject, `{}` for the id; as the helpdesk behind it wants it.
    """

    name = "email"
    abilities = Abilities(
        can_search_key=False,
        can_close=False,
        can_reopen=False,
        max_attachment=5_000_000,
        max_subject=MAX_SUBJECT,
    )

    def __init__(
        self, config: MailConfig, password: Secret | None, *, seconds: float = SECONDS, tag: str = "[{}]"
    ) -> None:
        self._config = config
        self._smtp = Smtp(config, password, seconds)
        self._tag = tag
        self._domain = config.sender.rpartition("@")[2]

    def close(self) -> None:
        """Do nothing: each mail has its own connection."""

    def find(self, reference: str) -> None:
        """Return None: see `abilities.can_search_key`."""

    def get(self, ticket: str) -> TicketRef:
        """Return what is known of a ticket: that it was sent; whether it is worked on, nobody says."""
        return TicketRef(ticket, "", is_open=True, state="sent")

    def create(self, draft: Draft) -> str:
        """Send the first mail of a ticket."""
        ticket = _PREFIX + digest(draft.reference)
        mail = self._mail(ticket, one_line(draft.subject)[:MAX_SUBJECT], draft.body)
        mail["Message-ID"] = self._id(ticket)
        mail["X-Siteward-Reference"] = digest(draft.reference)
        mail["Importance"] = "high" if draft.severity in {"S1", "S2"} else "normal"
        self._smtp.send(mail)
        return ticket

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Send a mail into the ticket's thread; its first line is in the subject."""
        self._smtp.send(self._reply(ticket, text, once))

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Send a file into the ticket's thread."""
        mail = self._reply(ticket, attachment.name, once)
        main, _, sub = attachment.media_type.partition("/")
        mail.add_attachment(
            attachment.data, maintype=main, subtype=sub or "jpeg", filename=ascii_name(attachment.name)
        )
        self._smtp.send(mail)

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is gone; closing is left to who reads it."""
        self.comment(ticket, text, once=once)

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is back."""
        self.comment(ticket, text, once=once)

    def edit(self, ticket: str, draft: Draft) -> None:
        """Do nothing: a thread keeps its subject, and the text says what changed."""

    def link(self, ticket: str, other: str) -> None:
        """Do nothing: the text names the older ticket."""

    def preflight(self) -> list[Check]:
        """Connect, log in, name sender and receivers; then take it back before any mail is sent."""
        return steps(
            ("server", self._smtp.reach, "mend helpdesk.security: what does the server offer?"),
            ("receivers", self._smtp.dry_run, "mend helpdesk.sender and helpdesk.to"),
        )

    # ------------------------------------------------------------ inside

    def _id(self, ticket: str, part: str = "") -> str:
        return f"<{digest(ticket)}{part}@{self._domain}>"

    def _reply(self, ticket: str, text: str, once: str) -> EmailMessage:
        first = one_line(text.strip().partition("\n")[0])[:80]
        mail = self._mail(ticket, first, text)
        mail["Message-ID"] = self._id(ticket, f".{digest(once)}")
        mail["In-Reply-To"] = mail["References"] = self._id(ticket)
        return mail

    def _mail(self, ticket: str, subject: str, text: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = Address("Siteward", addr_spec=self._config.sender)
        mail["To"] = [Address(addr_spec=address) for address in self._config.to]
        mail["Subject"] = f"{self._tag.format(one_line(ticket))} {subject}"
        mail["Date"] = format_datetime(localtime())
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: an absence note does not answer it
        mail.set_content(text.encode("utf-8", "replace").decode(), cte="base64")
        return mail
