"""Packages for questions about a conversation, made by the builder that a turn uses.

The history is the conversation, the request is the question. A turn costs what its row says; nothing else costs
anything, but the summary, which costs its tokens.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from dossier.adapters.tokens import token_counter
from dossier.context.budget import profile_named
from dossier.context.build import Build, build_package
from dossier.context.escape import escape_value
from dossier.context.items import ContextItem, Scope
from dossier.context.package import PackageHeader
from dossier.context.render import Message
from dossier.extraction.held import Held
from dossier.recall.history import Request
from dossier.recall.meaning import Embedder, meanings
from dossier.recall.narrow import MemoryHistory, pool_size
from dossier.recall.rank import Recalled, recall, within
from dossier.recall.strategies import Strategy
from dossier.summaries import as_text, summarise
from evals.bench.context_data import Conversation, TurnRow
from state.events import UserMessageReceived
from state.log import GENESIS, Event, seal
from state.principal import Principal

ROOM_PER_TOKEN = 6
"""Characters of turns that are offered for each token of the budget."""
SUMMARY_CAP = 150
"""Tokens of the rolling summary: the smallest budget must have room for turns beside it."""
_KEY = "0123456789abcdef"
_BEGINS = re.compile(rf'^<<{_KEY} item id="([^"]*)"', re.MULTILINE)
_SCOPE = Scope("bench", "thread", "bench")
_NOW = datetime(2100, 1, 1, tzinfo=UTC)
_HEADER = PackageHeader("bench", "bench", "bench", "bench", "bench", "none", "none", "none", 0, "none")


class Package(NamedTuple):
    """What of a conversation is shown for a question."""

    turns: list[str]
    """Ids of the turns, as in the file."""
    tokens: int


@dataclass(frozen=True, slots=True)
class History:
    """A conversation, ready to be asked about."""

    turns: MemoryHistory
    items: dict[str, ContextItem]
    """By item id."""
    costs: dict[str, int]
    """By item id, as it stands in a rendered block."""
    summary: ContextItem
    now: datetime | None

    @classmethod
    def of(cls, conversation: Conversation) -> "History":
        """Index a conversation and summarise it by rule."""
        items = {item.id: item for item in map(_item, conversation.turns)}
        summary, summary_cost = _summary(conversation.turns)
        costs = {escape_value(f"turn:{row.id}", _KEY): row.tok for row in conversation.turns}
        costs[summary.id] = summary_cost
        said = [row.said() for row in conversation.turns]
        return cls(MemoryHistory(said), items, costs, summary, said[-1].at)

    def package(self, question: str, strategy: Strategy, budget: int, embedder: Embedder | None) -> Package:
        """Return the package for a question."""
        request = Request(question, self.now)
        room = budget * ROOM_PER_TOKEN
        pool = self.turns.pool(request, pool_size(room))
        if embedder is None:
            chosen = strategy.choose(request, pool)
        else:
            chosen = recall(request, pool, meaning=meanings(request, pool.turns, embedder))
        return self._built(question, within(chosen, room), strategy, budget)

    def _built(self, question: str, recalled: Sequence[Recalled], strategy: Strategy, budget: int) -> Package:
        items = [_frame("policy", "none"), _frame("current_request", question)]
        items += [_recalled(self.items[one.turn.id], one) for one in recalled]
        if strategy.name == "summary-tail":
            items.append(self.summary)
        build = Build(profile_named("default"), budget, self._cost, self._costs, {})
        package = build_package(
            items, build, _HEADER, key=_KEY, now=_NOW, allowed=lambda scope: scope == _SCOPE
        ).package
        shown = [entry.item.id for entry in package.items if entry.item.kind == "recent_turn"]
        return Package([id.removeprefix("turn:") for id in shown], package.total_tokens)

    def _cost(self, block: str) -> int:
        begins = _BEGINS.match(block)
        return self.costs.get(begins[1], 0) if begins else 0

    def _costs(self, messages: list[Message]) -> int:
        return sum(self.costs.get(id, 0) for message in messages for id in _BEGINS.findall(message["content"]))


def _item(row: TurnRow) -> ContextItem:
    return ContextItem(
        id=f"turn:{row.id}",
        kind="recent_turn",
        text=row.render,
        source="thread",
        trust="user_claimed",
        scope=_SCOPE,
        position=row.seq,
    )


def _recalled(item: ContextItem, one: Recalled) -> ContextItem:
    return ContextItem(
        id=item.id,
        kind=item.kind,
        text=item.text,
        source=item.source,
        trust=item.trust,
        scope=item.scope,
        position=item.position,
        score=one.score,
        reason=one.reason,
    )


def _frame(kind: str, text: str) -> ContextItem:
    trust = "authored" if kind == "policy" else "user_claimed"
    return ContextItem(kind, kind, text, "bench", trust, _SCOPE, critical=True)  # pyright: ignore[reportArgumentType]


def _summary(rows: Sequence[TurnRow]) -> tuple[ContextItem, int]:
    """Summarise as the product does when no model is set, by what it reads off the messages; keep the newest lines."""
    count = token_counter("o200k_base").count
    someone = Principal(tenant="bench", user="bench")
    events: list[Event] = []
    for seq, row in enumerate(rows, start=1):
        body = UserMessageReceived(message_id=row.id, text=row.text or row.render, principal=someone, tokens=row.tok)
        header = seal(body, thread="bench", seq=seq, prev=GENESIS, turn=row.id, at=_NOW, salt=b"0" * 16)
        events.append(Event(header, body))
    lines = as_text(summarise(None, events, Held(), count=count, cap=SUMMARY_CAP)).splitlines()
    while len(lines) > 1 and count("\n".join(lines)) > SUMMARY_CAP:
        lines = lines[len(lines) // 2 :]
    text = "\n".join(lines)
    return ContextItem("summary", "summary", text, "thread", "model_inferred", _SCOPE, priority=80), count(text)
