"""Reads conversations as a list: their rows, their messages, what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from dossier.adapters.log import event_of
from dossier.adapters.pool import Database
from dossier.adapters.queries import load
from service.amounts import Taken
from service.reach import missing
from service.replies import Message, message_of

_SQL = load("service", "sql/conversations.sql")
TYPES = ["user_message_received", "assistant_response_generated", "message_imported"]

State = Literal["idle", "working", "waiting"]


class Conversation(BaseModel):
    """A conversation: one thread."""

    id: str
    user: str
    created_at: datetime
    updated_at: datetime
    state: State
    """`idle`: the next message may come. `working`: a turn runs. `waiting`: a call needs a decision."""
    open_turn: str | None
    """The message whose turn has not ended."""
    forked_from: str | None
    """The origin of a fork: thread, event and its hash."""
    rehearsal: bool
    """A fork in which no call that has an effect may run."""


class ConversationPage(BaseModel):
    """Conversations, newest first."""

    conversations: list[Conversation]
    total: int
    limit: int
    offset: int


class MessagePage(BaseModel):
    """Messages, oldest first."""

    messages: list[Message]
    total: int
    limit: int
    offset: int


class Overview(BaseModel):
    """A conversation in figures, all that was ever said in it."""

    id: str
    user: str
    created_at: datetime
    first_message_at: datetime | None
    last_message_at: datetime | None
    user_messages: int
    assistant_messages: int
    imported_messages: int
    tokens: int
    """Of the messages, exact."""
    used: Taken
    """What its model and tool calls took."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations to find; None: any."""

    user: str | None = None
    state: State | None = None
    text: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    rehearsals: bool = False
    """Forks in which nothing takes effect, too."""


class Shelf:
    """Reads within one tenant."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def conversation(self, tenant: str, thread: str) -> Conversation:
        """Return one conversation.

        Raises:
            NotFound: It is missing, or erased.
        """
        rows = await self._rows("get", tenant, thread=thread)
        if not rows:
            raise missing(thread)
        return _conversation(rows[0])

    async def find(self, tenant: str, wanted: Wanted, *, limit: int, offset: int) -> ConversationPage:
        """Return a page of conversations, newest first."""
        asked: dict[str, Any] = {
            "user": wanted.user,
            "status": wanted.state,
            "text": wanted.text,
            "after": wanted.after,
            "before": wanted.before,
            "rehearsals": wanted.rehearsals,
        }
        rows = await self._rows("find", tenant, **asked, types=TYPES, limit=limit, offset=offset)
        found = [_conversation(row) for row in rows]
        return ConversationPage(conversations=found, total=_total(rows), limit=limit, offset=offset)

    async def messages(self, tenant: str, thread: str, *, limit: int, offset: int) -> MessagePage:
        """Return a page of a conversation's messages since it was last cleared, oldest first."""
        rows = await self._rows("messages", tenant, thread=thread, types=TYPES, limit=limit, offset=offset)
        said = [message_of(event_of(thread, row)) for row in rows]
        return MessagePage(messages=said, total=_total(rows), limit=limit, offset=offset)

    async def overview(self, tenant: str, thread: str, used: Taken) -> Overview:
        """Return a conversation in figures."""
        row = await self.conversation(tenant, thread)
        (found,) = await self._rows("overview", tenant, thread=thread, types=TYPES)
        return Overview(
            id=row.id,
            user=row.user,
            created_at=row.created_at,
            first_message_at=found["first_at"],
            last_message_at=found["last_at"],
            user_messages=found["user_messages"],
            assistant_messages=found["assistant_messages"],
            imported_messages=found["imported_messages"],
            tokens=found["tokens"],
            used=used,
        )

    async def _rows(self, query: str, tenant: str, **params: object) -> list[dict[str, Any]]:
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL[query], params)
            return await cursor.fetchall()


def _conversation(row: dict[str, Any]) -> Conversation:
    state: State = "idle" if row["open_turn"] is None else "waiting" if row["is_waiting"] else "working"
    return Conversation(
        id=row["thread_id"],
        user=row["user_id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        state=state,
        open_turn=row["open_turn"],
        forked_from=row["forked_from"],
        rehearsal=row["is_rehearsal"],
    )


def _total(rows: Sequence[dict[str, Any]]) -> int:
    return int(rows[0]["total"]) if rows else 0
