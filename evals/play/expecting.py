"""What a step may be expected to bring about: the schema of `expect`."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dossier.context.items import ItemKind, TrustLevel
from dossier.errors import DossierError
from dossier.summaries.due import DueReason
from evals.play.paths import refuse_strange_path
from evals.play.strict import AsList, Strict, Telling, Texts
from state.events import BODY_TYPES, TurnOutcome
from state.facts import TrustLevel as FactTrust
from state.session import Session

EventType = Annotated[str, AfterValidator(lambda value: _one_of("event", value, BODY_TYPES))]
Times = Annotated[int, Field(ge=0)]
ErrorCode = Annotated[str, AfterValidator(lambda value: _code(value))]


def _one_of(what: str, value: str, known: Iterable[str]) -> str:
    if value not in known:
        context = {"what": what, "value": value, "known": sorted(known)}
        raise PydanticCustomError("unknown_word", "there is no {what} '{value}'", context)
    return value


def _codes(kind: type[DossierError]) -> set[str]:
    return {kind.code, *(code for one in kind.__subclasses__() for code in _codes(one))}


def _code(value: str) -> str:
    """Refuse a code that no refusal has; what is no refusal of ours is named by its type, such as RuntimeError."""
    return value if value[:1].isupper() else _one_of("refusal", value, _codes(DossierError))


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return value


def _path(value: str) -> str:
    refuse_strange_path("field of the session", Session, value)
    return value


class Reply(Telling):
    """The reply that the user sees."""

    contains: Texts = ()
    lacks: Texts = ()
    matches: Annotated[str, AfterValidator(_pattern)] | None = None
    equals: str | None = None

    @model_validator(mode="after")
    def _possible(self) -> "Reply":
        both = [(text, no) for text in self.contains for no in self.lacks if no.lower() in text.lower()]
        if both:
            raise ValueError("can't both contain {!r} and lack {!r}".format(*both[0]))
        return self


class Asks(Strict):
    """A question back, instead of an answer."""

    phrase: str | None = None
    options: tuple[str, ...] | None = None
    """Ids, in the order in which they are offered."""


class Event(Strict):
    """An event; its fields are compared with those given, nested ones by dots."""

    type: EventType
    where: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _paths(self) -> "Event":
        for path in self.where:
            refuse_strange_path(f"field of {self.type}", BODY_TYPES[self.type], path)
        return self


def _event(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


AnEvent = Annotated[Event, BeforeValidator(_event)]


class Events(Telling):
    """Events of this step."""

    has: Annotated[tuple[AnEvent, ...], AsList] = ()
    lacks: Annotated[tuple[AnEvent, ...], AsList] = ()
    count: dict[EventType, Times] = Field(default_factory=dict)
    order: tuple[EventType, ...] = ()
    """These come in this order, others between them."""

    @model_validator(mode="after")
    def _possible(self) -> "Events":
        gone = {one.type for one in self.lacks if not one.where}
        both = gone & {*(one.type for one in self.has), *self.order, *(k for k, n in self.count.items() if n)}
        if both:
            raise ValueError(f"can't both have and lack {min(both)!r}")
        return self


class Item(Telling):
    """An item of a package: all that is given must fit."""

    id: str | None = None
    """With * for any characters."""
    kind: ItemKind | None = None
    contains: Texts = ()
    trust: TrustLevel | None = None
    critical: bool | None = None
    stale: bool | None = None


def _item(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kinds = get_args(ItemKind)
    is_kind = value in kinds or (value.replace("_", "").isalpha() and get_close_matches(value, kinds, n=1, cutoff=0.8))
    return {"kind": value} if is_kind else {"id": value}


AnItem = Annotated[Item, BeforeValidator(_item)]
"""A kind, an id with *, or the fields of `Item`."""


class Excluded(Strict):
    """An item that was left out, and why."""

    id: str | None = None
    kind: ItemKind | None = None
    reason: Literal["budget", "limit", "stale", "duplicate", "superseded", "rejected"]


class Tokens(Strict):
    """Tokens of the package."""

    max: int | None = Field(None, gt=0)
    min: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _possible(self) -> "Tokens":
        if self.max is not None and self.min is not None and self.min > self.max:
            raise ValueError(f"can't be at least {self.min} and at most {self.max}")
        return self


def _tokens(value: Any) -> Any:
    return {"max": value} if isinstance(value, int) else value


class Package(Telling):
    """What the model was shown in this step; of several calls the last, unless `call` says another."""

    call: int = -1
    """Which model call of the step, from 0; -1 is the last."""
    includes: Annotated[tuple[AnItem, ...], AsList] = ()
    lacks: Annotated[tuple[AnItem, ...], AsList] = ()
    excludes: Annotated[tuple[Excluded, ...], AsList] = ()
    order: tuple[AnItem, ...] = ()
    tokens: Annotated[Tokens, BeforeValidator(_tokens)] | None = None
    mentions: Texts = ()
    """Words that stand somewhere in the messages sent."""
    never: Texts = ()
    """Words that stand nowhere in the messages sent."""
    same_head: bool = False
    """All packages begin with the same bytes, as a provider's prompt cache wants it."""

    @model_validator(mode="after")
    def _possible(self) -> "Package":
        if both := set(self.mentions) & set(self.never):
            raise ValueError(f"can't both mention and never mention {min(both)!r}")
        if both := [item for item in self.includes if item in self.lacks]:
            raise ValueError(f"can't both include and lack {both[0].id or both[0].kind}")
        return self


