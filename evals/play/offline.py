"""No network: what plays scripted or offline conversations reaches this machine only, and fails if it tries more."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from dossier.errors import Unavailable

_WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
_NAMES = ("localhost", "", None)


class _Wall:
    """One audit hook for the process, which Python can't take away again: up or down."""

    def __init__(self) -> None:
        self.is_up = False
        self._is_hooked = False

    def hook(self) -> None:
        """Watch from now on."""
        if not self._is_hooked:
            sys.addaudithook(self._watch)
            self._is_hooked = True

    def _watch(self, event: str, given: tuple[Any, ...]) -> None:
        if self.is_up and event in _WATCHED:
            host = _host(event, given)
            if not _is_here(host):
                raise Unavailable(
                    f"{host} is not on this machine, and this run opens no network.",
                    hint="Only a real model (--model) or a judge (--judge) is reached over a network.",
                )


_WALL = _Wall()


@contextmanager
def no_network() -> Iterator[None]:
    """Refuse whatever this process does to reach beyond the loopback, until the block ends."""
    _WALL.hook()
    _WALL.is_up = True
    try:
        yield
    finally:
        _WALL.is_up = False


def _host(event: str, given: tuple[Any, ...]) -> Any:
    """Return whom an event is about; None for a socket in the file system."""
    if event in ("socket.connect", "socket.sendto"):
        address = given[1]
        return address[0] if isinstance(address, tuple) else None
    return given[0]


def _is_here(host: Any) -> bool:
    """Tell whether a host is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in _NAMES:
        return True
    try:
        return ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False
