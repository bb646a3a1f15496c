"""What an approved call rests on is read at its source right before, and recorded as verified with its time."""

from dataclasses import replace

import pytest

from casework.application import application
from dossier.adapters.script import Call, CallTools, Say
from state import events as e

CHANGE = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "New evidence."})
AGAIN = Call("change_status", {"case_id": "C-1042", "status": "under_review", "reason": "A mistake."})
TELL = Call("notify_licensee", {"case_id": "C-1042", "subject": "Escalation", "text": "Your case is escalated."})
APPROVE = {"decisions": [{"type": "approve"}]}
ASK = "Escalate C-1042."
FOREIGN = "UPDATE casework.cases SET status = 'awaiting_licensee', version = version + 1 WHERE id = 'C-1042'"


async def approved(desk) -> dict:
    return await desk.decide({one.id: APPROVE for one in await desk.waiting()})


@pytest.mark.req("CX-12", "UP-5", "AP-5")
async def test_a_foreign_change_is_verified_and_recorded_and_stops_the_call(open_desk, as_owner):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="It changed meanwhile.")]) as desk:
        await desk.say(ASK)
        as_owner(FOREIGN)
        await approved(desk)
        events = await desk.events()
        verified = [(x.seq, x.body.fact) for x in events if isinstance(x.body, e.FactConfirmed)]
        failed = [(x.seq, x.body.code) for x in events if isinstance(x.body, e.ToolCallFailed)]
        ((read_at, fact),) = verified
        ((failed_at, code),) = failed
        assert (fact.key, fact.value, fact.trust) == ("case:C-1042/status", "awaiting_licensee", "system_verified")
        assert (code, read_at < failed_at) == ("stale", True)
        granted = next(x for x in events if isinstance(x.body, e.HumanApprovalGranted))
        assert granted.header.at <= fact.observed_at
        shown = [text for _, text in await desk.shown("confirmed_fact")]
        assert any("awaiting_licensee" in text for text in shown)


@pytest.mark.req("CX-12", "UP-5")
async def test_what_can_not_be_verified_is_not_acted_on(open_desk):
    app = application()
    unverifiable = [
        replace(tool, verifies=lambda args: ("get_case", {"case_id": "C-9999"}))
        if tool.name == "change_status"
        else tool
        for tool in app.tools
    ]
    app.tools = unverifiable
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="It could not be verified.")], app=app) as desk:
        await desk.say(ASK)
        await approved(desk)
        failed = await desk.last(e.ToolCallFailed)
        assert (failed.name, failed.code) == ("change_status", "unverified")
        assert (
            await desk.rows("SELECT * FROM effects") == await desk.rows("SELECT * FROM casework.status_changes") == []
        )


@pytest.mark.req("AP-2", "AP-5", "UP-5")
async def test_changes_of_the_turns_own_calls_are_no_foreign_changes_and_foreign_ones_between_them_are(
    open_desk, as_owner
):
    script = [CallTools(calls=(CHANGE, AGAIN, TELL)), Say(text="All done.")]
    async with open_desk(script) as desk:
        await desk.say(ASK)
        await approved(desk)
        assert [body.name for body in await desk.of(e.ToolCallCompleted)] == [
            "change_status",
            "change_status",
            "notify_licensee",
        ]
        moved = await desk.rows("SELECT to_status FROM casework.status_changes ORDER BY changed_at")
        assert [row["to_status"] for row in moved] == ["escalated", "under_review"]

    changed = []

    def between(point: str) -> None:
        """Somebody else changes the case after the first call of the second turn and before the next."""
        if point == "effect.transaction:after" and not changed:
            changed.append(as_owner(FOREIGN))

    async with open_desk([CallTools(calls=(CHANGE, TELL)), Say(text="Half done.")], probe=between) as desk:
        await desk.say(ASK, id="second")
        await approved(desk)
        done = [body.name for body in await desk.of(e.ToolCallCompleted)]
        assert (done[3:], (await desk.last(e.ToolCallFailed)).code) == (["change_status"], "stale")
        assert len(await desk.rows("SELECT * FROM casework.outbox")) == 1
