"""Real `langgraph dev` servers: one with the offline model, one whose model plays what each test module scripts."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from casework.application import application
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import Services, open_services
from dossier.settings import Settings
from evals.endpoint.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 240.0
"""Seconds: it takes 6 of processor time, on a machine that others use too."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test wait for a server to start and be killed and start again."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(600))


class DevServer:
    """The server's process, which can be killed and started again on the same data."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._settings = dict(settings or {})
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def start(self) -> None:
        command = [Path(sys.executable).parent / "langgraph", "dev", "--config", ROOT / "langgraph.json"]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--no-reload", "--no-browser"]
        with open(self.folder / "server.log", "ab") as log:
            self._process = subprocess.Popen(
                [*map(str, command), *options, "--n-jobs-per-worker", "10"],
                cwd=self.folder,
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        self._wait()

    def kill(self) -> None:
        """Stop it as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(30)
        self._process = None

    def _environment(self) -> dict[str, str]:
        ours = ("DOSSIER_", "DATABASE_URL", "OPENAI_", "LANG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DOSSIER_DATA_DIR": str(self.folder / "data"),
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGSMITH_TRACING": "false",
            "LANGGRAPH_NO_VERSION_CHECK": "true",
            "NO_COLOR": "1",
            **self._settings,
        }

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"langgraph dev ended:\n{self.log[-4000:]}")
            try:
                if httpx.get(f"{self.url}/ok", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"langgraph dev did not start:\n{self.log[-4000:]}")


def said(content: Any, **more: str) -> dict[str, Any]:
    """Return the input of a run: one message."""
    return {"messages": [{"role": "user", "content": content, **more}]}


class Stage:
    """A model behind HTTP that plays one script after another."""

    def __init__(self) -> None:
        self.playing = ScriptedModel([])
        self._serving = uvicorn.Server(uvicorn.Config(self, host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._serving.run, daemon=True)

    def open(self) -> str:
        """Return its address."""
        self._thread.start()
        while not self._serving.started:
            self._thread.join(0.02)
        return f"http://127.0.0.1:{self._serving.servers[0].sockets[0].getsockname()[1]}/v1"

    def close(self) -> None:
        self._serving.should_exit = True
        self._thread.join(10)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.playing(scope, receive, send)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """With the offline model."""
    started = DevServer(tmp_path_factory.mktemp("dev"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.fixture(scope="session")
def scripted(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """With a model that plays the SCRIPT of the module under test; ask for `model` too."""
    endpoint = {"OPENAI_BASE_URL": stage.open(), "OPENAI_API_KEY": "none", "DOSSIER_MODEL": "scripted"}
    known = {"DOSSIER_MODEL_ENCODING": "o200k_base", "DOSSIER_MODEL_WINDOW": "128000"}
    started = DevServer(tmp_path_factory.mktemp("scripted"), {**endpoint, **known})
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def model(stage: Stage, request: pytest.FixtureRequest) -> ScriptedModel:
    """What the scripted server's model plays from now on: the SCRIPT of this module."""
    stage.playing = ScriptedModel(request.module.SCRIPT)
    return stage.playing


async def happened(server: DevServer, thread: str) -> list[Any]:
    """Return what the log says happened in a thread."""
    async with services_of(server) as services:
        return [event.body for event in await services.log.events("northgate", thread)]


@asynccontextmanager
async def services_of(server: DevServer) -> AsyncIterator[Services]:
    """Open the services over a server's data, beside it."""
    given: dict[str, Any] = {"data_dir": server.folder / "data", "database_url": None, "model": None}
    async with open_services(Settings(_env_file=None, openai_api_key=None, **given), application()) as services:
        yield services


Client = Callable[[str], LangGraphClient]


@pytest.fixture
def sign_in(server: DevServer) -> Client:
    """Makes a client of the official SDK: `sign_in("officer")`."""
    return lambda user: get_client(url=server.url, api_key=user)


@pytest.fixture
def officer_client(sign_in: Client) -> LangGraphClient:
    return sign_in("officer")


@pytest.fixture
def supervisor_client(sign_in: Client) -> LangGraphClient:
    return sign_in("supervisor")
