"""Becoming a user of a data folder's server."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from dossier.adapters.embedded_postgres.folder import (
    DataFolder,
    make_socket_folder,
    server_account,
    shared_secret,
    socket_folder,
)
from dossier.adapters.embedded_postgres.locks import FileLock, exclusive
from dossier.adapters.embedded_postgres.probe import probe
from dossier.adapters.embedded_postgres.server import TURN_SECONDS, ensure_server
from dossier.adapters.embedded_postgres.watcher import ensure_watcher


def join(folder: DataFolder, log: Callable[[str], None]) -> tuple[FileLock, bytes, Path]:
    """Start the folder's server if need be; give the claim on it, the secret and the socket's folder."""
    with ExitStack() as undo, exclusive(folder.start_lock, seconds=TURN_SECONDS) as start_lock:
        secret = shared_secret(folder)
        claim = undo.enter_context(FileLock(folder.users_lock))
        claim.wait("shared")
        # Tells the watcher, in its grace, that someone was here.
        os.utime(claim.fd)
        # Before the server: whatever kills this process now, someone is there to stop what it started.
        ensure_watcher(folder)
        account = server_account(folder)
        socket_dir = socket_folder(folder, account, secret)
        # Before anything is read from it: another user's folder could hold another server.
        make_socket_folder(socket_dir, account)
        if not folder.cluster.exists() or probe(socket_dir) != "ready":
            ensure_server(folder, account, socket_dir, start_lock, log)
        undo.pop_all()
    return claim, secret, socket_dir
