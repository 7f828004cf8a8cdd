"""One connection to an MQTT broker, from CONNECT to its end; the one module that imports paho.

paho keeps unsent messages in memory without bound and forgets them at exit. So a link lives for one
connection, holds no more than its window, and is thrown away with it: what was not acknowledged is still in
the outbox.
"""

import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.store.records import Message
from models.facts import Secret

_FAILURE: Final = 0x80  # from here on a reason code is a failure (MQTT 5, 2.4)
_PACKET_TOO_LARGE: Final = 0x95
_TOPIC_INVALID: Final = 0x90
_OVERHEAD_BYTES: Final = 16  # fixed header, lengths, packet id and an empty property list


class LinkError(Exception):
    """The connection could not be made, or ended; the message says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Tls:
    """TLS to the broker. `ca_file` None: the system's own list. A client certificate needs both files."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is and how to talk to it.

    Attributes:
        site: the site's name; first part of every topic.
        version: of the protocol. With 3.1.1 a publish that the broker denies looks like one it took.
        client_id: "" is `siteward-<site>`; two agents with one id throw each other out for ever.
        window: messages under way at once; the broker's own maximum counts where it is smaller.
        connect_timeout: seconds for TCP and TLS, and again for the broker's answer.
    """

    site: str
    host: str = "127.0.0.1"
    port: int = 1883
    version: Literal["5", "3.1.1"] = "5"
    client_id: str = ""
    user: str = ""
    password: Secret | None = None
    tls: Tls | None = None
    window: int = 20
    keepalive_seconds: int = 30
    connect_timeout: float = 10.0
    retry_first: float = 1.0
    retry_most: float = 60.0


@dataclass(frozen=True, slots=True)
class Ack:
    """The broker's answer to one message; `refusal` is "" when it took it."""

    mid: int
    refusal: str


@dataclass(slots=True)
class _Heard:
    """What paho's callbacks told."""

    ready: bool = False
    over: str = ""
    window: int = 0
    largest: int = 0
    acks: deque[Ack] = field(default_factory=deque)


class Link:
    """One connection. Not thread-safe: one thread makes, runs and drops it."""

    def __init__(self, settings: MqttSettings, will: Message) -> None:
        self._settings = settings
        self._heard = _Heard(window=settings.window)
        self._client = _client(settings, will)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._next_local = 0

    @property
    def window(self) -> int:
        """How many messages may be under way."""
        return self._heard.window

    def open(self, keep_trying: Callable[[], bool]) -> bool:
        """Connect and wait until the broker said yes; False where `keep_trying` said no before it did.

        Raises:
            LinkError: it is not there, does not answer, or said no.
        """
        settings = self._settings
        try:
            self._client.connect(settings.host, settings.port, settings.keepalive_seconds)
        except (OSError, ValueError) as err:  # paho: ValueError for a name that is no name
            raise LinkError(f"cannot reach {self._place}: {_reason(err)}") from None
        until = time.monotonic() + settings.connect_timeout
        while not self._heard.ready and keep_trying():
            if time.monotonic() > until:
                raise LinkError(self._silence())
            self.run(0.1)
        return self._heard.ready

    def run(self, seconds: float) -> None:
        """Let the connection work until something arrives, at most for `seconds`.

        Raises:
            LinkError: it ended.
        """
        code = self._client.loop(seconds)
        if self._heard.over or code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError(f"{self._place}: {self._heard.over or code.name}")

    def send(self, message: Message) -> int:
        """Send with QoS 1 and return the number its answer will carry.

        Raises:
            LinkError: the connection ended.
        """
        size = len(message.payload) + len(message.topic.encode()) + _OVERHEAD_BYTES
        if self._heard.largest and size > self._heard.largest:
            return self._refuse(_PACKET_TOO_LARGE)
        try:
            sent = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        except (ValueError, UnicodeError):
            return self._refuse(_TOPIC_INVALID)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError(f"{self._place}: {sent.rc.name}")
        return sent.mid

    def take_acks(self) -> list[Ack]:
        """Return the answers since the last call."""
        acks = list(self._heard.acks)
        self._heard.acks.clear()
        return acks

    def close(self) -> None:
        """Say goodbye, so that the broker does not publish the will."""
        self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """End the connection without a word."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    # ------------------------------------------------------------ inside

    @property
    def _place(self) -> str:
        return f"broker {self._settings.host}:{self._settings.port}"

    def _silence(self) -> str:
        hint = "; if it speaks only 3.1.1, set the protocol" if self._settings.version == "5" else ""
        return f"{self._place} did not answer within {self._settings.connect_timeout:g} s{hint}"

    def _refuse(self, code: int) -> int:
        self._next_local -= 1
        self._heard.acks.append(Ack(self._next_local, _CODE_NAMES[code]))
        return self._next_local

    def _on_connect(
        self,
        _client: Client,
        _data: Any,
        _flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._heard.over = f"it refused us: {code}"
            return
        self._heard.ready = True
        maximum = getattr(properties, "ReceiveMaximum", None)
        self._heard.window = min(self._settings.window, maximum or self._settings.window)
        self._heard.largest = getattr(properties, "MaximumPacketSize", 0)

    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _more: Properties | None
    ) -> None:
        why = f"it hung up: {code}" if flags.is_disconnect_packet_from_server else "the connection was lost"
        self._heard.over = self._heard.over or why

    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._heard.acks.append(Ack(mid, str(code) if code.value >= _FAILURE else ""))


_CODE_NAMES: Final = {_PACKET_TOO_LARGE: "Packet too large", _TOPIC_INVALID: "Topic name invalid"}


def _client(settings: MqttSettings, will: Message) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id or f"siteward-{settings.site}",
        protocol=MQTTv5 if settings.version == "5" else MQTTv311,
        clean_session=None if settings.version == "5" else True,
        reconnect_on_failure=False,
    )
    client.connect_timeout = settings.connect_timeout
    client.max_inflight_messages = (
        0  # we keep the window, as the broker's maximum is known only once connected
    )
    client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
    if settings.user:
        client.username_pw_set(settings.user, settings.password.reveal() if settings.password else None)
    if settings.tls:
        client.tls_set_context(_tls_context(settings.tls))
    return client


def _tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca_file and str(tls.ca_file))
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except (OSError, ssl.SSLError) as err:
        raise LinkError(f"the TLS files for the broker cannot be used: {_reason(err)}") from None
    return context


def _reason(err: Exception) -> str:
    if isinstance(err, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({err.verify_message})"
    return getattr(err, "strerror", None) or str(err) or type(err).__name__
