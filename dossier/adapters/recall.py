"""Past turns from the whole log: narrowed by the database, ranked in process, with what they taught and still holds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dossier.adapters.pool import Database
from dossier.adapters.queries import Statement, load
from dossier.context.outdated import Withdrawn
from dossier.recall.history import PastTurn, Pool, Rarity, Request
from dossier.recall.meaning import Embedder, meanings
from dossier.recall.narrow import HOLDING, MOST, considered, hits_of, pool_size, wanted
from dossier.recall.rank import Recalled, recall, within
from dossier.recall.signals import AROUND
from dossier.recall.strategies import Strategy
from state.facts import Fact

_SQL = load("dossier.adapters", "sql/recall.sql")
BLOCK = 200
"""Characters of a turn's header and delimiters."""
_SITTING = timedelta(hours=1)
"""A silence that parts two sessions of a thread."""
_WITHDRAWN = 500
"""Corrections that count when turns are looked at for what they repeat: the newest."""
_SPEAKER = {"user_message_received": "user", "assistant_response_generated": "assistant"}


class Learned(NamedTuple):
    """What holds now of something that was learned in a recalled turn."""

    seq: int
    """Of the message or reply of that turn."""
    key: str
    now: Fact | None
    """What holds now; None when nothing does."""
    version: int | None
    """Of the fact that holds now."""
    corrected: bool
    """It is no longer what the turn said."""


class Remembered(NamedTuple):
    """What is recalled for a request."""

    turns: list[Recalled]
    """Best first."""
    learned: list[Learned]
    """In the order of the turns."""
    withdrawn: list[Withdrawn] = []  # noqa: RUF012 - never changed
    """What was held in the thread and is no more: other turns may repeat it."""


@dataclass(frozen=True, slots=True)
class Recollection:
    """Recalls what was said in a thread."""

    db: Database
    strategy: Strategy
    room: int
    """Characters of turns to offer."""
    embedder: Embedder | None = None
    """Nearness in meaning; None goes by words alone."""

    async def recall(
        self, tenant: str, thread: str, text: str, *, after: int, before: int, version: int, now: datetime
    ) -> Remembered:
        """Return the past turns to offer for a request.

        Args:
            tenant: Whose thread it is.
            thread: Where to look.
            text: What is asked now.
            after: Only what was said after this event.
            before: Only what was said before this event: the request's own.
            version: What is held after this event counts.
            now: The request's time.
        """
        request = Request(text, now)
        size = pool_size(self.room, BLOCK)
        pool = await narrowed(self.db, tenant, thread, request, after=after, before=before, size=size)
        turns = await self._ranked(request, pool)
        params = {"thread": thread, "version": version, "seqs": [one.turn.seq for one in turns]}
        learned, withdrawn = await self.db.rows(
            tenant,
            Statement(_SQL["learned"], params),
            Statement(_SQL["withdrawn"], {**params, "after": after, "limit": _WITHDRAWN}),
        )
        return Remembered(turns, [_learned(row) for row in learned], [Withdrawn(**row) for row in withdrawn])

    async def _ranked(self, request: Request, pool: Pool) -> list[Recalled]:
        if self.embedder is None or self.strategy.name != "dossier":
            return within(self.strategy.choose(request, pool), self.room, BLOCK)
        near = await asyncio.to_thread(meanings, request, pool.turns, self.embedder)
        return within(recall(request, pool, meaning=near), self.room, BLOCK)


async def narrowed(
    db: Database, tenant: str, thread: str, request: Request, *, after: int, before: int, size: int = MOST
) -> Pool:
    """Return the turns of a thread that are worth scoring: bounded, however long the thread."""
    where = {"thread": thread, "holding": HOLDING}
    span = {"after": after, "before": before, "terms": list(considered(request))}
    (found,) = await db.rows(tenant, Statement(_SQL["holding"], {**where, **span}))
    first, last = found[0]["first"], found[0]["last"]
    rarity = Rarity(last - first, {row["term"]: row["turns"] for row in found if row["term"] is not None})
    asked = wanted(rarity)
    limits = {"first": first, "last": last, "hits": hits_of(size), "around": AROUND, "pool": size}
    chosen = {"terms": [one.term for one in asked], "weights": [one.weight for one in asked]}
    (turns,) = await db.rows(tenant, Statement(_SQL["pool"], {**where, **limits, **chosen}))
    return Pool(_past(turns), rarity)


def _past(rows: Sequence[dict[str, Any]]) -> tuple[PastTurn, ...]:
    turns: list[PastTurn] = []
    sitting, last = 0, None
    for row in rows:
        if last is not None and row["at"] - last > _SITTING:
            sitting += 1
        last = row["at"]
        seq = row["seq"]
        imported = row["type"] == "message_imported"
        speaker = row["role"] if imported else _SPEAKER[row["type"]]
        turns.append(PastTurn(f"turn:{seq}", seq, row["text"], speaker, str(sitting), last, imported))
    return tuple(turns)


def _learned(row: dict[str, Any]) -> Learned:
    held = Fact.model_validate_json(row["held"]) if row["held"] else None
    return Learned(row["seq"], row["key"], held, row["version"], row["corrected"])
