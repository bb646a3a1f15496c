"""The log of a thread: steps recorded once, events chained, bodies apart."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from dossier.adapters.keys import KEY_VERSION, Keys
from dossier.adapters.leases import fenced
from dossier.adapters.pool import Cursor, Database, together
from dossier.adapters.projection import statements
from dossier.adapters.queries import Statement, load
from dossier.adapters.usage import taking
from dossier.errors import Conflict, NotFound
from dossier.limits import NONE, Limits
from dossier.run import Run, Step
from state import upgrades
from state.canonical import canonical, keyed
from state.events import EventBody
from state.log import GENESIS, Event, Header, plain_body, seal
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/log.sql")
_LAST = 2**62
SALT_BYTES = 16


class Recorded(NamedTuple):
    """What a step appended, now or when it ran before."""

    own: tuple[Event, ...]
    since: tuple[Event, ...]
    """All events after the version asked for, up to the step's last: what a session folds in."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread's row."""

    id: str
    user: str
    seq: int
    head: str
    head_mac: str
    open_turn: str | None
    """Id of the turn that has begun and not ended."""
    is_erased: bool
    is_rehearsal: bool = False
    """A fork in which no call that has an effect may run."""
    is_new: bool = False
    """It was made by this very claim."""
    forked_from: str | None = None
    """Of a fork: `thread:seq:hash` of the event after which it went its own way."""


class ThreadRow(NamedTuple):
    """A thread in a list of threads."""

    id: str
    updated_at: datetime
    open_turn: str | None


def head_mac(key: bytes, thread: str, seq: int, head: str) -> str:
    """Return the keyed digest that a thread's head must have."""
    return f"{KEY_VERSION}:{keyed(key, canonical([thread, seq, head]))}"


