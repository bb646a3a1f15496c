"""Tell whether a thread's log is what was written: intact, erased, broken, truncated or rewritten."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from dossier.adapters.keys import Keys
from dossier.adapters.log import head_mac, header_of
from dossier.adapters.pool import Database
from dossier.adapters.queries import load
from dossier.errors import NotFound
from state.canonical import keyed
from state.log import genesis

_SQL = load("dossier.adapters", "sql/log.sql")
_LAST = 2**62

Status = Literal["intact", "erased", "broken", "truncated", "rewritten"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found."""

    status: Status
    events: int
    at: int | None = None
    """Sequence number of the first event that is wrong."""
    detail: str = ""
    head: str = field(default="", compare=False)
    """Hash of the last event: kept elsewhere, it shows a log that was rolled back whole."""
    erased: int = 0
    """Bodies that were erased on record."""

    @property
    def sound(self) -> bool:
        """Tell whether nothing was done to the log but what it says itself."""
        return self.status in ("intact", "erased")


class Verifier:
    """Checks logs against their chain, their bodies and their keyed head."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def verify(self, tenant: str, thread: str) -> Verdict:
        """Check one thread's log.

        Raises:
            NotFound: There is no such thread in the tenant.
        """
        key = await self._keys.tenant(tenant, "head")
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["thread"], {"thread": thread})
            head = await cursor.fetchone()
            await cursor.execute(_SQL["events"], {"thread": thread, "after": 0, "upto": _LAST})
            rows = await cursor.fetchall()
            await cursor.execute(_SQL["last_step"], {"thread": thread})
            step = await cursor.fetchone()
        if head is None:
            raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")
        return _verdict(thread, head, rows, step["seq"] if step else 0, key)


def _verdict(thread: str, head: dict[str, Any], rows: Sequence[dict[str, Any]], step: int, key: bytes) -> Verdict:
    first = genesis(head["forked_from"])
    wrong = _first_wrong(thread, rows, first, _erased_on_record(rows))
    gone = sum(1 for row in rows if row["body"] is None)
    if wrong is not None:
        return Verdict("broken", len(rows), at=wrong[0], detail=wrong[1], erased=gone)
    last_seq, last_hash = (rows[-1]["seq"], rows[-1]["hash"]) if rows else (0, first)
    if head["head_mac"] != head_mac(key, thread, head["seq"], head["head"]):
        return Verdict("rewritten", len(rows), detail="the head does not carry this deployment's key", erased=gone)
    # An older head with its own valid digest may have been put back; the steps still know better.
    if last_seq < (known := max(head["seq"], step)):
        return Verdict("truncated", len(rows), at=last_seq + 1, detail=f"{known - last_seq} missing", erased=gone)
    if (last_seq, last_hash) != (head["seq"], head["head"]):
        return Verdict("rewritten", len(rows), detail="the chain ends elsewhere than its head", erased=gone)
    return Verdict("erased" if gone else "intact", len(rows), head=last_hash, erased=gone)


def _first_wrong(thread: str, rows: Sequence[dict[str, Any]], first: str, erased: set[int]) -> tuple[int, str] | None:
    before = {"seq": 0, "hash": first}
    for previous, row in pairwise([before, *rows]):
        header = header_of(thread, row)
        if header.seq != previous["seq"] + 1:
            return previous["seq"] + 1, "the event is missing"
        if header.prev != previous["hash"]:
            return header.seq, "the event does not continue the one before"
        if header.hash != row["hash"]:
            return header.seq, "the event was changed"
        if row["body"] is None and header.seq not in erased:
            return header.seq, "the body is missing without an erasure on record"
        if row["body"] is not None and not _body_is_whole(row):
            return header.seq, "the body was changed"
    return None


def _erased_on_record(rows: Sequence[dict[str, Any]]) -> set[int]:
    """Return the events whose body may be missing, as the chained log itself says."""
    erased: set[int] = set()
    for row in rows:
        if row["type"] == "thread_erased":
            erased.update(range(1, row["seq"]))
        elif row["type"] == "state_redacted" and row["body"] is not None and _body_is_whole(row):
            erased.update(json.loads(row["body"])["seqs"])
    return erased


def _body_is_whole(row: dict[str, Any]) -> bool:
    return keyed(bytes(row["salt"]), row["body"].encode()) == row["digest"]
