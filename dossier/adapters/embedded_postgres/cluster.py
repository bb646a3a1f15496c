"""Creating a cluster: whole or not at all."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dossier.adapters.embedded_postgres.binaries import Binaries
from dossier.adapters.embedded_postgres.folder import Account, DataFolder, has_name, sync_directory
from dossier.adapters.embedded_postgres.locks import FileLock
from dossier.adapters.embedded_postgres.processes import run_as
from dossier.adapters.embedded_postgres.server_log import RESTORE, failure
from dossier.errors import DataFolderDamaged, Unavailable

_SIDE = "postgres.new."
_INITDB = (
    *("--username=postgres", "--auth-local=trust", "--auth-host=reject"),
    *("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    "--no-instructions",
)


def create_cluster(folder: DataFolder, binaries: Binaries, account: Account, start_lock: FileLock) -> None:
    """Run initdb in a side folder, then rename it; `start_lock` is held.

    initdb inherits the lock: one that outlives its killed starter keeps the next one waiting until it has ended.
    """
    _require_name(account)
    for leftover in folder.root.glob(f"{_SIDE}*"):
        shutil.rmtree(leftover)
    side = folder.root / f"{_SIDE}{os.getpid()}"
    side.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(side, account.uid, account.gid)
    with reachable(side) as (path, fds):
        command = [binaries.path("initdb"), "-D", path, *_INITDB]
        ended = subprocess.run(
            command, capture_output=True, text=True, pass_fds=(*fds, start_lock.fd), **run_as(account)
        )
    if ended.returncode:
        shutil.rmtree(side, ignore_errors=True)
        raise failure("The PostgreSQL cluster could not be created", ended.stderr, folder.log)
    side.rename(folder.cluster)
    sync_directory(folder.root)


def check_version(folder: DataFolder, binaries: Binaries) -> None:
    """Refuse a cluster of another major version.

    Raises:
        DataFolderDamaged: It does not say of which version it is.
        Unavailable: With the versions, and what to do.
    """
    mark = folder.cluster / "PG_VERSION"
    found = mark.read_text(errors="replace").strip()[:20] if mark.exists() else ""
    if not found.isdecimal():
        raise DataFolderDamaged(
            f"{str(folder.cluster)!r} is damaged: its file PG_VERSION holds {found!r}.", hint=RESTORE
        )
    if found != binaries.major:
        raise Unavailable(
            f"{str(folder.cluster)!r} is of PostgreSQL {found!r}; the installed one is {binaries.major!r}.",
            hint="Dump it with its own version and load it here, or choose another data folder.",
        )


@contextmanager
def reachable(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Give a name of the folder that root's chosen user can use, and the descriptors to pass on.

    A parent folder may be closed to that user. Through an inherited descriptor the parents don't matter.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        yield str(path), ()
        return
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{fd}", (fd,)
    finally:
        os.close(fd)


def _require_name(account: Account) -> None:
    if not has_name(account.uid):
        raise Unavailable(
            f"User {account.uid} has no name on this machine, and PostgreSQL's initdb needs one.",
            hint="Add the user to /etc/passwd, or set DATABASE_URL.",
        )
