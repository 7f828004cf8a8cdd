"""The events service: pull points as in ONVIF Core, "Real-time pull-point notification interface".

A new subscription first receives every property as `Initialized`, then each change as `Changed`. Slots are
few, and a power cut frees them all. Renew and Unsubscribe want WS-Addressing, as real devices do.
"""

import asyncio
import datetime as dt
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.soap import Ask, Fault, invalid
from simulator.onvif.topics import REBOOT, Topic, states, tree

USUAL_SECONDS: Final = 60.0  # a subscription's life when none is asked for
LONGEST_SECONDS: Final = 86_400.0
LONGEST_PULL: Final = 60.0
_ACTION: Final = {
    "tev": "http://www.onvif.org/ver10/events/wsdl/",
    "wsnt": "http://docs.oasis-open.org/wsn/bw-2/",
}
_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DIALECT: Final = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"


@dataclass(slots=True)
class Subscription:
    """One pull point: until when it lives (loop time), and the states its holder was told."""

    until: float
    told: dict[Topic, bool | str] = field(default_factory=dict)
    pulls: int = 0


class PullPoints:
    """The subscriptions of one device.

    Args:
        box: the device.
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self._live: dict[str, Subscription] = {}
        self._last = 0
        self._changed = asyncio.Event()
        self._words = 0
        self._rebooted_at = box.utc(-86_400.0)
        self.operations: dict[str, Callable[[Ask, str], Awaitable[str]]] = {
            "GetServiceCapabilities": self._capabilities,
            "GetEventProperties": self._properties,
            "CreatePullPointSubscription": self._create,
            "PullMessages": self._pull,
            "SetSynchronizationPoint": self._synchronize,
            "Renew": self._renew,
            "Unsubscribe": self._unsubscribe,
        }

    def __len__(self) -> int:
        self._expire()
        return len(self._live)

    def wake(self) -> None:
        """Let whoever is waiting in a pull look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def forget_all(self) -> None:
        """Lose every subscription, as a power cut does."""
        self._live.clear()
        self.wake()

    def reboot(self) -> None:
        """Restart: every subscription is gone, and the device says when that was."""
        self._rebooted_at = self._box.utc()
        self.forget_all()

    async def answer(self, ask: Ask, path: str) -> tuple[str, str]:
        """Return body and header of the reply to a request at `path`.

        Raises:
            Fault: it is refused.
        """
        if ask.operation not in self.operations or self._box.has("events_none"):
            raise Fault("Receiver", ("ter:ActionNotSupported",), "this device does not know the action")
        body = await self.operations[ask.operation](ask, path)
        action = f"{_ACTION.get(ask.service, '')}{_port(ask.operation)}/{ask.operation}Response"
        header = f"<wsa:Action>{action}</wsa:Action>"
        if ask.message_id:
            header += f"<wsa:RelatesTo>{_plain(ask.message_id)}</wsa:RelatesTo>"
        return body, header

    async def _capabilities(self, _: Ask, __: str) -> str:
        return (
            '<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSSubscriptionPolicySupport="false" '
            f'WSPullPointSupport="true" MaxPullPoints="{self._box.onvif.max_pull_points}" '
            'PersistentNotificationStorage="false"/></tev:GetServiceCapabilitiesResponse>'
        )

    async def _properties(self, _: Ask, __: str) -> str:
        return (
            "<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>"
            "http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>"
            f"<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>{tree(self._box)}</wstop:TopicSet>"
            f"<wsnt:TopicExpressionDialect>{_DIALECT}</wsnt:TopicExpressionDialect>"
            "<tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
            "</tev:MessageContentFilterDialect><tev:MessageContentSchemaLocation>"
            "http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>"
            "</tev:GetEventPropertiesResponse>"
        )

    async def _create(self, ask: Ask, _: str) -> str:
        end = ask.text("InitialTerminationTime")
        if not end and self._box.has("events_wants_end"):
            raise Fault("Receiver", ("ter:Action",), "Action Failed")
        seconds = self._seconds(end)
        if len(self) >= self._box.onvif.max_pull_points or self._box.has("events_no_room"):
            raise Fault("Receiver", ("wsnt:SubscribeCreationFailedFault",), "no room for another pull point")
        self._last += 1
        name = str(self._last)
        self._live[name] = Subscription(self._time() + seconds)
        return (
            f"<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>{self._address(name)}"
            f"</tev:SubscriptionReference>{self._times(seconds)}</tev:CreatePullPointSubscriptionResponse>"
        )

    def _address(self, name: str) -> str:
        """Say where a subscription is: by its address, or by a reference parameter beside a common one."""
        base = "http://192.0.2.77/onvif" if self._box.has("events_nat") else self._box.base
        if not self._box.has("events_reference"):
            return f"<wsa:Address>{base}/subscription/{name}?Idx={name}</wsa:Address>"
        given = f'<acme:SubscriptionId xmlns:acme="http://acme.example/event">{name}</acme:SubscriptionId>'
        return (
            f"<wsa:Address>{base}/subscription/all</wsa:Address>"
            f"<wsa:ReferenceParameters>{given}</wsa:ReferenceParameters>"
        )

    async def _pull(self, ask: Ask, path: str) -> str:
        """Return what changed, waiting up to the asked time for it."""
        held = self._held(ask, path)
        most = _whole(ask.text("MessageLimit"), 100)
        if most > 20 and self._box.has("events_small_limit"):
            raise Fault("Sender", ("ter:InvalidArgVal", "tev:PullMessagesFault"), "MaxMessageLimit is 20")
        wait = self._seconds(ask.text("Timeout") or "PT0S", least=0.0)
        ends = self._time() + (
            30.0 if self._box.has("events_zero_waits") and not wait else min(LONGEST_PULL, wait)
        )
        while not (news := self._news(held)[:most]) and self._time() < ends and held in self._live.values():
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), ends - self._time())
            except TimeoutError:
                break
        messages = "".join(self._message(held, topic, value) for topic, value in news)
        held.pulls += 1
        if self._box.has("events_lost_often") and held.pulls >= 2:
            self._live = {name: one for name, one in self._live.items() if one is not held}
        now, until = self._box.utc(), self._box.utc(held.until - self._time())
        return (
            f"<tev:PullMessagesResponse><tev:CurrentTime>{_stamp(now)}</tev:CurrentTime>"
            f"<tev:TerminationTime>{_stamp(until)}</tev:TerminationTime>{messages}</tev:PullMessagesResponse>"
        )

    async def _synchronize(self, ask: Ask, path: str) -> str:
        if self._box.has("events_no_sync"):
            raise Fault("Sender", ("ter:NotAuthorized",), "Sender not Authorized")
        self._held(ask, path).told.clear()
        return "<tev:SetSynchronizationPointResponse/>"

    async def _renew(self, ask: Ask, path: str) -> str:
        self._addressed(ask)
        if self._box.has("events_no_renew"):
            raise Fault("Receiver", ("ter:ActionNotSupported",), "Optional Action Not Implemented")
        seconds = self._seconds(ask.text("TerminationTime"))
        self._held(ask, path).until = self._time() + seconds
        until, now = self._box.utc(seconds), self._box.utc()
        return (
            f"<wsnt:RenewResponse><wsnt:TerminationTime>{_stamp(until)}</wsnt:TerminationTime>"
            f"<wsnt:CurrentTime>{_stamp(now)}</wsnt:CurrentTime></wsnt:RenewResponse>"
        )

    async def _unsubscribe(self, ask: Ask, path: str) -> str:
        self._addressed(ask)
        held = self._held(ask, path)
        self._live = {name: one for name, one in self._live.items() if one is not held}
        self.wake()
        return "<wsnt:UnsubscribeResponse/>"

    def _addressed(self, ask: Ask) -> None:
        if not ask.message_id:
            raise Fault("Receiver", ("ter:Action",), "WS-Addressing headers are missing")

    def _held(self, ask: Ask, path: str) -> Subscription:
        self._expire()
        name = ask.reference if self._box.has("events_reference") else path.rpartition("/")[2]
        held = self._live.get(name)
        if held is None:
            raise Fault("Sender", ("wsnt:ResourceUnknownFault",), "there is no such subscription")
        return held

    def _news(self, held: Subscription) -> list[tuple[Topic, bool | str]]:
        if self._box.has("events_dead"):
            return []
        now: dict[Topic, bool | str] = {**states(self._box), REBOOT: _stamp(self._rebooted_at)}
        if self._box.has("events_repeated"):
            return list(now.items())
        return [(topic, value) for topic, value in now.items() if held.told.get(topic) != value]

    def _message(self, held: Subscription, topic: Topic, value: bool | str) -> str:  # noqa: FBT001  a state
        how = "Changed" if topic in held.told else "Initialized"
        held.told[topic] = value
        source = topic.source
        if self._box.has("events_other_tokens") and topic.source_name != "Token":
            number = "".join(char for char in source if char.isdigit()) or "1"
            source = f"VideoSourceToken_{int(number):03d}"
        item = f'<tt:SimpleItem Name="{topic.source_name}" Value="{source}"/>' if topic.source_name else ""
        broken = "<odd:Thing>\u00ff</odd:Thing>" if self._box.has("events_broken_xml") else ""
        return (
            f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{_DIALECT}">{topic.path}</wsnt:Topic>'
            f'<wsnt:Message><tt:Message UtcTime="{self._message_time()}" PropertyOperation="{how}">'
            f"<tt:Source>{item}</tt:Source>{broken}"
            f'<tt:Data><tt:SimpleItem Name="{topic.data_name}" Value="{self._word(value)}"/></tt:Data>'
            "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
        )

    def _word(self, value: bool | str) -> str:  # noqa: FBT001  a state
        if isinstance(value, str):
            return value
        if self._box.has("events_odd_words"):
            self._words += 1
            return (("0", "FALSE", "inactive"), ("1", "TRUE", "active"))[value][self._words % 3]
        return str(value).lower()

    def _message_time(self) -> str:
        if self._box.has("events_odd_times"):
            self._words += 1
            return ("2024-05-01 00:61:16", "2024-13-01T00:00:00", "12:00", "")[self._words % 4]
        return _stamp(self._box.utc())

    def _times(self, seconds: float) -> str:
        seconds = 0.0 if self._box.has("events_relative_broken") else seconds
        return (
            f"<wsnt:CurrentTime>{_stamp(self._box.utc())}</wsnt:CurrentTime>"
            f"<wsnt:TerminationTime>{_stamp(self._box.utc(seconds))}</wsnt:TerminationTime>"
        )

    def _seconds(self, text: str, least: float = 1.0) -> float:
        """Return a duration, or an absolute time by the device's clock, as seconds from now.

        Raises:
            Fault: it is neither, in the past, or longer than a day.
        """
        if not text:
            return USUAL_SECONDS
        seconds = _duration(text)
        if seconds is not None and least and self._box.has("events_relative_broken"):
            return 5.0  # so soon is it gone
        if seconds is None:
            seconds = self._until(text)
        if seconds is None or not least <= seconds <= LONGEST_SECONDS:
            raise invalid("wsnt:UnacceptableInitialTerminationTimeFault", why="this time cannot be kept")
        return seconds

    def _until(self, text: str) -> float | None:
        try:
            when = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=dt.UTC)
        return when.timestamp() - self._box.now()

    def _time(self) -> float:
        return time.monotonic()  # the loop's own clock, also for who counts from another thread

    def _expire(self) -> None:
        now = self._time()
        self._live = {name: held for name, held in self._live.items() if held.until > now}


def _duration(text: str) -> float | None:
    """Return an xs:duration of days and less in seconds, None when it is none."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _whole(text: str, otherwise: int) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() else otherwise


def _stamp(when: dt.datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _port(operation: str) -> str:
    ports = {"Renew": "SubscriptionManager", "Unsubscribe": "SubscriptionManager"}
    pull = {"PullMessages": "PullPointSubscription", "SetSynchronizationPoint": "PullPointSubscription"}
    return (ports | pull).get(operation, "EventPortType")
