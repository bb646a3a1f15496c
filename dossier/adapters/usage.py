"""What models and tools took, counted once for all replicas, in the transactions that record their calls."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dossier.adapters.pool import Database
from dossier.adapters.queries import Statement, load
from dossier.errors import RateLimited
from dossier.limits import NONE, Amounts, Limits, Used, amounts_of, refuse_beyond
from dossier.run import Run
from state.events import EventBody
from state.model_events import ContextPackageBuilt
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/usage.sql")
_SCOPES = ["tenant", "thread", "turn", "user"]
"""In one order for all, so that nobody waits for who waits for them."""


def taking(run: Run, bodies: Sequence[EventBody], limits: Limits) -> list[Statement]:
    """Return what counts a step's calls and what they took, and refuses calls for which a limit leaves no room."""
    adding = amounts_of(bodies)
    if adding == Amounts():
        return []
    params = {
        "scopes": _SCOPES,
        "ids": ["", run.thread, run.thread, run.principal.user],
        "periods": [None, "", run.turn, None],
        **asdict(adding),
    }
    begins = bool(adding.model_calls or adding.tool_calls) and limits != NONE
    ordinal = next((body.ordinal for body in bodies if isinstance(body, ContextPackageBuilt)), 0)

    def judge(rows: Sequence[Mapping[str, Any]]) -> None:
        refuse_beyond(limits, [_used(row, without=adding) for row in rows], adding, ordinal)

    return [Statement(_SQL["take"], params, judge=judge if begins else None)]


class Usage:
    """Tells what was taken, and limits the rate of messages."""

    def __init__(self, db: Database, *, messages_per_minute: int, limits: Limits = NONE) -> None:
        self._db = db
        self._messages = messages_per_minute
        self._limits = limits

    async def take_message(self, tenant: str) -> None:
        """Count one message.

        Raises:
            RateLimited: It is one too many of this minute.
        """
        async with self._db.write("usage.take", tenant) as cursor:
            await cursor.execute(_SQL["take_message"])
            row = await cursor.fetchone()
        assert row is not None
        if row["messages"] > self._messages:
            raise RateLimited(
                f"The tenant may send {self._messages} messages a minute.",
                hint="Wait for the next minute.",
                retry_after=row["seconds"],
            )

    async def refuse_spent(self, principal: Principal, thread: str) -> None:
        """Refuse a new turn for whose first model call a limit of thread, user or tenant leaves no room.

        Raises:
            LimitReached: Of the thread.
            RateLimited: Of the user or tenant.
        """
        if self._limits != NONE:
            used = await self.used(principal.tenant, principal.user, thread)
            refuse_beyond(self._limits, used, Amounts(model_calls=1))

    async def used(self, tenant: str, user: str, thread: str = "") -> list[Used]:
        """Return what a thread has taken, and its user and tenant today; what has taken nothing is left out."""
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["used"], {"user": user, "thread": thread})
            return [_used(row) for row in await cursor.fetchall()]


def _used(row: Mapping[str, Any], without: Amounts | None = None) -> Used:
    less = asdict(without or Amounts())
    return Used(row["scope"], Amounts(**{name: row[name] - amount for name, amount in less.items()}), row["seconds"])
