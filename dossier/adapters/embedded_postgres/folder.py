"""The data folder: where its files are, who owns them, and where its socket goes."""

import hashlib
import os
import pwd
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dossier.errors import DataFolderDamaged, Unavailable

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths inside one data folder."""

    root: Path
    """Absolute, without symbolic links."""

    @classmethod
    def make(cls, path: Path) -> Self:
        """Create the folder (mode 700) when it is missing."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(path.resolve(strict=True))

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Name a folder that must exist."""
        return cls(path.resolve(strict=True))

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder; complete as soon as it exists."""
        return self.root / "postgres"

    @property
    def log(self) -> Path:
        """What the server and the watcher print."""
        return self.root / "server.log"

    @property
    def secret(self) -> Path:
        """The shared secret, as hex."""
        return self.root / "secret"

    @property
    def start_lock(self) -> Path:
        """Held while someone creates, starts, joins or stops the server."""
        return self.root / "start.lock"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by each process that uses the server."""
        return self.root / "users.lock"

    @property
    def watcher_lock(self) -> Path:
        """Held by the watcher."""
        return self.root / "watcher.lock"

    @property
    def server_lock(self) -> Path:
        """Inherited by the postmaster and all its children: free means that none of them is left."""
        return self.root / "server.lock"


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that the server runs as."""

    uid: int
    gid: int


def server_account(folder: DataFolder) -> Account:
    """Choose the server's user: this one, or for root the data's owner, else `nobody`."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if folder.cluster.exists():
        owner = folder.cluster.stat()
        return Account(owner.st_uid, owner.st_gid)
    owner = folder.root.stat()
    if owner.st_uid != 0 and has_name(owner.st_uid):
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def has_name(uid: int) -> bool:
    """Tell whether the machine knows this user; initdb refuses others."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def open_private(path: Path, flags: int = 0) -> int:
    """Open or create a file of mode 600 that belongs to the folder's owner; give its descriptor."""
    flags |= os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, flags)
    if os.geteuid() == 0:
        # So that root's start does not lock the owner out.
        owner = path.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd


def shared_secret(folder: DataFolder) -> bytes:
    """Read the data folder's secret (32 bytes); the first caller makes it.

    Raises:
        DataFolderDamaged: The file holds something else. It is never replaced: what was keyed with it would be lost.
    """
    if not folder.secret.exists():
        _make_secret(folder.secret)
    try:
        secret = bytes.fromhex(folder.secret.read_text("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise DataFolderDamaged(
            f"{str(folder.secret)!r} does not hold {SECRET_BYTES} bytes of hex.",
            hint="Put the file back from a backup; a new secret would make the stored log unverifiable.",
        )
    return secret


def _make_secret(path: Path) -> None:
    draft = path.with_name("secret.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(open_private(draft), "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames inside a directory survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def socket_folder(folder: DataFolder, account: Account, secret: bytes) -> Path:
    """Name the socket's folder: short for any data folder, and not to be guessed by other users."""
    key = b"\0".join([os.fsencode(folder.root), str(account.uid).encode(), secret])
    return Path("/tmp") / f"dossier-{hashlib.sha256(key).hexdigest()[:24]}"


def make_socket_folder(path: Path, account: Account) -> None:
    """Create the folder, private to the server's user, or accept it if it is that already.

    Raises:
        Unavailable: Something else stands there.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()) or found.st_mode & 0o077:
        raise Unavailable(
            f"{str(path)!r} is not a private folder of user {account.uid}: it belongs to user {found.st_uid}, "
            f"mode {stat.S_IMODE(found.st_mode):o}.",
            hint="Someone else made it. Remove it, or use another data folder.",
        )
    if found.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
