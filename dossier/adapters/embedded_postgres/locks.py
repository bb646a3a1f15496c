"""Kernel locks on files: given back by the kernel however the holder ends."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from dossier.adapters.embedded_postgres.folder import open_private
from dossier.errors import Unavailable

Mode = Literal["shared", "exclusive"]

_FLAGS: dict[Mode, int] = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX}
_open_locks: set["FileLock"] = set()


class FileLock:
    """One `flock` on a file, which it creates when missing.

    The lock belongs to the open descriptor: who inherits `fd` (`pass_fds`) holds the lock too, until the last copy is
    closed. Descriptors are close-on-exec, and a forked Python child closes its copies at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = open_private(path)
        _open_locks.add(self)

    def attempt(self, mode: Mode) -> bool:
        """Take the lock if that is possible now."""
        try:
            fcntl.flock(self.fd, _FLAGS[mode] | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait(self, mode: Mode) -> None:
        """Take the lock, however long that takes."""
        fcntl.flock(self.fd, _FLAGS[mode])

    def give_back(self) -> None:
        """Unlock for every holder of this descriptor; the file stays open."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def is_current(self) -> bool:
        """Tell whether the path still names the file that is open here."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self.fd))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Drop this process's copy of the descriptor; the second call does nothing."""
        if self in _open_locks:
            _open_locks.discard(self)
            os.close(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def exclusive(path: Path, *, seconds: float) -> FileLock:
    """Take an exclusive lock on the file that stands at `path` once the lock is held.

    Raises:
        Unavailable: Someone else held it for `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        lock = FileLock(path)
        while not (taken := lock.attempt("exclusive")) and time.monotonic() < deadline:
            time.sleep(0.01)
        # The folder may have been deleted and made again while this waited.
        if taken and lock.is_current():
            return lock
        lock.close()
        if not taken:
            raise Unavailable(
                f"Another process has held {str(path)!r} for {seconds:.0f} s.",
                hint="Look which process is starting or stopping this server, and end it if it hangs.",
            )


def _forget_locks() -> None:
    for lock in list(_open_locks):
        lock.close()


os.register_at_fork(after_in_child=_forget_locks)
