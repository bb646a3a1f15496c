"""Approvals: asked for with the step that found the need, decided by compare-and-set.

The row is the decision: it is written before LangGraph sees anything, and the node
that waits reads it, so that a crash between decision and resume continues by itself.
A yes is a vote for exact arguments; the row is decided once there are as many as it needs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dossier.adapters.leases import fence
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import Statement, load
from dossier.errors import AlreadyDecided, NotFound, NotPermitted
from dossier.run import Run
from state.canonical import canonical
from state.events import HumanApprovalRequested

_SQL = load("dossier.adapters", "sql/approvals.sql")

Status = Literal["pending", "approved", "edited", "denied", "expired", "superseded"]
Verdict = Literal["approved", "edited", "denied"]
About = Literal["call", "outcome"]
"""May a call run, or: did a call take place whose outcome is not known?"""


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes."""

    decided_by: str
    on_behalf_of: str | None
    """Who delegated the decision, if it was not the person's own."""
    args_hash: str
    """Of the arguments that were said yes to."""
    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Approval:
    """One call that waits, or waited, for a human."""

    id: str
    thread: str
    turn: str
    ordinal: int
    index: int
    tool: str
    effect: Literal["write", "irreversible"]
    about: About
    approvers: int
    """How many different people have to say yes."""
    votes: tuple[Vote, ...]
    """The yeses so far, oldest first."""
    args: Mapping[str, Any]
    args_hash: str
    description: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    relied_on: Mapping[str, str]
    status: Status
    is_late: bool
    """Past its expiry by the database's clock."""
    decision: Mapping[str, Any]
    """Of a decided one: {"message": str} and, when edited, {"args": {...}, "args_hash": str}."""
    decided_by: str | None
    interrupt_id: str | None
    """LangGraph's name for the waiting task; None before it waits."""

    @property
    def waits(self) -> bool:
        """Tell whether it can still be decided."""
        return self.status == "pending" and not self.is_late


