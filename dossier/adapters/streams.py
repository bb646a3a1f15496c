"""What a reply's stream showed: rows with a short life, so that any replica can go on with it.

Every attempt at a turn has a number, and its chunks are numbered within it. A reader follows the newest attempt
only; when that changes it is told to forget, so two replies are never spliced. The process that runs the turn reads
its own attempt from memory; the rows are for all others and are written for many turns at a time.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from dossier.adapters.bell import Bell, bell_of
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import load
from dossier.errors import DossierError
from dossier.stopping import stopped

_SQL = load("dossier.adapters", "sql/streams.sql")
_FLUSH_SECONDS = 0.2
_log = structlog.get_logger(__name__)

Outcome = Literal["ended", "waiting", "failed"]
Chunk = dict[str, Any]
"""Plain JSON with an `event`."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a reader has read."""

    attempt: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest attempt at a turn, from a position on."""

    attempt: int
    """0 when there is none."""
    outcome: Outcome | None = None
    """None while it runs, or when its process is gone."""
    problem: Mapping[str, Any] | None = None
    """Of a failed one: what its client is told."""
    chunks: tuple[tuple[Position, Chunk], ...] = ()


@dataclass(slots=True, eq=False)
class Feed:
    """One attempt, by this process."""

    tenant: str
    thread: str
    turn: str
    attempt: int
    chunks: list[Chunk] = field(default_factory=list)
    written: int = 0
    """How many of them are in the database."""

    @property
    def bell(self) -> str:
        """Return what rings when there is more."""
        return bell_of(self.thread, self.turn)


class Streams:
    """Writes this process's feeds and reads everybody's."""

    def __init__(self, db: Database, bell: Bell) -> None:
        self._db = db
        self.bell = bell
        self._feeds: dict[tuple[str, str, str], Feed] = {}
        self._dirty = asyncio.Event()

    async def begin(self, tenant: str, thread: str, turn: str) -> Feed:
        """Begin the next attempt at a turn: called by who holds the thread's lease."""
        row = None
        while row is None:  # an attempt that was overtaken may take the same number at this moment
            async with self._db.write("stream.begin", tenant) as cursor:
                await cursor.execute(_SQL["begin"], {"thread": thread, "turn": turn})
                row = await cursor.fetchone()
        feed = self._feeds[(tenant, thread, turn)] = Feed(tenant, thread, turn, int(row["attempt"]))
        self.bell.ring(feed.bell)
        return feed

    def add(self, feed: Feed, chunk: Chunk) -> None:
        """Show one more chunk; it is written soon."""
        feed.chunks.append(chunk)
        self._dirty.set()
        self.bell.ring(feed.bell)

    async def finish(self, feed: Feed, problem: Mapping[str, Any] | None = None) -> None:
        """Write what is left, and how the attempt came out: with a problem, else by whether its turn is still open."""
        outcome: Outcome | None = "failed" if problem else None
        ending = {"thread": feed.thread, "turn": feed.turn, "attempt": feed.attempt, "outcome": outcome}
        try:
            async with self._db.write("stream.finish", feed.tenant) as cursor:
                await _append(cursor, [feed])
                await cursor.execute(_SQL["finish"], {**ending, "problem": json.dumps(problem) if problem else None})
        finally:
            self.leave(feed)

    def leave(self, feed: Feed) -> None:
        """Show a feed no longer from memory: it is over, or cut off."""
        key = (feed.tenant, feed.thread, feed.turn)
        if self._feeds.get(key) is feed:
            del self._feeds[key]
        self.bell.ring(feed.bell)

    def runs_here(self, tenant: str, thread: str, turn: str) -> bool:
        """Return whether a turn runs in this process."""
        return (tenant, thread, turn) in self._feeds

    async def since(self, tenant: str, thread: str, turn: str, position: Position) -> Seen:
        """Return what is new after a position; of a newer attempt all."""
        feed = self._feeds.get((tenant, thread, turn))
        if feed is not None:
            start = position.seq if position.attempt == feed.attempt else 0
            fresh = enumerate(feed.chunks[start:], start=start + 1)
            return Seen(feed.attempt, chunks=tuple((Position(feed.attempt, seq), chunk) for seq, chunk in fresh))
        params = {"thread": thread, "turn": turn, "attempt": position.attempt, "seq": position.seq}
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["since"], params)
            return _seen(await cursor.fetchall())

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Share streams with other processes while the block runs."""
        tasks = [asyncio.create_task(self._flush_often()), asyncio.create_task(self.bell.listen())]
        try:
            yield
        finally:
            await stopped(*tasks)

    async def _flush_often(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            by_tenant: defaultdict[str, list[Feed]] = defaultdict(list)
            for feed in self._feeds.values():
                if len(feed.chunks) > feed.written:
                    by_tenant[feed.tenant].append(feed)
            for tenant, feeds in by_tenant.items():
                try:
                    async with self._db.write("stream.append", tenant) as cursor:
                        await _append(cursor, feeds)
                except DossierError as error:  # tried again with the next chunk; the reply itself is in the log
                    _log.warning("stream_not_written", tenant=tenant, feeds=len(feeds), error=error.code)
            await asyncio.sleep(_FLUSH_SECONDS)


async def _append(cursor: Cursor, feeds: Iterable[Feed]) -> None:
    feeds = list(feeds)
    upto = {feed: len(feed.chunks) for feed in feeds}
    rows = [(feed, seq, feed.chunks[seq - 1]) for feed in feeds for seq in range(feed.written + 1, upto[feed] + 1)]
    columns = {
        "threads": [feed.thread for feed, _, _ in rows],
        "turns": [feed.turn for feed, _, _ in rows],
        "attempts": [feed.attempt for feed, _, _ in rows],
        "seqs": [seq for _, seq, _ in rows],
        "chunks": [json.dumps(chunk) for _, _, chunk in rows],
    }
    await cursor.execute(_SQL["append"], columns)
    await cursor.execute(_SQL["ring"], {"bells": [feed.bell for feed in feeds]})
    for feed in feeds:
        feed.written = max(feed.written, upto[feed])


def _seen(rows: list[dict[str, Any]]) -> Seen:
    if not rows:
        return Seen(0)
    first = rows[0]
    chunks = ((Position(r["attempt"], r["seq"]), json.loads(r["chunk"])) for r in rows if r["seq"] is not None)
    problem = json.loads(first["problem"]) if first["problem"] else None
    return Seen(first["attempt"], first["outcome"], problem, tuple(chunks))
