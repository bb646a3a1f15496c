"""What waits for a human: nothing before the decision, exactly the decision after it."""

from datetime import UTC, datetime, timedelta

import pytest

from dossier.adapters.script import Call, CallTools, Say
from dossier.errors import AlreadyDecided, ApprovalWaiting, InvalidInput, NotFound, NotPermitted
from state import events as e

CHANGE = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "New evidence."})
TELL = Call("notify_licensee", {"case_id": "C-1042", "subject": "Escalation", "text": "Your case is escalated."})
ASK = "Escalate C-1042."
CHANGES = "SELECT to_status, reason, requested_by, approved_by FROM casework.status_changes"
STATUS = "SELECT status FROM casework.cases WHERE id = 'C-1042'"
NOTICES = "SELECT subject, text, approved_by FROM casework.outbox"
APPROVE = {"decisions": [{"type": "approve"}]}


def reject(message: str) -> dict:
    return {"decisions": [{"type": "reject", "message": message}]}


async def ids(desk) -> dict[str, str]:
    """Return interrupt ids by tool."""
    state = await desk.graph.acting_as(desk.officer).aget_state(desk.config)
    return {i.value["action_requests"][0]["name"]: i.id for i in state.interrupts}


@pytest.mark.req("AP-1", "AP-2", "UP-3")
async def test_an_irreversible_call_waits_in_the_public_form_and_nothing_has_happened(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,), text="I will ask.")]) as desk:
        result = await desk.say(ASK)

        (waits,) = result["__interrupt__"]
        (approval,) = await desk.waiting()
        assert waits.value == {
            "action_requests": [
                {
                    "name": "change_status",
                    "args": dict(CHANGE.arguments),
                    "description": "Change the status of case C-1042 to escalated. Reason: New evidence.",
                }
            ],
            "review_configs": [
                {"action_name": "change_status", "allowed_decisions": ["approve", "edit", "reject", "respond"]}
            ],
            "approval_id": approval.id,
            "expires_at": approval.expires_at.isoformat(),
        }
        assert (approval.relied_on, approval.requested_by) == ({"case:C-1042": "1"}, "o.brandt")
        requested = await desk.last(e.HumanApprovalRequested)
        assert (requested.approval_id, requested.args_hash) == (approval.id, approval.args_hash)
        assert await desk.rows(CHANGES) == await desk.rows("SELECT * FROM effects") == []
        assert await desk.rows(STATUS) == [{"status": "under_review"}]
        head = await desk.head()
        assert head["session"]["approvals"] == [approval.id]
        assert head["turn"] == {"ordinal": 0, "route": "approve"}


