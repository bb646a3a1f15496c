"""The official SDK against `langgraph dev`: what Studio reads, a conversation, an approval and a crash."""

import asyncio
import shutil
from typing import Any

import pytest
from langgraph_sdk.client import LangGraphClient

from tests.dev_server.conftest import said

APPROVE = {"decisions": [{"type": "approve"}]}


async def say(client: LangGraphClient, thread: str, text: str, **more: str) -> Any:
    return await client.runs.wait(thread, "turn", input=said(text, **more))


async def new_thread(client: LangGraphClient) -> str:
    return (await client.threads.create())["thread_id"]


@pytest.mark.req("SV-1", "GR-1")
async def test_studio_reads_the_graph_and_its_schemas(officer_client: LangGraphClient) -> None:
    (assistant,) = await officer_client.assistants.search()
    schemas = await officer_client.assistants.get_schemas(assistant["assistant_id"])
    drawn = await officer_client.assistants.get_graph(assistant["assistant_id"])

    assert assistant["graph_id"] == "turn"
    assert schemas["input_schema"]["properties"]["messages"]["items"] == {"$ref": "#/$defs/UserMessage"}
    assert list(schemas["input_schema"]["properties"]) == ["messages"]
    assert list(schemas["output_schema"]["properties"]) == ["messages", "session", "turn"]
    assert list(schemas["state_schema"]["properties"]) == ["messages", "session", "turn"]
    assert [node["id"] for node in drawn["nodes"]] == [
        "__start__",
        "resolve_references",
        "ask_clarification",
        "build_context",
        "call_model",
        "review_tools",
        "request_approval",
        "run_tools",
        "update_state",
        "__end__",
    ]


@pytest.mark.req("SV-1")
async def test_a_run_streams_values_updates_and_messages(officer_client: LangGraphClient) -> None:
    thread = await new_thread(officer_client)
    parts = [
        part
        async for part in officer_client.runs.stream(
            thread,
            "turn",
            input=said("What is the status of C-1042?"),
            stream_mode=["values", "updates", "messages-tuple"],
        )
    ]
    steps = [step for part in parts if part.event == "updates" for step in part.data]
    streamed = "".join(part.data[0]["content"] for part in parts if part.event == "messages")
    answer = [part.data for part in parts if part.event == "values"][-1]["messages"][-1]["content"]

    assert {part.event for part in parts} == {"metadata", "values", "updates", "messages"}
    assert steps[0] == "resolve_references"
    assert steps[-1] == "update_state"
    assert "C-1042" in answer
    assert answer in streamed


@pytest.mark.req("SV-1", "GR-1", "SV-4")
async def test_an_approval_survives_a_crash_and_is_answered_by_its_id(
    server: Any, officer_client: LangGraphClient, supervisor_client: LangGraphClient
) -> None:
    thread = await new_thread(officer_client)
    await say(officer_client, thread, "What's the position on C-1042? Not urgent, just summarise the evidence.")
    asked = await say(officer_client, thread, "Quote the key finding from the report.")
    quoted = await say(officer_client, thread, "Use the second one.")
    stopped = await say(officer_client, thread, "Change the status of C-1042 to escalated.")

    server.kill()
    shutil.rmtree(server.folder / ".langgraph_api")  # what the server had not flushed is lost
    server.start()

    waiting = await supervisor_client.threads.get_state(thread)
    (interrupt,) = waiting["tasks"][0]["interrupts"]
    resumed = await supervisor_client.runs.wait(thread, "turn", command={"resume": {interrupt["id"]: APPROVE}})
    history = await officer_client.threads.get_history(thread, limit=100)
    after = await say(officer_client, thread, "What is the status of C-1042?")

    assert "1. Inspection report IR-61" in asked["messages"][-1]["content"]
    assert "IR-77" in quoted["messages"][-1]["content"]
    assert stopped["__interrupt__"][0]["id"] == interrupt["id"]
    assert waiting["next"] == ["request_approval"]
    assert interrupt["value"]["action_requests"][0]["name"] == "change_status"
    assert {"turn": 4, "action": "change_status", "target": "C-1042"} in resumed["session"]["acts"]
    assert history[0]["values"]["messages"] == resumed["messages"]
    assert history[0]["values"]["session"]["user"] == "o.brandt"
    assert after["messages"][: len(resumed["messages"])] == resumed["messages"]
    assert after["session"]["turns"] == 5


@pytest.mark.req("SV-1")
async def test_the_same_message_id_again_is_the_same_turn(officer_client: LangGraphClient, server: Any) -> None:
    thread = await new_thread(officer_client)
    first = await say(officer_client, thread, "What is the status of C-1042?", id="m-1")
    then = await say(officer_client, thread, "What is the status of C-1067?", id="m-2")
    again = await say(officer_client, thread, "What is the status of C-1042?", id="m-1")
    state = await officer_client.threads.get_state(thread)

    assert again["messages"][-1] == first["messages"][-1]
    assert state["values"]["messages"] == then["messages"]
    assert "Failed to fetch missing checkpoint" not in server.log


@pytest.mark.req("SV-1")
async def test_runs_at_once_stay_apart_and_on_one_thread_follow_each_other(
    officer_client: LangGraphClient,
) -> None:
    threads = [await new_thread(officer_client) for _ in range(4)]
    asking = "What is the status of C-1042?"
    apart = [say(officer_client, thread, asking, id=f"m-{n}") for n, thread in enumerate(threads)]
    together = [say(officer_client, threads[0], asking, id=f"n-{n}") for n in range(2)]
    await asyncio.gather(*apart, *together)
    states = [await officer_client.threads.get_state(thread) for thread in threads]
    human = [[m["id"] for m in s["values"]["messages"] if m["type"] == "human"] for s in states]

    assert sorted(human[0]) == ["m-0", "n-0", "n-1"]
    assert human[1:] == [["m-1"], ["m-2"], ["m-3"]]
    assert [state["values"]["session"]["turns"] for state in states] == [3, 1, 1, 1]
