"""What was left behind, in all tenants: turns that a crash cut off, rows that have served their time."""

from typing import NamedTuple

from dossier.adapters.pool import database
from dossier.adapters.queries import load

_SQL = load("dossier.adapters", "sql/sweeps.sql")
_TRIES = 5
"""Crashes after which a turn is left to people: something in it kills the process."""


class CutOff(NamedTuple):
    """A turn that nobody works on, though it could go on."""

    tenant: str
    thread: str
    turn: str


class Standing(NamedTuple):
    """How things stand."""

    stuck: int
    """Open turns on which nothing happened for long, though nobody has to decide."""
    waiting: int
    """Approvals that wait."""
    oldest: float
    """Seconds that the oldest of them waits."""


class Sweeps:
    """Looks across tenants, as a role that sees which turns are open and nothing that was said."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def cut_off(self, *, grace: float, limit: int) -> list[CutOff]:
        """Return turns that are open, that nobody holds and that nothing waits for, oldest first.

        Args:
            grace: Seconds since the thread's last event.
            limit: How many at most.
        """
        async with database(self._url, size=1, role="dossier_sweeper") as db, db.read("") as cursor:
            await cursor.execute(_SQL["cut_off"], {"grace": grace, "limit": limit, "tries": _TRIES})
            return [CutOff(r["tenant_id"], r["thread_id"], r["open_turn"]) for r in await cursor.fetchall()]

    async def tidied(self, *, seconds: float, stuck_after: float) -> Standing:
        """Delete what is over: chunks, runs, memories; return how things stand in all tenants."""
        async with database(self._url, size=1, role="dossier_sweeper") as db, db.write("sweep.tidy", "") as cursor:
            await cursor.execute(_SQL["old_chunks"], {"seconds": seconds})
            await cursor.execute(_SQL["old_runs"])
            await cursor.execute(_SQL["old_memories"])
            await cursor.execute(_SQL["state"], {"stuck": stuck_after})
            row = await cursor.fetchone()
        assert row is not None
        return Standing(row["stuck"], row["waiting"], row["oldest"])
