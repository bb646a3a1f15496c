import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pydantic
import pytest
import uvicorn

from dossier.adapters import offline_model
from dossier.adapters.inprocess import ASGIApp, InProcessTransport, Message
from dossier.adapters.model import Retry, call, chat_model
from dossier.adapters.script import Call, CallTools, Cut, Fail, Say, load_script, read_script
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import DossierError, ModelFailed
from dossier.settings import Settings

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = "/v1/chat/completions"


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve the app over HTTP on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            await running


class Gate:
    """An app that sends its second chunk only after the first was received."""

    def __init__(self) -> None:
        self.first_was_received = asyncio.Event()

    async def __call__(self, scope: Message, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await self.first_was_received.wait()
        await send({"type": "http.response.body", "body": b"two", "more_body": False})


@pytest.mark.req("UP-1")
async def test_the_first_chunk_arrives_in_process_before_the_last_is_made():
    app = Gate()
    parts: list[bytes] = []
    async with (
        httpx2.AsyncClient(transport=InProcessTransport(app)) as client,
        client.stream("GET", "http://in-process.invalid/") as response,
    ):
        async for part in response.aiter_raw():
            parts.append(part)
            app.first_was_received.set()

    assert parts == [b"one", b"two"]


@pytest.mark.req("UP-1")
async def test_leaving_a_stream_early_ends_the_app():
    ended = asyncio.Event()

    async def app(scope: Message, receive, send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with httpx2.AsyncClient(transport=InProcessTransport(app)) as client:
        async with client.stream("GET", "http://in-process.invalid/") as response:
            await anext(response.aiter_raw())
        assert ended.is_set()


@pytest.mark.req("UP-1")
async def test_an_app_that_fails_is_a_failed_connection():
    async def app(scope: Message, receive, send) -> None:
        raise RuntimeError("broken")

    async with httpx2.AsyncClient(transport=InProcessTransport(app)) as client:
        with pytest.raises(httpx2.ReadError) as caught:
            await client.get("http://in-process.invalid/")
    assert str(caught.value.__cause__) == "broken"


@pytest.mark.req("UP-1")
async def test_over_http_tokens_arrive_before_the_answer_is_made_and_a_dropped_line_is_noticed():
    app = ScriptedModel([Cut("It is closed.", after=2), Say("one two three", delay=0.01)])
    seen: list[str] = []

    async def on_token(token: str) -> None:
        seen.append(token)

    async def on_restart(number: int, error: DossierError) -> None:
        seen.append(error.code)

    async def no_wait(_: float) -> None:
        pass

    async with served(app) as url:
        model = chat_model("m", Settings(model="m", openai_base_url=url))
        answer = await call(model, HELLO, [], on_token=on_token, on_restart=on_restart, retry=Retry(sleep=no_wait))

    assert seen == ["It ", "is ", "model_unreachable", "one ", "two ", "three"]
    assert answer.text == "one two three"


@pytest.mark.req("UP-1")
async def test_over_http_the_first_token_comes_while_the_endpoint_still_holds_the_rest():
    released = asyncio.Event()
    scripted = ScriptedModel([Say("one two")])

    async def app(scope: Message, receive, send) -> None:
        async def held(message: Message) -> None:
            if b'"two"' in message.get("body", b""):
                await released.wait()
            await send(message)

        await scripted(scope, receive, held)

    seen: list[tuple[str, bool]] = []

    async def on_token(token: str) -> None:
        seen.append((token, released.is_set()))
        released.set()

    async with served(app) as url:
        await call(chat_model("m", Settings(model="m", openai_base_url=url)), HELLO, [], on_token=on_token)

    assert seen == [("one ", False), ("two", True)]


@pytest.mark.req("UP-1")
async def test_the_offline_model_served_over_http_is_still_labelled_offline():
    async with served(offline_model.app) as url:
        answer = await call(chat_model("any", Settings(model="any", openai_base_url=url)), HELLO, [])

    assert (answer.offline, answer.text) == (True, "Nothing in the material answers this.")


async def test_items_are_played_in_order_and_matched_ones_wait_for_their_text():
    app = ScriptedModel([Say("bye", when="farewell"), Say("one"), Say("two")])
    model = chat_model("m", Settings(), app=app)
    texts = [(await call(model, [{"role": "user", "content": said}], [])).text for said in ("a", "Farewell!", "b")]

    assert texts == ["one", "bye", "two"]
    assert (app.unplayed, len(app.requests)) == ((), 3)


async def test_a_request_past_the_end_says_so_and_is_not_tried_again():
    app = ScriptedModel([])
    with pytest.raises(ModelFailed, match=r"The script of 0 answers has none left for request 1.*'Hello'"):
        await call(chat_model("m", Settings(), app=app), HELLO, [])

    assert len(app.requests) == 1


async def test_concurrent_requests_each_draw_one_item():
    app = ScriptedModel([Say(str(number), delay=0.001) for number in range(20)])
    model = chat_model("m", Settings(), app=app)
    answers = await asyncio.gather(*(call(model, HELLO, []) for _ in range(20)))

    assert sorted(int(answer.text) for answer in answers) == [*range(20)]


async def test_without_streaming_the_same_items_come_as_one_body():
    app = ScriptedModel(
        [Say("Hi", reasoning="hm"), CallTools((Call("f", {"a": 1}),)), Fail(status=429, retry_after="3")]
    )
    async with httpx2.AsyncClient(transport=InProcessTransport(app), base_url="http://in-process.invalid") as client:
        replies = [await client.post(CHAT, json={"messages": HELLO}) for _ in range(3)]

    assert replies[0].json()["choices"][0]["message"] == {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "reasoning_content": "hm",
    }
    function = {"name": "f", "arguments": '{"a": 1}'}
    assert replies[1].json()["choices"][0]["message"]["tool_calls"] == [
        {"id": "call_2_0", "type": "function", "function": function}
    ]
    assert (replies[2].status_code, replies[2].headers["retry-after"]) == (429, "3")


def test_a_script_reads_from_yaml_and_unknown_items_are_refused(tmp_path: Path):
    path = tmp_path / "script.yaml"
    path.write_text(
        "- {kind: text, text: Hi, when: hello}\n"
        "- {kind: tool_calls, calls: [{name: f, arguments: {a: 1}}]}\n"
        "- {kind: error, status: 503}\n"
    )

    assert read_script(path) == (Say("Hi", when="hello"), CallTools((Call("f", {"a": 1}),)), Fail(status=503))
    with pytest.raises(pydantic.ValidationError):
        load_script([{"kind": "text", "text": "Hi", "wen": "hello"}])
