"""What a turn leaves behind: facts with their trust, corrections, decisions, summaries."""

import pytest

from dossier.adapters.script import Call, CallTools, Say
from state import events as e
from state.summaries import Statement

URGENCY = "case:C-1042/urgency"
STATUS = "case:C-1042/status"
LOOK = CallTools(calls=(Call("get_case", {"case_id": "C-1042"}),))
FIRST = "What's the position on C-1042? Not urgent, just summarise the evidence."
SECOND = "New evidence makes it urgent: redo the risk analysis only, don't change the status."


async def held(desk) -> dict[str, tuple[str, str]]:
    """Return value and trust of each live fact."""
    version = (await desk.head())["session"]["version"]
    rows = await desk.services.knowledge.facts("northgate", desk.thread, version)
    return {row.held.key: (row.held.value, row.held.trust) for row in rows}


@pytest.mark.req("UP-3", "UP-4", "ST-3", "CX-11")
async def test_a_claim_is_kept_as_claimed_and_shown_as_unconfirmed(open_desk):
    async with open_desk([Say(text="A."), Say(text="B.")]) as desk:
        await desk.say(FIRST)
        assert await held(desk) == {URGENCY: ("not urgent", "user_claimed")}
        await desk.say("Thanks")

        (fact,) = (
            entry.item for entry in (await desk.prompts())[-1].package.items if entry.item.kind == "confirmed_fact"
        )
        assert (fact.text, fact.trust) == ("Not urgent", "user_claimed")
        key = await desk.services.packages.block_key("northgate", desk.thread)
        block = f'<<{key} item id="{fact.id}" kind="unconfirmed_fact" trust="user_claimed"'
        assert block in str(desk.model.requests[-1]["messages"][1:])


@pytest.mark.req("ST-3", "CX-10", "EL-3")
async def test_a_correction_supersedes_and_what_was_wrong_never_comes_back_as_a_fact(open_desk):
    async with open_desk([Say(text=f"Answer {n}.") for n in range(6)]) as desk:
        await desk.say(FIRST)
        await desk.say(SECOND)
        for _ in range(3):
            await desk.say("Thanks")

        old, new = [body.fact for body in await desk.of(e.FactConfirmed)]
        superseded = await desk.last(e.FactSuperseded)
        assert (superseded.fact_id, superseded.by, old.value, new.value) == (old.id, new.id, "not urgent", "urgent")
        assert await held(desk) == {URGENCY: ("urgent", "user_claimed")}
        seqs = [event.seq for event in await desk.events() if isinstance(event.body, e.FactConfirmed)]
        for call in (-3, -2, -1):
            assert await desk.shown("confirmed_fact", call=call) == [
                (f"fact:{seqs[1]}", "New evidence makes it urgent")
            ]
            ((_, rejected),) = await desk.shown("rejected_assumption", call=call)
            assert rejected == f"{URGENCY} = not urgent (corrected to 'urgent')"
        assert f"rejected: {URGENCY} = not urgent" in str(desk.model.requests[-1]["messages"])
        decided = await desk.shown("decision")
        assert [text for _, text in decided] == ["do not change the status (decided by o.brandt)"]


@pytest.mark.req("CX-10", "UP-5")
async def test_a_rejected_assumption_is_shown_as_rejected_in_every_later_package(open_desk):
    async with open_desk([Say(text="A."), Say(text="B."), Say(text="C.")]) as desk:
        await desk.say("What's the position on C-1042?")
        await desk.say("Don't assume that the compressor failed.")
        await desk.say("Thanks")

        ((_, shown),) = await desk.shown("rejected_assumption")
        assert shown == "case:C-1042/assumption = the compressor failed (the user ruled it out)"
        assert await desk.shown("confirmed_fact") == []


@pytest.mark.req("UP-5", "ST-3", "CX-10")
async def test_new_evidence_of_a_tool_brings_a_rejected_value_back_on_record(open_desk):
    async with open_desk([Say(text="A."), Say(text="B."), LOOK, Say(text="C.")]) as desk:
        await desk.say("What's the position on C-1042?")
        await desk.say("It is not true that the status is under_review.")
        assert (await desk.last(e.AssumptionRejected)).assumption.key == STATUS
        await desk.say("Look it up.")

        fact = (await desk.last(e.FactConfirmed)).fact
        back = await desk.last(e.AssumptionReinstated)
        assert (back.key, back.value, back.by) == (STATUS, "under_review", fact.id)
        assert fact.trust == "tool_observed"
        assert await desk.shown("rejected_assumption") == []


@pytest.mark.req("UP-3", "UP-5")
async def test_a_claim_against_what_a_tool_observed_is_kept_as_a_rejected_proposal(open_desk):
    async with open_desk([LOOK, Say(text="Under review."), Say(text="Noted.")]) as desk:
        await desk.say("What's the position on C-1042?")
        await desk.say("Actually, the status is closed.")

        refused = await desk.last(e.StateUpdateRejected)
        assert (refused.proposal, refused.invariant) == ("correction", "claims_never_overwrite_observations")
        assert refused.content["value"] == "closed"
        assert await held(desk) == {STATUS: ("under_review", "tool_observed")}


