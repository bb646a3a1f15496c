"""Endpoints on real ports over one real PostgreSQL: as many replicas as a test wants, any model, tokens of any kind."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from casework.application import application
from dossier.adapters.script import Item
from dossier.adapters.scripted_model import ScriptedModel
from dossier.application import Application
from dossier.services import open_services
from dossier.settings import Settings
from service.desk import Desk
from service.endpoint import create_app
from tests.service.tokens import AUDIENCE, ISSUER, Provider, made_provider

NOTICE = {"case_id": "C-1042", "subject": "Records", "text": "Please send the temperature records."}
ASK_NOTICE = {"kind": "tool_calls", "when": "licensee", "calls": [{"name": "notify_licensee", "arguments": NOTICE}]}


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return made_provider(tmp_path_factory.mktemp("provider"))


@dataclass
class Replica:
    """One process' worth of endpoint, in this process."""

    app: FastAPI
    server: uvicorn.Server
    port: int
    task: asyncio.Task[None]
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def desk(self) -> Desk:
        return self.app.state.desk

    def client(self, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        made = httpx.AsyncClient(base_url=self.url, headers=dict(headers or {}), timeout=60)
        self.clients.append(made)
        return made

    @property
    def officer(self) -> httpx.AsyncClient:
        return self.client({"x-api-key": "officer"})

    @property
    def supervisor(self) -> httpx.AsyncClient:
        return self.client({"x-api-key": "supervisor"})

    async def stop(self) -> None:
        for client in self.clients:
            await client.aclose()
        self.server.should_exit = True
        await self.task


Serve = Callable[..., AbstractAsyncContextManager[Replica]]


@pytest.fixture
def serve(database_url: str, provider: Provider) -> Serve:
    """Serves on a free port: `async with serve(script, sweep_seconds=0.2) as replica`; again for another replica."""

    @asynccontextmanager
    async def serving(
        script: Sequence[Item | Mapping[str, Any]] | None = None, *, desk: Application | None = None, **more: Any
    ) -> AsyncIterator[Replica]:
        given: dict[str, Any] = {
            "database_url": database_url,
            "secret": "5f" * 32,
            "openai_api_key": None,
            "openai_base_url": None,
            "model": None,
            "pool_size": 6,
            "auth_jwks": str(provider.jwks),
            "auth_issuer": ISSUER,
            "auth_audience": AUDIENCE,
            **more,
        }
        model = None if script is None else ScriptedModel(script)
        app = create_app(
            Settings(_env_file=None, **given),
            desk or application(),
            opened=lambda settings, served: open_services(settings, served, model_app=model),
        )
        async with AsyncExitStack() as stack:
            replica = await _started(app)
            stack.push_async_callback(replica.stop)
            yield replica

    return serving


async def _started(app: FastAPI) -> Replica:
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
    task = asyncio.create_task(server._serve([bound]))
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    return Replica(app, server, bound.getsockname()[1], task)


async def begin(client: httpx.AsyncClient) -> str:
    """Begin a conversation and return its address."""
    answer = await client.post("/v1/conversations", json={})
    assert answer.status_code == 201, answer.text
    return f"/v1/conversations/{answer.json()['id']}"


def say(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "id": f"m-{uuid.uuid4()}", **more}


async def asked(replica: Replica) -> str:
    """Have a call wait in a conversation, and return its address."""
    place = await begin(replica.officer)
    await replica.officer.post(f"{place}/messages", json=say("Notify the licensee of C-1042", id="m1"))
    return place


@dataclass(frozen=True)
class Told:
    """One event of a stream."""

    event: str
    data: Any
    id: str | None


async def told(answer: httpx.Response) -> AsyncIterator[Told]:
    """Yield the events of a streamed answer."""
    lines: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line == "":
            if "event" in lines:
                yield Told(lines["event"], json.loads(lines["data"]), lines.get("id"))
            lines = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            lines[name] = value


def text_of(events: Sequence[Told]) -> str:
    """Return the text that a client shows in the end."""
    shown = ""
    for one in events:
        shown = "" if one.event == "reset" else shown + (one.data["text"] if one.event == "text" else "")
    return shown


async def until(look: Callable[[], Any]) -> Any:
    """Wait until a look finds something, which another process or task brings about."""
    while not (found := await look()):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    return found
