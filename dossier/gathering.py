"""What was gathered, as context items: the one place that says how each source is put.

Pure: everything is passed in. An id is stable and names its source, so that an answer
can cite it and a receipt can be asked about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dossier.adapters.projection import Row
from dossier.adapters.recall import Remembered
from dossier.application import Piece, PromptVersion
from dossier.application import Scope as AppScope
from dossier.cleaning import clean
from dossier.context.items import ContextItem, ItemKind, Priority, Scope, ScopeKind, TrustLevel
from dossier.memory.rank import Scored
from dossier.recalled import IMPORTED, speaker_of, with_recalled
from state import events as e
from state.canonical import canonical
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.log import Event
from state.principal import Principal
from state.session import PendingQuestion
from state.summaries import Statement, Summary

_SCOPES: dict[str, ScopeKind] = {"case": "case", "tenant": "tenant", "team": "team", "user": "user"}


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that the sources gave for one model call."""

    principal: Principal
    thread: str
    prompt: PromptVersion
    turn: Sequence[Event]
    """The events of the open turn."""
    policies: Sequence[Piece] = ()
    authority: Sequence[Piece] = ()
    task_state: Sequence[Piece] = ()
    documents: Sequence[Piece] = ()
    memories: Sequence[Scored] = ()
    """What is remembered beyond the thread and bears on the message."""
    facts: Sequence[Row[Fact]] = ()
    rejections: Sequence[Row[RejectedAssumption]] = ()
    decisions: Sequence[Row[Decision]] = ()
    task: str = ""
    task_name: str = ""
    """Of the active task: its constraints must be shown, those of other tasks may be left out."""
    summary: Summary | None = None
    earlier: Sequence[Event] = ()
    """Messages and replies of the newest turns before this one, oldest first."""
    remembered: Remembered = field(default_factory=lambda: Remembered([], []))
    """What was recalled from the whole thread."""
    question: PendingQuestion | None = None
    """What was asked last and is still open."""
    unavailable: tuple[str, ...] = ()
    """Optional sources that failed."""
    scopes: dict[Scope, AppScope] = field(default_factory=dict)
    """Filled here: what the policy is asked about for each scope of the items."""


def items(g: Gathered) -> list[ContextItem]:
    """Return everything gathered as items, unfiltered and in no order."""
    return [
        *_frame(g),
        _request(g),
        *(_piece(g, p, "task_state", critical=True, position=i) for i, p in enumerate(g.task_state)),
        *(_piece(g, p, "retrieved_document") for p in g.documents),
        *(_memory(g, m) for m in g.memories),
        *_task(g),
        *(_decision(g, d) for d in g.decisions),
        *(_fact(g, f) for f in g.facts),
        *(_rejection(g, r) for r in g.rejections),
        *_results(g),
        *_approvals(g),
        *_summary(g),
        *with_recalled(_earlier(g), g.remembered, _thread(g)),
    ]


def _frame(g: Gathered) -> Iterable[ContextItem]:
    prompt, own = g.prompt, _thread(g)
    text = {"trust": "authored", "priority": 100, "scope": own, "source": "prompts"}
    yield ContextItem(
        id=f"prompt:{prompt.name}@{prompt.version}", kind="system_instruction", text=prompt.instruction, **text
    )  # pyright: ignore[reportArgumentType]
    contract = f"contract:{prompt.name}@{prompt.contract_version}"
    yield ContextItem(id=contract, kind="output_contract", text=prompt.contract, **text)  # pyright: ignore[reportArgumentType]
    for piece in g.policies:
        yield _piece(g, piece, "policy", trust="authored", priority=100)
    for piece in g.authority:
        yield _piece(g, piece, "authority", priority=100)


def _piece(
    g: Gathered,
    piece: Piece,
    kind: ItemKind,
    *,
    trust: TrustLevel = "system_verified",
    priority: Priority = 50,
    critical: bool = False,
    position: int = 0,
) -> ContextItem:
    scope = Scope(g.principal.tenant, _SCOPES.get(piece.scope.kind.lower(), "case"), piece.scope.id)
    g.scopes[scope] = piece.scope
    age = piece.stale_after_seconds
    return ContextItem(
        id=piece.id,
        kind=kind,
        text=clean(piece.text),
        source=piece.source,
        trust=trust,
        scope=scope,
        priority=100 if critical else priority,
        critical=critical,
        score=piece.score,
        position=position,
        as_of=piece.as_of,
        stale_after=None if age is None else timedelta(seconds=age),
        reason=f"from {piece.source}",
    )


