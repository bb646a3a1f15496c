"""Dossier's own PostgreSQL: started when DATABASE_URL is unset, stopped when its last user is gone.

Each process that uses the server holds a shared kernel lock (`flock`) on the data folder; a detached watcher waits for
the exclusive one and then stops the server, so `kill -9` of a user leaves nothing behind. (When the watcher is killed
too, the next user starts another.) The server takes no TCP connection: it listens on a socket in a private folder under
/tmp. The server's processes inherit a lock of their own: while it is held nobody touches the pid file or starts a
second server, whatever pids say, other containers included.

The data stays in the folder that the caller names, also for root: the server then runs as the folder's owner, or as
`nobody`, and reaches the cluster through an inherited descriptor (`/proc/self/fd/N`), so that no parent folder's mode
has to change. Only a copy of the binaries goes elsewhere (`/var/cache/dossier`), and only when that user can't reach
the installed ones, as with a clone below /root.
"""

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from dossier.errors import Unavailable

if TYPE_CHECKING:
    from dossier.adapters.embedded_postgres.locks import FileLock

__all__ = ["EmbeddedPostgres", "start"]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A claim on the running server: the server lives while any process holds one.

    The claim belongs to the process that called `start`. A forked child does not inherit it (its copy of the lock is
    closed) and a spawned one neither (the descriptor is close-on-exec): a child that outlives its parent calls `start`
    itself. A handle that is dropped without `close` counts until its process ends.
    """

    data_dir: Path
    """The real, absolute data folder."""
    secret: bytes = field(repr=False)
    """32 random bytes, made once for this data folder."""
    socket_dir: Path
    """The private folder of the server's socket."""
    _claim: "FileLock" = field(repr=False)

    def url(self, *, user: str = "postgres", database: str = "postgres") -> str:
        """Give the libpq URL of one user and database."""
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port=5432"

    def close(self) -> None:
        """Give the claim back; the second call does nothing."""
        self._claim.close()


def start(data_dir: Path, *, log: Callable[[str], None] = _logger.info) -> EmbeddedPostgres:
    """Start the data folder's server, or join the one that runs.

    Blocks for about 1 s on a fresh folder and 0.01 s on a running server; safe in any number of threads and processes.

    Args:
        data_dir: Where the cluster, the secret and the server's log live; made when missing.
        log: Gets one line for each step that takes time.

    Raises:
        Unavailable: The server can't run here; the hint says what to do.
    """
    require_posix(os.name)
    from dossier.adapters.embedded_postgres.folder import DataFolder
    from dossier.adapters.embedded_postgres.joining import join
    from dossier.adapters.embedded_postgres.server_log import no_space

    try:
        folder = DataFolder.make(data_dir)
        claim, secret, socket_dir = join(folder, log)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise no_space(data_dir) from error
        raise Unavailable(
            f"The embedded PostgreSQL in {str(data_dir)!r} could not be started: {error}.",
            hint="Give this user the rights to the data folder, choose another one, or set DATABASE_URL.",
        ) from error
    return EmbeddedPostgres(folder.root, secret, socket_dir, claim)


def require_posix(platform: str) -> None:
    """Refuse platforms without flock and Unix sockets; `platform` is `os.name`."""
    if platform != "posix":
        raise Unavailable(
            f"The embedded PostgreSQL runs on Linux and macOS only, not on {platform!r}.",
            hint="Set DATABASE_URL to a PostgreSQL server.",
        )
