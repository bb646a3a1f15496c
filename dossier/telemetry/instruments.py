"""The instruments, and what is counted from what was recorded."""

from collections.abc import Sequence

from opentelemetry import metrics

from dossier.context.package import ContextPackage
from dossier.telemetry import names
from state import events as e
from state.log import Event

_meter = metrics.get_meter("dossier")

step_seconds = _meter.create_histogram("dossier.step.duration", "s", "Time of one step of a turn.")
call_seconds = _meter.create_histogram(names.CALL_DURATION, "s", "Time of one model call, retries included.")
token_usage = _meter.create_histogram(names.TOKEN_USAGE, "{token}", "Tokens of a model call, as the endpoint counts.")
token_difference = _meter.create_histogram(
    "dossier.package.token_difference", "{token}", "By how many tokens the endpoint's count is off ours."
)
segment_tokens = _meter.create_histogram("dossier.package.segment.tokens", "{token}", "Tokens of a package by segment.")
window_use = _meter.create_histogram("dossier.package.use", "1", "Share of the budget that a package takes.")
left_out = _meter.create_counter("dossier.package.left_out", "{item}", "Items left out of packages, by reason.")
stale_items = _meter.create_counter("dossier.package.stale", "{item}", "Items shown that were too old to act on.")
turns = _meter.create_counter("dossier.turns", "{turn}", "Turns that ended, by outcome.")
clarifications = _meter.create_counter("dossier.clarifications", "{question}", "Questions back to the user.")
approvals = _meter.create_counter("dossier.approvals", "{approval}", "Approvals by what became of them.")
refused_changes = _meter.create_counter("dossier.changes.refused", "{change}", "Proposed changes that broke a rule.")
departures = _meter.create_counter("dossier.replies.departing", "{reply}", "Replies that break their output contract.")
model_failures = _meter.create_counter("dossier.model.failures", "{call}", "Model calls that failed, by code.")
refusals = _meter.create_counter("dossier.refusals", "{refusal}", "Requests and turns refused, by code.")
repairs = _meter.create_counter("dossier.repairs", "{answer}", "Answers that were usable at the second attempt only.")
memories = _meter.create_counter("dossier.memories", "{memory}", "What was to be remembered, by what became of it.")
limits_reached = _meter.create_counter("dossier.limits.reached", "{limit}", "Limits that were reached, by scope.")
snapshot_bytes = _meter.create_histogram("dossier.snapshot.size", "By", "The session as a checkpoint stores it.")
checkpoint_bytes = _meter.create_histogram("dossier.checkpoint.size", "By", "What a checkpoint adds to the store.")
turns_running = _meter.create_up_down_counter("dossier.turns.running", "{turn}", "Turns that run in this process.")
turns_stuck = _meter.create_gauge("dossier.turns.stuck", "{turn}", "Open turns on which nothing happened for minutes.")
approvals_waiting = _meter.create_gauge("dossier.approvals.waiting", "{approval}", "Approvals that wait.")
oldest_approval = _meter.create_gauge("dossier.approvals.oldest", "s", "Age of the approval that waits longest.")

_APPROVALS = {
    e.HumanApprovalRequested: "requested",
    e.HumanApprovalGranted: "granted",
    e.HumanApprovalEdited: "edited",
    e.HumanApprovalDenied: "denied",
    e.HumanApprovalExpired: "expired",
}


def count_events(events: Sequence[Event]) -> None:
    """Count what a step recorded, once: a step that is run again records nothing."""
    for event in events:
        match event.body:
            case e.TurnEnded() as body:
                turns.add(1, {"outcome": body.outcome})
            case e.ClarificationRequested():
                clarifications.add(1)
            case e.StateUpdateRejected() as body:
                refused_changes.add(1, {"invariant": body.invariant})
            case e.ModelCalled() as body:
                repairs.add(int(body.repaired))
                departures.add(int(bool(body.departures)), {"model": body.model})
            case e.MemoryCandidateStored():
                memories.add(1, {"what": "stored"})
            case e.MemoryCandidateRefused() as body:
                memories.add(1, {"what": body.check})
            case e.UsageLimitReached() as body:
                limits_reached.add(1, {"scope": body.scope, "quantity": body.quantity})
            case e.ModelCallFailed() as body:
                model_failures.add(1, {"code": body.code})
            case body if type(body) in _APPROVALS:
                approvals.add(1, {"what": _APPROVALS[type(body)]})  # pyright: ignore[reportArgumentType]


def count_package(package: ContextPackage) -> None:
    """Count what a package holds and leaves out."""
    for segment, tokens in package.segment_tokens:
        segment_tokens.record(tokens, {"segment": segment})
    window_use.record(package.total_tokens / package.budget)
    for excluded in package.exclusions:
        left_out.add(1, {"reason": excluded.reason.split(":")[0].split(" ")[0]})
    if stale := sum(1 for entry in package.items if entry.item.stale_age):
        stale_items.add(stale)
