"""What a tenant takes of its limits, counted once for all replicas."""

from dossier.adapters.pool import Database
from dossier.adapters.queries import load
from dossier.errors import RateLimited

_SQL = load("dossier.adapters", "sql/usage.sql")


class Usage:
    """Counts messages by the minute and tokens by the day."""

    def __init__(self, db: Database, *, messages_per_minute: int, tokens_per_day: int | None) -> None:
        self._db = db
        self._messages = messages_per_minute
        self._tokens = tokens_per_day

    async def take(self, tenant: str) -> None:
        """Count one message.

        Raises:
            RateLimited: It is one too many, or the day's tokens are used up.
        """
        async with self._db.write("usage.take", tenant) as cursor:
            await cursor.execute(_SQL["take"])
            row = await cursor.fetchone()
        assert row is not None
        if row["messages"] > self._messages:
            raise RateLimited(
                f"The tenant may send {self._messages} messages a minute.",
                hint="Wait for the next minute.",
                retry_after=row["seconds_left"],
            )
        if self._tokens is not None and row["tokens"] >= self._tokens:
            raise RateLimited(
                f"The tenant's {self._tokens} tokens of today are used up.",
                hint="Wait for tomorrow (UTC), or have the limit raised.",
                retry_after=row["seconds_of_day"],
            )

    async def spend(self, tenant: str, tokens: int) -> None:
        """Count what model calls took."""
        async with self._db.write("usage.spend", tenant) as cursor:
            await cursor.execute(_SQL["spend"], {"tokens": tokens})
