"""A turn through the gate on real parts."""

import pytest

from graphs.assembly import turn_graph


@pytest.mark.req("GR-1")
async def test_a_message_is_answered_and_its_turn_ends_on_record(services, officer, thread):
    graph = turn_graph(services).acting_as(officer)
    said = {"messages": [{"role": "user", "content": "What is the status of C-1042?", "id": "m1"}]}
    result = await graph.ainvoke(said, {"configurable": {"thread_id": thread}})
    events = await services.log.events("northgate", thread)
    assert "under_review" in result["messages"][-1]["content"]
    assert [event.header.type for event in events][:2] == ["thread_created", "user_message_received"]
    assert events[-1].header.type == "turn_ended"
    assert (await services.verifier.verify("northgate", thread)).status == "intact"
