"""The server's log: kept small, and quoted when a start fails."""

import os
import re
from pathlib import Path

from dossier.adapters.embedded_postgres.folder import open_private
from dossier.errors import DataFolderDamaged, DiskFull, Unavailable

LIMIT_BYTES = 4_000_000

RESTORE = (
    "Put the whole data folder back from a backup, or name another one in DOSSIER_DATA_DIR; nothing in it was changed."
)
_NO_SPACE = "No space left on device"
_DAMAGE = (
    "could not locate a valid checkpoint record",
    "could not locate required checkpoint record",
    "could not find the database system",
    "incorrect checksum in control file",
    "is not a valid data directory",
    'file "global/',
    "contains bogus data",
)
_FAILURE = re.compile(r"\b(PANIC|FATAL|error|could not find the database system): *(.*)")

_NEXT_STEPS = (
    ("could not create shared memory", "Raise the shared memory limit of this machine or container."),
    ("could not map anonymous shared memory", "Free some memory, then start again."),
    ("Permission denied", "Give the server's user the rights to the data folder, or choose another folder."),
)


def trim(log: Path) -> None:
    """Keep at most the last half of the limit, as `server.log.1`, once the log is over its limit.

    The server appends to the open file, so the file is emptied, not replaced.
    """
    if not log.exists() or log.stat().st_size <= LIMIT_BYTES:
        return
    with os.fdopen(open_private(log), "r+b") as file:
        file.seek(-LIMIT_BYTES // 2, os.SEEK_END)
        kept = file.read(LIMIT_BYTES // 2)
        # First, so that a full disk gets its space back.
        file.truncate(0)
    with os.fdopen(open_private(log.with_name("server.log.1"), os.O_TRUNC), "wb") as old:
        old.write(kept)


def tail(log: Path, *, since: int, lines: int = 8) -> str:
    """Give the last lines that were written after the offset `since`."""
    with log.open("rb") as file:
        file.seek(since)
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def failure(what: str, text: str, log: Path) -> Unavailable:
    """Return the error for a program of PostgreSQL that failed and printed `text`, with the next step."""
    said = f"{what}: {gist(text)}."
    if _NO_SPACE in text:
        return no_space(log.parent, said)
    if any(sign in text for sign in _DAMAGE):
        return DataFolderDamaged(said, hint=RESTORE)
    step = next((step for sign, step in _NEXT_STEPS if sign in text), f"Read {str(log)!r}, or set DATABASE_URL.")
    return Unavailable(said, hint=step)


def no_space(folder: Path, said: str = "The embedded PostgreSQL has no space to start.") -> DiskFull:
    """Return the error for a full disk."""
    return DiskFull(said, hint=f"Free some space on the disk of {str(folder)!r}, then start again; nothing was lost.")


def gist(text: str) -> str:
    """Return the one line that says most of what a program printed: the first that tells of a failure, else the last.

    The server's own prefix (time and process) is left out.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = (match[2] for line in lines if (match := _FAILURE.search(line)))
    return next(telling, lines[-1] if lines else "it printed nothing").rstrip(".:")
