"""What a change leaves as it was: earlier decisions, limits, reasons and addresses; what becomes of a memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from dossier.updates import Observation, decide, from_tool
from dossier.updates.slots import Offer, Slot, Table, put
from state import events as e
from state.facts import Fact, RejectedAssumption, TrustLevel
from state.invariants import breach
from state.knowledge import Decision
from state.proposals import (
    CarefulChange,
    Content,
    Correction,
    DecisionMade,
    FactClaim,
    ProfileHint,
    Proposal,
    Proposer,
    Rejection,
    TaskChange,
)
from state.situation import Situation
from state.task import ActiveTask

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)
KEY = "case:C-1042/urgency"
CALL = e.CallRef(ordinal=0, index=0)
DONE = e.ToolCallCompleted(call=CALL, name="get_case", args={}, content="urgent")


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id{next(numbers)}"


def fact(value: str, trust: TrustLevel = "user_claimed", *, stale_after: int | None = None) -> Fact:
    at = NOW - timedelta(hours=1)
    return Fact(
        id="old", key=KEY, value=value, trust=trust, source_turn="m0", observed_at=at, stale_after_seconds=stale_after
    )


def here(text: str, *facts: Fact, **more: object) -> Situation:
    return replace(Situation(tenant="t", user="anna", turn="m1", message=text, now=NOW, facts=facts), **more)


def proposed(content: Content, by: Proposer = "user_rule") -> Proposal:
    return Proposal(content=content, proposed_by=by, tenant="t")


def limit(text: str) -> Proposal:
    return proposed(DecisionMade(text=text, constraint=True, statement=text))


@pytest.mark.req("UP-3")
def test_a_new_decision_is_held_beside_the_earlier_ones() -> None:
    text = "keep it open, call me"
    one, two = (proposed(DecisionMade(text=t, statement=t)) for t in ("keep it open", "call me"))
    events = decide([one, two, one, two], here(text), ids())
    assert [b.text for b in events if isinstance(b, e.DecisionRecorded)] == ["keep it open", "call me"]
    known = Decision("d1", "keep it open", "anna", None, False)
    events = decide([two, one], here(text, decisions=(known,)), ids())
    assert [b.text for b in events if isinstance(b, e.DecisionRecorded)] == ["call me"]


@pytest.mark.req("UP-3", "CX-5")
def test_a_constraint_joins_those_that_the_task_has_and_the_task_is_kept_for_the_next() -> None:
    text = "do not call, do not write"
    task = ActiveTask(name="casework", step="letter", constraints=("d0",))
    events = decide([limit("do not call"), limit("do not write")], here(text, task=task), ids())
    changed = [b for b in events if isinstance(b, e.TaskStateChanged)]
    assert changed == [
        e.TaskStateChanged(task=task.model_copy(update={"constraints": ("d0", "id1")}), reason="a constraint"),
        e.TaskStateChanged(task=task.model_copy(update={"constraints": ("d0", "id1", "id2")}), reason="a constraint"),
    ]
    assert not [b for b in decide([limit("do not call")], here(text), ids()) if isinstance(b, e.TaskStateChanged)]


@pytest.mark.req("UP-3")
def test_a_task_goes_on_with_its_steps_and_things_until_another_begins() -> None:
    task = ActiveTask(name="casework", step="letter", only=True, workflow=("read", "letter"), entities=("case:C-1",))
    changes = [
        TaskChange(entities=("case:C-2", "case:C-1")),
        TaskChange(step="review", workflow=("review",)),
        TaskChange(step="review", only=True),
        TaskChange(name="appeal"),
    ]
    events = decide([proposed(change) for change in changes], here("", task=task), ids())
    both = ("case:C-2", "case:C-1")
    assert [(b.task, b.reason) for b in events if isinstance(b, e.TaskStateChanged)] == [
        (task.model_copy(update={"entities": both}), "its particulars"),
        (ActiveTask(name="casework", step="review", workflow=("review",), entities=both), "another step"),
        (
            ActiveTask(name="casework", step="review", only=True, workflow=("review",), entities=both),
            "its particulars",
        ),
        (ActiveTask(name="appeal"), "a new task"),
    ]
    begun = decide([proposed(TaskChange(step="letter", only=True))], here("", task=task, task_name="x"), ids())
    assert not [b for b in begun if isinstance(b, e.TaskStateChanged)]
    alone = decide([proposed(TaskChange(step="review", only=True))], here("", task=task), ids())
    assert [b.reason for b in alone if isinstance(b, e.TaskStateChanged)] == ["this step only"]


@pytest.mark.req("ST-3")
def test_a_fact_gives_way_by_name_to_a_later_value_or_to_the_same_one_seen_again() -> None:
    seen = from_tool("t", CALL, [Observation(KEY, "Urgent", stale_after_seconds=60)])
    again = decide(seen, here("", fact("urgent", "tool_observed", stale_after=60), completed=(DONE,)), ids())
    other = decide(seen, here("", fact("late", "tool_observed", stale_after=60), completed=(DONE,)), ids())
    assert [b.reason for b in (*again, *other) if isinstance(b, e.FactSuperseded)] == [
        "observed again",
        "a later value",
    ]
    by = [(b.fact_id, b.key, b.by) for b in again if isinstance(b, e.FactSuperseded)]
    assert by == [("old", KEY, "id1")]


SAID = "It is urgent, I'm Anna and prefer tables, keep it open"


@pytest.mark.req("UP-5")
@pytest.mark.parametrize(
    "content",
    [
        FactClaim(key=KEY, value="late", trust="user_claimed", statement="It is urgent"),
        FactClaim(key=KEY, value="urgent", trust="user_claimed", statement="It is late"),
        Correction(key=KEY, value="late", statement="It is urgent"),
        Correction(key=KEY, value="urgent", old="late", statement="It is urgent"),
        Correction(key=KEY, value="urgent", statement="It is late"),
        Rejection(key=KEY, value="late", reason="no", statement="It is urgent"),
        Rejection(key=KEY, value="urgent", reason="no", statement="It is late"),
        DecisionMade(text="close it", statement="keep it open"),
        DecisionMade(text="keep it open", statement="close it"),
        ProfileHint(name="Olga", statement="I'm Anna"),
        ProfileHint(preferences={"style": "lists"}, statement="prefer tables"),
        ProfileHint(name="Anna", statement="I'm Olga"),
        CarefulChange(kind="memory", text="prefer lists", statement="prefer tables"),
        CarefulChange(kind="memory", text="prefer tables", statement="prefer lists"),
    ],
)
def test_of_what_a_model_says_of_the_user_the_words_and_each_value_are_quoted(content: Content) -> None:
    found = breach(proposed(content, "model"), here(SAID))
    assert found is not None and found.invariant == "user_words_are_quoted"
    assert found.reason.startswith("The turn's message does not say ")


@pytest.mark.req("UP-5")
@pytest.mark.parametrize(
    "content",
    [
        FactClaim(key=KEY, value="urgent", trust="user_claimed", statement="It is urgent"),
        Correction(key=KEY, value="Urgent.", statement="It is urgent"),
    ],
)
def test_saying_what_was_observed_contradicts_nothing_and_denying_it_does(content: Content) -> None:
    seen = here(SAID, fact("urgent", "tool_observed"))
    assert breach(proposed(content), seen) is None
    denied = Correction(key=KEY, value=None, statement="It is urgent")
    found = breach(proposed(denied), seen)
    assert found is not None
    assert found.reason == (
        f"The user denies {KEY} = 'urgent', but 'urgent' is tool_observed and stays until it is observed otherwise."
    )
    other = Rejection(key=KEY, value="late", reason="no", statement="It is urgent")
    assert breach(proposed(other), seen) is None


STREET = Slot("hotel", "street_address", "address")
YARD = Slot("cafe", "street_address", "address")


@pytest.mark.req("UP-3")
def test_addresses_that_were_shown_earlier_stay_and_others_are_not_shown() -> None:
    table = put(Table(), [Offer(STREET, "5 High Street", "shown")])
    table = put(table, [Offer(YARD, "1 Yard", "shown"), Offer(Slot("cafe", "name", names=True), "Luna", "shown")])
    assert [offer.value for offer in table.shown] == ["5 High Street", "1 Yard"]
    assert [offer.value for offer in put(table, [Offer(STREET, "6 High Street", "shown")]).shown] == [
        "6 High Street", "1 Yard",
    ]  # fmt: skip


WISH = CarefulChange(kind="memory", text="prefer tables", statement="prefer tables")
MAY = {"remembers": frozenset({"user"})}


def told(*proposals: Proposal, situation: Situation) -> list[e.EventBody]:
    """Return what becomes of memories: their candidates' events."""
    kinds = (e.MemoryCandidateProposed, e.MemoryCandidateStored, e.MemoryCandidateRefused)
    return [body for body in decide(proposals, situation, ids()) if isinstance(body, kinds)]


