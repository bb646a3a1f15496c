"""When a summary is due."""

from datetime import UTC, datetime

import pytest

from dossier.summaries import Thresholds, due
from state import events as e
from state.session import Session
from state.task import ActiveTask

AT = datetime(2026, 5, 2, tzinfo=UTC)
CALL = e.CallRef(ordinal=0, index=0)
CASEWORK = ActiveTask(name="casework", step="summary")
ENDED = e.TurnEnded(outcome="answered")


def session(*, turns: int = 3, tokens: int = 100, task: ActiveTask | None = CASEWORK) -> Session:
    return Session(
        thread="t",
        tenant="northgate",
        user="anna",
        created_at=AT,
        updated_at=AT,
        version=9,
        hash="h",
        task=task,
        since_summary_turns=turns,
        since_summary_tokens=tokens,
    )


def _decided(body: type[e.HumanApprovalGranted] | type[e.HumanApprovalDenied], **more: str) -> e.Body:
    return body(approval_id="a1", call=CALL, name="change_status", decided_by="olga", **more)


@pytest.mark.req("SM-1")
@pytest.mark.parametrize(
    ("now", "events", "reason"),
    [
        (session(), (ENDED,), None),
        (session(turns=19, tokens=3_999), (ENDED,), None),
        (session(turns=20), (ENDED,), "turn_threshold"),
        (session(tokens=4_000), (ENDED,), "token_pressure"),
        (session(task=CASEWORK.model_copy(update={"step": "risk analysis"})), (ENDED,), None),
        (session(task=ActiveTask(name="appeal")), (ENDED,), "task_change"),
        (session(task=None), (ENDED,), "task_change"),
        (session(), (e.DecisionRecorded(decision_id="d", text="keep it", decided_by="anna"),), "decision"),
        (session(), (_decided(e.HumanApprovalGranted, args_hash="x"),), "approval"),
        (session(), (_decided(e.HumanApprovalDenied),), "approval"),
        (
            session(),
            (e.ClarificationRequested(phrase="it", question="Which?", options=(), request="close it"),),
            "unresolved_reference",
        ),
        (session(), (e.StateUpdateApplied(proposal="correction", content={}),), "correction"),
        (session(), (e.StateUpdateApplied(proposal="rejection", content={}),), "correction"),
        (session(), (e.StateUpdateApplied(proposal="fact", content={}),), None),
        (session(), (e.StateUpdateRejected(proposal="correction", content={}, invariant="x", reason="y"),), None),
    ],
)
def test_a_summary_is_due_for_a_reason_and_not_on_every_turn(
    now: Session, events: tuple[e.EventBody, ...], reason: str | None
) -> None:
    assert due(now, Thresholds(), turn_events=events, task_before=CASEWORK) == reason


@pytest.mark.req("SM-1")
def test_the_first_task_of_a_thread_leaves_nothing_to_sum_up() -> None:
    assert due(session(), Thresholds(), turn_events=(ENDED,), task_before=None) is None


@pytest.mark.req("SM-1")
def test_the_thresholds_can_be_set() -> None:
    assert due(session(turns=2), Thresholds(turns=2), turn_events=(), task_before=CASEWORK) == "turn_threshold"
    assert due(session(tokens=5), Thresholds(tokens=5), turn_events=(), task_before=CASEWORK) == "token_pressure"
