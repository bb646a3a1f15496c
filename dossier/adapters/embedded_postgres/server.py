"""Starting and stopping the server of one data folder; every caller holds the start lock."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dossier.adapters.embedded_postgres.binaries import Binaries, find_binaries
from dossier.adapters.embedded_postgres.cluster import check_version, create_cluster, reachable
from dossier.adapters.embedded_postgres.folder import (
    Account,
    DataFolder,
    open_private,
    server_account,
    shared_secret,
    socket_folder,
)
from dossier.adapters.embedded_postgres.locks import FileLock, exclusive
from dossier.adapters.embedded_postgres.probe import SOCKET_NAME, probe
from dossier.adapters.embedded_postgres.processes import postmaster_pid, server_pids, spawn_detached
from dossier.adapters.embedded_postgres.server_log import failure, tail, trim
from dossier.errors import Unavailable

START_SECONDS = 120.0
"""How long a server may take to get ready, a recovery after a crash included."""
STOP_SECONDS = 30.0
"""How long each step of a stop may take: fast, immediate, kill."""
TURN_SECONDS = START_SECONDS + STOP_SECONDS
"""How long a process waits for its turn behind another one's start or stop."""
_POLL_SECONDS = 0.01
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    # Statements and failing rows hold what users said, and nobody can erase that from a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def ensure_server(
    folder: DataFolder, account: Account, socket_dir: Path, start_lock: FileLock, log: Callable[[str], None]
) -> None:
    """Make the server ready: wait for one that starts, end what a crash left, create and launch what is missing."""
    with FileLock(folder.server_lock) as server_lock:
        if not server_lock.attempt("exclusive"):
            if _comes_up(socket_dir, server_lock, blind_seconds=1):
                return
            _end_server(folder, server_lock)
        _refuse_strangers(folder)
        binaries = find_binaries(account)
        if not folder.cluster.exists():
            log(f"Creating a PostgreSQL cluster in {folder.root} (once, about 1 s)")
            create_cluster(folder, binaries, account, start_lock)
        check_version(folder, binaries)
        log(f"Starting PostgreSQL in {folder.root}")
        _launch(folder, account, binaries, socket_dir, server_lock)


def stop(folder: DataFolder) -> bool:
    """Stop the folder's server, whoever uses it; tell whether it ran."""
    with exclusive(folder.start_lock, seconds=TURN_SECONDS):
        return stop_held(folder)


def stop_held(folder: DataFolder) -> bool:
    """Stop the server (fast shutdown) and remove its socket's folder; tell whether it ran."""
    with FileLock(folder.server_lock) as server_lock:
        ran = not server_lock.attempt("exclusive")
        if ran:
            _end_server(folder, server_lock)
        socket_dir = socket_folder(folder, server_account(folder), shared_secret(folder))
        with suppress(OSError):
            _remove_socket_files(socket_dir)
            socket_dir.rmdir()
    return ran


def _refuse_strangers(folder: DataFolder) -> None:
    if pids := server_pids(folder.cluster):
        raise Unavailable(
            f"A PostgreSQL that Dossier did not start uses {str(folder.cluster)!r}: processes {pids}.",
            hint="Stop it first.",
        )


def _launch(folder: DataFolder, account: Account, binaries: Binaries, socket_dir: Path, server_lock: FileLock) -> None:
    # No process of this cluster is left (the lock is ours), so the pid files name nobody, or a stranger.
    (folder.cluster / "postmaster.pid").unlink(missing_ok=True)
    _remove_socket_files(socket_dir)
    trim(folder.log)
    output = open_private(folder.log, os.O_APPEND)
    try:
        since = os.fstat(output).st_size
        with reachable(folder.cluster) as (path, fds):
            command = [binaries.path("postgres"), "-D", path, *_settings(socket_dir)]
            spawn_detached(command, output=output, pass_fds=(*fds, server_lock.fd), account=account)
    finally:
        os.close(output)
    # From here on the server alone may hold the lock, else its end would not show.
    server_lock.close()
    with FileLock(folder.server_lock) as ended:
        if not _comes_up(socket_dir, ended, blind_seconds=START_SECONDS):
            raise failure("PostgreSQL did not start", tail(folder.log, since=since), folder.log)


def _settings(socket_dir: Path) -> list[str]:
    settings = _SETTINGS | {"unix_socket_directories": str(socket_dir)}
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _comes_up(socket_dir: Path, server_lock: FileLock, *, blind_seconds: float) -> bool:
    """Wait for the server that holds the lock; False when it ends, or does not listen for `blind_seconds`."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < START_SECONDS:
        answer = probe(socket_dir)
        if answer == "ready":
            return True
        if server_lock.attempt("exclusive") or (answer == "absent" and waited > blind_seconds):
            return False
        time.sleep(_POLL_SECONDS)
    raise Unavailable(
        f"PostgreSQL is not ready after {START_SECONDS:.0f} s.",
        hint="It may be recovering from a crash: try again in a minute, and read server.log in the data folder.",
    )


def _end_server(folder: DataFolder, server_lock: FileLock) -> None:
    """End the processes that hold the lock and take it: fast shutdown, or at once for backends without postmaster."""
    postmaster = postmaster_pid(folder.cluster)
    pids = [postmaster] if postmaster else server_pids(folder.cluster)
    for sign in (signal.SIGINT if postmaster else signal.SIGQUIT, signal.SIGQUIT, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
        if _taken(server_lock, STOP_SECONDS if pids else 1):
            return
        pids = server_pids(folder.cluster)
    raise Unavailable(
        f"A PostgreSQL that can't be reached from here uses {str(folder.root)!r}.",
        hint="Stop it where it runs (perhaps another container), wait a minute if its files were deleted, "
        "or choose another data folder.",
    )


def _taken(lock: FileLock, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (taken := lock.attempt("exclusive")) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return taken


def _remove_socket_files(socket_dir: Path) -> None:
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (socket_dir / name).unlink(missing_ok=True)
