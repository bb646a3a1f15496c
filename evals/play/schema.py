"""A scenario: who says and does what on a thread of its own, and what is expected of each step."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from dossier.adapters.script import Call, CallTools, Cut, Empty, Fail, Garble, Give, Say
from dossier.adapters.script import Item as Played
from dossier.application import Scope
from dossier.context.alter import Alteration
from dossier.errors import InvalidSettings
from dossier.settings import variable
from evals.play.expecting import Expect
from evals.play.plain_settings import settings_of
from evals.play.strict import AsList, Strict, Text, Texts

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_DURATION = re.compile(rf"(\d+) ({'|'.join(_UNITS)})s?")
SETTINGS = ("package_budget", "summary_turns", "summary_tokens", "tool_loop_limit", "pending_message_policy")
CHANGEABLE = ("status", "assigned_to", "access", "title")
MORE_SETTINGS = (
    "max_message_chars",
    "turn_limit_recent",
    "documents_limit",
    "approval_ttl_seconds",
    "model_retries",
    "strategy",
)


class Answer(Strict):
    """One answer of a scripted model: exactly one of the first six fields."""

    says: str | None = None
    calls: Annotated[tuple[dict[str, Any], ...], AsList] | None = None
    """Tool calls in order, each {tool: arguments}; arguments given as text are sent as they are."""
    gives: Any = None
    """A JSON value, as a structured answer."""
    fails: int | None = Field(None, ge=400, le=599)
    """An HTTP status."""
    cuts: str | None = None
    """The connection drops after two words of this text."""
    garbles: str | None = None
    """Bytes that are no answer."""
    empty: bool = False
    text: str = ""
    """Said before the calls."""
    code: str = ""
    """Of a failure."""
    reasoning: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Answer":
        kinds = {"says", "calls", "gives", "fails", "cuts", "garbles", "empty"} & self.model_fields_set
        if len(kinds) != 1:
            raise ValueError("an answer has exactly one of says, calls, gives, fails, cuts, garbles, empty")
        if any(len(call) != 1 for call in self.calls or ()):
            raise ValueError("a call is {tool: arguments}")
        return self

    @property
    def played(self) -> Played:
        """Return the item that the scripted model plays."""
        if self.calls is not None:
            calls = (Call(name, args) for call in self.calls for name, args in call.items())
            return CallTools(calls=tuple(calls), text=self.text)
        if self.says is not None:
            return Say(text=self.says, reasoning=self.reasoning)
        if self.fails is not None:
            return Fail(status=self.fails, code=self.code)
        if self.cuts is not None:
            return Cut(text=self.cuts, after=2)
        if self.garbles is not None:
            return Garble(body=self.garbles)
        return Empty() if self.empty else Give(value=self.gives)


def _answer(value: Any) -> Any:
    return {"says": value} if isinstance(value, str) else value


Answers = Annotated[tuple[Annotated[Answer, BeforeValidator(_answer)], ...], AsList]


class Person(Strict):
    """Who acts, if it is none of the people that every scenario knows."""

    tenant: str = "northgate"
    roles: Texts = ()


class Failure(Strict):
    """A tool, or a source, that does not do its work."""

    returns: dict[str, Any] | None = None
    """What it gives instead of its own result."""
    fails: str | None = None
    """The code of a ToolError."""
    breaks: bool = False
    """It raises what nobody expects."""

    @model_validator(mode="after")
    def _one(self) -> "Failure":
        if [self.returns is not None, self.fails is not None, self.breaks].count(True) != 1:
            raise ValueError("a tool's fixture has exactly one of returns, fails, breaks")
        return self


class Leak(Strict):
    """A passage that an application offers though its scope may not be the user's."""

    id: str
    text: str
    tenant: str = "northgate"
    case: str
    assigned_to: str

    @property
    def scope(self) -> Scope:
        """Return whose data it is."""
        attributes = (("tenant", self.tenant), ("access", "assigned"), ("assigned_to", self.assigned_to))
        return Scope("Case", self.case, attributes)


class Step(Strict):
    """What every step can say."""

    note: str = ""
    """For the reader of the report."""
    expect: Expect = Expect()


class ModelStep(Step):
    """A step that may lead to model calls."""

    by: str = ""
    """Who; the scenario's user, or for decisions its approver, unless it says another."""
    model: Answers = ()
    """What the scripted model answers, in order."""
    kill_at: str = ""
    """The write point at which the process is killed; what was sent is then sent again."""


class Selected(Strict):
    """A thing selected in the interface."""

    type: str
    id: str


class WhatIf(Strict):
    """What is changed about the packages of a step; see `dossier receipt what-if`."""

    without: Texts = ()
    with_: Texts = Field((), alias="with")
    stale: Texts = ()
    budget: int | None = Field(None, ge=1)
    prompt: str | None = None
    strategy: str | None = None

    @property
    def alteration(self) -> Alteration:
        """Return it as the builder takes it."""
        items = (frozenset(self.without), frozenset(self.with_), frozenset(self.stale))
        return Alteration(*items, budget=self.budget, prompt=self.prompt, strategy=self.strategy)


class User(ModelStep):
    """A message."""

    user: Text
    id: str = ""
    """Of the message; one that was used already sends that message again."""
    select: tuple[Selected, ...] = ()
    metadata: dict[str, str] = Field(default_factory=dict)
    what_if: WhatIf | None = None
    """The turn is told with its package changed."""
    at_once: int = Field(1, ge=1, le=8)
    """So many copies are sent at the same time."""


Verdict = Literal["approve", "reject", "edit", "respond"]


