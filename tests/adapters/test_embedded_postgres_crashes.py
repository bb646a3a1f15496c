"""The embedded server when processes are killed: users, watcher, postmaster, initdb."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from dossier.adapters.embedded_postgres import start
from dossier.adapters.embedded_postgres.folder import DataFolder
from dossier.adapters.embedded_postgres.locks import FileLock
from dossier.adapters.embedded_postgres.server import stop

ROOT = Path(__file__).resolve().parents[2]
USER = """
import sys
from pathlib import Path
from dossier.adapters.embedded_postgres import start
handle = start(Path(sys.argv[1]))
print(handle.url(), flush=True)
sys.stdin.read()
"""
PARENT_OF_TWO = """
import os, subprocess, sys, time
from pathlib import Path
from dossier.adapters.embedded_postgres import start
handle = start(Path(sys.argv[1]))
forked = os.fork()
if not forked:
    time.sleep(60)
    os._exit(0)
spawned = subprocess.Popen(["sleep", "60"], close_fds=False)
print(forked, spawned.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as parent:
        path = Path(parent) / "data"
        yield path
        stop(DataFolder.existing(path))


def spawn(script: str, data_dir: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def eventually(check: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not (seen := check()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgres" / "postmaster.pid").exists()


def is_free(path: Path) -> bool:
    with FileLock(path) as lock:
        return lock.attempt("exclusive")


def watcher_pid(data_dir: Path) -> int:
    found = subprocess.run(["ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True).stdout
    lines = [line for line in found.splitlines() if f" {data_dir.resolve()} " in line and "watcher import main" in line]
    (line,) = lines
    return int(line.split()[0])


@pytest.mark.req("PE-2")
def test_killed_user_leaves_no_server_and_loses_no_commit(data_dir: Path) -> None:
    user = spawn(USER, data_dir)
    with psycopg.connect(first_line(user), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")
    end(user)
    assert eventually(lambda: is_stopped(data_dir))
    assert eventually(lambda: is_free(data_dir / "watcher.lock"))
    handle = start(data_dir)
    with psycopg.connect(handle.url()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)
    handle.close()


@pytest.mark.req("PE-2")
def test_ctrl_c_in_the_users_terminal_does_not_reach_server_or_watcher(data_dir: Path) -> None:
    user = spawn(USER, data_dir)
    first_line(user)
    pids = (postmaster(data_dir), watcher_pid(data_dir))
    os.killpg(user.pid, signal.SIGINT)
    user.communicate()
    handle = start(data_dir)
    assert (postmaster(data_dir), watcher_pid(data_dir)) == pids
    handle.close()
    assert eventually(lambda: is_stopped(data_dir))


@pytest.mark.req("PE-2")
def test_children_of_a_killed_user_do_not_keep_the_server(data_dir: Path) -> None:
    user = spawn(PARENT_OF_TWO, data_dir)
    children = [int(pid) for pid in first_line(user).split()]
    user.kill()
    try:
        assert eventually(lambda: is_stopped(data_dir))
        assert [os.kill(pid, 0) for pid in children] == [None, None]
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        user.communicate()


@pytest.mark.req("PE-2")
def test_killed_postmaster_is_replaced_though_a_backend_is_still_busy(data_dir: Path) -> None:
    handle = start(data_dir)
    with psycopg.connect(handle.url(), autocommit=True) as connection:
        connection.execute("create table kept as select 7 as n")

    def compute() -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(handle.url()) as connection:
            backends.append(connection.info.backend_pid)
            connection.execute("select count(*) from generate_series(1, 1e15::int8) a where a < 0")

    backends: list[int] = []
    busy = threading.Thread(target=compute)
    busy.start()
    assert eventually(lambda: bool(backends))
    time.sleep(0.3)
    killed = postmaster(data_dir)
    os.kill(killed, signal.SIGKILL)
    again = start(data_dir)
    busy.join()
    assert postmaster(data_dir) != killed
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(backends[0])], capture_output=True, text=True).stdout
    assert state == "" or state.startswith("Z")
    with psycopg.connect(handle.url()) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)
    again.close()
    handle.close()


@pytest.mark.req("PE-2")
@pytest.mark.parametrize("program", [["sleep", "60"], ["true"]], ids=["a stranger", "a zombie"])
def test_stale_pid_file_harms_nobody_and_does_not_count_as_running(data_dir: Path, program: list[str]) -> None:
    start(data_dir).close()
    stop(DataFolder.existing(data_dir))
    account = (data_dir / "postgres").stat()
    stranger = subprocess.Popen(program)
    time.sleep(0.1)
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{data_dir}/postgres\n1700000000\n5432\n/tmp\n\n  1 1\nready\n")
    os.chown(pid_file, account.st_uid, account.st_gid)
    assert stop(DataFolder.existing(data_dir)) is False
    handle = start(data_dir)
    assert postmaster(data_dir) != stranger.pid
    with psycopg.connect(handle.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    handle.close()
    stop(DataFolder.existing(data_dir))
    assert stranger.poll() == (None if program[0] == "sleep" else 0)
    stranger.kill()
    stranger.wait()


@pytest.mark.req("PE-2")
@pytest.mark.parametrize("whole_group", [False, True], ids=["the starter", "the starter and initdb"])
def test_kill_inside_initdb_leaves_nothing_that_the_next_start_trips_over(data_dir: Path, whole_group: bool) -> None:
    user = spawn(USER, data_dir)
    assert eventually(lambda: any(data_dir.glob("postgres.new.*/base")))
    side = next(data_dir.glob("postgres.new.*"))
    if whole_group:
        found = subprocess.run(["ps", "-axww", "-o", "pid=,ppid="], capture_output=True, text=True).stdout
        children = [int(line.split()[0]) for line in found.splitlines() if int(line.split()[1]) == user.pid]
        for pid in children:
            os.kill(pid, signal.SIGKILL)
    end(user)
    assert not (data_dir / "postgres").exists()
    handle = start(data_dir)
    with psycopg.connect(handle.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not side.exists()
    handle.close()


@pytest.mark.req("PE-2")
def test_killed_watcher_is_replaced_by_the_next_user(data_dir: Path) -> None:
    first = start(data_dir)
    killed, server = watcher_pid(data_dir), postmaster(data_dir)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: is_free(data_dir / "watcher.lock"))
    second = start(data_dir)
    assert (watcher_pid(data_dir) != killed, postmaster(data_dir)) == (True, server)
    first.close()
    second.close()
    assert eventually(lambda: is_stopped(data_dir))


@pytest.mark.req("PE-2")
def test_start_works_whenever_an_earlier_starter_was_killed(data_dir: Path) -> None:
    start(data_dir).close()
    for milliseconds in range(0, 300, 60):
        stop(DataFolder.existing(data_dir))
        user = spawn(USER, data_dir)
        time.sleep(milliseconds / 1000)
        end(user)
        handle = start(data_dir)
        with psycopg.connect(handle.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        handle.close()
    assert eventually(lambda: is_stopped(data_dir))


@pytest.mark.req("PE-2")
def test_server_whose_socket_was_wiped_is_restarted(data_dir: Path) -> None:
    first = start(data_dir)
    server = postmaster(data_dir)
    for file in first.socket_dir.iterdir():
        file.unlink()
    first.socket_dir.rmdir()
    second = start(data_dir)
    assert postmaster(data_dir) != server
    with psycopg.connect(first.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    first.close()
    second.close()


@pytest.mark.req("PE-2")
def test_new_folder_in_the_place_of_a_running_one_gets_a_server_of_its_own(data_dir: Path) -> None:
    first = start(data_dir)
    with psycopg.connect(first.url(), autocommit=True) as connection:
        connection.execute("create table old as select 1")
    data_dir.rename(data_dir.with_name("gone"))
    second = start(data_dir)
    with psycopg.connect(second.url()) as connection:
        assert connection.execute("select to_regclass('old')").fetchone() == (None,)
    assert second.secret != first.secret
    first.close()
    second.close()
    stop(DataFolder.existing(data_dir.with_name("gone")))
    # A folder that was moved no longer knows where its socket was.
    first.socket_dir.rmdir()
