"""The one subscription at one device: made, adopted after a restart, renewed, pulled, replaced, given back.

    none ──adopt (its address was kept)──▶ live ──half its life──▶ renew
      └──create─────────────────────────▶  │  └──a fault of any kind──▶ give back, create anew (with back-off)
                                            └──stop──▶ Unsubscribe; unreachable: kept for the next start

Devices have room for two to ten pull points, for all their clients together, and forget them all when they
restart. So there is never a second one of ours: the old one is given back before a new one is asked for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported, Unreachable
from collectors.onvif.events import messages
from collectors.onvif.events.book import Book, Kept
from collectors.onvif.events.notices import Notice, Pulled, read
from collectors.onvif.line import Question
from collectors.onvif.session import Told
from models.facts import Device

LIFE_SECONDS: Final = 600.0
LEAST_SECONDS: Final = 60.0  # a shorter grant is a firmware that cannot read durations
PULLS: Final = 5  # in a round: what is left waits at the device for the next one
LIMIT: Final = 100  # messages a pull
SMALL_LIMIT: Final = 10  # for devices that refuse the other
RESYNC_SECONDS: Final = 3600.0  # how often a silent subscription is asked to prove that it lives
PROOF_ROUNDS: Final = 3  # rounds in which the states must have come back
BACKOFF_SECONDS: Final = 60.0  # before a subscription is asked for again; doubles
LONGEST_BACKOFF: Final = 1800.0

SHORT_SECONDS: Final = 2.0

Send = Callable[[Question, float | None], Awaitable[Told]]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round brought; `begun`: the subscription is new, so earlier states are void."""

    notices: tuple[Notice, ...]
    begun: bool
    unreadable: int


