"""Delegations: who decides in whose place, on record, until a time by the database's clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dossier.adapters.pool import Database
from dossier.adapters.queries import load
from dossier.cleaning import clean
from dossier.errors import InvalidInput, NotFound
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/delegations.sql")
LONGEST_SECONDS = 92 * 86_400
"""The database refuses a delegation that lasts longer."""
REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Delegation:
    """One person's right to decide, lent to another."""

    id: str
    giver: Principal
    """With the roles that they had when they gave it: the policy judges these."""
    to: str
    reason: str
    ends_at: datetime


class Delegations:
    """Gives, ends and finds delegations."""

    def __init__(self, db: Database, new_id: Callable[[], str]) -> None:
        self._db = db
        self._new_id = new_id

    async def grant(self, giver: Principal, to: str, *, seconds: float, reason: str) -> Delegation:
        """Lend one's own right to decide to a colleague of the same tenant.

        Args:
            giver: Verified; nobody can lend what is another's.
            to: The colleague's user name.
            seconds: For how long; 92 days at most.
            reason: Why; stays on record.

        Raises:
            InvalidInput: It has no end, or goes to nobody else.
        """
        if not 0 < seconds <= LONGEST_SECONDS:
            raise InvalidInput("A delegation lasts from now to 92 days at most.", hint="Give a shorter time.")
        if not to.strip() or to == giver.user:
            raise InvalidInput("A delegation goes to someone else.", hint="Name a colleague.")
        params = {
            "delegation_id": self._new_id(),
            "from_user": giver.user,
            "from_roles": list(giver.roles),
            "to_user": to,
            "reason": clean(reason)[:REASON_CHARS],
            "seconds": seconds,
        }
        async with self._db.write("delegation.grant", giver.tenant) as cursor:
            await cursor.execute(_SQL["grant"], params)
            row = await cursor.fetchone()
        assert row is not None
        return _delegation(giver.tenant, row)

    async def to(self, principal: Principal) -> list[Delegation]:
        """Return what is lent to someone now, oldest first."""
        async with self._db.read(principal.tenant) as cursor:
            await cursor.execute(_SQL["to"], {"user": principal.user})
            return [_delegation(principal.tenant, row) for row in await cursor.fetchall()]

    async def revoke(self, giver: Principal, delegation_id: str) -> None:
        """End a delegation of one's own at once.

        Raises:
            NotFound: It is not theirs, or has been ended.
        """
        async with self._db.write("delegation.revoke", giver.tenant) as cursor:
            await cursor.execute(_SQL["revoke"], {"delegation_id": delegation_id, "user": giver.user})
            if await cursor.fetchone() is None:
                raise NotFound(f"There is no delegation {delegation_id!r} of yours.", hint="Check the id.")


def _delegation(tenant: str, row: Mapping[str, Any]) -> Delegation:
    giver = Principal(tenant=tenant, user=row["from_user"], roles=tuple(row["from_roles"]))
    return Delegation(row["delegation_id"], giver, row["to_user"], row["reason"], row["ends_at"])
