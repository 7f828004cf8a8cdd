"""SMTP: one place that connects to a mail server, and says in the words of `base` what became of a mail."""

import logging
import smtplib
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Final

from agent.helpdesk.base import HelpdeskDenied, HelpdeskDown, HelpdeskError, HelpdeskRefused, HelpdeskUnsure
from agent.helpdesk.marks import one_line
from agent.helpdesk.settings import MailConfig
from models.facts import Secret

log = logging.getLogger(__name__)

SECONDS: Final = 30.0
_TEMPORARY: Final = range(400, 500)  # RFC 5321, 4.2.1: try again later


class Smtp:
    """A mail server. Each mail has a connection of its own: they are rare, and servers drop idle ones.

    Args:
        config: the server, from whom, to whom.
        password: of the user, where there is one.
        seconds: how long the server may take for one step.
    """

    def __init__(self, config: MailConfig, password: Secret | None, seconds: float) -> None:
        self._config = config
        self._password = password
        self._seconds = seconds

    def send(self, mail: EmailMessage) -> None:
        """Hand a mail over. A receiver that is refused fails it only when none is left.

        Raises:
            HelpdeskError: it did not take the mail, or nobody knows.
        """
        with self._server() as server:
            try:
                refused = server.send_message(mail, self._config.sender, list(self._config.to))
            except smtplib.SMTPRecipientsRefused as err:
                raise _answered(next(iter(err.recipients.values()))) from None
            except smtplib.SMTPResponseException as err:
                raise _answered((err.smtp_code, err.smtp_error)) from None
            except (OSError, smtplib.SMTPException) as err:
                raise HelpdeskUnsure(f"{self._config.host} broke off: {_why(err)}") from None
        if refused:
            log.warning("mail refused for some receivers=%s", ",".join(refused))

    def reach(self) -> str:
        """Connect and log in; return what was found."""
        with self._server():
            return f"{self._config.host}:{self._config.port} lets us in, security {self._config.security}"

    def dry_run(self) -> str:
        """Name sender and receivers, then take it back before any mail is sent."""
        with self._server() as server:
            try:
                server.ehlo_or_helo_if_needed()
                for reply in _envelope(server, self._config):
                    if reply[0] not in range(200, 300):
                        raise _answered(reply)
                server.rset()
            except (OSError, smtplib.SMTPException) as err:
                raise HelpdeskDown(f"{self._config.host} broke off: {_why(err)}") from None
        return f"{', '.join(self._config.to)} would be sent to"

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        """Connect and log in: until here nothing was sent, whatever happens."""
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as err:
            said = f"{self._config.host} answered {err.smtp_code}: it does not let us in"
            raise HelpdeskDenied(f"{said}, mend helpdesk.user and helpdesk.password") from None
        except smtplib.SMTPNotSupportedError as err:
            raise HelpdeskDown(f"{self._config.host}: {err}") from None
        except (OSError, smtplib.SMTPException) as err:
            raise HelpdeskDown(f"{self._config.host} was not reached: {_why(err)}") from None
        try:
            yield server
        finally:
            _leave(server)

    def _connected(self) -> smtplib.SMTP:
        config = self._config
        context = ssl.create_default_context(cafile=config.ca_file) if config.security != "none" else None
        if config.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=self._seconds, context=context
            )
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=self._seconds)
        try:
            if config.security == "starttls":
                server.starttls(context=context)
            if self._password is not None:
                server.login(config.user, self._password.reveal())
        except BaseException:
            server.close()
            raise
        return server


def _envelope(server: smtplib.SMTP, config: MailConfig) -> Iterable[tuple[int, bytes]]:
    yield server.mail(config.sender)
    for address in config.to:
        yield server.rcpt(address)


def _answered(reply: tuple[int, bytes | str]) -> HelpdeskError:
    code, text = reply
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    sentence = f"the mail server answered {code}: {one_line(said)[:200]}"
    return HelpdeskDown(sentence) if code in _TEMPORARY else HelpdeskRefused(sentence)


def _why(err: Exception) -> str:
    if isinstance(err, TimeoutError):
        return "it takes too long"
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"TLS: {err.verify_message}"
    return (isinstance(err, OSError) and err.strerror) or one_line(str(err))[:200] or type(err).__name__


def _leave(server: smtplib.SMTP) -> None:
    """Say good-bye; the mail is taken, so nothing that goes wrong now matters."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
