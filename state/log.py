"""The record of one event and the chain that binds it to the one before.

    digest = HMAC(salt, canonical body)       the body and its salt stand apart
    hash   = SHA-256(canonical header)        the header names digest and the hash before

Erasing a body and its salt leaves digest and hash as they were: the chain still
verifies, and the digest says nothing about what the body was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from state.canonical import canonical, keyed, sha256
from state.events import EventBody
from state.lifecycle import Lifecycle

_AUDIT = Lifecycle("audit", "runtime", "retention", "hash chain", "verified", "kept_as_proof", "never")

GENESIS = "0" * 64
"""The hash before the first event of a thread that is no fork."""


def genesis(forked_from: str | None) -> str:
    """Return the hash before a thread's first event: a fork's chain is bound to its origin."""
    return GENESIS if forked_from is None else sha256(canonical(["fork", forked_from]))


@dataclass(frozen=True, slots=True)
class Header:
    """What the log keeps of an event for ever; nothing personal."""

    thread: Annotated[str, _AUDIT]
    seq: Annotated[int, _AUDIT]
    """1 for the first event of the thread, without gaps."""
    prev: Annotated[str, _AUDIT]
    type: Annotated[str, _AUDIT]
    version: Annotated[int, _AUDIT]
    """Of the body's schema."""
    turn: Annotated[str | None, _AUDIT]
    """Id of the turn it belongs to: the client's message id."""
    at: Annotated[datetime, _AUDIT]
    digest: Annotated[str, _AUDIT]

    @property
    def hash(self) -> str:
        """Return the event's place in the chain."""
        return sha256(canonical([*self._plain(), self.at.astimezone(UTC).isoformat(), self.digest]))

    def _plain(self) -> list[str | int | None]:
        return [self.thread, self.seq, self.prev, self.type, self.version, self.turn]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as read: its header and, unless erased, what it says."""

    header: Header
    body: EventBody | None
    """None when the body was erased: the fold treats it as redacted."""

    @property
    def seq(self) -> int:
        """Return the place in the thread's log, from 1."""
        return self.header.seq


def plain_body(body: EventBody) -> bytes:
    """Return the bytes of a body that are stored and digested."""
    return canonical(body.model_dump(mode="json"))


def seal(body: EventBody, *, thread: str, seq: int, prev: str, turn: str | None, at: datetime, salt: bytes) -> Header:
    """Return the header that binds a body into the chain.

    Args:
        body: What happened.
        thread: The thread's id.
        seq: Its place, one after the event before.
        prev: The hash of the event before, GENESIS for the first.
        turn: Id of the turn, None outside one.
        at: Aware time of the append.
        salt: 16 random bytes, stored with the body.
    """
    return Header(
        thread=thread,
        seq=seq,
        prev=prev,
        type=body.type,
        version=body.version,
        turn=turn,
        at=at,
        digest=keyed(salt, plain_body(body)),
    )
