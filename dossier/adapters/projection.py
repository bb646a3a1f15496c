"""What events mean for the tables of facts, rejections, decisions and entities."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from dossier.adapters.pool import Database
from dossier.adapters.queries import Statement, load
from dossier.adapters.recall_index import remembering
from state.canonical import canonical
from state.facts import Fact, RejectedAssumption
from state.knowledge import Change, Closed, Decision, Mention, Mentioned, Opened, changes
from state.log import Event

_SQL = load("dossier.adapters", "sql/knowledge.sql")
T = TypeVar("T")
HOT_FACTS = 200
_ALL = 1_000_000


def statements(thread: str, events: Sequence[Event]) -> list[Statement]:
    """Return what brings the tables from before some events to after them."""
    known = [_statement(thread, event.seq, change) for event in events for change in changes(event.body)]
    return [*known, *remembering(thread, events)]


def _statement(thread: str, seq: int, change: Change) -> Statement:
    where: dict[str, Any] = {"thread": thread, "seq": seq}
    match change:
        case Mentioned():
            return Statement(_SQL["mention"], {**where, "type": change.type, "id": change.id, "label": change.label})
        case Closed():
            return Statement(_SQL[f"close_{change.kind}"], {**where, "id": change.row_id})
        case Opened(held=Fact() as fact):
            extra = {"key": fact.key, "trust": fact.trust, "task": fact.task}
            return Statement(_SQL["open_fact"], {**where, **extra, "id": fact.id, "held": _text(fact)})
        case Opened():
            return Statement(_SQL[f"open_{change.kind}"], {**where, "id": change.row_id, "held": _text(change.held)})


def _text(held: BaseModel | Decision) -> str:
    data = held.model_dump(mode="json") if isinstance(held, BaseModel) else asdict(held)
    return canonical(data).decode()


class Row(NamedTuple, Generic[T]):
    """Something that is held, and the event that says so."""

    version: int
    """Sequence number of that event: a short name for the row within its thread."""
    held: T


class Known(NamedTuple):
    """What a thread knows."""

    facts: list[Row[Fact]]
    """Those of the task first, then the newest."""
    rejections: list[Row[RejectedAssumption]]
    """What must not be assumed, newest first."""
    decisions: list[Row[Decision]]
    """Newest first."""


class KnowledgeReader:
    """Reads what a thread knows, as of any version."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def known(self, tenant: str, thread: str, version: int, *, task: str | None, facts: int) -> Known:
        """Return what is live: so many facts at most, all rejections and decisions."""
        where = {"thread": thread, "version": version}
        found = await self._db.rows(
            tenant,
            Statement(_SQL["facts"], {**where, "task": task, "limit": facts}),
            Statement(_SQL["rejections"], {**where, "limit": _ALL}),
            Statement(_SQL["decisions"], {**where, "limit": _ALL}),
        )
        return Known(_facts(found[0]), _rejections(found[1]), _decisions(found[2]))

    async def facts(
        self, tenant: str, thread: str, version: int, *, task: str | None = None, limit: int = HOT_FACTS
    ) -> list[Row[Fact]]:
        """Return live facts, those of the task first, then the newest."""
        rows = await self._rows("facts", tenant, thread=thread, version=version, limit=limit, task=task)
        return _facts(rows)

    async def facts_of_keys(self, tenant: str, thread: str, keys: Sequence[str]) -> list[Row[Fact]]:
        """Return the live facts of some keys, however long ago they were learned."""
        rows = await self._rows("facts_of_keys", tenant, thread=thread, keys=list(keys)) if keys else []
        return _facts(rows)

    async def rejections(
        self, tenant: str, thread: str, version: int, *, limit: int = _ALL
    ) -> list[Row[RejectedAssumption]]:
        """Return what must not be assumed, newest first."""
        rows = await self._rows("rejections", tenant, thread=thread, version=version, limit=limit)
        return _rejections(rows)

    async def decisions(self, tenant: str, thread: str, version: int, *, limit: int = _ALL) -> list[Row[Decision]]:
        """Return decisions that hold, newest first."""
        rows = await self._rows("decisions", tenant, thread=thread, version=version, limit=limit)
        return _decisions(rows)

    async def entities(self, tenant: str, thread: str, version: int, *, limit: int = 50) -> list[Mention]:
        """Return entities, most often mentioned first."""
        rows = await self._rows("entities", tenant, thread=thread, version=version, limit=limit)
        return [Mention(**row) for row in rows]

    async def _rows(self, query: str, tenant: str, **params: object) -> list[dict[str, Any]]:
        (found,) = await self._db.rows(tenant, Statement(_SQL[query], params))
        return found


def _facts(rows: Sequence[dict[str, Any]]) -> list[Row[Fact]]:
    return [Row(row["version"], Fact.model_validate_json(row["held"])) for row in rows]


def _rejections(rows: Sequence[dict[str, Any]]) -> list[Row[RejectedAssumption]]:
    return [Row(row["version"], RejectedAssumption.model_validate_json(row["held"])) for row in rows]


def _decisions(rows: Sequence[dict[str, Any]]) -> list[Row[Decision]]:
    return [Row(row["version"], Decision(**json.loads(row["held"]))) for row in rows]
