"""Processes of the endpoint over one database, and the model behind them."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from dossier.settings import Settings, variable

STARTS_WITHIN = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One process that serves on a port."""

    child: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        """Return whether it runs."""
        return self.child.poll() is None

    @property
    def rss(self) -> int:
        """Return its resident memory in bytes."""
        pages = int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def cpu(self) -> float:
        """Return the seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def kill(self) -> None:
        """End it as a crash would."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


@contextmanager
def started(command: Sequence[str], port: int, folder: Path, settings: dict[str, str]) -> Iterator[Process]:
    """Run a Python module until the block ends; what it writes is in the folder."""
    root = str(Path(__file__).resolve().parents[2])
    # What the caller's environment says is not for these.
    unset = [part for name in Settings.model_fields for part in ("-u", variable(name))]
    clean = ["env", *unset, f"PYTHONPATH={root}"]
    given = [f"{name}={value}" for name, value in settings.items()]
    with open(folder / f"{port}.log", "wb") as log:
        child = subprocess.Popen([*clean, *given, sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log)
    process = Process(child, port)
    try:
        yield process
    finally:
        if process.is_alive:
            child.terminate()
        child.wait()


def endpoint(folder: Path, settings: dict[str, str]) -> AbstractContextManager[Process]:
    """Run one more process of the endpoint over the folder's database."""
    port = free_port()
    where = {"DOSSIER_DATA_DIR": str(folder / "data"), **settings}
    return started(["cli.app", "serve", "--port", str(port)], port, folder, where)


async def ready(process: Process, path: str = "/ready") -> None:
    """Wait until a process serves.

    Raises:
        RuntimeError: It ended, or does not.
    """
    async with httpx.AsyncClient(base_url=process.url) as client:
        for _ in range(int(STARTS_WITHIN / 0.2)):
            if not process.is_alive:
                break
            try:
                if (await client.get(path)).status_code < 500:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"The process on port {process.port} did not start; see its log.")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
