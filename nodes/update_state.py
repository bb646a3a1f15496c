"""End the turn: what was said and done becomes state, once it is validated."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.projection import KnowledgeReader
from dossier.closing import Closing, close_turn, keys_of, read_message, summarise_turn
from dossier.extraction.held import Held
from dossier.run import Run, Step
from dossier.sources import FACTS_READ, latest_summary
from dossier.summaries import Thresholds
from nodes.view import View, after, situation_of, view_of
from state.channels import Channels, Message
from state.events import AssistantResponseGenerated, TurnEnded
from state.facts import Fact
from state.fold import fold
from state.log import Event
from state.proposals import Proposal
from state.session import Session

STEP = Step("update_state")
SUMMARY_STEP = Step("summarise")


async def update_state(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    knowledge: KnowledgeReader,
    task_name: str,
    thresholds: Thresholds,
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
        turn = await log.turn(run.tenant, run.thread, run.turn)
        closing = Closing(fold(view.session, missed), turn, view.turn.get("route", "reply"))
        held = await _held(run, closing.session, knowledge)
        proposals = read_message(closing, held)
        situation = replace(
            situation_of(run, closing.session, now(), facts=await _facts(run, held, proposals, knowledge)),
            rejections=held.rejections,
            decisions=held.decisions,
            task_name=task_name,
        )
        bodies = close_turn(closing, proposals, situation, thresholds, count=count, new_id=new_id)
        recorded = await log.record(run, STEP, bodies, since=view.version)
    update = after(view, recorded, turn={}, messages=[_message(event) for event in recorded.own if _is_reply(event)])
    if any(isinstance(event.body, TurnEnded) for event in recorded.own):
        return update
    summarised = await _summarised(view, thresholds, log=log, knowledge=knowledge, count=count, now=now, new_id=new_id)
    return {**update, **summarised}


async def _summarised(
    view: View,
    thresholds: Thresholds,
    *,
    log: Log,
    knowledge: KnowledgeReader,
    count: Callable[[str], int],
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Refresh the summary over all that it does not cover yet, this turn included, and end the turn."""
    run = view.run
    recorded = await log.recorded(run, SUMMARY_STEP, since=view.version)
    if recorded is None:
        session = fold(view.session, await log.events(run.tenant, run.thread, after=view.version))
        previous = await latest_summary(log, run, session)
        covered = previous.covers_seq if previous else session.cleared_seq
        fresh = await log.events(run.tenant, run.thread, after=covered)
        turn = [event for event in fresh if event.header.turn == run.turn]
        closing = Closing(session, turn, view.turn.get("route", "reply"))
        held, situation = await _held(run, session, knowledge), situation_of(run, session, now())
        bodies = summarise_turn(closing, previous, fresh, held, situation, thresholds, count=count, new_id=new_id)
        recorded = await log.record(run, SUMMARY_STEP, bodies, since=view.version)
    return after(view, recorded)


async def _held(run: Run, session: Session, knowledge: KnowledgeReader) -> Held:
    """Return what the message is read against: the newest facts, and all that was decided or ruled out."""
    where = (run.tenant, run.thread, session.version)
    task = session.task.name if session.task else None
    facts, rejections, decisions = await asyncio.gather(
        knowledge.facts(*where, task=task, limit=FACTS_READ), knowledge.rejections(*where), knowledge.decisions(*where)
    )
    return Held(
        facts=tuple(row.held for row in facts),
        rejections=tuple(row.held for row in rejections),
        decisions=tuple(row.held for row in decisions),
        task=session.task,
        focus=session.focus,
    )


async def _facts(run: Run, held: Held, proposals: Sequence[Proposal], knowledge: KnowledgeReader) -> tuple[Fact, ...]:
    """Return the newest facts and those of the keys that are spoken of, however old."""
    spoken = await knowledge.facts_of_keys(run.tenant, run.thread, keys_of(proposals))
    return tuple({fact.key: fact for fact in (*held.facts, *(row.held for row in spoken))}.values())


def _is_reply(event: Event) -> bool:
    return isinstance(event.body, AssistantResponseGenerated)


def _message(event: Event) -> Message:
    assert isinstance(event.body, AssistantResponseGenerated)
    return {"type": "ai", "id": event.body.message_id, "content": event.body.text}
