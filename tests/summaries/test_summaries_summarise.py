"""Rolling summaries by rule, and a model's held against them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.extraction import Held
from dossier.summaries import Checked, as_text, summarise, validated
from state import events as e
from state.facts import Fact, RejectedAssumption
from state.invariants import statements_of
from state.log import GENESIS, Event, seal
from state.principal import Principal
from state.summaries import Statement, Summary
from state.task import ActiveTask

AT = datetime(2026, 5, 2, tzinfo=UTC)
KEY = "case:C-1042/urgency"
CALL = e.CallRef(ordinal=0, index=0)
CASE = e.EntityRef(type="case", id="C-1042", label="Harbour Fish")
ANNA = Principal(tenant="northgate", user="anna")
REJECTED = RejectedAssumption(id="r1", key=KEY, value="not urgent", reason="corrected to 'urgent'", source_turn="m2")
HELD = Held(rejections=(REJECTED,))


def said(text: str) -> e.UserMessageReceived:
    return e.UserMessageReceived(message_id="m", text=text, principal=ANNA, tokens=5)


def ended(outcome: e.TurnOutcome = "answered") -> e.TurnEnded:
    return e.TurnEnded(outcome=outcome)


def asked(approval: str) -> e.HumanApprovalRequested:
    return e.HumanApprovalRequested(
        approval_id=approval,
        call=CALL,
        name="change_status",
        args={},
        args_hash="x",
        description="",
        requested_by="anna",
        expires_at=AT + timedelta(days=1),
    )


def log(*bodies: e.EventBody | None, first: int = 1) -> list[Event]:
    """Seal bodies as events; a new message begins turn m1, m2, ...; None is an erased decision."""
    events: list[Event] = []
    turn = 0
    for seq, body in enumerate(bodies, first):
        turn += isinstance(body, e.UserMessageReceived)
        sealed = body or e.DecisionRecorded(decision_id="gone", text="secret", decided_by="anna")
        header = seal(sealed, thread="t", seq=seq, prev=GENESIS, turn=f"m{turn}", at=AT, salt=b"0" * 16)
        events.append(Event(header, body))
    return events


def words(text: str) -> int:
    return len(text.split())


def summary_of(
    events: Sequence[Event], previous: Summary | None = None, held: Held = HELD, cap: int = 1_000
) -> Summary:
    return summarise(previous, events, held, count=words, cap=cap)


def texts(statements: Sequence[Statement]) -> list[str]:
    return [s.text for s in statements]


CONVERSATION = (
    said("Summarise C-1042. Not urgent. Open question: who signed the log?"),
    e.EntitiesMentioned(entities=(CASE,), by="user"),
    e.TaskStateChanged(task=ActiveTask(name="casework", step="evidence summary"), reason="a new task"),
    ended(),
    said("New evidence makes it urgent; redo the risk analysis only, don't change the status"),
    e.AssumptionRejected(assumption=REJECTED),
    e.DecisionRecorded(
        decision_id="d1", text="do not change the status", decided_by="anna", task="casework", constraint=True
    ),
    e.TaskStateChanged(task=ActiveTask(name="casework", step="risk analysis"), reason="this step only"),
    e.ToolCallFailed(call=CALL, name="list_evidence", code="timeout", detail="no answer in 5 s"),
    asked("a1"),
    e.HumanApprovalDenied(approval_id="a1", call=CALL, name="change_status", decided_by="olga", message="too early"),
    ended(),
)
SUMMARY = Summary(
    covers_turn="m2",
    covers_seq=12,
    goal=Statement(text="Summarise C-1042; Open question; who signed the log", events=(1,)),
    active_task=Statement(text="casework: risk analysis", events=(8,)),
    decisions=(
        Statement(text="Constraint of anna: do not change the status", events=(7,)),
        Statement(text="olga denied change_status (a1): too early", events=(11,)),
    ),
    open_questions=(Statement(text="Open: who signed the log", events=(1,)),),
    rejected_assumptions=(Statement(text=f"{KEY} is not 'not urgent': corrected to 'urgent'", events=(6,)),),
    entities=(Statement(text="case C-1042, Harbour Fish", events=(2,)),),
    risk_notes=(Statement(text="list_evidence failed: no answer in 5 s", events=(9,)),),
)


@pytest.mark.req("SM-1", "SM-2")
def test_a_summary_says_what_was_decided_and_rejected_and_not_what_was_superseded() -> None:
    assert summary_of(log(*CONVERSATION)) == SUMMARY


@pytest.mark.req("SM-3")
@pytest.mark.parametrize("split", [4, 8, 9])
def test_a_refresh_works_from_the_summary_before_and_what_is_new(split: int) -> None:
    events = log(*CONVERSATION)
    assert summary_of(events[split:], summary_of(events[:split])) == SUMMARY


@pytest.mark.req("SM-2")
def test_erased_events_are_skipped_and_take_their_statements_with_them() -> None:
    before = summary_of(log(*CONVERSATION))
    redacted = e.StateRedacted(erasure_id="x", seqs=(1, 2, 7), reason="request")
    after = summary_of(log(None, redacted, first=13), before)
    assert (after.goal, texts(after.decisions), after.entities, after.covers_seq) == (
        None,
        ["olga denied change_status (a1): too early"],
        (),
        14,
    )


@pytest.mark.req("SM-2")
def test_a_cleared_thread_starts_afresh() -> None:
    after = summary_of(log(e.ThreadCleared(by="anna"), said("Hello"), first=13), SUMMARY)
    assert after == Summary(covers_turn="m1", covers_seq=14, goal=Statement(text="Hello", events=(14,)))


@pytest.mark.req("SM-2")
def test_what_is_owed_stays_open_until_it_is_done() -> None:
    question = e.ClarificationRequested(phrase="it", question="Which report?", options=(), request="close it")
    clarified = log(said("Close it"), question, ended("clarified"))
    first = summary_of(clarified)
    assert texts(first.open_questions) == ["Asked the user: Which report?"]
    failed = summary_of(log(said("The second"), asked("a1"), ended("failed"), first=4), first)
    assert texts(failed.open_questions) == ["Asked the user: Which report?", "Not answered yet: The second (failed)"]
    waiting = summary_of(log(said("Again"), asked("a2"), first=7), failed)
    assert texts(waiting.open_questions)[-1] == "Waits for approval: change_status (a2)"
    done = summary_of(log(ended(), first=9), waiting)
    assert done.open_questions == ()


@pytest.mark.req("SM-2")
def test_a_question_that_the_user_left_open_survives_answered_turns() -> None:
    unclear = "It's still unclear who signed the log."
    first = summary_of(log(said(unclear), ended()))
    later = summary_of(log(said("Thanks"), ended(), first=3), first)
    assert later.open_questions == (Statement(text="Open: who signed the log", events=(1,)),)


@pytest.mark.req("SM-2")
def test_a_rejected_assumption_that_became_a_fact_on_new_evidence_leaves_the_summary() -> None:
    fact = Fact(id="f", key=KEY, value="not urgent", trust="tool_observed", source_turn="m3", observed_at=AT)
    back = e.AssumptionReinstated(assumption_id=REJECTED.id, key=REJECTED.key, value=REJECTED.value, by=fact.id)
    after = summary_of(log(e.FactConfirmed(fact=fact), back, first=13), SUMMARY, Held(facts=(fact,)))
    assert after.rejected_assumptions == ()


@pytest.mark.req("SM-1")
def test_another_task_brings_another_goal() -> None:
    appeal = e.TaskStateChanged(task=ActiveTask(name="appeal"), reason="a new task")
    after = summary_of(log(said("Now the appeal"), appeal, ended(), first=13), SUMMARY)
    assert (after.goal, after.active_task) == (
        Statement(text="Now the appeal", events=(13,)),
        Statement(text="appeal", events=(14,)),
    )


@pytest.mark.req("SM-2")
def test_a_user_who_contradicts_the_record_is_a_risk_and_other_refusals_are_not() -> None:
    refused = [
        e.StateUpdateRejected(proposal="fact", content={}, invariant=name, reason=f"because of {name}")
        for name in ("claims_never_overwrite_observations", "careful_kinds_need_approval")
    ]
    assert texts(summary_of(log(*refused)).risk_notes) == ["because of claims_never_overwrite_observations"]


@pytest.mark.req("SM-2", "SM-3")
@given(st.integers(0, 80))
def test_the_cap_takes_entities_and_risks_first_and_never_what_was_decided(cap: int) -> None:
    short = summary_of(log(*CONVERSATION), cap=cap)
    kept = ("goal", "active_task", "decisions", "open_questions", "rejected_assumptions")
    assert {name: getattr(short, name) for name in kept} == {name: getattr(SUMMARY, name) for name in kept}
    assert words(as_text(short)) <= cap or not (short.entities or short.risk_notes)
    assert not (short.entities and not short.risk_notes)


@pytest.mark.req("SM-3")
def test_a_thread_of_many_things_has_a_summary_of_the_newest() -> None:
    mentions = [e.EntitiesMentioned(entities=(e.EntityRef(type="case", id=str(n)),), by="user") for n in range(100)]
    again = [e.EntitiesMentioned(entities=(CASE,), by="user")] * 50
    entities = summary_of(log(*mentions, *again)).entities
    assert texts(entities) == [*(f"case {n}" for n in range(89, 100)), "case C-1042, Harbour Fish"]
    assert entities[-1].events == (101, 102, 103, 104, 105, 106, 107, 150)


@pytest.mark.req("SM-2")
def test_every_statement_rests_on_events() -> None:
    assert all(s.events for s in statements_of(summary_of(log(*CONVERSATION))))


def test_a_summary_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs events"):
        summary_of([])


def statement(text: str, *events: int) -> Statement:
    return Statement(text=text, events=events)


@pytest.mark.req("SM-2")
def test_a_models_summary_loses_no_decision_and_invents_none() -> None:
    written = Summary(
        covers_turn="m9",
        covers_seq=99,
        goal=statement("Assess the risk of C-1042", 1, 5),
        active_task=statement("closing the case", 8),
        decisions=(statement("The licence is revoked", 3),),
        open_questions=(statement("Who?", 1), statement("Is the seal intact?", 4), statement("Why?", 77)),
        rejected_assumptions=(),
        entities=(statement("case C-1042, which is not urgent", 2),),
        risk_notes=(statement("Evidence may be late", 9), statement("Fire"), statement("Flood", 9, 400)),
    )
    checked = validated(written, known_seqs=range(1, 13), held=HELD, baseline=SUMMARY)
    assert checked == Checked(
        SUMMARY.model_copy(
            update={
                "goal": statement("Assess the risk of C-1042", 1, 5),
                "open_questions": (
                    *SUMMARY.open_questions,
                    statement("Is the seal intact?", 4),
                ),
                "risk_notes": (statement("Evidence may be late", 9),),
            }
        ),
        (
            "Why?: rests on no known event",
            "case C-1042, which is not urgent: says what was rejected",
            "Fire: rests on no known event",
            "Flood: rests on no known event",
            "The licence is revoked: is no recorded decision",
        ),
    )


_STATEMENTS = st.builds(
    Statement,
    text=st.sampled_from(["it is not urgent", "revoke it", "fine"]),
    events=st.lists(st.integers(0, 20), max_size=3).map(tuple),
)
_LISTS = st.lists(_STATEMENTS, max_size=4).map(tuple)


@pytest.mark.req("SM-2")
@given(
    st.builds(
        Summary,
        covers_turn=st.just("m7"),
        covers_seq=st.integers(),
        goal=st.none() | _STATEMENTS,
        active_task=st.none() | _STATEMENTS,
        decisions=_LISTS,
        open_questions=_LISTS,
        rejected_assumptions=_LISTS,
        entities=_LISTS,
        risk_notes=_LISTS,
    )
)
def test_whatever_a_model_writes_rests_on_events_and_keeps_what_was_decided(written: Summary) -> None:
    summary, known = validated(written, known_seqs=range(1, 13), held=HELD, baseline=SUMMARY).summary, set(range(1, 13))
    assert all(s.events and set(s.events) <= known for s in statements_of(summary))
    assert (summary.decisions, summary.rejected_assumptions) == (SUMMARY.decisions, SUMMARY.rejected_assumptions)
    assert (summary.covers_turn, summary.covers_seq) == ("m2", 12)
    free = (summary.goal, *summary.entities, *summary.risk_notes, *summary.open_questions)
    assert not [s for s in free if s and "not urgent" in s.text]
