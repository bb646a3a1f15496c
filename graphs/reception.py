"""What the gate does with a visitor: settle, record, and say what LangGraph is given."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from langgraph.checkpoint.base import CheckpointTuple

from dossier.adapters.approvals import Approval, Approvals, close
from dossier.adapters.delegations import Delegations
from dossier.adapters.leases import Leases
from dossier.adapters.log import Log, Thread
from dossier.adapters.saver import FencedSaver
from dossier.adapters.usage import Usage
from dossier.application import Application
from dossier.errors import (
    ApprovalWaiting,
    Conflict,
    DossierError,
    ForgedInput,
    ModelOverloaded,
    ModelRefusedKey,
    ModelUnreachable,
    NotFound,
    Unavailable,
)
from dossier.oversight import oversees
from dossier.run import RUN_KEY, Run, Step
from dossier.verdicts import closed_event
from dossier.withdrawal import WORDS, withdraws
from graphs.admission import Admitted, Decisions, Message
from graphs.decisions import Decider, unnamed
from state import events as e
from state.channels import Channels, window
from state.log import Event
from state.principal import Principal

PendingPolicy = Literal["ask", "supersede", "wait"]

_PASSING = (Conflict, Unavailable, ModelOverloaded, ModelRefusedKey, ModelUnreachable)
"""Troubles that may pass, or that would stop the next turn as well."""


@dataclass(frozen=True, slots=True)
class Held:
    """A thread whose lease this invocation holds."""

    principal: Principal
    """Who called."""
    thread: Thread
    token: int
    head: CheckpointTuple | None
    """LangGraph's newest checkpoint."""

    def run(self, turn: str, principal: Principal) -> Run:
        """Return the run of a turn under this lease."""
        return Run(self.thread.id, turn, principal, self.token, rehearsal=self.thread.is_rehearsal)

    @property
    def head_turn(self) -> str | None:
        """Return the turn that the newest checkpoint belongs to."""
        return self.head.metadata.get("turn_id") if self.head else None  # pyright: ignore[reportReturnType]

    @property
    def version(self) -> int:
        """Return how far the cached session goes."""
        return int((self.channels.get("session") or {}).get("version", 0))

    @property
    def channels(self) -> dict[str, Any]:
        """Return the cached state."""
        values = self.head.checkpoint["channel_values"] if self.head else {}
        return {name: values[name] for name in Channels.__annotations__ if name in values}

    def is_cut_off(self, turn: str, events: Sequence[Event]) -> bool:
        """Tell whether a turn is to be gone on with: it is open, or the cache lacks its end."""
        if turn == self.thread.open_turn:
            return True
        ends = [event for event in events if event.header.type == "turn_ended"]
        # A turn that was given up has no more steps to run: the next turn folds its end in.
        given_up = any(isinstance(event.body, e.TurnEnded) and event.body.outcome == "failed" for event in ends)
        return turn == self.head_turn and bool(ends) and self.version < ends[-1].seq and not given_up


@dataclass(frozen=True, slots=True)
class Leftover:
    """A turn that was cut off, and what LangGraph is to be given to finish it."""

    input: Any
    """None to go on from the newest checkpoint."""
    run: Run


@dataclass(frozen=True, slots=True)
class Visit:
    """What LangGraph is to be given."""

    run: Run | None
    """None when the turn has ended: the answer is in the log."""
    input: Any = None
    """None to go on from the newest checkpoint."""
    answered: dict[str, Any] | None = None


