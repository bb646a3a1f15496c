"""From proposals to events, whole."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from dossier.extraction import Held, extract, proposals_of
from dossier.updates import Malformed, Observation, decide, from_tool, read_written, unreadable
from state import events as e
from state.facts import Fact, RejectedAssumption, TrustLevel
from state.knowledge import Decision
from state.principal import Principal
from state.proposals import Correction, DecisionMade, FactClaim, Mentioned, ProfileHint, Proposal, Rejection, TaskChange
from state.situation import Situation
from state.task import ActiveTask

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)
KEY = "case:C-1042/urgency"
CASE = e.EntityRef(type="case", id="C-1042", label="case C-1042")
CALL = e.CallRef(ordinal=0, index=0)


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id{next(numbers)}"


def fact(value: str, trust: TrustLevel = "user_claimed", *, key: str = KEY, stale_after: int | None = None) -> Fact:
    return Fact(
        id="old",
        key=key,
        value=value,
        trust=trust,
        source_turn="m0",
        observed_at=NOW - timedelta(hours=1),
        stale_after_seconds=stale_after,
    )


def situation(text: str, *facts: Fact, task: ActiveTask | None = None, **more: object) -> Situation:
    here = Situation(tenant="northgate", user="anna", turn="m1", message=text, now=NOW, facts=facts, task=task)
    return replace(here, **more)


def by_rule(*contents: FactClaim | Correction | Rejection | DecisionMade | TaskChange | ProfileHint) -> list[Proposal]:
    return [Proposal(content=content, proposed_by="user_rule", tenant="northgate") for content in contents]


def claims(value: str, trust: TrustLevel = "user_claimed") -> FactClaim:
    return FactClaim(key=KEY, value=value, trust=trust, statement=value)


def changes(events: tuple[e.EventBody, ...]) -> list[e.EventBody]:
    return [b for b in events if not isinstance(b, e.StateUpdateProposed | e.StateUpdateApplied)]


def kinds(events: tuple[e.EventBody, ...]) -> list[str]:
    return [body.type for body in events]


@pytest.mark.req("ST-3", "UP-3", "UP-4")
def test_a_whole_message_becomes_events() -> None:
    text = "New evidence makes it urgent; redo the risk analysis only, don't change the status"
    task = ActiveTask(name="casework", step="evidence summary", entities=("case:C-1042",))
    here = situation(text, fact("not urgent"), task=task)
    principal = Principal(tenant="northgate", user="anna")
    message = e.UserMessageReceived(message_id="m1", text=text, principal=principal, tokens=1)
    held = Held(facts=here.facts, task=task, focus=(CASE,))
    events = decide(proposals_of(extract(message, (), held), "northgate"), here, ids())
    after = task.model_copy(update={"step": "risk analysis", "only": True})
    new = Fact(
        id="id1",
        key=KEY,
        value="urgent",
        trust="user_claimed",
        source_turn="m1",
        observed_at=NOW,
        task="casework",
        statement="New evidence makes it urgent",
    )
    rejected = RejectedAssumption(
        id="id2", key=KEY, value="not urgent", reason="corrected to 'urgent'", source_turn="m1"
    )
    assert changes(events) == [
        e.TaskStateChanged(task=after, reason="this step only"),
        e.FactSuperseded(fact_id="old", key=KEY, by="id1", reason="a later value"),
        e.FactConfirmed(fact=new),
        e.AssumptionRejected(assumption=rejected),
        e.DecisionRecorded(
            decision_id="id3", text="do not change the status", decided_by="anna", task="casework", constraint=True
        ),
        e.TaskStateChanged(task=after.model_copy(update={"constraints": ("id3",)}), reason="a constraint"),
    ]


@pytest.mark.req("UP-3")
def test_each_proposal_is_on_record_before_it_is_applied() -> None:
    events = decide(by_rule(claims("urgent")), situation("urgent"), ids())
    assert kinds(events) == ["state_update_proposed", "state_update_applied", "fact_confirmed"]
    assert events[0] == e.StateUpdateProposed(
        proposal="fact", content=claims("urgent").model_dump(mode="json", exclude={"kind"}), proposed_by="user_rule"
    )


@pytest.mark.req("ST-3")
def test_the_same_fact_again_changes_nothing() -> None:
    assert changes(decide(by_rule(claims("Urgent.")), situation("Urgent.", fact("urgent")), ids())) == []


@pytest.mark.req("ST-3")
@pytest.mark.parametrize(
    ("held", "claimed", "live"),
    [
        ("model_inferred", "user_claimed", "user_claimed"),
        ("tool_observed", "user_claimed", "tool_observed"),
        ("system_verified", "user_claimed", "system_verified"),
    ],
)
def test_the_same_value_keeps_the_greater_trust(held: TrustLevel, claimed: TrustLevel, live: TrustLevel) -> None:
    events = decide(by_rule(claims("urgent", claimed)), situation("urgent", fact("urgent", held)), ids())
    confirmed = [b.fact.trust for b in events if isinstance(b, e.FactConfirmed)]
    assert (confirmed or [held]) == [live]


@pytest.mark.req("ST-3", "UP-3")
def test_a_correction_against_what_a_system_verified_stays_on_record_as_a_conflict() -> None:
    change = Correction(key=KEY, value="urgent", statement="it is urgent")
    events = decide(by_rule(change), situation("it is urgent", fact("routine", "system_verified")), ids())
    content = change.model_dump(mode="json", exclude={"kind"})
    assert events == (
        e.StateUpdateProposed(proposal="correction", content=content, proposed_by="user_rule"),
        e.StateUpdateRejected(
            proposal="correction",
            content=content,
            invariant="claims_never_overwrite_observations",
            reason="The user says 'urgent' of case:C-1042/urgency, but 'routine' is system_verified and stays until it "
            "is observed otherwise.",
        ),
    )


@pytest.mark.req("ST-3")
def test_the_later_of_two_claims_wins_and_one_fact_is_live() -> None:
    events = changes(decide(by_rule(claims("red"), claims("blue")), situation("red blue", fact("green")), ids()))
    assert [
        (b.fact_id, b.by) if isinstance(b, e.FactSuperseded) else b.fact.id
        for b in events
        if isinstance(b, e.FactSuperseded | e.FactConfirmed)
    ] == [("old", "id1"), "id1", ("id1", "id2"), "id2"]


@pytest.mark.req("ST-3")
def test_a_correction_to_nothing_withdraws_the_fact() -> None:
    change = Correction(key=KEY, value=None, statement="that's wrong")
    assert changes(decide(by_rule(change), situation("that's wrong", fact("urgent")), ids())) == [
        e.FactSuperseded(fact_id="old", key=KEY, by=None, reason="the user says it is wrong"),
        e.AssumptionRejected(
            assumption=RejectedAssumption(
                id="id1", key=KEY, value="urgent", reason="the user says it is wrong", source_turn="m1"
            )
        ),
    ]


@pytest.mark.req("UP-5")
def test_a_rejection_takes_the_fact_away_and_is_kept_once() -> None:
    change = Rejection(key=KEY, value="urgent", reason="denied", statement="not so")
    events = decide(by_rule(change, change), situation("not so", fact("urgent")), ids())
    assert [b.type for b in changes(events)] == ["fact_superseded", "assumption_rejected"]


@pytest.mark.req("UP-5")
def test_a_rejected_value_that_the_user_states_again_is_a_fact_and_no_longer_ruled_out() -> None:
    rejected = RejectedAssumption(id="r", key=KEY, value="urgent", reason="denied", source_turn="m0")
    here = situation("It is urgent after all", rejections=(rejected,))
    claim = FactClaim(key=KEY, value="urgent", trust="user_claimed", statement="It is urgent after all")
    confirmed, reinstated = changes(decide(by_rule(claim), here, ids()))
    assert isinstance(confirmed, e.FactConfirmed)
    assert reinstated == e.AssumptionReinstated(assumption_id="r", key=KEY, value="urgent", by=confirmed.fact.id)


@pytest.mark.req("UP-3")
def test_what_a_completed_call_shows_is_observed_and_what_a_verifier_shows_is_verified() -> None:
    done = e.ToolCallCompleted(call=CALL, name="get_case", args={}, content="open")
    seen = [Observation("case:C-1042/status", "open", verified=True), Observation("case:C-1042/risk", "high")]
    here = situation("", completed=(done,), verifiers=frozenset({"get_case"}))
    events = decide(from_tool("northgate", CALL, seen), here, ids())
    assert [(b.fact.value, b.fact.trust) for b in events if isinstance(b, e.FactConfirmed)] == [
        ("open", "system_verified"),
        ("high", "tool_observed"),
    ]


@pytest.mark.req("ST-3")
def test_reading_again_in_a_later_turn_renews_a_fact_that_can_go_stale() -> None:
    done = e.ToolCallCompleted(call=CALL, name="get_case", args={}, content="open")
    seen = from_tool("northgate", CALL, [Observation(KEY, "open", stale_after_seconds=60)])
    ageing, ageless = fact("open", "tool_observed", stale_after=60), fact("open", "tool_observed")
    assert [
        [b.type for b in changes(decide((*seen, *seen), situation("", held, completed=(done,)), ids()))]
        for held in (ageing, ageless)
    ] == [["fact_superseded", "fact_confirmed"], []]


@pytest.mark.req("UP-3")
def test_a_decision_is_kept_once_a_task() -> None:
    made = DecisionMade(text="Keep it open", statement="keep it open")
    known = Decision("d1", "keep it open.", "anna", None, False)
    here = situation("keep it open")
    assert [b.type for b in changes(decide(by_rule(made, made), here, ids()))] == ["decision_recorded"]
    assert changes(decide(by_rule(made), replace(here, decisions=(known,)), ids())) == []


@pytest.mark.req("UP-3")
def test_the_task_begins_changes_and_ends() -> None:
    begin, step = TaskChange(step="risk analysis"), TaskChange(step="letter", entities=("case:C-1042",))
    other, end = TaskChange(name="appeal"), TaskChange(finished=True)
    events = changes(decide(by_rule(begin, begin, step, other, end), situation(""), ids()))
    assert events == [
        e.TaskStateChanged(task=ActiveTask(name="conversation", step="risk analysis"), reason="a new task"),
        e.TaskStateChanged(
            task=ActiveTask(name="conversation", step="letter", entities=("case:C-1042",)), reason="another step"
        ),
        e.TaskStateChanged(task=ActiveTask(name="appeal"), reason="a new task"),
        e.TaskStateChanged(task=None, reason="finished"),
    ]


@pytest.mark.req("UP-3")
def test_things_are_counted_once_a_turn_and_hints_once() -> None:
    mention = Proposal(content=Mentioned(entities=(CASE, CASE), by="user"), proposed_by="user_rule", tenant="northgate")
    hint = ProfileHint(name="Anna", preferences={"language": "German"}, statement="I'm Anna")
    events = changes(decide([mention, mention, *by_rule(hint, hint)], situation("I'm Anna"), ids()))
    assert events == [
        e.EntitiesMentioned(entities=(CASE,), by="user"),
        e.ProfileHinted(name="Anna", preferences={"language": "German"}),
    ]


@pytest.mark.req("UP-6")
def test_a_malformed_output_is_told_apart_and_changes_nothing() -> None:
    raw = '{"proposals": [{"kind": "fact", "key": "urgency", "value": "urgent", "trust": "model_inferred"}]}'
    read = read_written(raw, "northgate")
    assert isinstance(read, Malformed)
    assert read.raw == raw
    assert read.error.startswith("proposals.0.fact.key: String should match pattern")
    assert kinds(unreadable(raw, read.error)) == ["state_update_proposed", "state_update_rejected"]


@pytest.mark.req("UP-6")
@pytest.mark.parametrize("raw", ["", "null", "[]", "{", '{"proposals": [{"kind": "coup"}]}', '{"proposals": 1}'])
def test_no_output_of_a_model_makes_reading_fail(raw: str) -> None:
    assert isinstance(read_written(raw, "northgate"), Malformed)


@pytest.mark.req("UP-6")
def test_a_well_formed_output_is_the_models_proposal() -> None:
    raw = f'{{"proposals": [{{"kind": "fact", "key": "{KEY}", "value": "urgent", "trust": "model_inferred"}}]}}'
    content = FactClaim(key=KEY, value="urgent", trust="model_inferred")
    assert read_written(raw, "northgate") == (Proposal(content=content, proposed_by="model", tenant="northgate"),)
