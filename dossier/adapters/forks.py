"""Forks: a thread that goes its own way from an earlier point of another.

The origin is never touched. A fork begins with the origin's events up to the end of a turn,
under the same sequence numbers, in a chain of its own that begins with the origin's name;
bodies that were erased there are missing here too.
"""

from collections.abc import Sequence
from dataclasses import replace

from dossier.adapters.keys import Keys
from dossier.adapters.log import append_headers, head_mac, header_of
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import load
from dossier.errors import Conflict, InvalidInput, NotFound
from state.log import Header, genesis

_SQL, _LOG = load("dossier.adapters", "sql/forks.sql"), load("dossier.adapters", "sql/log.sql")
_BEGINNINGS = ("thread_created", "user_message_received")
_COPIED = ("payloads", "steps", "facts", "rejections", "decisions", "entities", "said", "said_terms")


class Forks:
    """Makes forks of threads."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def make(self, tenant: str, thread: str, fork: str, *, upto: int, user: str, rehearsal: bool = True) -> str:
        """Make a fork and return its id.

        Args:
            tenant: Of both threads.
            thread: The origin.
            fork: Id of the new thread.
            upto: Last event that they share: the end of a turn, or 0 for none.
            user: Whose thread the fork is.
            rehearsal: No call that has an effect may run in it, ever.

        Raises:
            NotFound: There is no such thread in the tenant.
            InvalidInput: A turn is under way at that event.
            Conflict: The id is taken.
        """
        key = await self._keys.tenant(tenant, "head")
        async with self._db.write("thread.fork", tenant) as cursor:
            headers = await _shared(cursor, thread, upto)
            origin = f"{thread}:{upto}:{headers[-1].hash if headers else genesis(None)}"
            own = _rechained(headers, fork, genesis(origin))
            head = own[-1].hash if own else genesis(origin)
            params = {"fork": fork, "thread": thread, "upto": upto, "user": user, "rehearsal": rehearsal}
            made = {"head": head, "head_mac": head_mac(key, fork, upto, head), "forked_from": origin}
            await cursor.execute(_SQL["make"], {**params, **made})
            if await cursor.fetchone() is None:
                raise Conflict(f"There is a thread {fork!r} already.", hint="Take another id for the fork.")
            if own:
                statement = append_headers(fork, own)
                await cursor.execute(statement.sql, statement.params)
            for table in _COPIED:
                await cursor.execute(_SQL[table], params)
        return fork


async def _shared(cursor: Cursor, thread: str, upto: int) -> list[Header]:
    await cursor.execute(_LOG["thread"], {"thread": thread})
    row = await cursor.fetchone()
    if row is None or row["is_erased"]:
        raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")
    await cursor.execute(_LOG["events"], {"thread": thread, "after": 0, "upto": upto})
    headers = [header_of(thread, row) for row in await cursor.fetchall()]
    if upto != (headers[-1].seq if headers else 0):
        raise InvalidInput(f"The thread has no event {upto}.", hint=f"Its last is {headers[-1].seq if headers else 0}.")
    ended = {header.turn for header in headers if header.type == "turn_ended"}
    if begun := [header.seq for header in headers if header.type in _BEGINNINGS and header.turn not in ended]:
        raise InvalidInput(f"A turn is under way at event {upto}.", hint=f"Fork at {begun[0] - 1}, before it.")
    return headers


def _rechained(headers: Sequence[Header], fork: str, first: str) -> list[Header]:
    own: list[Header] = []
    for header in headers:
        own.append(replace(header, thread=fork, prev=own[-1].hash if own else first))
    return own