@pytest.mark.req("ME-1", "UP-3")
def test_a_memory_that_passes_is_stored_under_its_candidates_id_and_once() -> None:
    assert told(proposed(WISH), proposed(WISH), situation=here(SAID, **MAY)) == [
        e.MemoryCandidateProposed(candidate_id="id1", text="prefer tables", scope="user"),
        e.MemoryCandidateStored(candidate_id="id1", memory_id="id1"),
        e.MemoryCandidateProposed(candidate_id="id2", text="prefer tables", scope="user"),
        e.MemoryCandidateRefused(candidate_id="id2", check="relevance", reason="It is remembered already."),
    ]


@pytest.mark.req("ME-1", "UP-5")
@pytest.mark.parametrize(
    ("content", "by", "more", "check"),
    [
        (WISH, "user_rule", {}, "scope"),
        (WISH.model_copy(update={"scope": "tenant"}), "user_rule", MAY, "scope"),
        (WISH.model_copy(update={"statement": ""}), "user_rule", MAY, "consent"),
        (WISH, "model", MAY, "consent"),
        (WISH.model_copy(update={"text": "prefer lists"}), "user_rule", MAY, "source"),
        (WISH.model_copy(update={"about": ("case:C-1",)}), "user_rule", MAY, "scope"),
        (CarefulChange(kind="memory", text="likes it", approval_id="a"), "model", {"approved": {"a"}}, "source"),
        (CarefulChange(kind="memory", text="likes it", approval_id="b"), "model", {"approved": {"a"}}, "consent"),
    ],
)
def test_a_memory_is_refused_by_the_check_it_fails_whatever_else_it_breaks(
    content: CarefulChange, by: Proposer, more: dict[str, object], check: str
) -> None:
    asked, refused = told(proposed(content, by), situation=here(SAID, **more))
    assert isinstance(asked, e.MemoryCandidateProposed) and isinstance(refused, e.MemoryCandidateRefused)
    assert (asked.text, refused.candidate_id, refused.check) == (content.text, asked.candidate_id, check)


