"""What an adopter brings: `casework/` is one; replace it by your own.

An application names its tools, its policies, its prompts, where evidence comes
from and what things exist that a conversation can be about. Everything it gives
to the context builder is a `Piece`, which the builder authorises, budgets, orders
and renders: an application never writes a prompt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from psycopg import AsyncCursor

from dossier.tools import Tool
from state.events import EntityRef
from state.principal import Principal

Cursor = AsyncCursor[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data a piece is: what the policy decides about."""

    kind: str
    """An entity type of the policies, e.g. `Case` or `Tenant`."""
    id: str
    attributes: tuple[tuple[str, str], ...] = ()
    """What the policy may look at, e.g. (("assigned_to", "o.brandt"),)."""


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


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """A versioned prompt text."""

    name: str
    version: str
    instruction: str
    """Becomes the system instruction."""
    contract: str
    """The form of the answer; becomes the output contract."""
    contract_version: str = "1"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says, and which of its policies said so."""

    allowed: bool
    policies: tuple[str, ...]


Action = Literal["read", "call", "call_alone", "approve", "audit"]


class Authorizer(Protocol):
    """Decides by policy; denies what no policy permits."""

    version: str
    """Digest of the policies' text."""

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """Decide one question.

        Args:
            principal: Who asks; its tenant and roles count.
            action: `read` a scope, `call` a tool, `call_alone` a writing tool without anyone's
                approval (irreversible ones always need it), `approve` a call, see as an auditor.
            resource: The scope; for `call` and `approve` kind `Tool` and the tool's name.
            context: For `call` and `call_alone` {"effect": "irreversible"}; for `approve` also who asked and the
                thread's tenant: {"effect": ..., "requested_by": "o.brandt", "tenant": "northgate"}.
        """
        ...


class Application(Protocol):
    """The door between the runtime and an application."""

    name: str
    version: str
    """Of its tables and data; when it changes, `install` runs again."""
    tools: Sequence[Tool]
    authorizer: Authorizer
    task: str
    """Name of the task that a new thread has."""

    def prompt(self, task: str) -> PromptVersion:
        """Return the current prompt for a kind of task."""
        ...

    def policies(self, principal: Principal) -> Sequence[Piece]:
        """Return what the model must obey; required in every package."""
        ...

    def authority(self, principal: Principal) -> Sequence[Piece]:
        """Return who the user is and what they may do, in words; required."""
        ...

    async def entities(self, cursor: Cursor, principal: Principal) -> Sequence[KnownEntity]:
        """Return the things of the tenant that references can mean (bounded, newest first)."""
        ...

    async def task_state(self, cursor: Cursor, principal: Principal, focus: Sequence[EntityRef]) -> Sequence[Piece]:
        """Return the state of what the task is about, with its time; required when in focus."""
        ...

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        """Return evidence for a request, best first."""
        ...

    async def install(self, cursor: Cursor) -> None:
        """Create the application's own tables and data, as the migrator; repeatable."""
        ...