def _memory(g: Gathered, found: Scored) -> ContextItem:
    memory = found.memory
    scope = Scope(g.principal.tenant, memory.owner.kind, memory.owner.id)
    if memory.owner.kind in ("tenant", "case"):
        # A case's scope has been asked about with its state; one that has not is not shown.
        g.scopes.setdefault(scope, AppScope(memory.owner.kind.capitalize(), memory.owner.id))
    return ContextItem(
        id=f"memory:{memory.id}",
        kind="memory",
        text=memory.text,
        source="memories",
        trust=memory.trust,
        scope=scope,
        score=found.score,
        as_of=memory.said_at,
        stale_after=memory.expires_at - memory.said_at,
        reason=found.reason,
        metadata=(("said_by", memory.said_by),),
    )


def _request(g: Gathered) -> ContextItem:
    seq, received = received_in(g.turn)
    lines = [received.text]
    if g.question is not None and _is_answered(g.question, g.turn):
        lines.insert(0, f"answers the question about “{g.question.phrase}” in the request: “{g.question.request}”")
    for event in g.turn:
        if isinstance(event.body, e.ReferenceResolved):
            meant = ", ".join(f"{entity.type} {entity.id}" for entity in event.body.entities)
            lines.append(f'resolved: "{event.body.phrase}" -> {meant or event.body.action}')
    return ContextItem(
        id=f"turn:{seq}",
        kind="current_request",
        text="\n".join(lines),
        source="user",
        trust="user_claimed",
        scope=_thread(g),
        priority=100,
        critical=True,
        role="user",
    )


def _is_answered(question: PendingQuestion, turn: Sequence[Event]) -> bool:
    """Tell whether the message names one of the things that were offered; a thank-you answers nothing.

    A question that offered nothing, as after "neither", is answered by naming anything.
    """
    offered = {option.id for option in question.options}
    resolved = [event.body for event in turn if isinstance(event.body, e.ReferenceResolved)]
    named = {entity.id for reference in resolved for entity in reference.entities}
    return bool(named & offered if offered else named)


def _task(g: Gathered) -> Iterable[ContextItem]:
    if g.task:
        yield _own(g, "task:active", "task_state", g.task, priority=80, pinned=True, trust="system_verified")


def _decision(g: Gathered, row: Row[Decision]) -> ContextItem:
    decision = row.held
    text = f"{decision.text} (decided by {decision.decided_by})"
    limits = decision.limits(g.task_name)
    priority: Priority = 100 if limits else 80
    return _own(g, f"decision:{row.version}", "decision", text, priority=priority, critical=limits, pinned=True)


def _fact(g: Gathered, row: Row[Fact]) -> ContextItem:
    fact, seconds = row.held, row.held.stale_after_seconds
    return _own(
        g,
        f"fact:{row.version}",
        "confirmed_fact",
        fact.statement or f"{fact.key} = {fact.value}",
        trust=fact.trust,
        priority=80,
        pinned=True,
        as_of=fact.observed_at,
        stale_after=None if seconds is None else timedelta(seconds=seconds),
    )


def _rejection(g: Gathered, row: Row[RejectedAssumption]) -> ContextItem:
    rejected = row.held
    text = f"{rejected.key} = {rejected.value} ({rejected.reason})"
    return _own(g, f"rejected:{row.version}", "rejected_assumption", text, priority=80, pinned=True)


def _results(g: Gathered) -> Iterable[ContextItem]:
    """Each call of this turn with its result, as one item: they can't be parted."""
    for event in g.turn:
        body = event.body
        if isinstance(body, e.ToolCallCompleted):
            text = f"{body.name}({canonical(body.args).decode()}) -> {body.content}"
        elif isinstance(body, e.ToolCallRejected):
            text = f"{body.name} did not run: {body.code}: {body.reason}"
        elif isinstance(body, e.ToolCallFailed):
            how = "may have run" if body.code == "outcome_unknown" else "did not run"
            text = f"{body.name} {how}: {body.code}: {body.detail}"
        else:
            continue
        yield _own(
            g,
            f"tool:{event.seq}",
            "tool_result",
            text,
            trust="tool_observed",
            priority=100,
            critical=True,
            position=event.seq,
            role="tool",
            as_of=event.header.at,
            events=(str(event.seq),),
        )