class Subscription:
    """The pull point at one device. Not for two rounds at once.

    Args:
        device: whose.
        send: sends one request; seconds for it, or None for the usual.
        book: remembers the address.
        monotonic: a clock that never steps.
    """

    def __init__(self, device: Device, send: Send, book: Book, monotonic: Callable[[], float]) -> None:
        self.device = device
        self.made = 0  # how often one was made
        self._send = send
        self._book = book
        self._monotonic = monotonic
        self._kept = self._known()
        self._is_adopted = self._kept is not None  # made by an earlier life of the agent
        self._renew_at = 0.0
        self._device_ahead: float | None = None  # device time minus monotonic
        self._relative = True
        self._wait = "PT0S"
        self._limit = LIMIT
        self._begun = False
        self._can_sync = True
        self._sync_at = 0.0
        self._tells_states = False
        self._proofs_left = 0
        self._retry_at = 0.0
        self._failures = 0

    async def round(self) -> Round:
        """Pull what happened since the last round, with whatever it takes to be subscribed.

        Raises:
            CollectError: nothing could be pulled.
        """
        self._begun = False
        if self._is_adopted and self._kept is not None:
            await self._adopt(self._kept)
        if self._kept is None:
            await self._make()
        try:
            return await self._pull_all()
        except (BadReply, NotSupported) as err:
            self._soften(err)
            await self._replace()
        try:
            return await self._pull_all()
        except (BadReply, NotSupported):
            await self.remove(SHORT_SECONDS)  # it makes them and does not serve them
            raise

    async def remove(self, seconds: float) -> None:
        """Give the subscription back. One that cannot be reached stays in the book for the next start."""
        if self._kept is None:
            return
        try:
            await self._send(messages.unsubscribe(self._kept), seconds)
        except (Unreachable, Busy, AuthRejected):
            return
        except CollectError:
            pass  # it says that there is none: as good
        self._put(None)

    # ------------------------------------------------------------ beginning

    def _known(self) -> Kept | None:
        """Return what the book holds, if it is this device's: at another address is another device."""
        kept = self._book.get(self.device.id)
        here = kept is not None and (kept.host, kept.port) == (self.device.host, self.device.onvif_port)
        return kept if here else None

    async def _adopt(self, kept: Kept) -> None:
        """Take up the subscription of an earlier life, if the device still holds it and tells its states."""
        try:
            await self._send(messages.synchronize(kept), None)
        except (Unreachable, Busy):
            raise
        except CollectError:  # gone, or it will not tell its states again: begin anew
            self._can_sync = False
            await self._give_back(kept)
        else:
            self._begun, self._tells_states = True, False
            self._renew_at = self._monotonic()  # how long it still lives is not known
            self._sync_at = self._monotonic() + RESYNC_SECONDS
        self._is_adopted = False

    async def _make(self) -> None:
        now = self._monotonic()
        if now < self._retry_at:
            raise Busy(f"no subscription to its events yet; asking again in {self._retry_at - now:.0f} s")
        try:
            await self._create()
        except (BadReply, Busy, NotSupported) as err:
            self._failures += 1
            self._retry_at = now + min(LONGEST_BACKOFF, BACKOFF_SECONDS * 2 ** (self._failures - 1))
            if (full := _full(err)) is not None:
                raise full from err
            raise
        self._failures = 0

    async def _create(self) -> None:
        told = await self._send(messages.create(self._until()), None)
        kept = messages.subscription(told.body, self.device.host, self.device.onvif_port or 80)
        self._put(kept)
        self.made += 1
        self._begun, self._tells_states, self._proofs_left = True, False, 0
        self._sync_at = self._monotonic() + RESYNC_SECONDS
        if not self._note_grant(told):
            self._relative = False
            await self._renew(kept)

    async def _replace(self) -> None:
        """Begin anew: give back what may still be there, then ask for another one."""
        if self._kept is not None:
            await self._give_back(self._kept)
        await self._make()

    async def _give_back(self, kept: Kept) -> None:
        try:
            await self._send(messages.unsubscribe(kept), None)
        except (Unreachable, Busy):
            raise
        except CollectError:
            pass  # it does not know it any more
        self._put(None)

    def _put(self, kept: Kept | None) -> None:
        self._kept = kept
        self._book.put(self.device.id, kept)

    # ------------------------------------------------------------ living

    async def _pull_all(self) -> Round:
        kept = self._kept
        if kept is None:
            raise BadReply("no subscription")
        await self._care(kept)
        notices: list[Notice] = []
        unreadable = 0
        for _ in range(PULLS):
            pulled = await self._pull(kept)
            notices += pulled.notices
            unreadable += pulled.unreadable
            if pulled.messages < self._limit:
                break
        self._note_states(notices)
        return Round(tuple(notices), self._begun, unreadable)

    async def _pull(self, kept: Kept) -> Pulled:
        try:
            told = await self._send(messages.pull(kept, self._wait, self._limit), None)
        except Unreachable as err:
            if "in time" in str(err) and self._wait == "PT0S":
                self._wait = "PT1S"  # it takes no wait for a long one
            raise
        return read(told.body)

    async def _care(self, kept: Kept) -> None:
        """Renew at half its life, and ask for proof that it lives when that is due."""
        now = self._monotonic()
        if now >= self._renew_at:
            await self._renew(kept)
        if self._proofs_left > 0:
            self._proofs_left -= 1
            if self._proofs_left == 0:
                raise BadReply("its subscription tells nothing any more")
        if now >= self._sync_at and self._can_sync and self._tells_states:
            self._sync_at = now + RESYNC_SECONDS
            await self._ask_proof(kept)

    async def _ask_proof(self, kept: Kept) -> None:
        try:
            await self._send(messages.synchronize(kept), None)
        except (NotSupported, AuthRejected, BadReply):
            self._can_sync = False
        else:
            self._proofs_left = PROOF_ROUNDS

    def _note_states(self, notices: list[Notice]) -> None:
        if any(notice.how == "Initialized" for notice in notices):
            self._tells_states = True
            self._proofs_left = 0

    async def _renew(self, kept: Kept) -> None:
        """Renew; in absolute time where relative time is not understood.

        Raises:
            BadReply: it cannot be renewed.
        """
        try:
            told = await self._send(messages.renew(kept, self._until()), None)
            if self._note_grant(told) or not self._relative:
                return
        except (BadReply, NotSupported) as err:
            if not self._relative or self._device_ahead is None:
                raise BadReply(f"it does not renew: {err}") from err
        self._relative = False
        told = await self._send(messages.renew(kept, self._until()), None)
        self._note_grant(told)

    def _until(self) -> str:
        if self._relative or self._device_ahead is None:
            return f"PT{LIFE_SECONDS:.0f}S"
        return messages.stamp(self._monotonic() + self._device_ahead + LIFE_SECONDS)

    def _note_grant(self, told: Told) -> bool:
        """Note how long it lives; return whether that is long enough to live with."""
        seconds, device_time = messages.granted(told.body)
        now = self._monotonic()
        if device_time is not None:
            self._device_ahead = device_time - now
        given = LIFE_SECONDS if seconds is None else seconds
        self._renew_at = now + max(0.0, min(given, LIFE_SECONDS)) / 2
        return given >= LEAST_SECONDS

    def _soften(self, err: CollectError) -> None:
        """Ask for less where it may be too much that was asked for."""
        if any(word in messages.said(err) for word in ("limit", "invalidarg", "pullmessagesfault")):
            self._limit = SMALL_LIMIT


def _full(err: CollectError) -> Busy | None:
    """Return what a refusal to make another pull point is: no room, where its words say so."""
    words = messages.said(err)
    if any(word in words for word in ("creationfailed", "maxpullpoints", "no room", "too many", "max ")):
        return Busy(f"it has no room for another event subscription ({err}): others hold them all")
    return None
