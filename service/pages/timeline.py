"""A conversation as people read it: each turn with what was said, shown, asked, decided and learned."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dossier.limits import told_of
from service.pages.rendering import words
from state import events as e
from state.log import Event


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    label: str
    text: str
    tone: str = ""
    """said, reply, waits, good, bad, or nothing special."""
    link: str = ""


@dataclass(slots=True)
class Turn:
    """One message and what followed."""

    id: str
    at: datetime
    lines: list[Line] = field(default_factory=list)
    quiet: int = 0
    """Events with nothing to tell people."""


def turns_of(events: Sequence[Event]) -> list[Turn]:
    """Return the turns of a thread in order; what stands outside of turns is a turn by itself."""
    turns: dict[str, Turn] = {}
    for event in events:
        name = event.header.turn or str(event.seq)
        turn = turns.setdefault(name, Turn(name, event.header.at))
        line = line_of(event)
        if line is None:
            turn.quiet += 1
        else:
            turn.lines.append(line)
    return [turn for turn in turns.values() if turn.lines]


def line_of(event: Event) -> Line | None:
    """Return what people are told of an event, if anything."""
    body = event.body
    if body is None:
        return Line(words(event.header.type), "erased", "quiet")
    return _said(body) or _asked(body) or _learned(body) or _ended(body)


def _said(body: e.EventBody) -> Line | None:
    match body:
        case e.UserMessageReceived():
            return Line(body.principal.user, body.text, "said")
        case e.AssistantResponseGenerated():
            return Line("Assistant", body.text, "reply")
        case e.MessageImported():
            return Line(f"Imported, {body.role}", body.text, "said")
        case e.ReferenceResolved():
            meant = ", ".join(f"{entity.type} {entity.id}" for entity in body.entities) or body.action or "?"
            return Line("Understood", f"“{body.phrase}” as {meant} ({body.reason})")
        case e.ContextPackageBuilt():
            what = f"{body.included} items, {body.tokens} of {body.budget} tokens; {body.excluded} left out"
            return Line("Shown to the model", what, link=f"/pages/receipts/{body.package_id}")
        case e.UsageLimitReached():
            return Line("Limit reached", f"{told_of(body)}.", "bad")
        case e.ModelCallFailed():
            return Line("Model failed", f"{body.code}: {body.detail}", "bad")
        case _:
            return None


def _asked(body: e.EventBody) -> Line | None:
    match body:
        case e.ToolCallCompleted():
            return Line("Done", f"{words(body.name)}: {body.content}", "good")
        case e.ToolCallFailed() if body.code == "outcome_unknown":
            return Line("Outcome unknown", f"{words(body.name)}: {body.detail}", "bad")
        case e.ToolCallFailed():
            return Line("Failed", f"{words(body.name)}: {body.detail}", "bad")
        case e.ToolCallRejected():
            return Line("Did not run", f"{words(body.name)}: {body.reason}", "bad")
        case e.HumanApprovalRequested():
            link = f"/pages/approvals/{body.approval_id}"
            return Line("Asked for approval", body.description or words(body.name), "waits", link)
        case e.HumanApprovalGranted() | e.HumanApprovalEdited():
            how = "Approved" if isinstance(body, e.HumanApprovalGranted) else "Approved with changes"
            return Line(how, f"{words(body.name)}, by {body.decided_by}. {body.message}", "good")
        case e.HumanApprovalDenied():
            return Line("Refused", f"{words(body.name)}, by {body.decided_by}. {body.message}", "bad")
        case e.HumanApprovalExpired():
            return Line("Nobody decided", f"{words(body.name)}: {body.reason}", "bad")
        case _:
            return None


def _learned(body: e.EventBody) -> Line | None:
    match body:
        case e.FactConfirmed():
            return Line("Learned", f"{body.fact.key} = {body.fact.value} ({words(body.fact.trust)})")
        case e.FactSuperseded():
            return Line("No longer held", f"{body.key}: {body.reason}")
        case e.AssumptionRejected():
            return Line("Ruled out", f"{body.assumption.key} = {body.assumption.value}")
        case e.DecisionRecorded():
            return Line("Decided", f"{body.text} (by {body.decided_by})")
        case e.SummaryGenerated():
            return Line("Summary refreshed", words(body.reason))
        case e.StateUpdateRejected():
            return Line("Change refused", f"{words(body.proposal)}: {body.reason}", "bad")
        case _:
            return None


def _ended(body: e.EventBody) -> Line | None:
    match body:
        case e.TurnEnded() if body.outcome not in ("answered", "clarified"):
            return Line("Turn ended", f"{words(body.outcome)} {body.detail}", "bad")
        case e.ThreadCleared():
            return Line("Cleared", f"by {body.by}: nothing before this is recalled")
        case e.ThreadErased() | e.StateRedacted():
            return Line("Erased", body.reason)
        case _:
            return None
