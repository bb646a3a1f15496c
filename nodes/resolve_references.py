"""Say what the message's vague phrases mean, or that one has to be asked about."""

from dataclasses import replace
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.pool import Database
from dossier.application import Application
from dossier.grounding import Grounded, Grounding, ground, read_references
from dossier.references.opinion import RanksReferences, open_reference, with_opinion
from dossier.run import Step
from nodes.view import View, after, view_of
from state.channels import Channels
from state.events import ClarificationRequested
from state.fold import fold

STEP = Step("resolve_references")
RECENT_EVENTS = 40
RECENT_TYPES = ("user_message_received", "assistant_response_generated", "entities_mentioned")


async def resolve_references(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    db: Database,
    app: Application,
    ranker: RanksReferences | None = None,
) -> dict[str, Any]:
    """Resolve, and record what was resolved or what must be asked.

    Args:
        state: The thread's channels.
        config: The run's configuration.
        log: Where it is recorded.
        db: Where the application's entities are.
        app: Says which entities there are.
        ranker: Gives its opinion on what the rules leave open; none, and the rules alone decide.
    """
    view = view_of(state, config)
    run = view.run
    recorded = await log.recorded(run, STEP, since=view.version) if ranker else None  # no second opinion
    if recorded is None:
        grounded = await _grounded(view, log, db, app)
        recorded = await log.record(run, STEP, ground(await _ranked(grounded, ranker)), since=view.version)
    asks = any(isinstance(event.body, ClarificationRequested) for event in recorded.own)
    return after(view, recorded, turn={"ordinal": 0, "route": "ask" if asks else "go"})


async def _grounded(view: View, log: Log, db: Database, app: Application) -> Grounded:
    run = view.run
    missed = await log.events(run.tenant, run.thread, after=view.version)
    recent = await log.latest(run.tenant, run.thread, RECENT_TYPES, limit=RECENT_EVENTS)
    async with db.read(run.tenant) as cursor:
        known = await app.entities(cursor, run.principal)
    allowed = [k for k in known if app.authorizer.decide(run.principal, "read", k.scope, {}).allowed]
    return read_references(Grounding(fold(view.session, missed), run.turn, recent, allowed, app.tools))


async def _ranked(grounded: Grounded, ranker: RanksReferences | None) -> Grounded:
    """Ask for an opinion on what is open; an answer that is none of the options changes nothing."""
    reference = open_reference(grounded.situation, grounded.resolution) if ranker else None
    if ranker is None or reference is None:
        return grounded
    chosen = await ranker.rank_reference(reference)
    return replace(grounded, resolution=with_opinion(grounded.resolution, chosen))