class Decision(Strict):
    """What is decided about one call."""

    verdict: Verdict
    args: dict[str, Any] = Field(default_factory=dict)
    """Those to run with, of an edit."""
    message: str = ""

    @model_validator(mode="after")
    def _args(self) -> "Decision":
        if (self.verdict == "edit") != bool(self.args):
            raise ValueError("an edit names its args, and only an edit does")
        return self


def _decision(value: Any) -> Any:
    return {"verdict": value} if isinstance(value, str) else value


class Decide(ModelStep):
    """Decisions on what waits, by tool; one word for the only call that waits."""

    decide: Verdict | dict[str, Annotated[Decision, BeforeValidator(_decision)]]
    message: str = ""


def _duration(value: Any) -> Any:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time span is a number and a unit, such as '2 days' or '90 minutes'")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


class Clock(Step):
    """Time passes."""

    clock: Annotated[timedelta, BeforeValidator(_duration)]


def _changeable(value: str) -> str:
    if value not in CHANGEABLE:
        context = {"value": value, "known": CHANGEABLE}
        raise PydanticCustomError("unknown_word", "a case has no {value} to change", context)
    return value


class World(Step):
    """Somebody else changes cases, by id."""

    world: dict[str, dict[Annotated[str, AfterValidator(_changeable)], str]]


class Restart(Step):
    """The process ends and another one serves."""

    restart: Literal[True]


class Sends(Step):
    """Something that no proper client sends, as the graph's input or command."""

    by: str = ""
    sends: dict[str, Any]


def _numbered(value: str) -> str:
    try:
        value.format(n=1)
    except (LookupError, ValueError) as error:
        raise ValueError("in braces stands only {n}, the number of the turn; a brace itself is doubled") from error
    return value


class Filler(Step):
    """Turns that matter to nobody, so that the thread is long."""

    filler: int = Field(ge=1, le=400)
    says: Annotated[str, AfterValidator(_numbered)] = "Small talk, part {n}."
    reply: Annotated[str, AfterValidator(_numbered)] = "Noted, part {n}."


class Simulated(ModelStep):
    """A simulated user speaks until the goal is reached or the turns are used up."""

    simulated: str
    """A persona of evals/personas.yaml."""
    goal: str
    turns: int = Field(6, ge=1, le=30)


STEPS: Mapping[str, type[Step]] = {
    "user": User,
    "decide": Decide,
    "clock": Clock,
    "world": World,
    "restart": Restart,
    "sends": Sends,
    "filler": Filler,
    "simulated": Simulated,
}
"""By the field that a step begins with."""


def _kind(value: Any) -> str | None:
    if isinstance(value, Step):
        return next(name for name, kind in STEPS.items() if isinstance(value, kind))
    return next((name for name in STEPS if isinstance(value, Mapping) and name in value), None)


AnyStep = Annotated[
    Annotated[User, Tag("user")]
    | Annotated[Decide, Tag("decide")]
    | Annotated[Clock, Tag("clock")]
    | Annotated[World, Tag("world")]
    | Annotated[Restart, Tag("restart")]
    | Annotated[Sends, Tag("sends")]
    | Annotated[Filler, Tag("filler")]
    | Annotated[Simulated, Tag("simulated")],
    Discriminator(
        _kind,
        custom_error_type="no_step",
        custom_error_message=f"a step has one of {', '.join(STEPS)}",
    ),
]


def _settings(value: dict[str, Any]) -> dict[str, Any]:
    for name in value:
        if name not in (*SETTINGS, *MORE_SETTINGS):
            context = {"value": name, "known": [*SETTINGS, *MORE_SETTINGS]}
            raise PydanticCustomError("unknown_word", "there is no setting '{value}' for scenarios", context)
    try:
        settings_of(value)
    except InvalidSettings as error:
        raise ValueError(_own_names(error.message, value)) from error
    return value


def _own_names(told: str, settings: Iterable[str]) -> str:
    for name in settings:
        told = told.replace(variable(name), name)
    return told.removesuffix(".").replace("Input should be", "has to be")


class Staging(Strict):
    """What is not as the application has it."""

    tools: dict[str, Failure] = Field(default_factory=dict)
    """Fixtures and failures, by tool."""
    away: Annotated[tuple[Literal["documents", "task_state"], ...], AsList] = ()
    """Sources that do not answer."""
    leaks: tuple[Leak, ...] = ()


class Scenario(Staging):
    """One conversation on a thread of its own, in a world of its own."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9 ,'-]{2,80}$")
    """Lower case, unique, says what holds."""
    tags: Texts = ()
    guard: str
    """What keeps it right: with that switched off it must fail."""
    by: str = "o.brandt"
    approver: str = "s.okafor"
    people: dict[str, Person] = Field(default_factory=dict)
    settings: Annotated[dict[str, Any], AfterValidator(_settings)] = Field(default_factory=dict)
    steps: Annotated[tuple[AnyStep, ...], Field(min_length=1)]
    finally_: Expect = Field(Expect(), alias="finally")
    """What must hold at the end; events are those of the whole thread."""

    @property
    def is_scripted(self) -> bool:
        """Tell whether its model plays a script."""
        return any(isinstance(step, Filler) or (isinstance(step, ModelStep) and step.model) for step in self.steps)

    @model_validator(mode="after")
    def _something_is_expected(self) -> "Scenario":
        asked: Sequence[Expect] = [step.expect for step in self.steps]
        if not any(expect.model_fields_set for expect in (*asked, self.finally_)):
            raise ValueError("expects nothing, so it can't fail")
        return self
