"""The server's log: kept small, and quoted when a start fails."""

import os
from pathlib import Path

from dossier.adapters.embedded_postgres.folder import open_private

LIMIT_BYTES = 4_000_000

_NEXT_STEPS = (
    ("No space left on device", "Free some disk space, then start again."),
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


def next_step(text: str, log: Path) -> str:
    """Say what to do about a failed start that printed `text`."""
    for sign, step in _NEXT_STEPS:
        if sign in text:
            return step
    return f"Read {str(log)!r}, or set DATABASE_URL to a server of your own."