@dataclass(frozen=True, slots=True)
class Decided:
    """What a human says to one call."""

    verdict: Verdict
    message: str = ""
    args: Mapping[str, Any] | None = None
    args_hash: str | None = None
    on_behalf_of: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return the decision as stored."""
        edited = {} if self.args is None else {"args": dict(self.args), "args_hash": self.args_hash}
        lent = {} if self.on_behalf_of is None else {"on_behalf_of": self.on_behalf_of}
        return {"message": self.message, **edited, **lent}


def request(run: Run, body: HumanApprovalRequested, effect: str, *, approvers: int = 1) -> Statement:
    """Return the statement that asks for an approval, to go with the event that says so."""
    params = {
        "approval_id": body.approval_id,
        "thread": run.thread,
        "turn": run.turn,
        "ordinal": body.call.ordinal,
        "index": body.call.index,
        "tool": body.name,
        "effect": effect,
        "about": body.about,
        "approvers": approvers,
        "args": canonical(body.args).decode(),
        "args_hash": body.args_hash,
        "description": body.description,
        "requested_by": body.requested_by,
        "expires_at": body.expires_at,
        "relied_on": canonical(body.relied_on).decode(),
    }
    return Statement(_SQL["request"], params)


def close(ids: Sequence[str], status: Literal["expired", "superseded"]) -> Statement:
    """Return the statement that closes approvals; it fails its transaction if one was decided meanwhile."""
    return Statement(_SQL["close"], {"ids": list(ids), "status": status}, returns=len(ids))


class Approvals:
    """Reads approvals and records decisions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, tenant: str, approval_id: str) -> Approval:
        """Return one approval.

        Raises:
            NotFound: There is none in this tenant.
        """
        rows = await self._rows("get", tenant, approval_id=approval_id)
        if not rows:
            raise _unknown(approval_id)
        return rows[0]

    async def find(self, tenant: str, thread: str, name: str) -> Approval:
        """Return the approval of a thread that has this id, or that this interrupt of LangGraph asks about.

        Raises:
            NotFound: There is none.
        """
        rows = await self._rows("find", tenant, thread=thread, name=name)
        if not rows:
            raise NotFound(f"There is no approval {name!r} in this thread.", hint="List what waits with the inbox.")
        return rows[0]

    async def waits(self, run: Run, approval_id: str, interrupt_id: str) -> None:
        """Record which interrupt asks about an approval, so that it is found by that name ever after."""
        async with self._db.write("approval.waits", run.tenant) as cursor:
            await fence(cursor, run.thread, run.token)
            await cursor.execute(_SQL["waits"], {"approval_id": approval_id, "interrupt": interrupt_id})

    async def expiry(self, tenant: str, seconds: float) -> datetime:
        """Return when an approval that is asked for now expires, by the clock that will judge it: the database's."""
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["expiry"], {"seconds": seconds})
            row = await cursor.fetchone()
        assert row is not None
        return row["expires_at"]

    async def of_call(self, run: Run, ordinal: int) -> list[Approval]:
        """Return the approvals that one model call led to, in call order."""
        return await self._rows("of_call", run.tenant, thread=run.thread, turn=run.turn, ordinal=ordinal)

    async def pending(self, tenant: str, thread: str) -> list[Approval]:
        """Return what waits in a thread."""
        return await self._rows("pending_of_thread", tenant, thread=thread)

    async def inbox(
        self, tenant: str, *, requested_by: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[Approval]:
        """Return what waits across the threads of a tenant, oldest first; of one requester if named."""
        return await self._rows("inbox", tenant, requested_by=requested_by, limit=limit, offset=offset)

    async def decide(self, tenant: str, approval_id: str, decided: Decided, decided_by: str) -> Approval:
        """Record one decision; see `decide_all`."""
        return (await self.decide_all(tenant, [(approval_id, decided)], decided_by))[0]

    async def decide_all(
        self, tenant: str, decisions: Sequence[tuple[str, Decided]], decided_by: str
    ) -> list[Approval]:
        """Record decisions, all or none; the same one again by the same person is no error.

        Raises:
            NotFound: There is no such approval in the tenant.
            AlreadyDecided: Another decision stands, or it is too late.
        """
        async with self._db.write("approval.decide", tenant) as cursor:
            return [await _decide(cursor, *decision, decided_by) for decision in sorted(decisions, key=_by_id)]

    async def _rows(self, query: str, tenant: str, **params: object) -> list[Approval]:
        async with self._db.read(tenant) as cursor:
            return await _read(cursor, query, params)


def _by_id(decision: tuple[str, Decided]) -> str:
    # One order for all, so that two deciders of the same calls wait for each other instead of locking each other out.
    return decision[0]


async def _decide(cursor: Cursor, approval_id: str, decided: Decided, decided_by: str) -> Approval:
    # Locked first: deciders of one approval come one after another, and each sees what the one before did.
    await cursor.execute(_SQL["lock"], {"approval_id": approval_id})
    standing = await _standing(cursor, approval_id)
    if standing.status == "pending" and not standing.is_late:
        if decided.verdict != "denied" and not await _said_yes(cursor, standing, decided, decided_by):
            return await _standing(cursor, approval_id)
        await _settle(cursor, approval_id, decided, decided_by)
        standing = await _standing(cursor, approval_id)
    if not _agrees(standing, decided, decided_by):
        raise _conflict(standing)
    return standing


async def _standing(cursor: Cursor, approval_id: str) -> Approval:
    found = await _read(cursor, "get", {"approval_id": approval_id})
    if not found:
        raise _unknown(approval_id)
    return found[0]


async def _read(cursor: Cursor, query: str, params: Mapping[str, object]) -> list[Approval]:
    await cursor.execute(_SQL[query], params)
    rows = await cursor.fetchall()
    if not rows:
        return []
    await cursor.execute(_SQL["votes"], {"ids": [row["approval_id"] for row in rows]})
    votes = await cursor.fetchall()
    return [_approval(row, [vote for vote in votes if vote["approval_id"] == row["approval_id"]]) for row in rows]


async def _said_yes(cursor: Cursor, standing: Approval, decided: Decided, decided_by: str) -> bool:
    """Record a yes; return whether it was the last one needed."""
    agreed = decided.args_hash or standing.args_hash
    if standing.votes and standing.votes[0].args_hash != agreed:
        raise _other_arguments(standing, standing.votes[0])
    if any(vote.decided_by == decided_by for vote in standing.votes):
        return False  # the same yes again
    authority = decided.on_behalf_of or decided_by
    if authority in {vote.on_behalf_of or vote.decided_by for vote in standing.votes}:
        raise NotPermitted(f"{authority} has said yes already.", hint="A second person has to, in their own right.")
    vote = {"decided_by": decided_by, "on_behalf_of": decided.on_behalf_of, "args_hash": agreed}
    decision = canonical(decided.plain()).decode()
    await cursor.execute(_SQL["vote"], {"approval_id": standing.id, **vote, "decision": decision})
    return len(standing.votes) + 1 >= standing.approvers


async def _settle(cursor: Cursor, approval_id: str, decided: Decided, decided_by: str) -> None:
    params = {
        "approval_id": approval_id,
        "status": decided.verdict,
        "decision": canonical(decided.plain()).decode(),
        "decided_by": decided_by,
    }
    await cursor.execute(_SQL["decide"], params)
    await cursor.fetchone()


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no approval {name!r}.", hint="List what waits with the inbox.")


def _agrees(standing: Approval, decided: Decided, decided_by: str) -> bool:
    if decided.verdict == "denied" or standing.status not in ("approved", "edited"):
        return standing.status == decided.verdict and standing.decided_by == decided_by
    agreed = decided.args_hash or standing.args_hash
    return any(vote.decided_by == decided_by and vote.args_hash == agreed for vote in standing.votes)


def _other_arguments(standing: Approval, first: Vote) -> AlreadyDecided:
    args = canonical(first.decision.get("args", dict(standing.args))).decode()
    return AlreadyDecided(
        f"{first.decided_by} said yes to {standing.tool} with {args}.",
        hint="Say yes to the same arguments by an edit to them, or reject it.",
    )


def _conflict(standing: Approval) -> AlreadyDecided:
    if standing.status == "pending":
        said = f"expired at {standing.expires_at.isoformat(timespec='seconds')}"
    else:
        by = f" by {standing.decided_by}" if standing.decided_by else ""
        said = f"is already {standing.status}{by}"
    return AlreadyDecided(
        f"Approval {standing.id} of {standing.tool} {said}.",
        hint="The first decision stands; ask again if it must change.",
    )


def _approval(row: Mapping[str, Any], votes: Sequence[Mapping[str, Any]]) -> Approval:
    return Approval(
        id=row["approval_id"],
        thread=row["thread_id"],
        turn=row["turn_id"],
        ordinal=row["ordinal"],
        index=row["call_index"],
        tool=row["tool"],
        effect=row["effect"],
        about=row["about"],
        approvers=row["approvers"],
        votes=tuple(_vote(vote) for vote in votes),
        args=json.loads(row["args"]),
        args_hash=row["args_hash"],
        description=row["description"],
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        expires_at=row["expires_at"],
        relied_on=json.loads(row["relied_on"]),
        status=row["status"],
        is_late=row["is_late"],
        decision=json.loads(row["decision"]) if row["decision"] else {},
        decided_by=row["decided_by"],
        interrupt_id=row["interrupt_id"],
    )


def _vote(row: Mapping[str, Any]) -> Vote:
    return Vote(row["decided_by"], row["on_behalf_of"], row["args_hash"], json.loads(row["decision"]))
