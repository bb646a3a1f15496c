"""Say what the message's vague phrases mean, or that one has to be asked about."""

from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.pool import Database
from dossier.application import Application
from dossier.grounding import Grounding, ground
from dossier.run import Step
from nodes.view import after, view_of
from state.channels import Channels
from state.events import ClarificationRequested
from state.fold import fold

STEP = Step("resolve_references")
RECENT_EVENTS = 40
RECENT_TYPES = ("user_message_received", "assistant_response_generated", "entities_mentioned")


async def resolve_references(
    state: Channels, config: RunnableConfig, *, log: Log, db: Database, app: Application
) -> dict[str, Any]:
    """Resolve, and record what was resolved or what must be asked."""
    view = view_of(state, config)
    run = view.run
    missed = await log.events(run.tenant, run.thread, after=view.version)
    recent = await log.latest(run.tenant, run.thread, RECENT_TYPES, limit=RECENT_EVENTS)
    async with db.read(run.tenant) as cursor:
        known = await app.entities(cursor, run.principal)
    allowed = [k for k in known if app.authorizer.decide(run.principal, "read", k.scope, {}).allowed]
    bodies = ground(Grounding(fold(view.session, missed), run.turn, recent, allowed, app.tools))
    recorded = await log.record(run, STEP, bodies, since=view.version)
    asks = any(isinstance(event.body, ClarificationRequested) for event in recorded.own)
    return after(view, recorded, turn={"ordinal": 0, "route": "ask" if asks else "go"})
