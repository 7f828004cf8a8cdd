"""Mails what waits for people: who is to be told that a clock of the contract runs out.

A letter is written in the transaction of what it tells of, and leaves when a mail server took it. One that no
server takes for three days is given up, and the audit log says so.
"""

import asyncio
import logging
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from typing import Final

from agent.helpdesk.base import HelpdeskError, HelpdeskRefused
from agent.helpdesk.marks import digest, one_line
from agent.helpdesk.settings import MailConfig
from agent.helpdesk.smtp import SECONDS, Smtp
from agent.service import audit
from agent.store.letters import Letter
from agent.store.orders import AuditEntry
from agent.store.work import Work
from models.facts import Secret
from models.service.workorder import AGENT

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 5.0
FIRST_WAIT: Final = 30.0
LONGEST_WAIT: Final = 3600.0
GIVE_UP_SECONDS: Final = 3 * 86400.0


class Postman:
    """Takes letters to the mail server, one after the other.

    Args:
        store: where they wait.
        config: the mail server and who sends; its receivers are those of each letter.
        password: of the server's user, where there is one.
        clock: Unix seconds.
    """

    def __init__(
        self, store: Work, config: MailConfig, password: Secret | None, *, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._config = config
        self._password = password
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await asyncio.to_thread(self.step)
            except Exception:  # a fault of ours: the letters wait
                log.exception("letters failed")

    def step(self) -> int:
        """Send what is due; return how many letters were taken."""
        sent = 0
        for letter in self._store.letters(self._clock(), 20):
            try:
                self._send(letter)
            except HelpdeskError as err:
                self._failed(letter, err)
                if not isinstance(err, HelpdeskRefused):
                    break  # the server is not there: the next would fail likewise
            else:
                sent += 1
                self._end(letter, audit.TOLD, ", ".join(letter.to))
        return sent

    def _send(self, letter: Letter) -> None:
        config = self._config.model_copy(update={"to": letter.to})
        Smtp(config, self._password, SECONDS).send(compose(letter, config))

    def _failed(self, letter: Letter, err: HelpdeskError) -> None:
        now = self._clock()
        if isinstance(err, HelpdeskRefused) or abs(now - letter.at) > GIVE_UP_SECONDS:
            log.error("letter given up to=%s why=%s", ",".join(letter.to), err)
            self._end(letter, audit.NOT_TOLD, f"{', '.join(letter.to)}: {err}")
            return
        log.warning("letter not sent to=%s why=%s", ",".join(letter.to), err)
        self._store.letter_later(letter, now + min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(letter.tries, 10)))

    def _end(self, letter: Letter, what: str, why: str) -> None:
        entry = AuditEntry(self._clock(), AGENT, what, letter.key, letter.generation, why)
        self._store.letter_done(letter, [entry])


def compose(letter: Letter, config: MailConfig) -> EmailMessage:
    """Return the mail."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Siteward", addr_spec=config.sender)
    mail["To"] = [Address(addr_spec=address) for address in letter.to]
    mail["Subject"] = one_line(letter.subject)[:160]
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{digest(letter.once)}@{config.sender.rpartition('@')[2]}>"
    mail["Importance"] = "high"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: an absence note does not answer it
    mail.set_content(letter.body.encode("utf-8", "replace").decode(), cte="base64")
    return mail
