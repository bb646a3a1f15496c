"""Runs of `langgraph dev` that are cancelled or that their client gives up: the thread is usable at once."""

import asyncio

import httpx
import pytest
from langgraph_sdk import get_client

from dossier.adapters.scripted_model import ScriptedModel
from tests.dev_server.conftest import DevServer, said

SLOW = {"kind": "text", "text": "one two three four five six seven eight nine ten", "delay": 3}
SOON = 25.0
"""Seconds within which the thread answers again; its lease would last for 30, the slow answer too."""


SCRIPT = [
    {**item, "when": ending}
    for ending in ("cancelled", "timed out")
    for item in (SLOW, {"kind": "text", "text": "First."}, {"kind": "text", "text": "Second."})
] + [{"kind": "text", "text": "Slowly said.", "delay": 1, "when": "Goodbye"}]


@pytest.mark.req("UP-7", "SV-1", "PE-2")
@pytest.mark.parametrize("ending", ["cancelled", "timed out"])
async def test_a_run_that_is_cancelled_or_given_up_frees_its_thread_at_once_and_its_message_is_not_lost(
    scripted: DevServer, model: ScriptedModel, ending: str
) -> None:
    client = get_client(url=scripted.url, api_key="officer")
    thread = (await client.threads.create())["thread_id"]
    asked = len(model.requests)
    if ending == "cancelled":
        run = await client.runs.create(thread, "turn", input=said(ending, id="m1"))
        while len(model.requests) == asked:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
        await client.runs.cancel(thread, run["run_id"], wait=True)
    else:
        body = {"assistant_id": "turn", "input": said(ending, id="m1"), "on_disconnect": "cancel"}
        async with httpx.AsyncClient(base_url=scripted.url, headers={"x-api-key": "officer"}) as impatient:
            with pytest.raises(httpx.ReadTimeout):
                await impatient.post(f"/threads/{thread}/runs/wait", json=body, timeout=4)
    assert len(model.requests) == asked + 1
    async with asyncio.timeout(SOON):
        result = await client.runs.wait(thread, "turn", input=said(ending, id="m2"))
    assert [message["content"] for message in result["messages"]] == [ending, "First.", ending, "Second."]
    assert (await client.threads.get(thread))["status"] == "idle"


@pytest.mark.req("UP-7", "SV-1", "PE-2")
async def test_a_server_that_is_told_to_stop_ends_the_running_step_and_the_message_is_gone_on_with_later(
    scripted: DevServer, model: ScriptedModel
) -> None:
    client = get_client(url=scripted.url, api_key="officer")
    thread = (await client.threads.create())["thread_id"]
    asked = len(model.requests)
    await client.runs.create(thread, "turn", input=said("Goodbye.", id="m1"))
    while len(model.requests) == asked:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    await asyncio.to_thread(scripted.stop)
    await asyncio.to_thread(scripted.start)
    result = await client.runs.wait(thread, "turn", input=said("Goodbye.", id="m1"))
    assert [message["content"] for message in result["messages"]] == ["Goodbye.", "Slowly said."]
    assert len(model.requests) == asked + 1
    assert (await client.threads.get(thread))["status"] == "idle"
