"""What goes wrong in a turn is an outcome on record, not the end of it."""

import pytest

from dossier.adapters.script import Call, CallTools, Say
from dossier.errors import Conflict, NotFound
from state import events as e
from state.principal import Principal

APPROVE = {"decisions": [{"type": "approve"}]}


@pytest.mark.req("AP-4", "EV-1")
async def test_an_approved_call_is_on_record_even_when_the_call_beside_it_breaks(open_desk):
    change = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "agreed"})
    script = [CallTools(calls=(change, Call("list_evidence", {"case_id": "C-1042"}))), Say(text="Done.")]
    async with open_desk(script) as desk:
        await desk.say("Change the status of C-1042 to escalated.")
        tool = next(tool for tool in desk.services.app.tools if tool.name == "list_evidence")

        async def breaks(context, args):
            raise RuntimeError("a fault of the tool")

        object.__setattr__(tool, "run", breaks)
        approval = (await desk.last(e.HumanApprovalRequested)).approval_id
        await desk.decide({approval: APPROVE})

        assert [body.decided_by for body in await desk.of(e.HumanApprovalGranted)] == ["s.okafor"]
        assert [body.name for body in await desk.of(e.ToolCallCompleted)] == ["change_status"]
        assert [(body.name, body.code) for body in await desk.of(e.ToolCallFailed)] == [
            ("list_evidence", "tool_crashed")
        ]
        assert (await desk.last(e.TurnEnded)).outcome == "answered"


@pytest.mark.req("EV-4", "GR-1")
async def test_another_text_under_a_used_message_id_is_refused_not_lost(open_desk, officer):
    async with open_desk([Say(text="A.")]) as desk:
        graph, config = desk.graph.acting_as(officer), {"configurable": {"thread_id": desk.thread}}
        await graph.ainvoke({"messages": [{"role": "user", "content": "One.", "id": "m1"}]}, config)
        with pytest.raises(Conflict, match="used for another message"):
            await graph.ainvoke({"messages": [{"role": "user", "content": "Two.", "id": "m1"}]}, config)


@pytest.mark.req("SV-4")
async def test_a_colleague_who_oversees_nothing_can_not_read_a_thread(open_desk, supervisor):
    colleague = Principal(tenant="northgate", user="a.colleague", roles=("officer",))
    async with open_desk([Say(text="A.")]) as desk:
        await desk.say("One.")
        config = {"configurable": {"thread_id": desk.thread}}
        with pytest.raises(NotFound):
            await desk.graph.acting_as(colleague).aget_state(config)
        assert (await desk.graph.acting_as(supervisor).aget_state(config)).values["messages"]