@pytest.mark.req("AP-2", "AP-3", "AP-4", "UP-5")
async def test_an_approved_call_runs_once_for_its_requester_by_its_approver(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Escalated.")]) as desk:
        await desk.say(ASK)
        waits = await ids(desk)
        result = await desk.decide({waits["change_status"]: APPROVE})
        again = await desk.decide({(await desk.last(e.HumanApprovalRequested)).approval_id: APPROVE})

        assert result["messages"][-1]["content"] == again["messages"][-1]["content"] == "Escalated."
        done = {
            "to_status": "escalated",
            "reason": "New evidence.",
            "requested_by": "o.brandt",
            "approved_by": "s.okafor",
        }
        assert await desk.rows(CHANGES) == [done]
        assert await desk.rows(STATUS) == [{"status": "escalated"}]
        granted = await desk.last(e.HumanApprovalGranted)
        assert granted.decided_by == "s.okafor"
        assert granted.args_hash == (await desk.last(e.ToolCallRequested)).args_hash
        fact = (await desk.last(e.FactConfirmed)).fact
        assert (fact.key, fact.value, fact.trust) == ("case:C-1042/status", "escalated", "tool_observed")
        assert (await desk.last(e.UserMessageReceived)).principal == desk.officer


@pytest.mark.req("AP-2", "AP-3", "AP-6")
async def test_an_edited_call_runs_with_the_approvers_arguments_and_the_model_is_told(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Changed otherwise.")]) as desk:
        await desk.say(ASK)
        args = {"case_id": "C-1042", "status": "awaiting_licensee", "reason": "Ask them first."}
        edit = {"type": "edit", "edited_action": {"name": "change_status", "args": args}, "message": "Not yet."}
        await desk.decide({(await ids(desk))["change_status"]: {"decisions": [edit]}})

        assert [(row["to_status"], row["reason"]) for row in await desk.rows(CHANGES)] == [
            ("awaiting_licensee", "Ask them first.")
        ]
        edited = await desk.last(e.HumanApprovalEdited)
        assert edited.args == args
        assert edited.args_hash != (await desk.last(e.ToolCallRequested)).args_hash
        ((_, approval),) = await desk.shown("approval")
        assert approval.startswith("s.okafor approved change_status with other arguments: ")
        assert '"status":"awaiting_licensee"' in approval
        assert approval.endswith("Not yet.")


@pytest.mark.req("AP-2", "AP-6", "CX-5")
@pytest.mark.parametrize("kind", ["reject", "respond"])
async def test_a_denial_is_shown_in_this_turn_and_is_a_critical_decision_from_then_on(open_desk, kind):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Refused."), Say(text="Later.")]) as desk:
        await desk.say(ASK)
        answer = {"decisions": [{"type": kind, "message": "Wait for the laboratory."}]}
        result = await desk.decide({(await ids(desk))["change_status"]: answer})

        assert result["messages"][-1]["content"] == "Refused."
        assert await desk.rows(CHANGES) == await desk.rows("SELECT * FROM effects") == []
        assert await desk.of(e.ToolCallCompleted) == []
        ((_, shown),) = await desk.shown("approval")
        assert shown == "s.okafor refused change_status. Wait for the laboratory."
        await desk.say("Thanks")
        decided = [
            (entry.item.text, entry.item.critical)
            for entry in (await desk.prompts())[-1].package.items
            if entry.item.kind == "decision"
        ]
        ((text, critical),) = decided
        assert critical
        assert all(part in text for part in ("Wait for the laboratory.", "escalated", "(decided by s.okafor)"))
        assert "Wait for the laboratory." in str(desk.model.requests[-1]["messages"])


@pytest.mark.req("AP-2", "AP-6")
@pytest.mark.parametrize("order", [("change_status", "notify_licensee"), ("notify_licensee", "change_status")])
async def test_several_calls_of_one_answer_are_decided_one_by_one_in_any_order(open_desk, order):
    async with open_desk([CallTools(calls=(CHANGE, TELL)), Say(text="Half of it.")]) as desk:
        await desk.say(ASK)
        waits = await ids(desk)
        decisions = {"change_status": APPROVE, "notify_licensee": reject("Not by mail.")}
        first, second = order
        half = await desk.decide({waits[first]: decisions[first]})
        assert [i.id for i in half["__interrupt__"]] == [waits[second]]
        assert [approval.tool for approval in await desk.waiting()] == [second]
        assert await desk.rows("SELECT * FROM effects") == []
        result = await desk.decide({waits[second]: decisions[second]})

        assert result["messages"][-1]["content"] == "Half of it."
        assert [row["to_status"] for row in await desk.rows(CHANGES)] == ["escalated"]
        assert await desk.rows(NOTICES) == []
        verdicts = [
            type(event.body).__name__ for event in await desk.events() if event.header.type.startswith("human_approval")
        ]
        assert verdicts == ["HumanApprovalRequested"] * 2 + ["HumanApprovalGranted", "HumanApprovalDenied"]


@pytest.mark.req("AP-2", "AP-4")
async def test_all_calls_may_be_decided_at_once_and_run_in_call_order(open_desk):
    async with open_desk([CallTools(calls=(CHANGE, TELL)), Say(text="Both done.")]) as desk:
        await desk.say(ASK)
        waits = await ids(desk)
        await desk.decide({waits["notify_licensee"]: APPROVE, waits["change_status"]: APPROVE})

        done = [
            (type(event.body), event.body.name)
            for event in await desk.events()
            if event.header.type.startswith("tool_call_c")
        ]
        failed = [(body.name, body.code) for body in await desk.of(e.ToolCallFailed)]
        # The change made what the notice relied on another version: but it is the turn's own, decided beside it.
        assert done == [(e.ToolCallCompleted, "change_status"), (e.ToolCallCompleted, "notify_licensee")]
        assert failed == []
        assert await desk.rows(NOTICES) == [
            {"subject": "Escalation", "text": "Your case is escalated.", "approved_by": "s.okafor"}
        ]
        verified = [(body.fact.value, body.fact.trust) for body in await desk.of(e.FactConfirmed)]
        assert verified == [("under_review", "system_verified"), ("escalated", "system_verified")]


@pytest.mark.req("AP-3")
async def test_who_may_not_decide_changes_nothing(open_desk, stranger):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Escalated.")]) as desk:
        await desk.say(ASK)
        waiting = (await ids(desk))["change_status"]
        colleague = desk.officer.model_copy(update={"user": "m.lind"})
        own = desk.officer.model_copy(update={"roles": ("officer", "supervisor")})
        for who, refusal in (
            (desk.officer, NotPermitted),
            (own, NotPermitted),
            (colleague, NotPermitted),
            (stranger, NotFound),
        ):
            with pytest.raises(refusal):
                await desk.decide({waiting: APPROVE}, who=who)
        with pytest.raises(InvalidInput):
            await desk.decide(
                {waiting: {"decisions": [{"type": "edit", "edited_action": {"args": {"status": "gone"}}}]}}
            )

        (approval,) = await desk.waiting()
        assert (approval.status, await desk.rows(CHANGES)) == ("pending", [])


@pytest.mark.req("AP-3", "AP-4")
async def test_the_first_decision_stands(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Refused.")]) as desk:
        await desk.say(ASK)
        waiting = (await ids(desk))["change_status"]
        await desk.decide({waiting: reject("No.")})
        (approval_id,) = {body.approval_id for body in await desk.of(e.HumanApprovalRequested)}
        with pytest.raises(AlreadyDecided, match=r"is already denied by s\.okafor"):
            await desk.decide({approval_id: APPROVE})

        assert await desk.rows(CHANGES) == []


@pytest.mark.req("AP-5", "UP-5", "CX-12")
async def test_a_status_that_changed_meanwhile_stops_the_approved_call(open_desk, as_owner):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="It changed meanwhile.")]) as desk:
        await desk.say(ASK)
        as_owner("UPDATE casework.cases SET status = 'awaiting_licensee', version = version + 1 WHERE id = 'C-1042'")
        result = await desk.decide({(await ids(desk))["change_status"]: APPROVE})

        assert result["messages"][-1]["content"] == "It changed meanwhile."
        failed = await desk.last(e.ToolCallFailed)
        assert (failed.name, failed.code) == ("change_status", "stale")
        assert (await desk.rows(CHANGES), await desk.rows(STATUS)) == ([], [{"status": "awaiting_licensee"}])
        ((_, told),) = await desk.shown("tool_result")
        assert told.startswith("change_status did not run: stale: ")