class Log:
    """Appends to and reads the logs of threads."""

    def __init__(
        self,
        db: Database,
        keys: Keys,
        now: Callable[[], datetime],
        observe: Callable[[Sequence[Event]], None] = lambda events: None,
        limits: Limits = NONE,
    ) -> None:
        """Take what appends need.

        Args:
            db: Where the log is.
            keys: For the heads.
            now: The clock; aware.
            observe: Told what was appended, once it stands.
            limits: On what calls may take.
        """
        self._db = db
        self._keys = keys
        self._now = now
        self._observe = observe
        self._limits = limits

    async def claim(self, principal: Principal, thread: str) -> Thread:
        """Return a thread, made for its first user if it is new.

        Raises:
            NotFound: It belongs to another tenant.
        """
        (known,) = await self._db.rows(principal.tenant, _query("thread", thread=thread))
        if known:
            return _thread_of(thread, known)
        key = await self._keys.tenant(principal.tenant, "head")
        params = {
            "thread": thread,
            "user": principal.user,
            "head": GENESIS,
            "head_mac": head_mac(key, thread, 0, GENESIS),
        }
        async with self._db.write("thread.claim", principal.tenant) as cursor:
            made, found = await together(cursor, Statement(_SQL["claim"], params), _query("thread", thread=thread))
            return replace(_thread_of(thread, found), is_new=bool(made))

    async def thread(self, tenant: str, thread: str) -> Thread:
        """Return a thread's row.

        Raises:
            NotFound: There is none in this tenant.
        """
        (found,) = await self._db.rows(tenant, _query("thread", thread=thread))
        return _thread_of(thread, found)

    async def threads_of(self, principal: Principal, *, limit: int = 50, offset: int = 0) -> list[ThreadRow]:
        """Return a user's threads, last active first; erased ones are gone."""
        query = _query("user_threads", user=principal.user, limit=limit, offset=offset)
        (found,) = await self._db.rows(principal.tenant, query)
        return [ThreadRow(row["thread_id"], row["updated_at"], row["open_turn"]) for row in found]

    async def recorded(self, run: Run, step: Step, *, since: int) -> Recorded | None:
        """Return what a step appended when it ran before, or None if it never finished."""
        (found,) = await self._db.rows(run.tenant, _stepped(run, step))
        if not found:
            return None
        first, last = _span(found)
        events = await self.events(run.tenant, run.thread, after=min(since, first - 1), upto=last)
        return _recorded(events, first, since)

    async def record(
        self,
        run: Run,
        step: Step,
        bodies: Sequence[EventBody],
        *,
        since: int,
        also: Sequence[Statement] = (),
    ) -> Recorded:
        """Append a step's events and what goes with them as one, unless it is recorded already.

        Args:
            run: Its token must be the lease's newest.
            step: The key; a second call under it changes nothing and returns the first's events.
            bodies: What happened, in order; may be empty.
            since: The version that the caller's session has.
            also: Statements of the same transaction, e.g. the package that an event names.

        Raises:
            LeaseLost: Another run took over; nothing was written.
            LimitReached: A limit leaves no room for the calls that would begin; nothing was written.
        """
        key = await self._keys.tenant(run.tenant, "head")
        async with self._db.write(f"step.{step.name}", run.tenant) as cursor:
            # Locked before looking: who records the same step at the same time waits, then finds it.
            locked = _query("head", thread=run.thread)
            found, before = await fenced(cursor, run.thread, run.token, locked, _stepped(run, step))
            head = _thread_of(run.thread, found)
            if before:
                first, last = _span(before)
                return _recorded(await _range(cursor, run.thread, min(since, first - 1), last), first, since)
            recorded = await self._append(cursor, key, head, run, step, bodies, since=since, also=also)
        self._observe(recorded.own)
        return recorded

    async def events(self, tenant: str, thread: str, *, after: int = 0, upto: int = _LAST) -> tuple[Event, ...]:
        """Return a thread's events in order, `after` excluded, `upto` included."""
        (found,) = await self._db.rows(tenant, _query("events", thread=thread, after=after, upto=upto))
        return tuple(event_of(thread, row) for row in found)

    async def turn(
        self, tenant: str, thread: str, turn: str, *, types: Sequence[str] | None = None
    ) -> tuple[Event, ...]:
        """Return the events of one turn, in order; of some types only, if they are named."""
        named = None if types is None else list(types)
        (found,) = await self._db.rows(tenant, _query("turn_events", thread=thread, turn=turn, types=named))
        return tuple(event_of(thread, row) for row in found)

    async def latest(
        self, tenant: str, thread: str, types: Sequence[str], *, limit: int, after: int = 0, upto: int = _LAST
    ) -> tuple[Event, ...]:
        """Return the newest events of some types, oldest first."""
        span = {"limit": limit, "after": after, "upto": upto}
        (found,) = await self._db.rows(tenant, _query("latest_of_types", thread=thread, types=list(types), **span))
        return tuple(event_of(thread, row) for row in reversed(found))

    async def _append(
        self,
        cursor: Cursor,
        key: bytes,
        head: Thread,
        run: Run,
        step: Step,
        bodies: Sequence[EventBody],
        *,
        since: int,
        also: Sequence[Statement],
    ) -> Recorded:
        own, salts = self._seal(run, bodies, head)
        for statement in (
            *_appending(run.thread, own, salts),
            _stepping(run, step, head.seq, len(own)),
            *statements(run.thread, own),
            *also,
            *taking(run, bodies, self._limits),  # last: the whole tenant waits for these rows
        ):
            await _execute(cursor, statement)
        if own:
            await self._advance(cursor, key, run.thread, own)
        missed = await _range(cursor, run.thread, since, head.seq) if since < head.seq else ()
        return Recorded(own=own, since=(*missed, *own))

    def _seal(self, run: Run, bodies: Sequence[EventBody], head: Thread) -> tuple[tuple[Event, ...], list[bytes]]:
        salts = [secrets.token_bytes(SALT_BYTES) for _ in bodies]
        at, prev, own = self._now(), head.head, []
        for offset, (body, salt) in enumerate(zip(bodies, salts, strict=True), start=1):
            header = seal(body, thread=run.thread, seq=head.seq + offset, prev=prev, turn=run.turn, at=at, salt=salt)
            own.append(Event(header, body))
            prev = header.hash
        return tuple(own), salts

    async def _advance(self, cursor: Cursor, key: bytes, thread: str, own: Sequence[Event]) -> None:
        last = own[-1].header
        turned = [event.header for event in own if event.header.type in ("user_message_received", "turn_ended")]
        opens = bool(turned) and turned[-1].type == "user_message_received"
        params = {
            "thread": thread,
            "expected": own[0].seq - 1,
            "seq": last.seq,
            "head": last.hash,
            "head_mac": head_mac(key, thread, last.seq, last.hash),
            "at": last.at,
            "opens": turned[-1].turn if opens else None,
            "ends": bool(turned) and not opens,
        }
        await cursor.execute(_SQL["advance"], params)
        if await cursor.fetchone() is None:
            raise AssertionError("the head moved under a fenced append")


