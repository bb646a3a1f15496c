"""`langgraph dev` in the races: the server, and a client of its threads and runs as the official SDK is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn

from evals.endpoint.processes import free_port, ready, started
from evals.torture.player import Faults, Told
from evals.torture.talk import Model

ROOT = Path(__file__).resolve().parents[2]
_DESK = """from pkgutil import resolve_name

from dossier.settings import Settings
from evals.torture.outside import Outside
from evals.torture.player import Faults
from evals.torture.player_ours import telling


def application(*parts):
    if parts:  # asked for by what stands around it
        return resolve_name(Settings.model_fields["application"].default)(*parts)
    return telling(Outside({sink}), Faults())
"""
"""A module in the server's folder: the server is told by it what to serve, and where the sink is."""


class Dev:
    """See `evals.torture.player.Player`; at a LangGraph server."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=None)
        self._asks = httpx.AsyncClient(base_url=url, headers={"x-api-key": "officer"}, timeout=90, limits=limits)
        self._decides = httpx.AsyncClient(base_url=url, headers={"x-api-key": "supervisor"}, timeout=90, limits=limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._asks.aclose()
        await self._decides.aclose()

    async def say(self, thread: str, number: int, words: str) -> Told:
        """Send a message and wait for its run."""
        await self._asks.post("/threads", json={"thread_id": thread, "if_exists": "do_nothing"})
        given = {"messages": [{"role": "user", "content": words, "id": f"m{number}"}]}
        return await _told(self._run(self._asks, thread, input=given))

    async def again(self, thread: str, number: int, words: str) -> Told:
        """Send a message until it is answered."""
        told = await self.say(thread, number, words)
        while told.get("code") in ("thread_busy", "lease_lost"):
            await asyncio.sleep(0.1)
            told = await self.say(thread, number, words)
        return told

    async def decide(self, thread: str, key: str | None, decision: Any, checkpoint: str | None = None) -> Told:
        """Resume a thread with an answer."""
        where = {"checkpoint_id": checkpoint} if checkpoint else {}
        resume = decision if key is None else {key: decision}
        return await _told(self._run(self._decides, thread, command={"resume": resume}, **where))

    async def decide_as_requester(self, thread: str, key: str, decision: Any) -> Told:
        """Resume one's own thread with an answer."""
        return await _told(self._run(self._asks, thread, command={"resume": {key: decision}}))

    async def state(self, thread: str) -> dict[str, Any]:
        """Return a thread's state as the server shows it."""
        state = (await self._asks.get(f"/threads/{thread}/state")).json()
        return {
            "messages": [[one["type"], one["content"]] for one in state["values"].get("messages", ())],
            "waits": _waits(state["interrupts"]),
            "checkpoint": (state["checkpoint"] or {}).get("checkpoint_id"),
        }

    async def _run(self, who: httpx.AsyncClient, thread: str, **given: Any) -> httpx.Response:
        return await who.post(f"/threads/{thread}/runs/wait", json={"assistant_id": "turn", **given})


def _waits(interrupts: Any) -> dict[str, str]:
    return {one["id"]: one["value"]["action_requests"][0]["args"].get("text", "") for one in interrupts}


async def _told(running: Awaitable[httpx.Response]) -> Told:
    answer = await running
    found = answer.json()
    if answer.is_error:
        # Of a 403 the server keeps the status only.
        return {"code": found.get("code", "not_permitted" if answer.status_code == 403 else str(answer.status_code))}
    if error := found.get("__error__"):
        return {"code": error["error"]}
    if waiting := found.get("__interrupt__"):
        return {"waits": _waits(waiting)}
    return {"told": found["messages"][-1]["content"]}


@asynccontextmanager
async def dev_server(database: str, secret: str, sink: int, settings: Mapping[str, Any]) -> AsyncIterator[str]:
    """Serve with `langgraph dev` until the block ends; yield the address."""
    async with _model() as model:
        given = {
            "DATABASE_URL": database,
            "DOSSIER_SECRET": secret,
            "DOSSIER_APPLICATION": "telling_desk:application",
            "OPENAI_BASE_URL": model,
            "OPENAI_API_KEY": "none",
            "DOSSIER_MODEL": "races",
            "DOSSIER_MODEL_ENCODING": "o200k_base",
            "DOSSIER_MODEL_WINDOW": "128000",
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            **{f"DOSSIER_{name.upper()}": str(value) for name, value in settings.items()},
        }
        port = free_port()
        config = ["dev", "--config", str(ROOT / "langgraph.json"), "--host", "127.0.0.1", "--port", str(port)]
        options = ["--no-reload", "--no-browser", "--n-jobs-per-worker", "10"]
        with (
            _folder(sink) as folder,
            started(["langgraph_cli", *config, *options], port, folder, given) as process,
        ):
            await ready(process, "/ok")
            yield process.url


@contextmanager
def _folder(sink: int) -> Iterator[Path]:
    with TemporaryDirectory(prefix="dossier-dev-") as name:
        (Path(name) / "telling_desk.py").write_text(_DESK.format(sink=sink), "utf-8")
        yield Path(name)


@asynccontextmanager
async def _model() -> AsyncIterator[str]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await Model(Faults().model)(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        await serving
