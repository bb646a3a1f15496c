"""Which PostgreSQL processes of a cluster live, and starting processes that outlive this one."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dossier.adapters.embedded_postgres.folder import Account

_PROC = Path("/proc")


def server_pids(cluster: Path) -> list[int]:
    """List the live postgres processes that work in `cluster`; zombies don't count.

    Without /proc only the postmaster is found, by the command line of the process that the pid file names.
    """
    if not Path("/proc/self/cwd").exists():
        pid = _recorded_pid(cluster)
        return [pid] if pid and _command_names(pid, cluster) else []
    try:
        home = cluster.stat()
    except FileNotFoundError:
        return []
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit() and _works_in(entry, home)]


def postmaster_pid(cluster: Path) -> int | None:
    """Give the pid that the pid file names if that process is a live server process of this cluster."""
    pid = _recorded_pid(cluster)
    return pid if pid in server_pids(cluster) else None


def spawn_detached(command: Sequence[str], *, output: int, pass_fds: Sequence[int], account: Account | None) -> None:
    """Start a process in a session of its own that is not this process's child.

    The shell in between is what gives it to init, so nobody here has to reap it; it also makes it ignore Ctrl-C.
    """
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=tuple(pass_fds),
        check=True,
        **run_as(account),
    )


def run_as(account: Account | None) -> dict:
    """Give the `subprocess` arguments for a clean environment and another user."""
    # PGPORT, PGDATA and the like of the caller would reach the server; its threads need a fixed locale on macOS.
    options = {
        "cwd": "/",
        "env": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"},
        "umask": 0o077,
        "start_new_session": True,
    }
    if account and os.geteuid() == 0:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options


def _works_in(process: Path, home: os.stat_result) -> bool:
    try:
        return os.path.samestat((process / "cwd").stat(), home) and "postgres" in os.readlink(process / "exe")
    except OSError:
        return False


def _recorded_pid(cluster: Path) -> int | None:
    try:
        return int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _command_names(pid: int, cluster: Path) -> bool:
    shown = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)
    return "postgres" in shown.stdout and str(cluster) in shown.stdout
