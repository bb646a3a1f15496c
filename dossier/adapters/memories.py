"""What is remembered beyond threads: kept with the turn that asks for it, recalled, listed, corrected, forgotten."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from langgraph.store.base import PutOp

from dossier.adapters.pool import Database
from dossier.adapters.queries import Statement, load
from dossier.adapters.store import TenantStore
from dossier.cleaning import clean
from dossier.errors import InvalidInput, NotFound
from dossier.memory import Candidate, Memory, Owner, judge, namespace, owner_of, ranked
from dossier.memory.checks import MOST
from dossier.memory.held import expiry, owner_in
from dossier.memory.rank import Scored, is_standing
from dossier.policy import Authorizer, Scope
from dossier.recall.meaning import Embedder
from dossier.recall.terms import words
from dossier.run import Run
from state.events import EventBody, MemoryCandidateProposed, MemoryCandidateStored, StateUpdateProposed
from state.facts import TrustLevel
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/memories.sql")
POOL = 200
"""Memories that are scored for a request, at most: the newest of those that share a word with it."""


@dataclass(frozen=True, slots=True)
class Memories:
    """Durable memory of all tenants; each call sees one tenant's, and of that what its principal may see."""

    db: Database
    store: TenantStore
    authorizer: Authorizer
    now: Callable[[], datetime]
    embedder: Embedder | None = None
    """Nearness in meaning; None goes by words alone."""

    def permitted(self, principal: Principal, cases: Iterable[str] = ()) -> frozenset[str]:
        """Return the scopes for which policy lets the principal's own words be kept.

        Args:
            principal: Whose words.
            cases: Which cases they may read.
        """
        scopes = {
            "user": ("user",),
            "team": tuple(f"team:{role}" for role in principal.roles),
            "case": tuple(f"case:{case}" for case in cases),
            "tenant": ("tenant",),
        }
        return frozenset(
            s for kind, named in scopes.items() if named and self._may_keep(principal, kind) for s in named
        )

    def permits_inferred(self, principal: Principal) -> bool:
        """Tell whether policy lets what a model concluded be kept, once a human agreed."""
        return self._may_keep(principal, "inferred")

    async def of(self, principal: Principal) -> list[Memory]:
        """Return what the principal may be reminded of, newest first: their own, their teams', the tenant's.

        Of cases it is what they said themselves: whether they may read a case is known where it is looked at.
        """
        own = {"cases": _cases_of(principal), "user": principal.user, "limit": MOST}
        found = await self._read(principal.tenant, "reach", self._owners(principal), **own)
        return [_memory(row["prefix"], row["key"], row["value"]) for row in found]

    async def recall(
        self, principal: Principal, text: str, cases: Sequence[str], *, now: datetime, limit: int
    ) -> list[Scored]:
        """Return what bears on a request, best first.

        Args:
            principal: For whom.
            text: The request.
            cases: What it is about, as far as the principal may see it.
            now: The request's time.
            limit: How many at most.
        """
        owners = [*self._owners(principal), *(Owner("case", case) for case in cases)]
        asked = {"words": " or ".join(words(text)), "all": self.embedder is not None, "limit": POOL}
        rows = await self._read(principal.tenant, "bearing", owners, **asked)
        held = [_memory(row["prefix"], row["key"], row["value"]) for row in rows]
        return ranked(text, held, now=now, limit=limit, embedder=self.embedder)

    async def correct(self, principal: Principal, id: str, text: str) -> Memory:
        """Put other words in the place of a memory's.

        Raises:
            NotFound: There is no such memory that the principal may change.
            InvalidInput: The words fail one of the seven checks.
        """
        held = await self._changeable(principal, id)
        others = tuple(one.text for one in await self.of(principal) if one.id != id)
        permitted = self.permitted(principal) | {held.owner.kind}
        said = replace(held, text=clean(text).strip(), said_by=principal.user, said_at=self.now(), trust="user_claimed")
        # Its scope was judged when it was made, and by the right to change it.
        asked = Candidate(said.text, "user", said.said_at, asked=True, permitted=permitted | {"user"}, known=others)
        if refusal := judge(asked):
            raise InvalidInput(refusal.reason, hint=f"It fails the check of {refusal.check}.")
        said = replace(said, expires_at=expiry(said.text, said.said_at))
        await self.store.abatch([PutOp(namespace(principal.tenant, held.owner), id, _value(said))])
        return said

    async def forget(self, principal: Principal, id: str) -> None:
        """Delete a memory.

        Raises:
            NotFound: There is no such memory that the principal may change.
        """
        held = await self._changeable(principal, id)
        await self.store.abatch([PutOp(namespace(principal.tenant, held.owner), id, None)])

    async def forget_all(self, principal: Principal) -> int:
        """Delete all that is remembered of a user themselves, and return how much that was."""
        prefix = _prefix(principal.tenant, Owner("user", principal.user))
        own = {"prefix": prefix, "cases": _cases_of(principal), "user": principal.user}
        async with self.db.write("memory.forget_all", principal.tenant) as cursor:
            await cursor.execute(_SQL["forget_all"], own)
            return len(await cursor.fetchall())

    async def _changeable(self, principal: Principal, id: str) -> Memory:
        owners = [owner for owner in self._owners(principal) if self._may_change(principal, owner)]
        own = {"cases": _cases_of(principal), "user": principal.user, "key": id}
        found = await self._read(principal.tenant, "one", owners, **own)
        if not found:
            raise NotFound(f"There is no memory {id!r} of yours.", hint="List what is remembered.")
        return _memory(found[0]["prefix"], found[0]["key"], found[0]["value"])

    def _may_change(self, principal: Principal, owner: Owner) -> bool:
        return owner.kind == "user" or self._may_keep(principal, owner.kind)

    def _may_keep(self, principal: Principal, scope: str) -> bool:
        return self.authorizer.decide(principal, "remember", Scope("Memory", scope), {}).allowed

    def _owners(self, principal: Principal) -> list[Owner]:
        tenant = Scope("Tenant", principal.tenant)
        shared = self.authorizer.decide(principal, "read", tenant, {}).allowed
        teams = [Owner("team", role) for role in principal.roles]
        return [Owner("user", principal.user), *teams, *([Owner("tenant", principal.tenant)] if shared else [])]

    async def _read(self, tenant: str, query: str, owners: Iterable[Owner], **params: Any) -> list[dict[str, Any]]:
        prefixes = [_prefix(tenant, owner) for owner in owners]
        async with self.db.read(tenant) as cursor:
            await cursor.execute(_SQL[query], {"prefixes": prefixes, **params})
            return await cursor.fetchall()


