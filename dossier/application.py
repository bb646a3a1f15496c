"""What an adopter brings: `casework/` is one; docs/adopting.md says how to write your own.

An application names its tools, its policies, its prompts, where evidence comes from
and what things exist that a conversation can be about. Everything it gives to the
context builder is a `Piece`, which the builder authorises, budgets, orders and
renders: an application never writes a prompt for a call.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from psycopg import AsyncCursor

from dossier.guards import Guard
from dossier.policy import Action, Authorizer, Decision, Scope
from dossier.prompts import SHIPPED, Prompts, PromptVersion
from dossier.rights import rights
from dossier.tools import Tool
from state.events import EntityRef
from state.principal import Principal

__all__ = [
    "Action",
    "Application",
    "Authorizer",
    "Cursor",
    "Decision",
    "KnownEntity",
    "Piece",
    "PromptVersion",
    "Scope",
]

Cursor = AsyncCursor[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something an application offers to be shown."""

    id: str
    """Stable, e.g. `doc:IR-77#2`."""
    text: str
    scope: Scope
    source: str
    as_of: datetime | None = None
    stale_after_seconds: int | None = None
    score: float = 0.0
    """How well it fits the request; ties are broken by id."""
    entity: EntityRef | None = None


@dataclass(frozen=True, slots=True)
class KnownEntity:
    """A thing that the user may refer to."""

    ref: EntityRef
    scope: Scope
    attributes: Mapping[str, str] = field(default_factory=dict)


class Application(ABC):
    """The door between the runtime and an application: `name`, `authorizer`, `tools` and `policies` make one."""

    name: str
    version: str = "1"
    """Of its tables and data; when it changes, `install` runs again."""
    authorizer: Authorizer
    """Who may do what; `dossier.cedar.cedar_authorizer` reads it from .cedar files."""
    tools: Sequence[Tool] = ()
    task: str = "default"
    """The kind of task that a new thread has: it chooses the prompt, and how the budget is shared."""
    prompts: Prompts = SHIPPED
    """`dossier.prompts.prompts_of` reads an application's own from its files."""
    guards: Sequence[Guard] = ()
    """Checks around the model and the tools."""
    people: Mapping[str, Principal] = MappingProxyType({})
    """Who can sign in during development, by the name they sign in with; never in production."""
    records: str = "records"
    """What there is to view, as people call it."""

    @abstractmethod
    def policies(self, principal: Principal) -> Sequence[Piece]:
        """Return what the model must obey; required in every package."""

    def organisation(self, tenant: str) -> str:
        """Return the name of a tenant, for people."""
        return tenant

    def authority(self, principal: Principal) -> Sequence[Piece]:
        """Return who the user is and what they may do, in words; required in every package."""
        name = self.organisation(principal.tenant)
        text = rights(self.authorizer, self.tools, principal, organisation=name, records=self.records)
        return [Piece(f"authority:{principal.user}", text, Scope("Tenant", principal.tenant), "policies")]

    def prompt(self, task: str) -> PromptVersion:
        """Return the current prompt for a kind of task."""
        return self.prompts.current(task)

    async def entities(self, cursor: Cursor, principal: Principal) -> Sequence[KnownEntity]:
        """Return the things of the tenant that references can mean (bounded, newest first)."""
        return ()

    async def task_state(self, cursor: Cursor, principal: Principal, focus: Sequence[EntityRef]) -> Sequence[Piece]:
        """Return the state of what the task is about, with its time; a failure stops the turn."""
        return ()

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        """Return evidence for a request, best first; a failure is named in the package."""
        return ()

    async def install(self, cursor: Cursor) -> None:  # noqa: B027 - an application may have no tables
        """Create the application's own tables and data, as the migrator; repeatable."""
