"""A place where runs are made one after another: a database, a worker, and the sink."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row

from dossier.adapters.migrate import prepare
from evals.torture.outside import Outside
from graphs.served import application, demonstration

Kill = tuple[str, int]
"""A point with its side, and which hit of it ends the process."""
SECRET = "5f" * 32
STUCK_SECONDS = 45
"""After this time a process is ended, and that is a problem of the run."""
_TEMPLATE = "torture_template"
_LOG = "SELECT seq, hash FROM dossier.events WHERE thread_id = %s ORDER BY seq"


@dataclass(slots=True)
class Life:
    """What one process did before it ended."""

    pid: int = 0
    hits: list[str] = field(default_factory=list)
    said: dict[int, str] = field(default_factory=dict)
    outcome: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)
    restarts: int = 0
    """Of PostgreSQL, in its midst."""
    exit: int | None = None


@dataclass(slots=True)
class Record:
    """All lives of one run."""

    scenario: str
    lives: list[Life]
    thread: str
    problems: list[str]
    outside: dict[str, Any]

    @property
    def said(self) -> dict[int, str]:
        """Return what the client was told, by step."""
        return {number: text for life in self.lives for number, text in life.said.items()}

    @property
    def kills(self) -> list[str]:
        """Return the points at which a life ended."""
        return [life.hits[-1] for life in self.lives if life.exit == -signal.SIGKILL]


class Slot:
    """Makes runs, one at a time."""

    def __init__(self, admin: str, port: int, worker: "subprocess.Popen[str]", data_dir: str | None = None) -> None:
        self._admin = admin
        self._outside = Outside(port)
        self._worker = worker
        self._data_dir = data_dir

    def run(self, scenario: str, steps: int, kills: Sequence[Kill]) -> Record:
        """Play a scenario through, with one kill a life, and a last life without."""
        asyncio.run(restore(self._admin))
        thread, lives, found, step = str(uuid.uuid4()), [], [], 0
        before: list[Any] = []
        for kill in (*kills, None):
            life = self._live(scenario, thread, step, kill)
            lives.append(life)
            found += life.problems
            log = log_of(self._admin, thread)
            if log[: len(before)] != before:
                found.append("events that were committed are gone or changed")
            before, step = log, max(life.said, default=step - 1) + 1
            if step >= steps and life.outcome is not None:
                break
        if lives[-1].outcome is None:
            found.append("the scenario did not come to its end")
        return Record(scenario, lives, thread, found, self._outside.ask("/of", thread=thread))

    def _live(self, scenario: str, thread: str, step: int, kill: Kill | None) -> Life:
        job = {
            "scenario": scenario,
            "database_url": self._admin,
            "secret": SECRET,
            "sink": self._outside.port,
            "thread": thread,
            "step": step,
            "kill": kill,
            "data_dir": self._data_dir,
        }
        _stream(self._worker.stdin).write(json.dumps(job) + "\n")
        _stream(self._worker.stdin).flush()
        life = Life()
        watch = threading.Timer(STUCK_SECONDS, _end, [life])
        watch.start()
        while life.exit is None:
            _note(life, json.loads(_stream(self._worker.stdout).readline()))
        watch.cancel()
        return life


def log_of(database: str, thread: str) -> list[Any]:
    """Return what is committed of a thread's log, in order."""
    with psycopg.connect(database) as conn:
        return conn.execute(_LOG, [thread]).fetchall()


async def restore(database: str) -> None:
    """Bring the application's records back to how they were."""
    connecting = AsyncConnection[dict[str, Any]].connect(database, row_factory=dict_row)
    async with await connecting as conn, conn.cursor() as cursor:
        await demonstration.restore(cursor)


def _end(life: Life) -> None:
    life.problems.append(f"a process was stuck after {life.hits[-1:]}")
    os.kill(life.pid, signal.SIGKILL)


def _note(life: Life, line: Mapping[str, Any]) -> None:
    life.pid = line.get("pid", life.pid)
    if "hit" in line:
        life.hits.append(line["hit"])
    if "step" in line:
        life.said[line["step"]] = line["said"]
    if "crashed" in line:
        life.problems.append(f"a process broke: {line['crashed']}")
    life.problems += line.get("problems", ())
    life.outcome = line.get("outcome", life.outcome)
    life.restarts += "restarted" in line
    life.exit = line.get("exit", life.exit)


def _stream(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@contextmanager
def slots(admin: str, count: int, *, data_dir: str | None = None) -> Iterator[list[Slot]]:
    """Open slots on a PostgreSQL server, each with its database, its worker, and one sink for all.

    Args:
        admin: URL of a role that may create databases.
        count: How many.
        data_dir: The server's folder when it is the one to be killed.
    """
    with ExitStack() as stack:
        port = stack.enter_context(sink())
        names = stack.enter_context(databases(admin, count))
        workers = [stack.enter_context(_process("evals.torture.worker")) for _ in names]
        yield [Slot(name, port, worker, data_dir) for name, worker in zip(names, workers, strict=True)]


@contextmanager
def sink() -> Iterator[int]:
    """Start the outside and yield its port."""
    with _process("evals.torture.sink") as process:
        yield int(_stream(process.stdout).readline())


@contextmanager
def _process(module: str) -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", module]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
    try:
        yield process
    finally:
        _stream(process.stdin).close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def databases(admin: str, count: int) -> Iterator[list[str]]:
    """Make databases with the application in them, each a copy of the first."""
    run = uuid.uuid4().hex[:8]
    names = [f"{_TEMPLATE}_{run}", *(f"torture_{run}_{number}" for number in range(count))]
    try:
        _execute(admin, "CREATE DATABASE {}", names[0])
        asyncio.run(prepare(_on(admin, names[0]), application()))
        for name in names[1:]:
            _execute(admin, "CREATE DATABASE {} TEMPLATE {}", name, names[0])
        yield [_on(admin, name) for name in names[1:]]
    finally:
        for name in names:
            _execute(admin, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(admin: str, statement: Any, *names: str) -> None:
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _on(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
