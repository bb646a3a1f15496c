"""Facts, rejected assumptions, decisions and entities: what grows with a thread.

Each is a row that holds from one version of the session to another, so that the
knowledge of any version can be read. An event says which rows it opens and
closes; the tables and the fold here apply the very same changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from state import events as e
from state.facts import Fact, RejectedAssumption
from state.lifecycle import Lifecycle
from state.log import Event

_DECISION = Lifecycle("task", "user", "thread", "what the user or an approver decided", "claimed", "erasable", "always")
_MENTION = Lifecycle("session", "runtime", "thread", "what was spoken of", "derived", "erasable", "when_relevant")

RowKind = Literal["fact", "rejected", "decision", "entity"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided."""

    id: Annotated[str, _DECISION]
    text: Annotated[str, _DECISION]
    decided_by: Annotated[str, _DECISION]
    task: Annotated[str | None, _DECISION]
    constraint: Annotated[bool, _DECISION]

    def limits(self, task: str) -> bool:
        """Tell whether it limits what may be done in a task; one that was made for no task limits all."""
        return self.constraint and self.task in (None, task)


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity and how often it came up."""

    type: Annotated[str, _MENTION]
    id: Annotated[str, _MENTION]
    label: Annotated[str, _MENTION]
    mentions: Annotated[int, _MENTION]
    first_version: Annotated[int, _MENTION]


Held = Fact | RejectedAssumption | Decision | Mention


@dataclass(frozen=True, slots=True)
class Opened:
    """A row holds from this event on."""

    kind: RowKind
    row_id: str
    held: Fact | RejectedAssumption | Decision


@dataclass(frozen=True, slots=True)
class Closed:
    """A row holds no longer."""

    kind: RowKind
    row_id: str


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An entity came up once more."""

    type: str
    id: str
    label: str


Change = Opened | Closed | Mentioned


def changes(body: e.EventBody | None) -> tuple[Change, ...]:
    """Return what an event opens, closes and counts, in order."""
    match body:
        case e.FactConfirmed():
            return (Opened("fact", body.fact.id, body.fact),)
        case e.FactSuperseded():
            return (Closed("fact", body.fact_id),)
        case e.AssumptionRejected():
            return (Opened("rejected", body.assumption.id, body.assumption),)
        case e.AssumptionReinstated():
            return (Closed("rejected", body.assumption_id),)
        case e.DecisionRecorded():
            return (Opened("decision", body.decision_id, _decision(body)),)
        case e.DecisionWithdrawn():
            return (Closed("decision", body.decision_id),)
        case e.EntitiesMentioned():
            return tuple(Mentioned(m.type, m.id, m.label) for m in body.entities)
        case _:
            return ()


def _decision(body: e.DecisionRecorded) -> Decision:
    return Decision(body.decision_id, body.text, body.decided_by, body.task, body.constraint)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All rows that hold, by kind and id."""

    rows: dict[tuple[RowKind, str], Held] = field(default_factory=dict)

    def of(self, kind: RowKind) -> list[Held]:
        """Return the rows of one kind, in the order they were opened."""
        return [held for (row_kind, _), held in self.rows.items() if row_kind == kind]


def fold_knowledge(knowledge: Knowledge, events: Iterable[Event]) -> Knowledge:
    """Apply the changes of events; the tables must come out alike."""
    rows = dict(knowledge.rows)
    for event in events:
        for change in changes(event.body):
            _apply(rows, change, event.seq)
    return Knowledge(rows)


def _apply(rows: dict[tuple[RowKind, str], Held], change: Change, seq: int) -> None:
    match change:
        case Opened():
            rows[change.kind, change.row_id] = change.held
        case Closed():
            rows.pop((change.kind, change.row_id), None)
        case Mentioned():
            key: tuple[RowKind, str] = ("entity", f"{change.type}:{change.id}")
            before = rows.get(key)
            if isinstance(before, Mention):
                rows[key] = replace(before, mentions=before.mentions + 1, label=change.label or before.label)
            else:
                rows[key] = Mention(change.type, change.id, change.label, 1, seq)
