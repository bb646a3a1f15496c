"""What is on record of a thread and in the case store: read as the runtime reads, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from dossier.adapters.approvals import Approval
from dossier.adapters.packages import Prompt
from dossier.adapters.verify import Verdict
from dossier.errors import NotFound
from dossier.services import Services
from state.events import ContextPackageBuilt
from state.knowledge import Decision
from state.log import Event

_TABLES: dict[str, LiteralString] = {
    "change_status": "casework.status_changes",
    "add_note": "casework.notes",
    "notify_licensee": "casework.outbox",
}
"""Where a tool's effects can be counted, besides the ledger that is to count them."""
_DONE = "SELECT count(*) AS n FROM dossier.effects WHERE thread_id = %s AND tool = %s AND status = 'done'"
_CASES = "SELECT id, status, version, access, assigned_to, title FROM casework.cases"


@dataclass(frozen=True, slots=True)
class Known:
    """What is held of a thread."""

    facts: dict[str, tuple[str, str]]
    """Value and trust by key."""
    rejected: tuple[str, ...]
    decisions: tuple[str, ...]


class Records:
    """Reads for one tenant."""

    def __init__(self, services: Services, tenant: str) -> None:
        self._services = services
        self._tenant = tenant
        self._before: dict[str, int] = {}

    async def begin(self) -> None:
        """Count effects from now on: others may have had theirs before."""
        self._before = {tool: await self._effects("", tool) for tool in _TABLES}

    async def events(self, thread: str, after: int = 0) -> tuple[Event, ...]:
        """Return events, none of a thread that is not there."""
        return await self._services.log.events(self._tenant, thread, after=after)

    async def prompts(self, events: Sequence[Event]) -> list[Prompt]:
        """Return what was shown, by the packages that some events name."""
        ids = [event.body.package_id for event in events if isinstance(event.body, ContextPackageBuilt)]
        return [await self._services.packages.by_id(self._tenant, id) for id in ids]

    async def known(self, thread: str, version: int) -> Known:
        """Return what is held as of a version of the session."""
        tables, where = self._services.knowledge, (self._tenant, thread, version)
        facts = await tables.facts(*where, limit=10_000)
        rejected = await tables.rejections(*where)
        decisions = await tables.decisions(*where)
        return Known(
            {row.held.key: (row.held.value, row.held.trust) for row in facts},
            tuple(f"{row.held.key} = {row.held.value}" for row in reversed(rejected)),
            tuple(_text(row.held) for row in reversed(decisions)),
        )

    async def waiting(self, thread: str) -> list[Approval]:
        """Return what waits and can still be decided, in call order."""
        pending = await self._services.approvals.pending(self._tenant, thread)
        return [approval for approval in pending if not approval.is_late]

    async def effects(self, thread: str, tools: Sequence[str]) -> dict[str, int]:
        """Return how often tools took effect: rows that they made, else what the ledger says."""
        return {tool: await self._effects(thread, tool) - self._before.get(tool, 0) for tool in tools}

    async def _effects(self, thread: str, tool: str) -> int:
        async with self._services.db.read(self._tenant) as cursor:
            if tool in _TABLES:
                await cursor.execute(f"SELECT count(*) AS n FROM {_TABLES[tool]}")
            else:
                await cursor.execute(_DONE, [thread, tool])
            row = await cursor.fetchone()
        return row["n"] if row else 0

    async def cases(self) -> dict[str, dict[str, Any]]:
        """Return all cases of the tenant by id."""
        async with self._services.db.read(self._tenant) as cursor:
            await cursor.execute(_CASES)
            return {row["id"]: row for row in await cursor.fetchall()}

    async def verdict(self, thread: str) -> Verdict | None:
        """Return how the thread's log verifies; None when there is no such thread."""
        try:
            return await self._services.verifier.verify(self._tenant, thread)
        except NotFound:
            return None


def _text(decision: Decision) -> str:
    return f"{decision.text} (decided by {decision.decided_by})"
