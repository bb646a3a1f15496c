"""What must hold of a thread at any moment, and what tells one run from another."""

from dataclasses import asdict
from typing import Any

from dossier.adapters.projection import KnowledgeReader
from dossier.errors import NotFound
from dossier.services import Services
from graphs.gate import GatedGraph
from state.fold import fold
from state.knowledge import Knowledge, fold_knowledge
from state.log import Event

BEHIND = "the turn ended, but the cache is at"
"""How a problem begins that whoever comes next makes good: the process died between the last event and checkpoint."""
_EFFECTS = """
WITH ours AS (SELECT key, status FROM dossier.effects WHERE thread_id = %(thread)s)
SELECT (SELECT count(*) FROM casework.status_changes JOIN ours USING (key)) AS changes,
       (SELECT count(*) FROM casework.notes JOIN ours USING (key)) AS notes,
       (SELECT count(*) FROM ours WHERE status = 'intent') AS open,
       (SELECT count(*) FROM dossier.packages WHERE thread_id = %(thread)s) AS packages
"""


async def problems(services: Services, graph: GatedGraph, tenant: str, thread: str, *, ended: bool) -> list[str]:
    """Return what is wrong with a thread's log, its cache and its tables.

    Args:
        services: Open ones.
        graph: Acting for someone of the tenant.
        tenant: The thread's tenant.
        thread: Which thread; one that is not there yet has no problems.
        ended: No turn is open: the cache must have caught up with the log.
    """
    # The cache first: the log that is read after it goes at least as far.
    stored = (await graph.aget_state({"configurable": {"thread_id": thread}})).values.get("session")
    try:
        events = await services.log.events(tenant, thread)
        verdict = await services.verifier.verify(tenant, thread)
    except NotFound:
        return []
    found = [] if verdict.status == "intact" else [f"verify: {verdict}"]
    version = stored["version"] if stored else 0
    if stored is not None and stored != fold(None, events[:version]).model_dump(mode="json"):
        found.append(f"the cached session is not the fold of the log up to {version}")
    if ended and version != len(events):
        found.append(f"{BEHIND} {version} of {len(events)}")
    if not await _tables_agree(services.knowledge, tenant, thread, events):
        found.append("the knowledge tables are not the fold of the log")
    return found


async def _tables_agree(tables: KnowledgeReader, tenant: str, thread: str, events: tuple[Event, ...]) -> bool:
    where = (tenant, thread, len(events))
    known = fold_knowledge(Knowledge(), events)
    facts = {row.held.id: row.held for row in await tables.facts(*where, limit=10_000)}
    rejected = {row.held.id: row.held for row in await tables.rejections(*where)}
    decisions = {row.held.id: asdict(row.held) for row in await tables.decisions(*where)}
    entities = {(m.type, m.id): asdict(m) for m in await tables.entities(*where, limit=10_000)}
    return (
        facts == {fact.id: fact for fact in known.of("fact")}  # pyright: ignore[reportAttributeAccessIssue]
        and rejected == {one.id: one for one in known.of("rejected")}  # pyright: ignore[reportAttributeAccessIssue]
        and decisions == {one.id: asdict(one) for one in known.of("decision")}  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
        and entities == {(m.type, m.id): asdict(m) for m in known.of("entity")}  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue]
    )


async def outcome(services: Services, tenant: str, thread: str) -> dict[str, Any]:
    """Return what a run came to: what must be the same whether it was killed or not."""
    events = await services.log.events(tenant, thread)
    async with services.db.read(tenant) as cursor:
        await cursor.execute(_EFFECTS, {"thread": thread})
        effects = await cursor.fetchone()
    return {"events": [[event.header.type, event.header.turn] for event in events], "effects": effects}