@pytest.mark.req("UP-3", "ST-3")
async def test_what_the_model_says_is_no_fact(open_desk):
    async with open_desk([Say(text="It is urgent. The status is closed. My name is Olga.")]) as desk:
        await desk.say("What's the position on C-1042?")

        assert await held(desk) == {}
        assert (await desk.head())["session"]["profile"] == {"name": None, "preferences": {}}


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("words", "name"), [("I'm tired", None), ("I am here again", None), ("My name is Olga.", "Olga")]
)
async def test_a_name_is_taken_only_from_words_that_give_one(open_desk, words, name):
    async with open_desk([Say(text="Hello.")]) as desk:
        await desk.say(words)

        assert (await desk.head())["session"]["profile"]["name"] == name
        assert [body.name for body in await desk.of(e.ProfileHinted)] == ([name] if name else [])


@pytest.mark.req("UP-4", "UP-3")
async def test_extraction_runs_after_the_reply_and_each_change_follows_its_proposal(open_desk):
    async with open_desk([Say(text="A.")]) as desk:
        await desk.say(FIRST)

        types = await desk.types()
        reply, proposed = types.index("assistant_response_generated"), types.index("state_update_proposed")
        assert types.index("model_called") < reply < proposed
        changes = {"fact_confirmed", "task_state_changed", "decision_recorded"}
        for place, kind in enumerate(types):
            if kind in changes:
                assert types[place - 1] in {"state_update_applied", *changes}


@pytest.mark.req("SM-1", "SM-2")
async def test_a_summary_is_made_when_due_and_not_on_every_turn(open_desk):
    async with open_desk([Say(text=f"Answer {n}.") for n in range(6)]) as desk:
        for text in (FIRST, "Thanks", SECOND, "Thanks", "Use IR-77 then.", "Thanks"):
            await desk.say(text)

        made = [(body.reason, body.summary.covers_turn) for body in await desk.of(e.SummaryGenerated)]
        turns = [body.message_id for body in await desk.of(e.UserMessageReceived)]
        assert made == [("correction", turns[2]), ("decision", turns[4])]


@pytest.mark.req("SM-1")
async def test_a_summary_is_made_after_the_turns_that_the_setting_names(open_desk):
    async with open_desk([Say(text=f"Answer {n}.") for n in range(7)], summary_turns=3) as desk:
        for _ in range(7):
            await desk.say("Thanks")

        made = [(body.reason, body.summary.covers_turn) for body in await desk.of(e.SummaryGenerated)]
        turns = [body.message_id for body in await desk.of(e.UserMessageReceived)]
        assert made == [("turn_threshold", turns[2]), ("turn_threshold", turns[5])]


@pytest.mark.req("SM-2", "CX-10", "UP-5")
async def test_each_statement_of_a_summary_rests_on_events_before_it_and_keeps_what_may_not_be_lost(open_desk):
    async with open_desk([Say(text=f"Answer {n}.") for n in range(4)]) as desk:
        await desk.say(FIRST)
        await desk.say(SECOND)
        await desk.say("Don't assume that the compressor failed.")
        await desk.say("Thanks")

        events = {event.seq: event for event in await desk.events()}
        summary = (await desk.last(e.SummaryGenerated)).summary
        parts: list[Statement] = [
            s
            for s in (
                summary.goal,
                summary.active_task,
                *summary.decisions,
                *summary.rejected_assumptions,
                *summary.entities,
            )
            if s
        ]
        assert all(statement.events and max(statement.events) <= summary.covers_seq for statement in parts)
        for statement in summary.decisions:
            assert {events[seq].header.type for seq in statement.events} == {"decision_recorded"}
        for statement in summary.rejected_assumptions:
            assert {events[seq].header.type for seq in statement.events} == {"assumption_rejected"}
        assert [s.text for s in summary.decisions] == ["Constraint of o.brandt: do not change the status"]
        assert len(summary.rejected_assumptions) == 2
        ((id_, shown),) = await desk.shown("summary")
        assert id_ == f"summary:{summary.covers_seq}"
        assert "do not change the status" in shown
        assert "compressor failed" in shown


@pytest.mark.req("UP-3", "CX-5", "ST-2")
async def test_a_constraint_binds_the_task_and_is_critical_in_later_packages(open_desk):
    async with open_desk([Say(text="A."), Say(text="B."), Say(text="C.")]) as desk:
        await desk.say(FIRST)
        await desk.say(SECOND)
        await desk.say("Thanks")

        decision = await desk.last(e.DecisionRecorded)
        task = (await desk.head())["session"]["task"]
        assert (decision.constraint, task["constraints"], task["step"]) == (
            True,
            [decision.decision_id],
            "risk analysis",
        )
        items = [entry.item for entry in (await desk.prompts())[-1].package.items if entry.item.kind == "decision"]
        assert [(item.text, item.critical) for item in items] == [
            ("do not change the status (decided by o.brandt)", True)
        ]
