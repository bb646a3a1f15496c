"""A server that the runner starts, with the scenario's settings and on a data folder of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from dossier.errors import Unavailable
from dossier.settings import variable
from evals.endpoint.processes import Process, free_port, ready, started
from evals.play.doors import Kind

_LANGGRAPH_JSON = Path(__file__).resolve().parents[2] / "langgraph.json"
_QUIET = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false", "LANGGRAPH_NO_VERSION_CHECK": "true"}
_READY: Mapping[Kind, str] = {"dev": "/ok", "endpoint": "/ready"}


class OwnServer:
    """One process that serves; started anew when a scenario needs other settings."""

    def __init__(self, kind: Kind, folder: Path, settings: Mapping[str, Any]) -> None:
        self._kind: Kind = kind
        self._folder, self._settings, self._port = folder, dict(settings), free_port()
        self._more: dict[str, Any] = {}
        self._running = ExitStack()
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Return its address, the same however often it starts."""
        return f"http://127.0.0.1:{self._port}"

    async def serve(self, more: Mapping[str, Any]) -> None:
        """Serve with some settings beside its own.

        Raises:
            Unavailable: It did not start.
        """
        if self._process is None or dict(more) != self._more:
            self._more = dict(more)
            await self.restart()

    async def restart(self) -> None:
        """End the process, and start another on the same data."""
        await self.stop()
        settings = {variable(name): str(value) for name, value in {**self._settings, **self._more}.items()}
        serving = started(self._command(), self._port, self._folder, {**settings, **_QUIET})
        self._process = self._running.enter_context(serving)
        try:
            await ready(self._process, _READY[self._kind])
        except RuntimeError as error:
            await self.stop()
            said = (self._folder / f"{self._port}.log").read_text("utf-8", errors="replace").strip().splitlines()
            raise Unavailable(
                f"The server did not start: {said[-1] if said else 'it said nothing'}.",
                hint="Start one by hand to see why: make serve, or make dev.",
            ) from error

    async def stop(self) -> None:
        """End the process."""
        self._process = None
        await asyncio.to_thread(self._running.close)

    def _command(self) -> Sequence[str]:
        at = ("--host", "127.0.0.1", "--port", str(self._port))
        if self._kind == "endpoint":
            return ["cli.app", "serve", *at]
        config = ("--config", str(_LANGGRAPH_JSON), "--no-browser", "--no-reload", "--n-jobs-per-worker", "10")
        return ["langgraph_cli", "dev", *config, *at]
