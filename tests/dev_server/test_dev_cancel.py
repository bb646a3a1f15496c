"""Runs of `langgraph dev` that are cancelled or that their client gives up: the thread is usable at once."""

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from langgraph_sdk import get_client

from dossier.adapters.scripted_model import ScriptedModel
from tests.dev_server.conftest import DevServer

SLOW = {"kind": "text", "text": "one two three four five six seven eight nine ten", "delay": 3}
SOON = 25.0
"""Seconds within which the thread answers again; its lease would last for 30, the slow answer too."""


class SlowServer(DevServer):
    """A server whose model is a scripted one behind HTTP."""

    def __init__(self, folder: Any, model_url: str) -> None:
        super().__init__(folder)
        self._model_url = model_url

    def _environment(self) -> dict[str, str]:
        model = {"OPENAI_BASE_URL": self._model_url, "OPENAI_API_KEY": "none", "DOSSIER_MODEL": "scripted"}
        known = {"DOSSIER_MODEL_ENCODING": "o200k_base", "DOSSIER_MODEL_WINDOW": "128000"}
        return {**super()._environment(), **model, **known}


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[ScriptedModel, str]]:
    script = [SLOW, {"kind": "text", "text": "First."}, {"kind": "text", "text": "Second."}]
    played = ScriptedModel([*script, *script])
    serving = uvicorn.Server(uvicorn.Config(played, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    port = serving.servers[0].sockets[0].getsockname()[1]
    yield played, f"http://127.0.0.1:{port}/v1"
    serving.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def slow_server(model: tuple[ScriptedModel, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    started = SlowServer(tmp_path_factory.mktemp("slow"), model[1])
    started.start()
    yield started
    started.stop()


def said(id: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello.", "id": id}]}


@pytest.mark.req("UP-7", "SV-1", "PE-2")
@pytest.mark.parametrize("ending", ["cancelled", "timed out"])
async def test_a_run_that_is_cancelled_or_given_up_frees_its_thread_at_once_and_its_message_is_not_lost(
    slow_server: DevServer, model: tuple[ScriptedModel, str], ending: str
) -> None:
    client = get_client(url=slow_server.url, api_key="officer")
    thread = (await client.threads.create())["thread_id"]
    asked = len(model[0].requests)
    if ending == "cancelled":
        run = await client.runs.create(thread, "turn", input=said("m1"))
        while len(model[0].requests) == asked:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
        await client.runs.cancel(thread, run["run_id"], wait=True)
    else:
        body = {"assistant_id": "turn", "input": said("m1"), "on_disconnect": "cancel"}
        async with httpx.AsyncClient(base_url=slow_server.url, headers={"x-api-key": "officer"}) as impatient:
            with pytest.raises(httpx.ReadTimeout):
                await impatient.post(f"/threads/{thread}/runs/wait", json=body, timeout=4)
    assert len(model[0].requests) == asked + 1
    async with asyncio.timeout(SOON):
        result = await client.runs.wait(thread, "turn", input=said("m2"))
    assert [message["content"] for message in result["messages"]] == ["Hello.", "First.", "Hello.", "Second."]
    assert (await client.threads.get(thread))["status"] == "idle"
