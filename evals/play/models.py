"""The models of scenarios: their scripts, in this process or over HTTP for a process that is to be killed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import uvicorn

from dossier.adapters import offline_model
from dossier.adapters.inprocess import ASGIApp, Message
from dossier.adapters.script import Item, Say
from evals.play.schema import Filler, ModelStep, Scenario

NAME = "scripted"
ENDPOINT = {"model": NAME, "openai_api_key": "scripted", "model_encoding": "o200k_base", "model_window": 128_000}
"""Settings that make a process call a hub, beside its address."""


def script(scenario: Scenario) -> list[Item]:
    """Return what the model of a scenario plays, step by step."""
    items: list[Item] = []
    for step in scenario.steps:
        if isinstance(step, Filler):
            items += [Say(text=step.reply.format(n=n)) for n in range(1, step.filler + 1)]
        elif isinstance(step, ModelStep):
            items += [answer.played for answer in step.model]
    return items


class Hub:
    """Serves models on the loopback, each under a path of its own; `current` is served at the root."""

    def __init__(self, port: int = 0) -> None:
        self.current: ASGIApp = offline_model.app
        self._asked = port
        self._port = 0
        self._models: dict[str, ASGIApp] = {}
        self._serving: asyncio.Task[None] | None = None
        self._server: uvicorn.Server | None = None
        self._starting = asyncio.Lock()

    async def settings(self, model: ASGIApp) -> dict[str, Any]:
        """Return the settings with which another process calls this model."""
        await self.start()
        key = uuid4().hex
        self._models[key] = model
        return {**ENDPOINT, "openai_base_url": f"http://127.0.0.1:{self._port}/{key}/v1"}

    async def start(self) -> int:
        """Serve, and return the port."""
        async with self._starting:
            if self._server is None:
                listening = socket.create_server(("127.0.0.1", self._asked))
                self._port = listening.getsockname()[1]
                self._server = uvicorn.Server(
                    uvicorn.Config(self._serve, log_level="error", lifespan="off", interface="asgi3")
                )
                self._serving = asyncio.create_task(self._server.serve([listening]))
        return self._port

    async def stop(self) -> None:
        """Serve no more."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving

    async def _serve(self, scope: Message, receive: Any, send: Any) -> None:
        key, _, rest = scope["path"].lstrip("/").partition("/")
        if key in self._models:
            path = f"/{rest}"
            await self._models[key]({**scope, "path": path, "raw_path": path.encode()}, receive, send)
        else:
            await self.current(scope, receive, send)


@asynccontextmanager
async def hub(port: int = 0) -> AsyncIterator[Hub]:
    """Yield a hub that starts when it is needed."""
    made = Hub(port)
    try:
        yield made
    finally:
        await made.stop()
