"""The watcher: a detached process that stops the server when its last user is gone."""

import math
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

from dossier.adapters.embedded_postgres.folder import DataFolder, open_private
from dossier.adapters.embedded_postgres.locks import FileLock, exclusive
from dossier.adapters.embedded_postgres.processes import spawn_detached
from dossier.adapters.embedded_postgres.server import stop_held
from dossier.adapters.embedded_postgres.server_log import gist, tail, trim
from dossier.errors import Unavailable

GRACE_SECONDS = 2.0
"""How long the server outlives its last user, so that restarts in a row find it warm."""
_TRIM_SECONDS = 30.0
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from dossier.adapters.embedded_postgres.watcher import main
main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
"""


def ensure_watcher(folder: DataFolder) -> None:
    """Start a watcher unless one lives, and wait (about 0.1 s) until it watches; the start lock is held.

    The watcher inherits its lock already taken, so there is no moment at which two could start, or none.

    Raises:
        Unavailable: It could not start; without it a killed user would leave the server running for ever.
    """
    with FileLock(folder.watcher_lock) as lock:
        if not lock.attempt("exclusive"):
            return
        ready, tell_ready = os.pipe()
        output = open_private(folder.log, os.O_APPEND)
        since = os.fstat(output).st_size
        try:
            spawn_detached(
                _command(folder, lock.fd, tell_ready), output=output, pass_fds=(lock.fd, tell_ready), account=None
            )
        finally:
            os.close(output)
            os.close(tell_ready)
        with os.fdopen(ready, "rb") as answer:
            if answer.read(1):
                return
    raise Unavailable(
        f"The watcher of PostgreSQL did not start: {gist(tail(folder.log, since=since))}.",
        hint=f"Make sure that this user can run {sys.executable!r}, or set DATABASE_URL.",
    )


def _command(folder: DataFolder, watcher_fd: int, tell_ready: int) -> list[str]:
    packages = str(Path(__file__).resolve().parents[3])
    return [sys.executable, "-I", "-c", _PROGRAM, packages, str(folder.root), str(watcher_fd), str(tell_ready)]


def main(root: str, watcher_fd: int, tell_ready: int) -> None:
    """Watch one data folder until its server is stopped; the descriptors are inherited: the lock, and a pipe's end."""
    folder = DataFolder(Path(root))
    users = FileLock(folder.users_lock)
    _keep_log_small(folder)
    os.write(tell_ready, b"1")
    os.close(tell_ready)
    # A folder that was deleted has no server left (it ends itself), and one made in its place has its own watcher.
    while users.is_current():
        users.wait("exclusive")
        users.give_back()
        last_joined = os.fstat(users.fd).st_mtime_ns
        time.sleep(GRACE_SECONDS)
        if os.fstat(users.fd).st_mtime_ns == last_joined and _stop_if_unused(folder, users, watcher_fd):
            return


def _stop_if_unused(folder: DataFolder, users: FileLock, watcher_fd: int) -> bool:
    with exclusive(folder.start_lock, seconds=math.inf):
        if not users.is_current() or not users.attempt("exclusive"):
            return False
        try:
            stop_held(folder)
        finally:
            # While the start lock is held: the next starter must see that it needs a new watcher.
            os.close(watcher_fd)
        return True


def _keep_log_small(folder: DataFolder) -> None:
    def tick(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):
            trim(folder.log)

    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, _TRIM_SECONDS, _TRIM_SECONDS)
