"""A memory as it is kept, and the namespace that says whose it is."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, get_args
from urllib.parse import quote, unquote

from state.facts import TrustLevel

ScopeKind = Literal["user", "team", "case", "tenant"]
SCOPES: tuple[ScopeKind, ...] = get_args(ScopeKind)

LIFETIME = timedelta(days=365)
"""Of what does not say until when it holds."""

_UNTIL = re.compile(r"\b(?:until|till|up to)\s+(?P<day>\d{4}-\d{2}-\d{2})\b", re.IGNORECASE)


class Owner(NamedTuple):
    """Whose a memory is, within its tenant."""

    kind: ScopeKind
    id: str
    """User, team (a role's name), case; of what the whole tenant shares, the tenant itself."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Something that is remembered."""

    id: str
    """Of the candidate that it was."""
    owner: Owner
    text: str
    trust: TrustLevel
    said_by: str
    thread: str
    """Where it was said: erased there, it is erased here."""
    said_at: datetime
    expires_at: datetime


def owner_of(scope: str, *, tenant: str, user: str) -> Owner | None:
    """Return whose a proposal's scope is: `user`, `tenant`, `team:<role>` or `case:<id>`; None if it is no scope."""
    kind, _, id = scope.partition(":")
    if scope in ("user", "tenant"):
        return Owner("user", user) if scope == "user" else Owner("tenant", tenant)
    if kind == "team" and id.strip():
        return Owner("team", id.strip())
    return Owner("case", id.strip()) if kind == "case" and id.strip() else None


def namespace(tenant: str, owner: Owner) -> tuple[str, str, str]:
    """Return the store's namespace of an owner; no two owners share one, whatever characters their names have."""
    return _label(tenant), owner.kind, _label(owner.id)


def owner_in(prefix: str) -> Owner:
    """Return the owner that a stored namespace names."""
    _, kind, id = prefix.split(".")
    return Owner(next(scope for scope in SCOPES if scope == kind), unquote(id))


def _label(name: str) -> str:
    # The store joins the parts with stops.
    return quote(name, safe="").replace(".", "%2E")


def expiry(text: str, said_at: datetime) -> datetime:
    """Return when a memory ends: at the end of the day that it names, else after its lifetime.

    Raises:
        ValueError: It names a day that does not exist.
    """
    found = _UNTIL.search(text)
    if found is None:
        return said_at + LIFETIME
    return datetime.fromisoformat(found["day"]).replace(tzinfo=UTC) + timedelta(days=1)
