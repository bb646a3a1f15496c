"""Run the calls of one answer, in order, once: what was permitted and approved, and nothing else."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel

from dossier.adapters.approvals import Approval, Approvals, close, request
from dossier.adapters.effects import Effects, Outcome, attempt, found_out
from dossier.adapters.log import Log, Recorded
from dossier.adapters.pool import Database
from dossier.adapters.projection import KnowledgeReader
from dossier.adapters.queries import Statement
from dossier.application import Application
from dossier.execution import Ran, Ready, Sifted, observed_keys, outcome_events, sift_calls
from dossier.guarded_calls import consult_after, consult_before, let_through
from dossier.guards import guards_at
from dossier.human_decisions import outcome_question
from dossier.run import Run, Step
from dossier.tools import Tool, ToolContext
from dossier.verdicts import verdict_events
from dossier.verification import verified_events, verify
from nodes.view import View, after, situation_of, view_of
from state import events as e
from state.channels import Channels, Scratchpad
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
    approval_ttl: float,
    knowledge: KnowledgeReader,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Run what may run and record every outcome; one that is not known is put before a human first."""
    view = view_of(state, config)
    step = Step("run_tools", view.ordinal)
    decided = await approvals.of_call(view.run, view.ordinal)
    recorded = await log.recorded(view.run, step, since=view.version)
    if recorded is None and any(one.about == "outcome" and one.waits for one in decided):
        # Cut off between asking and waiting: to be waited for, whoever comes again.
        recorded = await log.recorded(view.run, Step("ask_outcomes", view.ordinal), since=view.version)
        assert recorded is not None
        return after(view, recorded, turn=Scratchpad(ordinal=view.ordinal, route="ask_outcome"))
    if recorded is None:
        calls = _Calls(view, decided, log, db, app, effects, knowledge, now, new_id)
        await calls.record_verdicts()
        withheld, made = await calls.run()
        if unasked := _unasked(made, decided):
            expires = await approvals.expiry(view.run.tenant, approval_ttl)
            recorded = await calls.ask(unasked, expires)
            return after(view, recorded, turn=Scratchpad(ordinal=view.ordinal, route="ask_outcome"))
        ran, ruled = await consult_after(app.guards, made, view.run.principal)
        situation = await calls.situation(observed_keys(ran))
        bodies = [*withheld, *ruled, *outcome_events(ran, situation, new_id)]
        recorded = await log.record(view.run, step, bodies, since=view.version)
    route = "end" if any(approval.status == "superseded" for approval in decided) else "go"
    return after(view, recorded, turn=Scratchpad(ordinal=view.ordinal + 1, route=route))


def _unasked(ran: Sequence[Ran], decided: Sequence[Approval]) -> list[Ready]:
    asked = {approval.index for approval in decided if approval.about == "outcome"}
    return [one.ready for one in ran if one.outcome.status == "unknown" and one.ready.call.index not in asked]