class Reception:
    """Receives messages and decisions on behalf of the gate."""

    def __init__(
        self,
        *,
        app: Application,
        log: Log,
        leases: Leases,
        approvals: Approvals,
        delegations: Delegations,
        saver: FencedSaver,
        usage: Usage,
        count: Callable[[str], int],
        new_id: Callable[[], str],
        pending_policy: PendingPolicy,
    ) -> None:
        self._log = log
        self._leases = leases
        self._approvals = approvals
        self._saver = saver
        self._usage = usage
        self._app = app
        self._decisions = Decider(app, approvals, delegations)
        self._count = count
        self._new_id = new_id
        self._pending_policy = pending_policy

    async def enter(self, admitted: Admitted, principal: Principal, thread: str, *, addressed: bool) -> None:
        """Claim a new thread for a message, and refuse one of somebody else's.

        Args:
            admitted: What is to enter; decisions may come from others.
            principal: Who calls.
            thread: Which thread.
            addressed: The caller names a checkpoint of it, so it can't be new.

        Raises:
            NotFound: The thread is missing, erased, or not the caller's.
        """
        tenant = principal.tenant
        makes = isinstance(admitted, Message) and not addressed
        row = await (self._log.claim(principal, thread) if makes else self._log.thread(tenant, thread))
        if row.is_erased or (row.user != principal.user and not isinstance(admitted, Decisions)):
            raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")

    @asynccontextmanager
    async def lease(self, principal: Principal, thread: str, *, wait: float) -> AsyncIterator[Held]:
        """Hold a thread's lease for one invocation.

        Raises:
            ThreadBusy: Another run holds it; nothing was stored.
        """
        token = await self._leases.take(principal.tenant, thread, wait=wait)
        async with self._leases.kept(principal.tenant, thread, token):
            yield await self._seen(principal, thread, token)

    async def anew(self, held: Held) -> Held:
        """Look again at a thread, after a run under the same lease."""
        return await self._seen(held.principal, held.thread.id, held.token)

    async def _seen(self, principal: Principal, thread: str, token: int) -> Held:
        row = await self._log.thread(principal.tenant, thread)
        return Held(principal, row, token, await self._head(principal, thread, token))

    async def _head(self, principal: Principal, thread: str, token: int) -> CheckpointTuple | None:
        run = Run(thread, "", principal, token)
        return await self._saver.aget_tuple({"configurable": {"thread_id": thread, RUN_KEY: run}})

    async def refuse_other_checkpoint(self, principal: Principal, thread: str, checkpoint: str | None) -> None:
        """Refuse to go on from any checkpoint but the newest.

        Raises:
            ForgedInput: Another one is named.
        """
        if checkpoint is not None:
            _refuse_other(checkpoint, await self._head(principal, thread, 0))

    def refuse_overtaken(self, held: Held, checkpoint: str | None) -> None:
        """Refuse the same under the lease: another run may have gone on meanwhile.

        Raises:
            ForgedInput: Another checkpoint is named.
        """
        if checkpoint is not None:
            _refuse_other(checkpoint, held.head)

    async def refuse_reading(self, principal: Principal, thread: str) -> None:
        """Refuse who may not see a thread: only its user may, and who oversees the user's work.

        Raises:
            NotFound: It is someone else's. Of a thread that does not exist there is nothing to see.
        """
        try:
            row = await self._log.thread(principal.tenant, thread)
        except NotFound:
            return
        if row.user != principal.user and not oversees(self._app, principal):
            raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")

    async def named(self, decisions: Decisions, principal: Principal, thread: str, checkpoint: str | None) -> Decisions:
        """Return decisions each under the id of what it is about; see `Decider.named`.

        What waits is read before the checkpoint is compared: so a bare answer, which says what it saw only by the
        checkpoint that it goes on from, never answers a request that came later.

        Raises:
            InvalidInput: A bare answer names no checkpoint.
            ForgedInput: The checkpoint is not the newest.
        """
        named = await self._decisions.named(decisions, principal.tenant, thread)
        if checkpoint is None and any(key is None for key, _ in decisions.answers):
            raise unnamed()
        await self.refuse_other_checkpoint(principal, thread, checkpoint)
        return named

    async def decide(self, decisions: Decisions, principal: Principal, thread: str) -> str:
        """Record decisions before LangGraph sees anything; return the turn that they are about."""
        return await self._decisions.record(decisions, principal, thread)

    async def refuse_while_waiting(self, message: Message, principal: Principal, thread: Thread) -> None:
        """Refuse a new message early, without the lease: for a server that would first make a run of it.

        Raises:
            ApprovalWaiting: A call waits, and the message may not pass it.
        """
        if message.id is None or message.id != thread.open_turn:
            self._live(await self._approvals.pending(principal.tenant, thread.id), message)

    async def leftover(self, held: Held, admitted: Admitted) -> Leftover | None:
        """Return what has to be finished before a new message may enter.

        Raises:
            ApprovalWaiting: It waits for a human, and the message may not pass it.
        """
        turn = held.thread.open_turn or held.head_turn
        if turn is None or not isinstance(admitted, Message) or admitted.id == turn:
            return None
        events = await self._log.turn(held.principal.tenant, held.thread.id, turn)
        if not held.is_cut_off(turn, events):
            return None
        await self._settle_pending(held, admitted)
        return Leftover(*self._going_on(held, turn, events))

    async def abandon(self, held: Held, leftover: Leftover, error: Exception) -> None:
        """End a turn that can't be finished, on record, unless its trouble will pass.

        Raises:
            Exception: The trouble, if it may pass or would stop the new message too.
        """
        if isinstance(error, _PASSING):
            raise error
        code = error.code if isinstance(error, DossierError) else type(error).__name__
        ended = e.TurnEnded(outcome="failed", detail=code)
        await self._log.record(leftover.run, Step("abandon"), [ended], since=held.thread.seq)

    async def receive(self, held: Held, admitted: Admitted, turn: str | None = None) -> Visit:
        """Record a new message, or find the turn that a known one, or a decision, belongs to."""
        if isinstance(admitted, Message):
            return await self._message(held, admitted)
        turn = turn or held.thread.open_turn or held.head_turn
        if turn is None:
            raise NotFound("Nothing was cut off in this thread.", hint="Send a message.")
        return self._known_turn(held, turn, await self._log.turn(held.principal.tenant, held.thread.id, turn))

    async def _message(self, held: Held, message: Message) -> Visit:
        turn = message.id or self._new_id()
        events = await self._log.turn(held.principal.tenant, held.thread.id, turn)
        if not events:
            return await self._new_turn(held, turn, message)
        if _received(events).text != message.text:
            raise Conflict(f"The id {turn!r} was used for another message.", hint="Give each message an id of its own.")
        return self._known_turn(held, turn, events)

    def _known_turn(self, held: Held, turn: str, events: Sequence[Event]) -> Visit:
        if not held.is_cut_off(turn, events):
            latest = turn == held.head_turn and held.version >= events[-1].seq
            return Visit(None, answered=held.channels if latest else _answer(events))
        given, run = self._going_on(held, turn, events)
        return Visit(run, given)

    async def _new_turn(self, held: Held, turn: str, message: Message) -> Visit:
        received = e.UserMessageReceived(
            message_id=turn,
            text=message.text,
            principal=held.principal,
            tokens=self._count(message.text),
            locale=message.locale,
            request_id=message.request_id,
            selection=message.selection,
            metadata=dict(message.metadata),
        )
        first = [e.ThreadCreated(owner=held.principal)] if held.thread.seq == 0 else []
        run = held.run(turn, held.principal)
        await self._usage.refuse_spent(held.principal, held.thread.id)
        await self._log.record(run, Step("admit"), [*first, received], since=held.thread.seq)
        return Visit(run, _input(received))

    def _going_on(self, held: Held, turn: str, events: Sequence[Event]) -> tuple[Any, Run]:
        received = _received(events)
        given = None if held.head_turn == turn else _input(received)
        return given, held.run(turn, received.principal)

    async def _settle_pending(self, held: Held, message: Message) -> None:
        """Settle, by policy, the approvals that a new message finds waiting.

        Raises:
            ApprovalWaiting: The message may not pass them.
        """
        pending = await self._approvals.pending(held.principal.tenant, held.thread.id)
        live = self._live(pending, message)
        if not pending:
            return
        run = held.run(pending[0].turn, held.principal)
        status: Literal["expired", "superseded"] = "superseded" if live else "expired"
        bodies = [closed_event(approval, status) for approval in pending]
        # The calls of one answer wait together, and later perhaps the questions about their outcomes.
        step = Step("settle_pending", pending[0].ordinal, fan_out=int(pending[0].about == "outcome"))
        statement = close([a.id for a in pending], status)
        await self._log.record(run, step, bodies, since=held.thread.seq, also=[statement])

    def _live(self, pending: Sequence[Approval], message: Message) -> Sequence[Approval]:
        """Return what can still be decided, if a new message may pass it."""
        live = [approval for approval in pending if not approval.is_late]
        if live and not self._may_pass(message):
            raise _question(live) if self._pending_policy == "ask" else _waiting(live)
        return live

    def _may_pass(self, message: Message) -> bool:
        withdrawn = self._pending_policy == "ask" and withdraws(message.text)
        return withdrawn or self._pending_policy == "supersede"


