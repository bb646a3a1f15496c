"""What a tool declares, and what it is given and gives back.

A tool says what it does to the world (`effect`) and how it can be made to happen
once (`idempotency`); the runtime does the rest: authorisation, approval, the
effect ledger, and the record.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal

from psycopg import AsyncCursor
from pydantic import BaseModel

from dossier.errors import InvalidInput
from state.canonical import canonical, sha256
from state.events import Effect, EntityRef
from state.principal import Principal

Idempotency = Literal["transactional", "idempotency_key", "none"]
"""`transactional`: works on the cursor it is given, in the transaction that records the
result. `idempotency_key`: passes the key on to a system that honours it. `none`: runs at
most once by itself; after a crash its outcome is unknown until someone finds out."""

CallStatus = Literal["done", "not_done", "unknown"]

CONTENT_CHARS = 100_000
"""Of the content of one result, as JSON, that are kept: a tool that has more to say says where it stands."""


class ToolError(Exception):
    """The call can't succeed; nothing has changed.

    Attributes:
        code: Stable, snake_case; the model and the log see it.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Grant:
    """What a human decided about this call."""

    approved_by: str
    relied_on: Mapping[str, str]
    """What `Tool.versions` gave when approval was asked. A tool compares them in the statement
    that writes, since a row may still change between the runtime's check and the write. What the
    turn's own earlier calls changed is counted in."""
    approvers: tuple[str, ...] = ()
    """All who said yes, the one who said so last included."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What one call may know and use."""

    principal: Principal
    """For whom the turn acts."""
    thread: str
    turn: str
    key: str
    """Idempotency key of this effect: the same however often the step runs."""
    now: datetime
    cursor: AsyncCursor[dict[str, Any]]
    """A cursor of the runtime's role, bound to the tenant. Reads use it; of the tools with
    effects only `transactional` ones may."""
    grant: Grant | None = None
    """None unless a human approved the call."""

    def on(self, cursor: AsyncCursor[dict[str, Any]], key: str = "") -> "ToolContext":
        """Return this context on a cursor."""
        return replace(self, cursor=cursor, key=key)


@dataclass(frozen=True, slots=True)
class ObservedFact:
    """A fact that a result shows."""

    key: str
    """`type:id/attribute`."""
    value: str
    statement: str = ""
    stale_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that a call itself brought from one version to the next."""

    row: str
    """As `Tool.versions` names it, e.g. "case:C-1042"."""
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call gives back."""

    content: Mapping[str, Any]
    """JSON-able; what the model is shown."""
    shown: tuple[EntityRef, ...] = ()
    """Things it lists, in the order in which people see them."""
    facts: tuple[ObservedFact, ...] = ()
    moved: tuple[Moved, ...] = ()
    """Rows that this call changed: no foreign change to the calls that were asked for with it."""


def kept(result: ToolResult) -> ToolResult:
    """Return a result whose content is small enough to be kept: of a longer one the beginning, as text."""
    text = canonical(dict(result.content)).decode()
    if len(text) <= CONTENT_CHARS:
        return result
    cut = f"Only the first {CONTENT_CHARS} of {len(text)} characters were kept."
    return replace(result, content={"cut": cut, "beginning": text[:CONTENT_CHARS]})


Run = Callable[[ToolContext, Any], Awaitable[ToolResult]]
"""Called with the context and the validated arguments model."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool and its declared nature."""

    name: str
    description: str
    arguments: type[BaseModel]
    """Its JSON schema is what the model is offered; extra fields must be forbidden."""
    effect: Effect
    idempotency: Idempotency
    run: Run
    versions: Callable[[ToolContext, Any], Awaitable[dict[str, str]]] | None = None
    """Versions of the rows that a decision relies on, e.g. {"case:C-1042": "7"}: read when
    approval is asked and again at execution; a difference stops the call."""
    status: Callable[[ToolContext, Any], Awaitable[CallStatus]] | None = None
    """Finds out whether the effect with this key took place."""
    describe: Callable[[Any], str] = field(default=lambda args: "")
    """One sentence for the person who approves."""
    approvers: Literal[1, 2] = 1
    """How many different people have to approve a call."""
    verifies: Callable[[Any], tuple[str, Mapping[str, Any]]] | None = None
    """The read, and its arguments, that verifies at its source what a call rests on: run before an
    approved call; what it shows is then system_verified, and without it the call does not run."""

    def __post_init__(self) -> None:
        """Refuse a tool that would swallow what it was not asked for.

        Raises:
            InvalidInput: Its arguments let further fields pass.
        """
        if self.arguments.model_config.get("extra") != "forbid":
            raise InvalidInput(
                f"The arguments of tool {self.name!r} let unknown fields pass.",
                hint='Give their model ConfigDict(extra="forbid").',
            )

    def schema(self) -> dict[str, Any]:
        """Return the tool in the form of the chat completions API."""
        parameters = _schema_of(self.arguments)
        return {
            "type": "function",
            "function": {"name": self.name, "description": self.description, "parameters": parameters},
        }


@cache
def _schema_of(arguments: type[BaseModel]) -> dict[str, Any]:
    return arguments.model_json_schema()


def args_hash(name: str, args: Mapping[str, Any]) -> str:
    """Return what an approval and an effect are bound to: a digest of exact arguments."""
    return sha256(canonical([name, dict(args)]))