@dataclass(frozen=True, slots=True)
class _Calls:
    """The calls of one model answer, and what is needed to run them."""

    view: View
    decided: Sequence[Approval]
    log: Log
    db: Database
    app: Application
    effects: Effects
    knowledge: KnowledgeReader
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    @property
    def _run(self) -> Run:
        return self.view.run

    async def record_verdicts(self) -> None:
        """Put on record who let what happen before anything runs: whatever comes next, the log says so."""
        for fan_out, about in enumerate(("call", "outcome")):
            decided = [approval for approval in self.decided if approval.about == about]
            if not decided:
                continue
            turn = await self.log.turn(self._run.tenant, self._run.thread, self._run.turn)
            verdicts = verdict_events(turn, decided, self.view.session, self.new_id)
            late = [approval.id for approval in decided if approval.status == "pending"]
            also = [*([close(late, "expired")] if late else []), *self._found_out(decided)]
            step = Step("verdicts", self.view.ordinal, fan_out)
            await self.log.record(self._run, step, verdicts, since=self.view.version, also=also)

    def _found_out(self, decided: Sequence[Approval]) -> list[Statement]:
        return [
            found_out(
                self._run,
                e.CallRef(ordinal=one.ordinal, index=one.index),
                one.args_hash,
                by=one.decided_by or "",
                took_place=one.status == "approved",
            )
            for one in decided
            if one.about == "outcome" and one.status in ("approved", "denied")
        ]

    async def run(self) -> tuple[list[e.ToolCallRejected], list[Ran]]:
        """Run the calls in order."""
        turn = await self.log.turn(self._run.tenant, self._run.thread, self._run.turn)
        sifted = sift_calls(self.app, self._run, turn, self.decided, self.view.ordinal)
        sifted = await self._guarded(sifted)
        ran = [Ran(one, await self._unverified(one) or await self._attempt(one)) for one in sifted.ready]
        return sifted.withheld, ran

    async def _guarded(self, sifted: Sifted) -> Sifted:
        """Return the calls that the guards let run, by what they ruled the first time."""
        if not sifted.ready or not guards_at(self.app.guards, "before_tool"):
            return sifted
        step = Step("guard_tools", self.view.ordinal)
        recorded = await self.log.recorded(self._run, step, since=self.view.version)
        if recorded is None:  # on record before anything runs: a guard that is asked again could disown what was done
            ruled = await consult_before(self.app.guards, sifted.ready, self._run.principal)
            recorded = await self.log.record(self._run, step, ruled, since=self.view.version)
        return let_through(sifted, [event.body for event in recorded.own])

    async def _unverified(self, ready: Ready) -> Outcome | None:
        """Read and record what an approved call rests on; return how it comes out when that can't be done.

        Once it is on record the call may have begun: what it changed is not to be judged again.
        """
        step = Step("verify", self.view.ordinal, ready.call.index)
        if ready.approval is None or ready.tool.verifies is None:
            return None
        if await self.log.recorded(self._run, step, since=self.view.version) is not None:
            return None
        verified = await verify(self.app, ready, self._read)
        if verified.refusal is None:
            situation = await self.situation(verified.keys)
            await self.log.record(
                self._run, step, verified_events(verified, situation, self.new_id), since=self.view.version
            )
        return verified.refusal

    async def _attempt(self, ready: Ready) -> Outcome:
        if ready.tool.effect == "read":
            return await self._read(ready.tool, ready.args)
        context = replace(self._context(), grant=ready.grant)
        return await self.effects.once(self._run, ready.call, ready.tool, ready.args, ready.args_hash, context)

    async def ask(self, unasked: Sequence[Ready], expires: datetime) -> Recorded:
        """Ask a human whether calls took place, on record with the rows that wait."""
        asked = [self._question(one, expires) for one in unasked]
        also = [request(self._run, body, one.tool.effect) for body, one in zip(asked, unasked, strict=True)]
        step = Step("ask_outcomes", self.view.ordinal)
        return await self.log.record(self._run, step, asked, since=self.view.version, also=also)

    def _question(self, ready: Ready, expires: datetime) -> e.HumanApprovalRequested:
        args = ready.args.model_dump(mode="json")
        return e.HumanApprovalRequested(
            approval_id=self.new_id(),
            call=ready.call,
            name=ready.tool.name,
            args=args,
            args_hash=ready.args_hash,
            description=outcome_question(ready.tool.name, args, ready.tool.describe(ready.args)),
            requested_by=self._run.principal.user,
            expires_at=expires,
            about="outcome",
        )

    async def _read(self, tool: Tool, args: BaseModel) -> Outcome:
        async with self.db.read(self._run.tenant) as cursor:
            return await attempt(tool, args, self._context().on(cursor))

    def _context(self) -> ToolContext:
        run = self._run
        return ToolContext(run.principal, run.thread, run.turn, "", self.now(), None)  # pyright: ignore[reportArgumentType]

    async def situation(self, keys: Sequence[str]) -> Situation:
        """Return what observations are judged against: what is held of their keys, and what must not be assumed."""
        tenant, thread = self._run.tenant, self._run.thread
        facts, rejections = await asyncio.gather(
            self.knowledge.facts_of_keys(tenant, thread, keys),
            self.knowledge.rejections(tenant, thread, self.view.version),
        )
        situation = situation_of(self._run, self.view.session, self.now(), facts=[row.held for row in facts])
        return replace(situation, rejections=tuple(row.held for row in rejections))
