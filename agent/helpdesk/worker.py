"""Carries intents from the outbox to the helpdesk: in order for each incident, one ticket per generation.

    begin (noted on disk) ──▶ call ──┬─ done ─────▶ out of the outbox, ticket into the ledger: one transaction
                                     ├─ down ─────▶ again later: back-off, jitter, breaker
                                     ├─ unsure ───▶ again later, but a create looks its reference up first
                                     ├─ denied ───▶ as down: what waits, waits for a login that is right
                                     └─ refused ──▶ dead letter, a person must look

An agent killed after `begin` leaves the intent unsure, which is the truth. So the ledger decides, and the
helpdesk's search is asked for one thing only: whether a create whose answer was lost had arrived.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.helpdesk import intents
from agent.helpdesk.base import (
    Attachment,
    Helpdesk,
    HelpdeskBusy,
    HelpdeskDenied,
    HelpdeskDown,
    HelpdeskRefused,
    HelpdeskUnsure,
)
from agent.store.intents import CHANGE_STATE
from agent.store.records import Deed, LedgerEntry, QueuedIntent, StoreError
from agent.store.work import Work

log = logging.getLogger(__name__)

COLLAPSED: Final = "over before the helpdesk could be told"
_BUG_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Patience:
    """How the worker waits, in seconds."""

    first: float = 2.0
    most: float = 300.0
    breaker_after: int = 3  # failures in a row, of whatever intents
    idle: float = 1.0  # how often the outbox is asked when nobody called `wake`


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """The worker in numbers; `done`, `failed` and `collapsed` since the start."""

    done: int
    failed: int
    collapsed: int
    pending: int
    dead: int
    oldest_pending_seconds: float
    is_open: bool  # the breaker: nothing is tried for now


class HelpdeskWorker:
    """One helpdesk's worker. `step` does one thing and is all there is to test; `start` runs it in a thread.

    Args:
        store: the outbox and the ledger.
        helpdesk: where tickets go.
        patience: how to wait.
        clock: Unix seconds.
        jitter: 0 to 1, spreads the tries of many agents.
    """

    def __init__(
        self,
        store: Work,
        helpdesk: Helpdesk,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._helpdesk = helpdesk
        self._patience = patience or Patience()
        self._clock = clock
        self._jitter = jitter
        self._in_a_row = 0
        self._closed_until = 0.0
        self._done = self._failed = self._collapsed = 0
        self._wake = threading.Event()
        self._stopping = False
        self.on_idle: Callable[[float], None] | None = None  # called in the worker's thread: none other may
        self._thread = threading.Thread(target=self._run, name="helpdesk", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the outbox."""
        self._wake.set()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the call under way and stop; what waits, waits for the next start."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def stats(self, now: float) -> WorkerStats:
        """Return the worker in numbers."""
        queue = self._store.helpdesk_queue(now)
        return WorkerStats(
            done=self._done,
            failed=self._failed,
            collapsed=self._collapsed,
            pending=queue.pending,
            dead=queue.dead,
            oldest_pending_seconds=queue.oldest_pending_seconds,
            is_open=now < self._closed_until,
        )

    def step(self, now: float) -> bool:
        """Do the first thing that is due; False when nothing is, or the breaker is open."""
        if self._closed_until - self._patience.most <= now < self._closed_until:
            return False  # the first half of the test: a clock that jumped back must not hold us for ever
        due = self._store.helpdesk_pending(now, 1)
        if due:
            self._attend(due[0], now)
        return bool(due)

    # ------------------------------------------------------------ one intent

    def _attend(self, queued: QueuedIntent, now: float) -> None:
        entry = self._store.incident_of(queued.intent.key, queued.generation)
        if entry is None:
            self._bury(queued, "the ledger does not know this incident")
            return
        try:
            self._carry(queued, entry, now)
        except HelpdeskBusy as err:
            wait = min(err.retry_after, self._patience.most)
            self._closed_until = now + wait
            self._later(queued, now + wait, str(err), unsure=queued.uncertain)
        except HelpdeskDown as err:
            self._failure(queued, now, str(err), unsure=queued.uncertain)
        except HelpdeskUnsure as err:
            self._failure(queued, now, str(err), unsure=True)
        except HelpdeskDenied as err:  # no fault of this request: it and all others wait for the login
            self._failure(queued, now, str(err), unsure=queued.uncertain)
        except HelpdeskRefused as err:
            self._in_a_row = 0
            self._bury(queued, str(err))
        except StoreError:
            raise
        except Exception as err:  # a fault of ours in an adapter: never the end of the worker
            log.exception("helpdesk adapter failed helpdesk=%s", self._helpdesk.name)
            self._bug(queued, now, f"fault in the adapter: {type(err).__name__}")
        else:
            self._in_a_row = 0

    def _carry(self, queued: QueuedIntent, entry: LedgerEntry, now: float) -> None:
        deed = queued.intent.deed
        if entry.ticket and self._is_overtaken(queued):
            self._store.helpdesk_done(queued)
            self._collapsed += 1
        elif entry.ticket and deed is not Deed.CREATE:
            self._store.helpdesk_begin(queued.id, now)
            self._follow(queued, entry.ticket)
            self._finish(queued)
        elif deed in {Deed.CREATE, Deed.REOPEN}:
            self._create(queued, entry, now)
        elif entry.note:
            self._finish(queued)  # there is no ticket, and that is on purpose
        else:
            self._bury(queued, "there is no ticket: its create is a dead letter")

    def _is_overtaken(self, queued: QueuedIntent) -> bool:
        """Whether a later intent changes the state of the ticket again: then this change is nobody's concern.

        One that may have arrived is sent all the same: it tells what became of it.
        """
        if queued.uncertain or queued.intent.deed not in {Deed.RESOLVE, Deed.REOPEN}:
            return False
        waiting = self._store.helpdesk_of(queued.intent.key, queued.generation)
        return any(one.id > queued.id and one.intent.deed in CHANGE_STATE for one in waiting)

    def _create(self, queued: QueuedIntent, entry: LedgerEntry, now: float) -> None:
        if entry.ticket:
            self._finish(queued)
            return
        if queued.intent.body.get("goes_on_from") and self._go_on(queued, now):
            return
        if queued.uncertain and self._searches and self._settle_doubt(queued, now):
            return
        never_arrived = not queued.uncertain or self._searches
        if never_arrived and self._store.helpdesk_collapse(queued.intent.key, queued.generation, COLLAPSED):
            self._collapsed += 1
            return
        draft = intents.draft_of(queued, max_subject=self._helpdesk.abilities.max_subject)
        self._store.helpdesk_begin(queued.id, now)
        self._finish(queued, ticket=self._helpdesk.create(draft))

    def _go_on(self, queued: QueuedIntent, now: float) -> bool:
        """Let the ticket of an earlier incident speak of this one; False where there is none to go on."""
        before = self._store.incident(str(queued.intent.body["goes_on_from"]))
        if before is None or not self._helpdesk.abilities.can_update:
            return False
        if before.ticket:
            self._store.helpdesk_begin(queued.id, now)
            if self._helpdesk.abilities.can_edit:
                draft = intents.draft_of(queued, max_subject=self._helpdesk.abilities.max_subject)
                self._nicety("edited", lambda: self._helpdesk.edit(before.ticket, draft))
            self._speak(Deed.REOPEN, queued, before.ticket)
            self._finish(queued, ticket=before.ticket)
            return True
        if not self._store.helpdesk_of(before.key, before.generation):
            return False
        self._later(queued, now + self._patience.first, "its ticket is not made yet", unsure=False)
        return True

    @property
    def _searches(self) -> bool:
        """Whether doubt is settled by a look; if not, by asking again: better a ticket twice than none."""
        return self._helpdesk.abilities.can_search_key and not self._helpdesk.abilities.idempotent_create

    def _settle_doubt(self, queued: QueuedIntent, now: float) -> bool:
        """Look whether a create of doubtful fate arrived; False when it did not, and may be sent again."""
        abilities = self._helpdesk.abilities
        found = self._helpdesk.find(queued.reference)
        if found is not None:
            self._finish(queued, ticket=found.id)
            return True
        lag = 0.0 if abilities.search_is_consistent else abilities.index_lag_seconds
        begun = now if queued.begun is None else queued.begun
        if 0 <= now - begun < lag:
            self._later(queued, now + lag / 4, "looking for a ticket whose answer was lost", unsure=True)
            return True
        return False

    def _follow(self, queued: QueuedIntent, ticket: str) -> None:
        if queued.intent.deed is Deed.ATTACH:
            self._attach(queued, ticket)
        elif queued.intent.deed is Deed.LINK:
            other = str(queued.intent.body["ticket"])
            if self._helpdesk.abilities.can_link:
                self._nicety("linked", lambda: self._helpdesk.link(ticket, other))
        else:
            self._speak(queued.intent.deed, queued, ticket)

    def _nicety(self, what: str, do: Callable[[], None]) -> None:
        """Do what the ticket's text says anyway: a refusal of it holds nothing up."""
        try:
            do()
        except HelpdeskDenied:
            raise
        except HelpdeskRefused as err:
            log.warning("a ticket was not %s: %s", what, err)

    def _speak(self, deed: Deed, queued: QueuedIntent, ticket: str) -> None:
        """Resolve, reopen or comment, as far as the helpdesk can."""
        helpdesk, can = self._helpdesk, self._helpdesk.abilities
        body, once = queued.intent.body, intents.once(queued)
        if deed is Deed.RESOLVE and can.can_close:
            helpdesk.resolve(ticket, str(body["text"]), once=once)
        elif deed is Deed.REOPEN and can.can_reopen:
            helpdesk.reopen(ticket, str(body["text"]), once=once)
        elif can.can_update:
            helpdesk.comment(ticket, str(body["text"]), once=once)

    def _attach(self, queued: QueuedIntent, ticket: str) -> None:
        can = self._helpdesk.abilities
        picture = self._store.picture(int(queued.intent.body["picture"]))
        try:
            data = picture.path.read_bytes() if picture and can.can_attach else b""
        except OSError:
            data = b""
        if not data or (can.max_attachment and len(data) > can.max_attachment):
            log.info("picture not attached ticket=%s: expired, too large, or not taken here", ticket)
            return
        name = str(queued.intent.body["name"])
        file = Attachment(name, "image/png" if name.endswith(".png") else "image/jpeg", data)
        self._helpdesk.attach(ticket, file, once=intents.once(queued))

    # ------------------------------------------------------------ what becomes of it

    def _finish(self, queued: QueuedIntent, *, ticket: str = "") -> None:
        self._store.helpdesk_done(queued, ticket=ticket)
        self._done += 1

    def _later(self, queued: QueuedIntent, due: float, why: str, *, unsure: bool) -> None:
        self._store.helpdesk_failed(queued.id, due=due, error=why, uncertain=unsure)

    def _bury(self, queued: QueuedIntent, why: str) -> None:
        log.error("helpdesk dead letter id=%d deed=%s: %s", queued.id, queued.intent.deed, why)
        self._store.helpdesk_bury(queued.id, why)

    def _bug(self, queued: QueuedIntent, now: float, why: str) -> None:
        if queued.tries >= _BUG_TRIES:
            self._bury(queued, why)
        else:
            self._failure(queued, now, why, unsure=True)

    def _failure(self, queued: QueuedIntent, now: float, why: str, *, unsure: bool) -> None:
        self._failed += 1
        self._in_a_row += 1
        if self._in_a_row == self._patience.breaker_after:
            log.warning("helpdesk down helpdesk=%s: %s", self._helpdesk.name, why)
        if self._in_a_row >= self._patience.breaker_after:
            self._closed_until = now + self._pause(self._in_a_row - self._patience.breaker_after)
        self._later(queued, now + self._pause(queued.tries), why, unsure=unsure)

    def _pause(self, tries: int) -> float:
        longest = min(self._patience.most, self._patience.first * 2.0 ** min(tries, 20))
        return longest * (0.5 + 0.5 * self._jitter())

    # ------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._stopping:
            try:
                now = self._clock()
                if self.step(now):
                    continue
                if self.on_idle is not None and not self._in_a_row:
                    self.on_idle(now)
            except StoreError:  # closed before us: what waits is on the disk
                return
            except Exception:  # a fault of ours must not end the work for good
                log.exception("helpdesk worker failed")
            self._wake.wait(self._patience.idle)
            self._wake.clear()
