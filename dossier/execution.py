"""Which calls may run now, and what their outcomes mean for the record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from dossier.adapters.approvals import Approval
from dossier.adapters.effects import Outcome
from dossier.application import Application
from dossier.cleaning import cleaned
from dossier.tools import Grant, ObservedFact, Tool, ToolResult
from state import events as e
from state.canonical import canonical
from state.facts import Fact
from state.log import Event


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
        return Grant(approved_by=self.approval.decided_by or "", relied_on=dict(self.approval.relied_on))


def ready_calls(app: Application, turn: Sequence[Event], decided: Sequence[Approval], ordinal: int) -> list[Ready]:
    """Return the calls of one model answer that policy and people let run, in call order."""
    tools = {tool.name: tool for tool in app.tools}
    approvals = {approval.index: approval for approval in decided}
    ready = []
    for event in turn:
        asked = event.body
        if not isinstance(asked, e.ToolCallRequested) or asked.call.ordinal != ordinal:
            continue
        approval = approvals.get(asked.call.index)
        tool, args, digest = tools[asked.name], asked.args, asked.args_hash
        if approval is not None and approval.status == "edited":
            args, digest = dict(approval.decision["args"]), str(approval.decision["args_hash"])
        if _may_run(asked, approval):
            ready.append(Ready(asked.call, tool, tool.arguments.model_validate(args), digest, approval))
    return ready


def _may_run(asked: e.ToolCallRequested, approval: Approval | None) -> bool:
    if approval is None:
        return asked.effect != "irreversible"
    return approval.status in ("approved", "edited") and approval.args_hash == asked.args_hash


def verdict_events(turn: Sequence[Event], decided: Sequence[Approval], new_id: Callable[[], str]) -> list[e.EventBody]:
    """Return what people decided, and what nobody decided, where the log does not say so yet."""
    said = {getattr(event.body, "approval_id", None) for event in turn if event.header.type.startswith(_SAID)}
    return [body for approval in decided if approval.id not in said for body in _verdict(approval, new_id)]


_SAID = ("human_approval_granted", "human_approval_edited", "human_approval_denied", "human_approval_expired")


def _verdict(approval: Approval, new_id: Callable[[], str]) -> list[e.EventBody]:
    call = e.CallRef(ordinal=approval.ordinal, index=approval.index)
    if approval.status in ("pending", "expired", "superseded"):
        reason = "superseded" if approval.status == "superseded" else "expired"
        return [e.HumanApprovalExpired(approval_id=approval.id, call=call, name=approval.tool, reason=reason)]
    who = {
        "approval_id": approval.id,
        "call": call,
        "name": approval.tool,
        "decided_by": approval.decided_by or "",
        "message": str(approval.decision.get("message", "")),
    }
    if approval.status == "approved":
        return [e.HumanApprovalGranted(**who, args_hash=approval.args_hash)]
    if approval.status == "edited":
        args, digest = dict(approval.decision["args"]), str(approval.decision["args_hash"])
        return [e.HumanApprovalEdited(**who, args=args, args_hash=digest)]
    return [e.HumanApprovalDenied(**who), _denial(approval, new_id)]


def _denial(approval: Approval, new_id: Callable[[], str]) -> e.DecisionRecorded:
    """A denial limits the task from now on."""
    because = approval.decision.get("message")
    text = f"{approval.tool} {canonical(dict(approval.args)).decode()} was refused" + (f": {because}" if because else "")
    return e.DecisionRecorded(decision_id=new_id(), text=text, decided_by=approval.decided_by or "", constraint=True)


def outcome_events(
    ready: Ready, outcome: Outcome, held: Sequence[Fact], turn: str, now: datetime, new_id: Callable[[], str]
) -> list[e.EventBody]:
    """Return what the log has to say about how a call came out."""
    result = outcome.result
    if outcome.status != "done" or result is None:
        return [
            e.ToolCallFailed(call=ready.call, name=ready.tool.name, code=outcome.code, detail=outcome.detail)
        ]
    completed = e.ToolCallCompleted(
        call=ready.call,
        name=ready.tool.name,
        args=ready.args.model_dump(mode="json"),
        content=canonical(cleaned(dict(result.content))).decode(),
        shown=result.shown,
    )
    mentioned = [e.EntitiesMentioned(entities=result.shown, by="tool")] if result.shown else []
    return [completed, *mentioned, *_observed(result, held, turn, now, new_id)]


def _observed(
    result: ToolResult, held: Sequence[Fact], turn: str, now: datetime, new_id: Callable[[], str]
) -> list[e.EventBody]:
    live = {fact.key: fact for fact in held}
    bodies: list[e.EventBody] = []
    for observed in {fact.key: fact for fact in result.facts}.values():
        before, fact = live.get(observed.key), _fact(observed, turn, now, new_id())
        if before is not None and (before.value, before.trust) == (fact.value, fact.trust):
            continue
        if before is not None:
            bodies.append(e.FactSuperseded(fact_id=before.id, key=before.key, by=fact.id, reason="observed by a tool"))
        bodies.append(e.FactConfirmed(fact=fact))
    return bodies


def _fact(observed: ObservedFact, turn: str, now: datetime, fact_id: str) -> Fact:
    return Fact(
        id=fact_id,
        key=observed.key,
        value=observed.value,
        trust="tool_observed",
        source_turn=turn,
        observed_at=now,
        stale_after_seconds=observed.stale_after_seconds,
        statement=observed.statement,
    )
