"""Run the calls of one answer, in order, once: what was permitted and approved, and nothing else."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.approvals import Approvals, close
from dossier.adapters.effects import Effects, Outcome, attempt
from dossier.adapters.log import Log
from dossier.adapters.pool import Database
from dossier.adapters.projection import KnowledgeReader
from dossier.application import Application
from dossier.execution import Ran, Ready, Sifted, observed_keys, outcome_events, sift_calls, verdict_events
from dossier.guarded_calls import consult_after, consult_before, let_through
from dossier.guards import guards_at
from dossier.run import Run, Step
from dossier.tools import ToolContext
from nodes.view import View, after, situation_of, view_of
from state.channels import Channels
from state.situation import Situation


async def run_tools(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    db: Database,
    app: Application,
    approvals: Approvals,
    effects: Effects,
    knowledge: KnowledgeReader,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Run what may run, and record every outcome."""
    view = view_of(state, config)
    run, step = view.run, Step("run_tools", view.ordinal)
    decided = await approvals.of_call(run, view.ordinal)
    recorded = await log.recorded(run, step, since=view.version)
    if recorded is None:
        turn = await log.turn(run.tenant, run.thread, run.turn)
        if decided:  # on record before anything runs: whatever happens next, the log says who let it
            late = [approval.id for approval in decided if approval.status == "pending"]
            verdicts = verdict_events(turn, decided, view.session, new_id)
            await log.record(run, Step("verdicts", view.ordinal), verdicts, since=view.version, also=_expiring(late))
        sifted = sift_calls(app, run, turn, decided, view.ordinal)
        sifted = await _guarded(app, sifted, view, log)
        made = [Ran(ready, await _run(ready, run, db=db, effects=effects, now=now)) for ready in sifted.ready]
        ran, ruled = await consult_after(app.guards, made, run.principal)
        situation = await _situation(ran, view, knowledge, now())
        bodies = [*sifted.withheld, *ruled, *outcome_events(ran, situation, new_id)]
        recorded = await log.record(run, step, bodies, since=view.version)
    route = "end" if any(approval.status == "superseded" for approval in decided) else "go"
    return after(view, recorded, turn={"ordinal": view.ordinal + 1, "route": route})


async def _guarded(app: Application, sifted: Sifted, view: View, log: Log) -> Sifted:
    """Return the calls that the guards let run, by what they ruled the first time."""
    if not sifted.ready or not guards_at(app.guards, "before_tool"):
        return sifted
    step = Step("guard_tools", view.ordinal)
    recorded = await log.recorded(view.run, step, since=view.version)
    if recorded is None:  # on record before anything runs: a guard that is asked again could disown what was done
        ruled = await consult_before(app.guards, sifted.ready, view.run.principal)
        recorded = await log.record(view.run, step, ruled, since=view.version)
    return let_through(sifted, [event.body for event in recorded.own])


async def _situation(ran: Sequence[Ran], view: View, knowledge: KnowledgeReader, now: datetime) -> Situation:
    """Return what observations are judged against: what is held of their keys, and what must not be assumed."""
    tenant, thread = view.run.tenant, view.run.thread
    facts, rejections = await asyncio.gather(
        knowledge.facts_of_keys(tenant, thread, observed_keys(ran)), knowledge.rejections(tenant, thread, view.version)
    )
    situation = situation_of(view.run, view.session, now, facts=[row.held for row in facts])
    return replace(situation, rejections=tuple(row.held for row in rejections))


def _expiring(late: Sequence[str]) -> list[Any]:
    return [close(late, "expired")] if late else []


async def _run(ready: Ready, run: Run, *, db: Database, effects: Effects, now: Callable[[], datetime]) -> Outcome:
    context = ToolContext(run.principal, run.thread, run.turn, "", now(), None, ready.grant)  # pyright: ignore[reportArgumentType]
    if ready.tool.effect != "read":
        return await effects.once(run, ready.call, ready.tool, ready.args, ready.args_hash, context)
    async with db.read(run.tenant) as cursor:
        return await attempt(ready.tool, ready.args, context.on(cursor))