class Fact(Strict):
    """What is held of a key."""

    value: str
    trust: FactTrust | None = None


def _fact(value: Any) -> Any:
    return value if value is None or isinstance(value, dict) else {"value": value}


class Summary(Telling):
    """The newest summary of the thread."""

    refreshed: bool | None = None
    """Whether this step made it."""
    reason: DueReason | None = None
    contains: Texts = ()
    lacks: Texts = ()


def _reply(value: Any) -> Any:
    return {"contains": value} if isinstance(value, (str, list)) else value


def _asks(value: Any) -> Any:
    return {"phrase": value} if isinstance(value, str) else value


class Expect(Strict):
    """What must hold after a step."""

    reply: Annotated[Reply, BeforeValidator(_reply)] | None = None
    error: ErrorCode | None = None
    """The code with which the step is refused."""
    waits: Annotated[tuple[str, ...], AsList] | None = None
    """Tools whose calls wait for a human; an empty list for none."""
    asks: Annotated[Asks, BeforeValidator(_asks)] | None = None
    resolved: dict[str, Texts] = Field(default_factory=dict)
    """Ids by phrase."""
    outcome: TurnOutcome | None = None
    snapshot: dict[Annotated[str, AfterValidator(_path)], Any] = Field(default_factory=dict)
    """Values of the session by dotted path."""
    facts: dict[str, Annotated[Fact, BeforeValidator(_fact)] | None] = Field(default_factory=dict)
    """By key; null: nothing is held of it."""
    rejected: tuple[str, ...] | None = None
    """All that must not be assumed, as `key = value`."""
    decisions: tuple[str, ...] | None = None
    """All decisions that hold."""
    summary: Summary | None = None
    events: Events | None = None
    package: Package | None = None
    effects: dict[str, Times] = Field(default_factory=dict)
    """How often each tool took effect in this thread, so far."""
    status: dict[str, str] = Field(default_factory=dict)
    """Of cases, in the case store."""
    unchanged: Annotated[tuple[str, ...], AsList] = ()
    """Cases that stand as they did when the scenario began."""
    model_calls: Times | None = None
    """Requests that the model got in this step."""
    assistant_should: Texts = ()
    """Prose for a judge; without one it is not judged."""

    @model_validator(mode="after")
    def _possible(self) -> "Expect":
        if self.error is not None and (self.reply or self.asks):
            raise ValueError("a step that is refused has no reply and asks nothing")
        if self.waits and self.reply and self.reply.equals:
            raise ValueError("a step that waits has no reply yet")
        if both := set(self.status) & set(self.unchanged):
            raise ValueError(f"says twice how case {min(both)} stands")
        if self.model_calls == 0 and self.package is not None:
            raise ValueError("a step without a model call has no package")
        return self