def _received(events: Sequence[Event]) -> e.UserMessageReceived:
    for event in events:
        if isinstance(event.body, e.UserMessageReceived):
            return event.body
    raise NotFound("The turn's message was erased.", hint="Send a new message.")


def _input(received: e.UserMessageReceived) -> dict[str, Any]:
    return {"messages": [{"type": "human", "id": received.message_id, "content": received.text}]}


def _answer(events: Sequence[Event]) -> dict[str, Any]:
    """Return the output channels of an ended turn as the log tells them."""
    messages = _input(_received(events))["messages"]
    for event in events:
        if isinstance(event.body, e.AssistantResponseGenerated):
            messages.append({"type": "ai", "id": event.body.message_id, "content": event.body.text})
    return {"messages": window([], messages)}


def _question(live: Sequence[Approval]) -> ApprovalWaiting:
    asked = f"{_what(live)} still waits for a decision. Shall it be withdrawn, or wait on?"
    return ApprovalWaiting(asked, hint=f"Say {WORDS!r} to withdraw it; or let it be decided, then send this again.")


def _waiting(live: Sequence[Approval]) -> ApprovalWaiting:
    told = f"{_what(live)} has to be decided first; until then messages wait."
    return ApprovalWaiting(told, hint="Send the message again after the decision. Rejecting the request withdraws it.")


def _what(live: Sequence[Approval]) -> str:
    more = f" (and {len(live) - 1} more)" if len(live) > 1 else ""
    return f"{live[0].tool}, approval {live[0].id}{more},"


def _refuse_other(checkpoint: str, head: CheckpointTuple | None) -> None:
    if head is None or checkpoint != head.checkpoint["id"]:
        raise ForgedInput(
            "A thread goes on from its newest state only.", hint="Read it again and name no older checkpoint, or fork."
        )
