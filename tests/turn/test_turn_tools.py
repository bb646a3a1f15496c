"""Calls that need nobody: run at once, refused on record, bounded."""

import pytest

from dossier.adapters.script import Call, CallTools, Say
from dossier.closing import LIMIT_TEXT
from state import events as e

LOOK = Call("get_case", {"case_id": "C-1042"})
NOTES = "SELECT text, written_by FROM casework.notes"


@pytest.mark.req("AP-1", "AP-6", "CX-8")
async def test_a_read_runs_at_once_and_its_result_is_shown_with_its_call(open_desk):
    async with open_desk([CallTools(calls=(LOOK,)), Say(text="Under review.")]) as desk:
        result = await desk.say("Position on C-1042?")

        assert "__interrupt__" not in result
        done = await desk.last(e.ToolCallCompleted)
        assert (done.name, done.args, done.call) == ("get_case", {"case_id": "C-1042"}, e.CallRef(ordinal=0, index=0))
        ((_, shown),) = await desk.shown("tool_result")
        assert shown == f'get_case({{"case_id":"C-1042"}}) -> {done.content}'
        assert '"status":"under_review"' in done.content
        authorized = await desk.last(e.ToolCallAuthorized)
        assert authorized.policies == ("staff-calls-read-tools",)


@pytest.mark.req("AP-1", "AP-4")
async def test_a_write_that_policy_lets_through_runs_once(open_desk):
    note = Call("add_note", {"case_id": "C-1042", "text": "Called the licensee."})
    async with open_desk([CallTools(calls=(note,)), Say(text="Noted.")]) as desk:
        await desk.say("Add a note to C-1042.", id="m1")
        again = await desk.say("Add a note to C-1042.", id="m1")

        assert await desk.rows(NOTES) == [{"text": "Called the licensee.", "written_by": "o.brandt"}]
        assert again["messages"][-1]["content"] == "Noted."
        assert len(desk.model.requests) == 2


@pytest.mark.req("AP-1", "UP-3", "UP-6")
async def test_calls_that_may_not_run_are_refused_on_record_and_the_model_is_told(open_desk):
    calls = (
        Call("get_case", "{not json"),
        Call("get_case", {"case_id": "C-1042", "as_user": "s.okafor"}),
        Call("delete_case", {"case_id": "C-1042"}),
    )
    async with open_desk([CallTools(calls=calls), Say(text="I could not.")]) as desk:
        result = await desk.say("Look at C-1042.")

        assert result["messages"][-1]["content"] == "I could not."
        refused = [(body.name, body.code) for body in await desk.of(e.ToolCallRejected)]
        assert sorted(refused) == [
            ("delete_case", "unknown_tool"),
            ("get_case", "invalid_arguments"),
            ("get_case", "invalid_arguments"),
        ]
        assert await desk.of(e.ToolCallCompleted) == []
        shown = sorted(text for _, text in await desk.shown("tool_result"))
        assert [text.split(":")[0] for text in shown] == [
            "delete_case did not run",
            "get_case did not run",
            "get_case did not run",
        ]
        assert shown[0] == "delete_case did not run: unknown_tool: There is no tool 'delete_case'."
        assert (await desk.last(e.TurnEnded)).outcome == "answered"


@pytest.mark.req("AP-1", "UP-3", "SV-4")
async def test_a_tool_that_the_user_may_not_call_is_neither_offered_nor_run(open_desk):
    note = Call("add_note", {"case_id": "C-1042", "text": "x"})
    async with open_desk([CallTools(calls=(note,)), Say(text="You may not.")]) as desk:
        await desk.say("Add a note to C-1042.", who=desk.supervisor)

        offered = [tool["function"]["name"] for tool in desk.model.requests[0]["tools"]]
        assert offered == ["get_case", "list_evidence", "search_documents"]
        refused = await desk.last(e.ToolCallRejected)
        assert (refused.code, refused.reason) == ("not_permitted", "s.okafor may not call add_note.")
        assert await desk.rows(NOTES) == []
        assert "not_permitted" in (await desk.shown("tool_result"))[0][1]


@pytest.mark.req("ST-4", "UP-8")
async def test_the_tool_loop_is_bounded_and_reaching_the_bound_is_said(open_desk):
    note = CallTools(calls=(Call("add_note", {"case_id": "C-1042", "text": "again"}),), text="Once more.")
    async with open_desk([note] * 5, tool_loop_limit=2) as desk:
        result = await desk.say("Go on for ever.")

        assert result["messages"][-1]["content"] == LIMIT_TEXT
        assert (await desk.last(e.TurnEnded)).outcome == "limit_reached"
        assert len(desk.model.requests) == 3
        assert len(await desk.rows(NOTES)) == 2
        assert (await desk.head())["turn"] == {}
        assert (await desk.last(e.AssistantResponseGenerated)).text == LIMIT_TEXT


@pytest.mark.req("UP-5", "AP-1")
async def test_a_failed_call_leaves_no_fact_and_the_model_is_told_why(open_desk):
    missing = Call("get_case", {"case_id": "C-9999"})
    async with open_desk([CallTools(calls=(missing,)), Say(text="There is none.")]) as desk:
        await desk.say("Look for the next case.")

        failed = await desk.last(e.ToolCallFailed)
        assert (failed.name, failed.code) == ("get_case", "case_not_found")
        assert await desk.of(e.FactConfirmed) == []
        ((_, shown),) = await desk.shown("tool_result")
        assert shown.startswith("get_case did not run: case_not_found: There is no case 'C-9999'")
