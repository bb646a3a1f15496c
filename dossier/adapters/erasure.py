"""Erasing what was said, while the log proves that it was erased.

Done by a role of its own: the runtime can't delete a body. The event that says so and
the deletion are one transaction. What was derived (packages, facts, summaries,
checkpoints) goes with it; facts and the session are folded anew from what is left.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dossier.adapters.keys import Keys
from dossier.adapters.leases import Leases
from dossier.adapters.log import Log
from dossier.adapters.pool import database
from dossier.adapters.projection import statements
from dossier.adapters.queries import Statement, load
from dossier.run import Run, Step
from state.events import StateRedacted, ThreadErased, TurnEnded
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/erasure.sql")


class Eraser:
    """Erases threads, or single events of them."""

    def __init__(
        self, url: str, leases: Leases, keys: Keys, *, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._url = url
        self._leases = leases
        self._keys = keys
        self._now = now
        self._new_id = new_id

    async def erase(self, principal: Principal, thread: str, *, reason: str) -> str:
        """Erase all bodies of a thread and return the erasure's id.

        Raises:
            NotFound: There is no such thread in the tenant.
            ThreadBusy: A run is working on it.
        """
        erasure_id = self._new_id()
        said = ThreadErased(erasure_id=erasure_id, reason=reason)
        gone = [_statement(name, thread=thread) for name in ("all_payloads", "orphaned_bodies", "outcomes", "mark")]
        await self._record(principal, thread, said, gone, erased=None)
        return erasure_id

    async def redact(self, principal: Principal, thread: str, seqs: Sequence[int], *, reason: str) -> str:
        """Erase the bodies of some events and return the erasure's id."""
        erasure_id = self._new_id()
        said = StateRedacted(erasure_id=erasure_id, seqs=tuple(sorted(seqs)), reason=reason)
        gone = [
            _statement("payloads", thread=thread, seqs=list(said.seqs)),
            _statement("orphaned_bodies", thread=thread),
        ]
        await self._record(principal, thread, said, gone, erased=frozenset(said.seqs))
        return erasure_id

    async def _record(
        self,
        principal: Principal,
        thread: str,
        said: ThreadErased | StateRedacted,
        gone: Sequence[Statement],
        *,
        erased: frozenset[int] | None,
    ) -> None:
        """Append what was erased and erase it; `erased` None means everything."""
        tenant, seqs = principal.tenant, None if erased is None else sorted(erased)
        note = _statement(
            "note", erasure_id=said.erasure_id, thread=thread, seqs=seqs, reason=said.reason, by=principal.user
        )
        async with database(self._url, size=1, role="dossier_eraser") as db:
            log = Log(db, self._keys, self._now)
            row = await log.thread(tenant, thread)
            token = await self._leases.take(tenant, thread)
            async with self._leases.kept(tenant, thread, token):
                left = [] if erased is None else [e for e in await log.events(tenant, thread) if e.seq not in erased]
                ended = [TurnEnded(outcome="abandoned", detail="erased")] if row.open_turn else []
                also = [*gone, _statement("derived", thread=thread), *statements(thread, left), note]
                run = Run(thread, f"erasure:{said.erasure_id}", principal, token)
                await log.record(run, Step("erase"), [*ended, said], since=row.seq, also=also)


def _statement(name: str, **params: Any) -> Statement:
    return Statement(_SQL[name], params)