def keeping(run: Run, bodies: Sequence[EventBody], now: datetime) -> list[Statement]:
    """Return what keeps the candidates that were stored, for the transaction that records so."""
    statements: list[Statement] = []
    by, asked = "", None
    for body in bodies:
        match body:
            case StateUpdateProposed():
                by = body.proposed_by
            case MemoryCandidateProposed():
                asked = body
            case MemoryCandidateStored() if asked is not None:
                statements.append(_keep(run, asked, now, "user_claimed" if by == "user_rule" else "model_inferred"))
            case _:
                pass
    return statements


def _keep(run: Run, asked: MemoryCandidateProposed, now: datetime, trust: TrustLevel) -> Statement:
    user = run.principal.user
    owner = owner_of(asked.scope, tenant=run.tenant, user=user)
    assert owner is not None, "the scope was checked"
    until = expiry(asked.text, now)
    made = Memory(asked.candidate_id, owner, asked.text, trust, user, run.thread, now, until)
    params = {"prefix": _prefix(run.tenant, owner), "key": made.id, "value": json.dumps(_value(made))}
    return Statement(_SQL["keep"], {**params, "expires_at": until})


def _cases_of(principal: Principal) -> str:
    """Return how the namespaces of a tenant's cases begin, as a LIKE pattern."""
    begins = _prefix(principal.tenant, Owner("case", ""))
    return begins.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _prefix(tenant: str, owner: Owner) -> str:
    return ".".join(namespace(tenant, owner))


def _value(memory: Memory) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "text": memory.text,
        "standing": is_standing(memory.text),
        "trust": memory.trust,
        "said_by": memory.said_by,
        "thread": memory.thread,
        "said_at": memory.said_at.isoformat(),
        "expires_at": memory.expires_at.isoformat(),
    }


def _memory(prefix: str, key: str, value: dict[str, Any]) -> Memory:
    return Memory(
        id=key,
        owner=owner_in(prefix),
        text=value["text"],
        trust=value["trust"],
        said_by=value["said_by"],
        thread=value["thread"],
        said_at=datetime.fromisoformat(value["said_at"]),
        expires_at=datetime.fromisoformat(value["expires_at"]),
    )
