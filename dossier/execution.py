"""Which calls may run now, and what their outcomes mean for the record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pydantic import BaseModel

from dossier.adapters.approvals import Approval
from dossier.adapters.effects import Outcome
from dossier.application import Application
from dossier.cleaning import clean, cleaned
from dossier.review import judge
from dossier.run import Run
from dossier.tools import Grant, Tool
from dossier.updates.decide import decide
from dossier.updates.observed import Observation, from_tool
from state import events as e
from state.canonical import canonical
from state.log import Event
from state.proposals import Proposal
from state.situation import Situation


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may run, with the arguments that were approved."""

    call: e.CallRef
    tool: Tool
    args: BaseModel
    args_hash: str
    approval: Approval | None
    """None for a call that needed none."""

    @property
    def grant(self) -> Grant | None:
        """Return what the tool is told of the approval."""
        if self.approval is None:
            return None
        by = tuple(vote.decided_by for vote in self.approval.votes)
        return Grant(self.approval.decided_by or "", dict(self.approval.relied_on), by)


class Sifted(NamedTuple):
    """The approved and permitted calls of one model answer."""

    ready: list[Ready]
    """In call order."""
    withheld: list[e.ToolCallRejected]
    """Those that can't run any more: the tool is gone, or its arguments or the policies have changed."""


def sift_calls(app: Application, run: Run, turn: Sequence[Event], decided: Sequence[Approval], ordinal: int) -> Sifted:
    """Return the calls of one model answer that policy and people let run."""
    approvals = {approval.index: approval for approval in decided if approval.about == "call"}
    sifted = Sifted([], [])
    for event in turn:
        asked = event.body
        if not isinstance(asked, e.ToolCallRequested) or asked.call.ordinal != ordinal:
            continue
        approval = approvals.get(asked.call.index)
        if _may_run(asked, approval):
            one = _ready(app, run, asked, approval)
            (sifted.ready if isinstance(one, Ready) else sifted.withheld).append(one)  # pyright: ignore[reportArgumentType]
    return sifted


def _ready(
    app: Application, run: Run, asked: e.ToolCallRequested, approval: Approval | None
) -> Ready | e.ToolCallRejected:
    args, digest = asked.args, asked.args_hash
    if approval is not None and approval.status == "edited":
        args, digest = dict(approval.decision["args"]), str(approval.decision["args_hash"])
    # Judged anew: between the request and now people may have waited for a day.
    judged = judge(app, run, asked.call, e.ToolRequest(id=asked.call_id, name=asked.name, args=args), ())
    if judged.tool is None or judged.args is None:
        return next(body for body in judged.events if isinstance(body, e.ToolCallRejected))
    return Ready(asked.call, judged.tool, judged.args, digest, approval)


def _may_run(asked: e.ToolCallRequested, approval: Approval | None) -> bool:
    if approval is None:
        return asked.effect != "irreversible"
    return approval.status in ("approved", "edited") and approval.args_hash == asked.args_hash


@dataclass(frozen=True, slots=True)
class Ran:
    """A call and how it came out."""

    ready: Ready
    outcome: Outcome


def outcome_events(ran: Sequence[Ran], situation: Situation, new_id: Callable[[], str]) -> list[e.EventBody]:
    """Return what the log has to say about calls that ran: the outcomes, then what their results show.

    Args:
        ran: In call order.
        situation: What is held, the facts of `observed_keys` among it; the completed calls are added here.
        new_id: Gives a new id at each call.
    """
    outcomes = [_outcome(one) for one in ran]
    completed = tuple(body for body in outcomes if isinstance(body, e.ToolCallCompleted))
    shown = tuple(dict.fromkeys(entity for body in completed for entity in body.shown))
    mentioned = [e.EntitiesMentioned(entities=shown, by="tool")] if shown else []
    proposals = [proposal for one in ran for proposal in _observed(one, situation.tenant)]
    return [*outcomes, *mentioned, *decide(proposals, replace(situation, completed=completed), new_id)]


def observed_keys(ran: Sequence[Ran]) -> list[str]:
    """Return the keys of the facts that results show."""
    return [fact.key for one in ran if one.outcome.result for fact in one.outcome.result.facts]


def _outcome(ran: Ran) -> e.ToolCallCompleted | e.ToolCallFailed:
    ready, result = ran.ready, ran.outcome.result
    if ran.outcome.status != "done" or result is None:
        return e.ToolCallFailed(
            call=ready.call, name=ready.tool.name, code=ran.outcome.code, detail=clean(ran.outcome.detail)
        )
    return e.ToolCallCompleted(
        call=ready.call,
        name=ready.tool.name,
        args=ready.args.model_dump(mode="json"),
        content=canonical(cleaned(dict(result.content))).decode(),
        shown=tuple(e.EntityRef.model_validate(cleaned(entity.model_dump())) for entity in result.shown),
    )


def _observed(ran: Ran, tenant: str) -> tuple[Proposal, ...]:
    if ran.outcome.result is None:
        return ()
    seen = [
        Observation(
            clean(fact.key),
            clean(fact.value),
            statement=clean(fact.statement),
            stale_after_seconds=fact.stale_after_seconds,
        )
        for fact in ran.outcome.result.facts
    ]
    return from_tool(tenant, ran.ready.call, seen)
