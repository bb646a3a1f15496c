"""A rolling summary by rule: the one before, and what has happened since."""

from collections.abc import Callable, Sequence

from dossier.extraction.asking import open_questions
from dossier.extraction.clauses import clauses
from dossier.extraction.held import Held
from dossier.summaries import wording
from dossier.summaries.draft import ENTITIES_LIMIT, RISKS_LIMIT, Draft, shortened
from dossier.summaries.fitting import fitted
from dossier.summaries.ruled import Ruled
from state import events as e
from state.log import Event
from state.summaries import Statement, Summary


def summarise(
    previous: Summary | None,
    events: Sequence[Event],
    held: Held,
    *,
    count: Callable[[str], int],
    cap: int,
) -> Summary:
    """Return the summary up to the last of the events; its cost is that of the events.

    Erased events are skipped, and what the summary before says on them is left out.

    Args:
        previous: The summary before; None for the first one.
        events: Those after `previous.covers_seq`, in order, at least one.
        held: What the thread holds after them.
        count: Counts the tokens of a text.
        cap: Tokens that the summary should not exceed; entities and risk notes give way for it,
            then nothing does.

    Raises:
        ValueError: There are no events.
    """
    if not events:
        raise ValueError("a summary needs events to cover")
    draft = Draft.of(previous)
    for event in events:
        if event.body is not None:
            draft = _with(draft, event.seq, event.body)
    _without_rejected(draft, held)
    turns = (event.header.turn for event in reversed(events) if event.header.turn)
    turn = next(turns, previous.covers_turn if previous else "")
    return fitted(_closed(draft, turn, events[-1].seq), count, cap)


def _closed(draft: Draft, turn: str, seq: int) -> Summary:
    return Summary(
        covers_turn=turn,
        covers_seq=seq,
        goal=draft.goal,
        active_task=draft.active_task,
        decisions=draft.decisions.statements(),
        open_questions=draft.open_questions.statements(),
        rejected_assumptions=draft.rejected.statements(),
        entities=draft.entities.statements(ENTITIES_LIMIT),
        risk_notes=draft.risks.statements(RISKS_LIMIT),
    )


def _without_rejected(draft: Draft, held: Held) -> None:
    """Take out of quoted requests what was rejected since."""
    ruled_out = Ruled.of(held)
    draft.open_questions.reword(lambda text: ruled_out.cut(text) if text.startswith(wording.UNANSWERED) else text)
    if draft.goal:
        text = ruled_out.cut(draft.goal.text)
        draft.goal = Statement(text=text, events=draft.goal.events) if text else None


def _with(draft: Draft, seq: int, body: e.EventBody) -> Draft:
    match body:
        case e.ThreadCleared() | e.ThreadErased():
            return Draft()
        case e.StateRedacted():
            draft.forget(frozenset(body.seqs))
        case e.UserMessageReceived():
            _message(draft, seq, body)
        case e.TaskStateChanged():
            _task(draft, seq, body)
        case e.DecisionRecorded():
            draft.decisions.add(wording.decision(body), seq)
        case e.AssumptionRejected():
            rejected = body.assumption
            draft.rejected.add(f"{wording.rejected(rejected.key, rejected.value)}: {rejected.reason}", seq)
        case e.AssumptionReinstated():
            overcome = wording.rejected(body.key, body.value)
            draft.rejected.drop(lambda text: text.startswith(overcome))
        case e.DecisionWithdrawn():
            withdrawn = f": {body.text}"
            draft.decisions.drop(lambda text: text.endswith(withdrawn))
        case e.EntitiesMentioned():
            for entity in body.entities:
                draft.entities.renew(wording.entity(entity), seq)
        case e.ToolCallFailed() | e.ToolCallRejected() | e.StateUpdateRejected(invariant=wording.CONFLICT):
            draft.risks.renew(shortened(wording.risk(body)), seq)
        case _:
            _obligation(draft, seq, body)
    return draft


def _message(draft: Draft, seq: int, body: e.UserMessageReceived) -> None:
    draft.request = Statement(text=shortened(body.text), events=(seq,))
    draft.goal = draft.goal or draft.request
    for question in open_questions(clauses(body.text)):
        draft.open_questions.add(wording.OPEN + shortened(question), seq)


def _task(draft: Draft, seq: int, body: e.TaskStateChanged) -> None:
    before, after = draft.active_task, body.task
    another = after is not None and before is not None and wording.task_name(before.text) != after.name
    if another and draft.request:
        draft.goal = draft.request
    draft.active_task = Statement(text=wording.task(after), events=(seq,)) if after else None


def _obligation(draft: Draft, seq: int, body: e.EventBody) -> None:
    """Add what is owed to someone, and take out what no longer is."""
    waiting = draft.open_questions
    match body:
        case e.ClarificationRequested():
            waiting.add(wording.ASKED + shortened(body.question), seq)
        case e.HumanApprovalRequested():
            waiting.add(wording.pending(body), seq)
        case e.HumanApprovalGranted() | e.HumanApprovalEdited() | e.HumanApprovalDenied():
            waiting.drop(lambda text: wording.is_pending(text, body.approval_id))
            draft.decisions.add(shortened(wording.approval(body)), seq)
        case e.HumanApprovalExpired():
            waiting.drop(lambda text: wording.is_pending(text, body.approval_id))
        case e.TurnEnded(outcome="answered"):
            waiting.drop(lambda text: text.startswith((wording.ASKED, wording.UNANSWERED, wording.PENDING)))
        case e.TurnEnded(outcome="clarified"):
            pass
        case e.TurnEnded():
            waiting.drop(lambda text: text.startswith(wording.PENDING))
            asked = draft.request.text if draft.request else ""
            waiting.add(f"{wording.UNANSWERED}{asked} ({body.outcome})", seq)
        case _:
            pass