async def _execute(cursor: Cursor, statement: Statement) -> None:
    await cursor.execute(statement.sql, statement.params)
    if statement.judge is not None:
        statement.judge(await cursor.fetchall())
    elif statement.returns is not None and len(await cursor.fetchall()) != statement.returns:
        raise Conflict("What this step was about to change was changed meanwhile.", hint="Try again.")


def _query(name: str, **params: object) -> Statement:
    return Statement(_SQL[name], params)


def _thread_of(thread: str, found: Sequence[dict[str, Any]]) -> Thread:
    if not found:
        raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")
    row = found[0]
    return Thread(
        id=row["thread_id"],
        user=row["user_id"],
        seq=row["seq"],
        head=row["head"],
        head_mac=row["head_mac"],
        open_turn=row["open_turn"],
        is_erased=row["is_erased"],
        is_rehearsal=row["is_rehearsal"],
        forked_from=row["forked_from"],
    )


def _stepped(run: Run, step: Step) -> Statement:
    key = {"turn": run.turn, "step": step.name, "ordinal": step.ordinal, "fan_out": step.fan_out}
    return _query("step", thread=run.thread, **key)


def _span(found: Sequence[dict[str, Any]]) -> tuple[int, int]:
    return int(found[0]["first_seq"]), int(found[0]["last_seq"])


def _recorded(events: Sequence[Event], first: int, since: int) -> Recorded:
    return Recorded(
        own=tuple(event for event in events if event.seq >= first),
        since=tuple(event for event in events if event.seq > since),
    )


async def _range(cursor: Cursor, thread: str, after: int, upto: int) -> tuple[Event, ...]:
    await cursor.execute(_SQL["events"], {"thread": thread, "after": after, "upto": upto})
    return tuple(event_of(thread, row) for row in await cursor.fetchall())


def event_of(thread: str, row: dict[str, Any]) -> Event:
    """Return the event of a row, its body upgraded; None for an erased one."""
    header = header_of(thread, row)
    text = row["body"]
    return Event(header, None if text is None else upgrades.body(header.type, header.version, json.loads(text)))


def header_of(thread: str, row: dict[str, Any]) -> Header:
    """Return the header that a row of `events` holds."""
    return Header(
        thread=thread,
        seq=row["seq"],
        prev=row["prev"],
        type=row["type"],
        version=row["version"],
        turn=row["turn_id"],
        at=row["at"],
        digest=row["digest"],
    )


def _appending(thread: str, own: Sequence[Event], salts: Sequence[bytes]) -> tuple[Statement, ...]:
    if not own:
        return ()
    headers = [event.header for event in own]
    bodies = [plain_body(event.body).decode() for event in own if event.body is not None]
    payloads = {"thread": thread, "seqs": [header.seq for header in headers], "salts": list(salts), "bodies": bodies}
    return append_headers(thread, headers), Statement(_SQL["append_payloads"], payloads)


def append_headers(thread: str, headers: Sequence[Header]) -> Statement:
    """Return the statement that appends the headers of events, in order, to a thread's chain."""
    params = {
        "thread": thread,
        "seqs": [header.seq for header in headers],
        "prevs": [header.prev for header in headers],
        "types": [header.type for header in headers],
        "versions": [header.version for header in headers],
        "turns": [header.turn for header in headers],
        "ats": [header.at for header in headers],
        "digests": [header.digest for header in headers],
        "hashes": [header.hash for header in headers],
    }
    return Statement(_SQL["append_events"], params)


def _stepping(run: Run, step: Step, seq: int, count: int) -> Statement:
    params = {
        "thread": run.thread,
        "turn": run.turn,
        "step": step.name,
        "ordinal": step.ordinal,
        "fan_out": step.fan_out,
        "first": seq + 1,
        "last": seq + count,
    }
    return Statement(_SQL["append_step"], params)
