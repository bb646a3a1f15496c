"""End the turn: what was said and done becomes state, once it is validated."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.projection import KnowledgeReader
from dossier.closing import Closing, Thresholds, close_turn
from dossier.run import Step
from dossier.settings import Settings
from nodes.view import after, view_of
from state.channels import Channels, Message
from state.events import AssistantResponseGenerated
from state.fold import fold
from state.log import Event

STEP = Step("update_state")


async def update_state(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    knowledge: KnowledgeReader,
    settings: Settings,
    count: Callable[[str], int],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Extract, validate, apply or reject, summarise if it is time, and end the turn."""
    view = view_of(state, config)
    run = view.run
    recorded = await log.recorded(run, STEP, since=view.version)
    if recorded is None:
        missed = await log.events(run.tenant, run.thread, after=view.version)
        session = fold(view.session, missed)
        where = (run.tenant, run.thread, session.version)
        covered = session.summary.covers_seq if session.summary else session.cleared_seq
        closing = Closing(
            session=session,
            turn=await log.turn(run.tenant, run.thread, run.turn),
            route=view.turn.get("route", ""),
            facts=await knowledge.facts(*where),
            rejections=await knowledge.rejections(*where),
            decisions=await knowledge.decisions(*where),
            unsummarised=await log.events(run.tenant, run.thread, after=covered),
            now=now(),
        )
        bodies = close_turn(closing, Thresholds(settings.summary_turns, settings.summary_tokens), count=count, new_id=new_id)
        recorded = await log.record(run, STEP, bodies, since=view.version)
    return after(view, recorded, turn={}, messages=[_message(event) for event in recorded.own if _is_reply(event)])


def _is_reply(event: Event) -> bool:
    return isinstance(event.body, AssistantResponseGenerated)


def _message(event: Event) -> Message:
    assert isinstance(event.body, AssistantResponseGenerated)
    return {"type": "ai", "id": event.body.message_id, "content": event.body.text}
