"""Wakes who waits for something in the database: notifications of ids, on a connection of its own.

A notification may be lost while the connection is away, so whoever waits also looks by itself now and then.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import NoReturn

import psycopg
from psycopg import AsyncConnection

CHANNEL = "dossier_streams"
_RETRY_SECONDS = 1.0


def bell_of(thread: str, turn: str) -> str:
    """Return the name under which a turn rings: short, and telling nothing."""
    return sha256(f"{thread}\0{turn}".encode()).hexdigest()[:16]


class Bell:
    """Rings for those of this process who wait, whichever process has something new."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def waiting(self, name: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the name rings; the waiter clears it before it looks."""
        event = asyncio.Event()
        self._waiting[name].add(event)
        try:
            yield event
        finally:
            self._waiting[name].discard(event)
            if not self._waiting[name]:
                del self._waiting[name]

    def ring(self, name: str) -> None:
        """Wake who waits for a name."""
        for event in self._waiting.get(name, ()):
            event.set()

    async def listen(self) -> NoReturn:
        """Ring for what other processes have; comes back by itself when the database does."""
        while True:
            try:
                async with await AsyncConnection.connect(
                    self._url, autocommit=True, application_name="dossier-bell", connect_timeout=10
                ) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    async for note in conn.notifies():
                        self.ring(note.payload)
            except psycopg.OperationalError:
                await asyncio.sleep(_RETRY_SECONDS)
