"""One change of one work order, gathered and then written in one transaction."""

from dataclasses import replace
from typing import Final, Self

from agent.helpdesk import intents
from agent.service import audit
from agent.service.terms import Terms
from agent.store.letters import Letter
from agent.store.orders import AuditEntry, CauseLabel, Sheet
from agent.store.records import Deed, Intent
from agent.store.work import Work
from models.facts import Incident
from models.service import clocks, progress, retest, texts, workorder
from models.service.clocks import Clock
from models.service.retest import Trial
from models.service.workorder import AGENT, Order, State, Step

REPORTED: Final = "REPORTED"  # its incident has no rule that ends it


class Edit:
    """A sheet as it will be, with what is to be said of it. Nothing happens before `commit`.

    Args:
        sheet: the work order as it is.
        terms: contract and language.
        at: now, Unix seconds.
    """

    def __init__(self, sheet: Sheet, terms: Terms, at: float) -> None:
        self.sheet = sheet
        self._terms = terms
        self._at = at
        self._audit: list[AuditEntry] = []
        self._labels: list[CauseLabel] = []
        self._todo: list[Intent] = []
        self._mail: list[Letter] = []

    @property
    def at(self) -> float:
        """When it happens."""
        return self._at

    @property
    def order(self) -> Order:
        """The order as it will be."""
        return self.sheet.order

    def step(self, to: State, who: str = AGENT, why: str = "") -> Self:
        """Take a step, with what it does to the clocks.

        Raises:
            NotAllowed: it may not be taken.
        """
        before, step = self.order, Step(to, who, self._at, why)
        after = workorder.move(before, step)
        running = progress.follow(
            self.sheet.clocks, before, after, self._terms.level, repaired_at=self.sheet.repaired_at
        )
        self.sheet = replace(self.sheet, order=after, clocks=self._with_breaches(running))
        self._audit.append(audit.of_step(before, step))
        if before.state is State.VERIFYING:
            self.sheet = replace(self.sheet, trial=None)
        if before.state.is_open and not after.state.is_open:
            self.sheet = replace(self.sheet, seen_closed=False)
        return self

    def begin_trial(self, who: str) -> Self:
        """Begin the re-test of the fault's recipe and say so."""
        order, service = self.order, self._terms.service
        trial = retest.begin(
            order.root,
            self._terms.recipe(order.root),
            self._at,
            first_seen=order.first_seen,
            who=who,
            scale=service.retest_scale,
            patience=service.retest_patience,
        )
        self.note(audit.TRIAL_BEGAN, who)
        self.sheet = replace(self.sheet, repaired_at=self._at)
        return self.keep_trial(trial).comment(texts.began(trial, self._terms.say))

    def keep_trial(self, trial: Trial) -> Self:
        """Note how far a re-test has come."""
        return self.change(trial=trial.dump())

    def acknowledge(self) -> Self:
        """The ticket stands in the helpdesk with its diagnosis: that is the response."""
        running = progress.acknowledged(self.sheet.clocks, self._at)
        if running != self.sheet.clocks:
            self.sheet = replace(self.sheet, clocks=self._with_breaches(running))
            self.note(audit.ACKNOWLEDGED)
        return self

    def reorder(self, order: Order) -> Self:
        """Take an order that a rule of `models.service.workorder` changed."""
        self.sheet = replace(self.sheet, order=order)
        return self

    def change(self, **fields: object) -> Self:
        """Change fields of the sheet."""
        self.sheet = replace(self.sheet, **fields)  # type: ignore[arg-type]  # replace checks the names
        return self

    def set_clocks(self, running: tuple[Clock, ...]) -> Self:
        """Take changed clocks."""
        return self.change(clocks=running)

    def note(self, what: str, who: str = AGENT, why: str = "") -> Self:
        """Add a line to the audit log."""
        self._audit.append(audit.entry(self.order, self._at, who, what, why))
        return self

    def label(self, label: CauseLabel) -> Self:
        """Keep a confirmed cause."""
        self._labels.append(label)
        return self

    def write_to(self, to: tuple[str, ...], subject: str, body: str, *, once: str) -> Self:
        """Write to people; `once` names what about, so that it is written once."""
        order = self.order
        reference = f"{order.reference} {once}"
        self._mail.append(Letter(self._at, to, subject, body, reference, order.key, order.generation))
        return self

    # ------------------------------------------------------------ the ticket

    def ask(self, intent: Intent) -> Self:
        """Ask the helpdesk for something."""
        self._todo.append(intent)
        return self

    def comment(self, text: str) -> Self:
        """Say something on the ticket."""
        self._todo.append(intents.comment(self.order.key, self._at, text))
        return self

    def attach(self, picture: int | None, name: str) -> Self:
        """Attach an evidence picture, where there is one."""
        if picture is not None:
            self._todo.append(intents.attach(self.order.key, self._at, picture=picture, name=name))
        return self

    def resolve(self, text: str) -> Self:
        """Let the ticket be resolved."""
        self._todo.append(intents.resolve(self.order.key, self._at, text))
        return self.change(desk_open=False)

    def reopen(self, text: str) -> Self:
        """Let the ticket be worked on again; where it is open, only say so."""
        if self.sheet.desk_open:
            return self.comment(text)
        self._todo.append(intents.reopen(self.order.key, self._at, text))
        return self.change(desk_open=self._terms.reopens)

    @property
    def reopens(self) -> bool:
        """Whether it asks the helpdesk to open the ticket again."""
        return any(one.deed is Deed.REOPEN for one in self._todo)

    def commit(self, store: Work, opens: Incident | None = None) -> Sheet:
        """Write it all, or nothing; `opens`: the incident that a person reported."""
        is_over = self.order.root.code == REPORTED and not self.order.state.is_open
        store.commit_order(
            self.sheet,
            audit=self._audit,
            labels=self._labels,
            todo=self._todo,
            mail=self._mail,
            opens=opens,
            closes=self._at if is_over else None,
        )
        return self.sheet

    def _with_breaches(self, running: tuple[Clock, ...]) -> tuple[Clock, ...]:
        """Return the clocks with the breach of one that was stopped too late before anybody noticed."""
        return tuple(self._with_breach(clock) for clock in running)

    def _with_breach(self, clock: Clock) -> Clock:
        calendar = self._terms.calendar(clock)
        if clock.is_running or clock.breached_at is not None:
            return clock
        if not clocks.is_breached(clock, calendar, self._at):
            return clock
        self.note(audit.BREACHED, why=clock.name.value)
        return replace(clock, breached_at=clocks.due(clock, calendar), told=1.0)