@pytest.mark.req("ME-1", "UP-5")
def test_what_a_model_concluded_is_kept_by_policy_and_review_together_only() -> None:
    guess = proposed(CarefulChange(kind="memory", text="likes tables", approval_id="a", rests_on=("old",)), "model")
    inferred = here("", fact("x", "model_inferred"))
    kept = [
        bool([body for body in told(guess, situation=replace(inferred, **given)) if body.type.endswith("stored")])
        for given in (
            {},
            {"approved": frozenset({"a"})},
            {"memory_from_inferred": True},
            {"approved": frozenset({"a"}), "memory_from_inferred": True},
        )
    ]
    assert kept == [False, False, False, True]


@pytest.mark.req("UP-3")
def test_another_careful_change_is_no_memory() -> None:
    change = CarefulChange(kind="status", text="close it", approval_id="a")
    events = decide([proposed(change)], here("", approved=frozenset({"a"})), ids())
    assert [body.type for body in events] == ["state_update_proposed", "state_update_applied"]
    assert [body.type for body in decide([proposed(change)], here(""), ids())] == [
        "state_update_proposed", "state_update_rejected",
    ]  # fmt: skip


@pytest.mark.req("CX-10", "UP-5")
def test_a_rejection_that_a_fact_overcomes_ends_and_all_others_hold() -> None:
    ruled_out = tuple(
        RejectedAssumption(id=name, key=key, value=value, reason="no", source_turn="m0")
        for name, key, value in (("r1", KEY, "urgent"), ("r2", KEY, "late"), ("r3", "case:C-2/urgency", "urgent"))
    )
    said = FactClaim(key=KEY, value="urgent", trust="user_claimed", statement="It is urgent")
    guess = FactClaim(key="case:C-2/urgency", value="urgent", trust="model_inferred")
    again = Rejection(key=KEY, value="urgent", reason="no", statement="It is urgent")
    events = decide(
        [proposed(said), proposed(guess, "model"), proposed(again)], here(SAID, rejections=ruled_out), ids()
    )
    assert [(b.assumption_id, b.by) for b in events if isinstance(b, e.AssumptionReinstated)] == [("r1", "id1")]
    assert [b.invariant for b in events if isinstance(b, e.StateUpdateRejected)] == [
        "rejected_assumption_needs_new_evidence"
    ]
    assert [b.assumption.value for b in events if isinstance(b, e.AssumptionRejected)] == ["urgent"]
