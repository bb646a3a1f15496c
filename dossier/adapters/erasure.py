"""Erasing what was said, while the log proves that it was erased.

Done by a role of its own: the runtime can't delete a body. The event that says so and
the deletion are one transaction. What was derived (packages, facts, summaries,
memories, checkpoints) goes with it; facts and the session are folded anew from what is left.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from dossier.adapters.keys import Keys
from dossier.adapters.leases import Leases
from dossier.adapters.log import Log
from dossier.adapters.pool import database
from dossier.adapters.projection import statements
from dossier.adapters.queries import Statement, load
from dossier.errors import InvalidInput, NotFound
from dossier.run import Run, Step
from state.events import (
    AssumptionReinstated,
    AssumptionRejected,
    DecisionRecorded,
    DecisionWithdrawn,
    EventBody,
    FactConfirmed,
    FactSuperseded,
    MemoryCandidateStored,
    StateRedacted,
    SummaryGenerated,
    ThreadCleared,
    ThreadCreated,
    ThreadErased,
    TurnEnded,
)
from state.log import Event
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/erasure.sql")
_LAST = 2**62
_MESSAGE = "user_message_received"


class Eraser:
    """Erases threads, or single events of them."""

    def __init__(
        self, url: str, leases: Leases, keys: Keys, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._url = url
        self._leases = leases
        self._keys = keys
        self._now = now
        self._new_id = new_id

    async def erase(self, principal: Principal, thread: str, *, reason: str) -> str:
        """Erase all bodies of a thread and return the erasure's id.

        Raises:
            NotFound: There is no such thread in the tenant.
            ThreadBusy: A run is working on it.
        """
        said = ThreadErased(erasure_id=self._new_id(), reason=reason)
        async with self._alone(principal, thread) as (log, token):
            stored = await log.latest(principal.tenant, thread, ("memory_candidate_stored",), limit=_LAST)
            gone = [_statement(name, thread=thread) for name in ("all_payloads", "effects", "counts", "mark")]
            gone.append(_statement("memories", thread=thread, ids=_remembered(stored)))
            await _erase(
                log, Run(thread, f"erasure:{said.erasure_id}", principal, token), said, gone, seqs=None, left=[]
            )
        return said.erasure_id

    async def redact(self, principal: Principal, thread: str, seqs: Sequence[int], *, reason: str) -> str:
        """Erase the bodies of some events, and of what rests on them, and return the erasure's id.

        Raises:
            NotFound: There is no such thread in the tenant, or no such body in the thread.
            InvalidInput: An event is named whose body the log can't do without.
            ThreadBusy: A run is working on it.
        """
        async with self._alone(principal, thread) as (log, token):
            events = await log.events(principal.tenant, thread)
            erased = _with_derived(events, _erasable(events, seqs))
            said = StateRedacted(erasure_id=self._new_id(), seqs=tuple(sorted(erased)), reason=reason)
            gone = [_statement("payloads", thread=thread, seqs=list(said.seqs))]
            gone.append(_statement("memories", thread=thread, ids=_remembered(e for e in events if e.seq in erased)))
            left = [event for event in events if event.seq not in erased]
            run = Run(thread, f"erasure:{said.erasure_id}", principal, token)
            await _erase(log, run, said, gone, seqs=said.seqs, left=left)
        return said.erasure_id

    @asynccontextmanager
    async def _alone(self, principal: Principal, thread: str) -> AsyncIterator[tuple[Log, int]]:
        """Hold a thread's lease, its open turn ended, with a log of the eraser's rights."""
        tenant = principal.tenant
        async with database(self._url, size=1, role="dossier_eraser") as db:
            log = Log(db, self._keys, self._now)
            token = await self._leases.take(tenant, thread)
            async with self._leases.kept(tenant, thread, token):
                row = await log.thread(tenant, thread)
                if row.open_turn is not None:
                    run = Run(thread, row.open_turn, principal, token)
                    ended = TurnEnded(outcome="failed", detail="erased")
                    await log.record(run, Step("abandon"), [ended], since=row.seq)
                yield log, token


async def _erase(
    log: Log,
    run: Run,
    said: ThreadErased | StateRedacted,
    gone: Sequence[Statement],
    *,
    seqs: Sequence[int] | None,
    left: Sequence[Event],
) -> None:
    """Record an erasure together with its deletions; what is `left` makes the tables anew."""
    thread = run.thread
    note = {"erasure_id": said.erasure_id, "reason": said.reason, "by": run.principal.user}
    also = [
        _statement("alone"),
        *gone,
        _statement("orphaned_bodies", thread=thread),
        _statement("derived", thread=thread),
        *statements(thread, left),
        _statement("note", thread=thread, seqs=None if seqs is None else list(seqs), **note),
    ]
    await log.record(run, Step("erase"), [said], since=_LAST, also=also)


def _remembered(events: Iterable[Event]) -> list[str]:
    return [event.body.memory_id for event in events if isinstance(event.body, MemoryCandidateStored)]


def _erasable(events: Sequence[Event], seqs: Sequence[int]) -> set[int]:
    by_seq = {event.seq: event for event in events}
    for seq in seqs:
        event = by_seq.get(seq)
        if event is None or event.body is None:
            raise NotFound(f"Event {seq} does not exist, or its body is gone already.", hint="Look at the log.")
        if isinstance(event.body, (ThreadCreated, ThreadCleared, StateRedacted, ThreadErased)):
            raise InvalidInput(
                f"Event {seq} is {event.header.type}: the log can't be read without it.", hint="Erase the whole thread."
            )
    return set(seqs)


def _with_derived(events: Sequence[Event], erased: set[int]) -> set[int]:
    """Add what can't stand without the erased.

    That is the rest of a turn whose message is erased, since it may quote it; what erased events took back, so that it
    does not hold again; and the summaries that cover them.
    """
    turns = {event.header.turn for event in events if event.seq in erased and event.header.type == _MESSAGE}
    erased = erased | {event.seq for event in events if event.header.turn in turns and _may_quote(event)}
    taken_back = {name for event in events if event.seq in erased for name in _taken_back(event.body)}
    first = min(erased, default=_LAST)
    derived = {
        event.seq
        for event in events
        if _holds(event.body) in taken_back
        or (isinstance(event.body, SummaryGenerated) and event.body.summary.covers_seq >= first)
    }
    return erased | derived


def _may_quote(event: Event) -> bool:
    return event.body is not None and not isinstance(
        event.body, (ThreadCreated, ThreadCleared, TurnEnded, StateRedacted, ThreadErased)
    )


def _taken_back(body: EventBody | None) -> tuple[str, ...]:
    match body:
        case FactSuperseded():
            return (body.fact_id,)
        case DecisionWithdrawn():
            return (body.decision_id,)
        case AssumptionReinstated():
            return (body.assumption_id,)
        case _:
            return ()


def _holds(body: EventBody | None) -> str | None:
    match body:
        case FactConfirmed():
            return body.fact.id
        case DecisionRecorded():
            return body.decision_id
        case AssumptionRejected():
            return body.assumption.id
        case _:
            return None


def _statement(name: str, **params: Any) -> Statement:
    return Statement(_SQL[name], params)
