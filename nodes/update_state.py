"""End the turn: what was said and done becomes state, once it is validated."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.memories import Memories, keeping
from dossier.adapters.projection import KnowledgeReader
from dossier.closing import Closing, close_turn, keys_of, read_message, summarise_turn
from dossier.extraction.accepting import says_yes
from dossier.extraction.by_model import proposals_in
from dossier.extraction.held import Held
from dossier.gathering import received_in
from dossier.memory_tool import approved_memories
from dossier.run import Run, Step
from dossier.sources import FACTS_READ, latest_summary
from dossier.summaries import Thresholds
from nodes.ask_beside import EXTRACTION, SUMMARY, Beside, ask_beside
from nodes.view import View, after, situation_of, view_of
from state.channels import Channels, Message
from state.events import AssistantResponseGenerated, EntityRef, TurnEnded, UserMessageReceived
from state.facts import Fact
from state.fold import fold
from state.log import Event
from state.proposals import CarefulChange, Proposal
from state.session import Session
from state.situation import Situation

STEP = Step("update_state")
SUMMARY_STEP = Step("summarise")
FACTS_SHOWN = 24
"""To a model that reads the message, for their keys."""


async def update_state(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    knowledge: KnowledgeReader,
    memories: Memories,
    beside: Beside,
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
        reply = await _last_reply(log, view, closing, beside)
        said = reply.body.text if reply and isinstance(reply.body, AssistantResponseGenerated) else ""
        extracted = await _extracted(view, closing, beside, reply, knowledge)
        # The rules' come last: where both read the same, what they say counts.
        agreed = approved_memories(turn, run.tenant)
        proposals = (*extracted, *read_message(closing, held, said), *agreed)
        at = now()
        situation = replace(
            situation_of(run, closing.session, at, facts=await _facts(run, held, proposals, knowledge)),
            rejections=held.rejections,
            decisions=held.decisions,
            task_name=task_name,
            reply=said,
        )
        if any(proposal.kind == "memory" for proposal in proposals):
            situation = await _reminded(situation, run, memories, closing.session.focus, agreed)
        bodies = close_turn(closing, proposals, situation, thresholds, count=count, new_id=new_id)
        kept = keeping(run, bodies, at)
        recorded = await log.record(run, STEP, bodies, since=view.version, also=kept)
    update = after(view, recorded, turn={}, messages=[_message(event) for event in recorded.own if _is_reply(event)])
    if any(isinstance(event.body, TurnEnded) for event in recorded.own):
        return update
    summarised = await _summarised(
        view, thresholds, log=log, knowledge=knowledge, beside=beside, count=count, now=now, new_id=new_id
    )
    return {**update, **summarised}


async def _summarised(
    view: View,
    thresholds: Thresholds,
    *,
    log: Log,
    knowledge: KnowledgeReader,
    beside: Beside,
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
        spoken = [event for event in fresh if isinstance(event.body, UserMessageReceived | AssistantResponseGenerated)]
        wording = await ask_beside(view, SUMMARY, beside, turn, summary=previous, earlier=spoken)
        bodies = summarise_turn(
            closing, previous, fresh, held, situation, thresholds, wording=wording, count=count, new_id=new_id
        )
        recorded = await log.record(run, SUMMARY_STEP, bodies, since=view.version)
    return after(view, recorded)


async def _last_reply(log: Log, view: View, closing: Closing, beside: Beside) -> Event | None:
    """Return what the assistant said before this turn, if the user says yes to it or a model reads their answer."""
    yes = says_yes(received_in(closing.turn)[1].text)
    if view.session is None or not (yes or beside.extractor):
        return None
    run, after = view.run, view.session.cleared_seq
    said = await log.latest(run.tenant, run.thread, ("assistant_response_generated",), limit=1, after=after)
    return said[-1] if said else None


async def _extracted(
    view: View, closing: Closing, beside: Beside, reply: Event | None, knowledge: KnowledgeReader
) -> tuple[Proposal, ...]:
    """Return what a model reads out of the message, once it was answered; nothing where none is set or it fails."""
    if closing.route != "reply" or beside.extractor is None:
        return ()
    run, session = view.run, closing.session
    task = session.task.name if session.task else None
    facts = await knowledge.facts(run.tenant, run.thread, session.version, task=task, limit=FACTS_SHOWN)
    shown = {"facts": facts, "earlier": [reply] if reply else []}
    answer = await ask_beside(view, EXTRACTION, beside, closing.turn, **shown)
    return () if answer is None else proposals_in(answer, view.run.tenant)


async def _held(run: Run, session: Session, knowledge: KnowledgeReader) -> Held:
    """Return what the message is read against: the newest facts, and all that was decided or ruled out."""
    where = (run.tenant, run.thread, session.version)
    task = session.task.name if session.task else None
    facts, rejections, decisions = await knowledge.known(*where, task=task, facts=FACTS_READ)
    return Held(
        facts=tuple(row.held for row in facts),
        rejections=tuple(row.held for row in rejections),
        decisions=tuple(row.held for row in decisions),
        task=session.task,
        focus=session.focus,
    )


async def _reminded(
    situation: Situation, run: Run, memories: Memories, focus: Sequence[EntityRef], agreed: Sequence[Proposal]
) -> Situation:
    """Add what a memory is judged by; a rehearsal is permitted none, since it would last."""
    cases = [entity.id for entity in focus if entity.type == "case"]
    known = tuple(memory.text for memory in await memories.of(run.principal))
    contents = [proposal.content for proposal in agreed if isinstance(proposal.content, CarefulChange)]
    return replace(
        situation,
        memories=known,
        remembers=frozenset() if run.rehearsal else memories.permitted(run.principal, cases),
        approved=frozenset(content.approval_id for content in contents if content.approval_id),
        memory_from_inferred=memories.permits_inferred(run.principal),
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