def _approvals(g: Gathered) -> Iterable[ContextItem]:
    for event in g.turn:
        text = _approval_text(event.body)
        if text:
            yield _own(
                g,
                f"approval:{event.seq}",
                "approval",
                text,
                trust="system_verified",
                priority=100,
                critical=True,
                position=event.seq,
                as_of=event.header.at,
                events=(str(event.seq),),
            )


def _approval_text(body: e.EventBody | None) -> str:
    match body:
        case e.HumanApprovalGranted(about="outcome"):
            return f"{body.decided_by} found out that {body.name} took place. {body.message}".strip()
        case e.HumanApprovalDenied(about="outcome"):
            return f"{body.decided_by} found out that {body.name} did not take place. {body.message}".strip()
        case e.HumanApprovalExpired(about="outcome"):
            return f"Nobody found out whether {body.name} took place: {body.reason}."
        case e.HumanApprovalGranted():
            return f"{body.decided_by} approved {body.name}. {body.message}".strip()
        case e.HumanApprovalEdited():
            args = canonical(body.args).decode()
            return f"{body.decided_by} approved {body.name} with other arguments: {args}. {body.message}".strip()
        case e.HumanApprovalDenied():
            return f"{body.decided_by} refused {body.name}. {body.message}".strip()
        case e.HumanApprovalExpired():
            return f"Nobody approved {body.name}: {body.reason}."
        case _:
            return ""


def _summary(g: Gathered) -> Iterable[ContextItem]:
    if g.summary is None:
        return
    parts: list[tuple[str, Statement]] = [
        (name, statement)
        for name in ("decisions", "open_questions", "rejected_assumptions", "entities", "risk_notes")
        for statement in getattr(g.summary, name)
    ]
    parts = [(n, s) for n, s in (("goal", g.summary.goal), ("active_task", g.summary.active_task)) if s] + parts
    text = "\n".join(f"{name}: {statement.text}" for name, statement in parts)
    events = tuple(sorted({str(seq) for _, statement in parts for seq in statement.events}, key=int))
    yield _own(
        g, f"summary:{g.summary.covers_seq}", "summary", text, trust="model_inferred", priority=80, events=events
    )


def _earlier(g: Gathered) -> Iterable[ContextItem]:
    for event in g.earlier:
        body = event.body
        if isinstance(body, e.UserMessageReceived):
            text, role, trust = body.text, "user", "user_claimed"
        elif isinstance(body, e.AssistantResponseGenerated):
            text, role, trust = body.text, "assistant", "model_inferred"
        elif isinstance(body, e.MessageImported):
            text, role, trust = body.text, speaker_of(body.role), "untrusted"
        else:
            continue
        yield _own(
            g,
            f"turn:{event.seq}",
            "recent_turn",
            text,
            source=IMPORTED if trust == "untrusted" else "thread",
            trust=trust,  # pyright: ignore[reportArgumentType]
            unit=None if trust == "untrusted" else event.header.turn,
            position=event.seq,
            role=role,  # pyright: ignore[reportArgumentType]
            as_of=event.header.at,
            events=(str(event.seq),),
        )


def _own(
    g: Gathered,
    id: str,
    kind: ItemKind,
    text: str,
    *,
    trust: TrustLevel = "user_claimed",
    priority: Priority = 50,
    critical: bool = False,
    pinned: bool = False,
    unit: str | None = None,
    position: int = 0,
    role: str | None = None,
    as_of: datetime | None = None,
    stale_after: timedelta | None = None,
    events: tuple[str, ...] = (),
    source: str = "thread",
) -> ContextItem:
    """Return an item from the thread itself: whoever may see the thread may see it."""
    return ContextItem(
        id=id,
        kind=kind,
        text=text,
        source=source,
        trust=trust,
        scope=_thread(g),
        priority=priority,
        critical=critical,
        pinned=pinned,
        unit=unit,
        position=position,
        role=role,  # pyright: ignore[reportArgumentType]
        as_of=as_of,
        stale_after=stale_after,
        events=events,
        reason="of this turn" if critical else "remembered",
    )


def _thread(g: Gathered) -> Scope:
    return Scope(g.principal.tenant, "thread", g.thread)


def received_in(turn: Sequence[Event]) -> tuple[int, e.UserMessageReceived]:
    """Return the message that began a turn, with its sequence number."""
    return next((event.seq, event.body) for event in turn if isinstance(event.body, e.UserMessageReceived))
