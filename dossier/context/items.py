"""What may be shown to the model: one typed piece, with where it comes from and how far it can be trusted."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Literal, NamedTuple, get_args

from dossier.errors import InvalidInput

ItemKind = Literal[
    "system_instruction",
    "policy",
    "authority",
    "task_state",
    "current_request",
    "decision",
    "confirmed_fact",
    "rejected_assumption",
    "memory",
    "retrieved_document",
    "tool_result",
    "approval",
    "summary",
    "recent_turn",
    "output_contract",
]
TrustLevel = Literal["system_verified", "tool_observed", "user_claimed", "model_inferred", "authored", "untrusted"]
Priority = Literal[100, 80, 50, 20]
ScopeKind = Literal["public", "tenant", "team", "user", "case", "thread"]
Speaker = Literal["user", "assistant", "tool"]

KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
"""Every kind, in the order in which a package shows them."""

INSTRUCTING_KINDS: frozenset[ItemKind] = frozenset({"system_instruction", "policy", "authority", "output_contract"})
"""The kinds that the system role holds; all others are data."""

OWN_PREFIX = "context:"
"""Ids with this prefix belong to items that the context engine makes itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who an item belongs to; authorisation decides by scope, not by item."""

    tenant: str
    """The tenant that owns it."""
    kind: ScopeKind
    """What sort of owner inside the tenant."""
    id: str
    """Which one, such as a case or thread id."""


@dataclass(frozen=True, slots=True)
class ContextItem:
    """One piece of context.

    Raises:
        InvalidInput: A field breaks its rule, such as an instruction that is not authored or verified.
    """

    id: str
    """Stable name, such as `doc:IR-77#2`, `turn:<id>`, `fact:<id>`; answers cite it."""
    kind: ItemKind
    """What it is; decides its segment, its order and its role."""
    text: str
    """The content, as it is known, unescaped."""
    source: str
    """Where it was read, such as `documents` or `case_store`."""
    trust: TrustLevel
    """How far it can be relied on."""
    scope: Scope
    """Who it belongs to."""
    priority: Priority = 50
    """critical 100, high 80, medium 50, low 20."""
    critical: bool = False
    """It must fit, or no package is made."""
    pinned: bool = False
    """It goes before the rest, though it may be left out."""
    score: float = 0.0
    """Relevance to the request, as recall computed it; kept to six digits. Above zero means that recall brought it."""
    as_of: datetime | None = None
    """When it was true, UTC."""
    stale_after: timedelta | None = None
    """The age from which it is stale; None: it does not age."""
    reason: str = ""
    """Why it was gathered."""
    unit: str | None = None
    """Items of one unit are packed all or none, and stay together."""
    position: int = 0
    """Order inside the kind; for turns the order in time."""
    role: Speaker | None = None
    """Who spoke, for turns and tool results."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Further facts about it, for the record. `superseded_by` withdraws the item; of a turn, `corrected` is shown."""
    events: tuple[str, ...] = ()
    """Ids of the log events it rests on."""
    stale_age: str | None = None
    """Its age as a label, when freshness found it stale."""
    shown: str | None = None
    """How much of it is shown, such as `12 of 40 values`, when it was shortened; the whole stands under its id."""

    def __post_init__(self) -> None:
        """Check the rules and bring score and time to one form."""
        if problem := _problem(self):
            raise InvalidInput(f"Context item {self.id!r} {problem}.", hint="Correct the source that gathered it.")
        object.__setattr__(self, "score", round(self.score, 6) + 0.0)
        if self.as_of is not None and self.as_of.tzinfo is not UTC:
            object.__setattr__(self, "as_of", self.as_of.astimezone(UTC))

    @property
    def must_fit(self) -> bool:
        """Tell whether a package without it is refused; the frame and the request always are."""
        return self.critical or self.kind in _ALWAYS


class LeftOut(NamedTuple):
    """An item that a step took out, and why."""

    item: ContextItem
    reason: str


class Sifted(NamedTuple):
    """What a step kept, and what it left out; together they are its input."""

    kept: list[ContextItem]
    left_out: list[LeftOut]


_ALWAYS = INSTRUCTING_KINDS | {"current_request"}
_KINDS = frozenset(KINDS)
_TRUST = frozenset(get_args(TrustLevel))
_PRIORITIES = frozenset(get_args(Priority))


def _problem(item: ContextItem) -> str | None:
    if not item.id:
        return "has no id"
    if item.kind not in _KINDS or item.trust not in _TRUST or item.priority not in _PRIORITIES:
        return f"has an unknown kind, trust or priority: {item.kind!r}, {item.trust!r}, {item.priority!r}"
    if item.kind in INSTRUCTING_KINDS and item.trust not in ("authored", "system_verified"):
        return f"may not instruct: its trust is {item.trust!r}"
    if item.kind in INSTRUCTING_KINDS and item.unit is not None:
        return "instructs, so it may not be in a unit with data"
    if not math.isfinite(item.score):
        return "has a score that is no finite number"
    if item.as_of is not None and item.as_of.utcoffset() is None:
        return "has a time without a zone"
    return None if _is_unicode(item) else "holds text that is no valid Unicode"


def _is_unicode(item: ContextItem) -> bool:
    texts = (item.id, item.text, item.source, item.reason, item.unit or "", *item.events, *chain(*item.metadata))
    return all(map(str.isascii, texts)) or all(text.encode(errors="replace").decode() == text for text in texts)