@pytest.mark.req("AP-5")
async def test_an_approval_that_nobody_gave_in_time_expires_and_the_next_message_is_answered(open_desk, as_owner):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Nobody approved."), Say(text="Hello.")]) as desk:
        await desk.say(ASK)
        waiting = (await ids(desk))["change_status"]
        as_owner("UPDATE dossier.approvals SET expires_at = now() - interval '1 second'")
        with pytest.raises(AlreadyDecided, match="expired at"):
            await desk.decide({waiting: APPROVE})
        await desk.say("Hello")

        expired = await desk.last(e.HumanApprovalExpired)
        assert (expired.name, expired.reason) == ("change_status", "expired")
        assert await desk.rows(CHANGES) == []
        assert [row["status"] for row in await desk.rows("SELECT status FROM approvals")] == ["expired"]
        assert (await desk.last(e.AssistantResponseGenerated)).text == "Hello."
        assert [body.outcome for body in await desk.of(e.TurnEnded)] == ["answered", "answered"]


@pytest.mark.req("AP-5")
async def test_an_approval_is_asked_for_as_long_as_the_setting_says(open_desk):
    wrong = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)  # a clock that is behind the database's, by which it expires
    async with open_desk([CallTools(calls=(CHANGE,))], approval_ttl_seconds=3600, now=lambda: wrong) as desk:
        await desk.say(ASK)

        (row,) = await desk.rows("SELECT expires_at, expires_at - requested_at AS lasts FROM approvals")
        assert (await desk.last(e.HumanApprovalRequested)).expires_at == row["expires_at"]
        assert timedelta(seconds=3590) < row["lasts"] <= timedelta(hours=1)


@pytest.mark.req("AP-5", "AP-2")
async def test_a_new_message_supersedes_what_waits_where_policy_says_so(open_desk):
    script = [CallTools(calls=(CHANGE,)), Say(text="Never mind, then.")]
    async with open_desk(script, pending_message_policy="supersede") as desk:
        await desk.say(ASK, id="m1")
        waiting = (await ids(desk))["change_status"]
        result = await desk.say("Never mind.", id="m2")

        assert result["messages"][-1]["content"] == "Never mind, then."
        assert (await desk.last(e.HumanApprovalExpired)).reason == "superseded"
        ends = [
            (event.header.turn, event.body.outcome)
            for event in await desk.events()
            if isinstance(event.body, e.TurnEnded)
        ]
        assert ends == [("m1", "abandoned"), ("m2", "answered")]
        with pytest.raises(AlreadyDecided):
            await desk.decide({waiting: APPROVE})
        (approval,) = await desk.rows("SELECT approval_id, status FROM approvals")
        with pytest.raises(AlreadyDecided):
            await desk.decide({approval["approval_id"]: APPROVE})
        assert (approval["status"], await desk.rows(CHANGES)) == ("superseded", [])


@pytest.mark.req("AP-6")
@pytest.mark.parametrize("policy", ["ask", "wait"])
async def test_a_new_message_is_refused_while_something_waits_where_policy_says_so(open_desk, policy):
    script = [CallTools(calls=(CHANGE,)), Say(text="Escalated.")]
    async with open_desk(script, pending_message_policy=policy) as desk:
        await desk.say(ASK)
        before = await desk.types()
        with pytest.raises(ApprovalWaiting):
            await desk.say("Never mind.")

        assert await desk.types() == before
        await desk.decide({(await ids(desk))["change_status"]: APPROVE})
        assert [row["to_status"] for row in await desk.rows(CHANGES)] == ["escalated"]


@pytest.mark.req("AP-3", "AP-2")
async def test_a_requester_may_withdraw_what_they_asked_for(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Withdrawn.")]) as desk:
        await desk.say(ASK)
        await desk.decide({(await ids(desk))["change_status"]: reject("My mistake.")}, who=desk.officer)

        assert (await desk.last(e.HumanApprovalDenied)).decided_by == "o.brandt"
        assert await desk.rows(CHANGES) == []
