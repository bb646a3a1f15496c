"""Checks that an application hangs before and after the model, and around its tools.

A guard looks at what is about to go out or has come back, and may refuse it or put a note beside it; both are on
record. One that breaks, gives nonsense or takes too long refuses: what was to be checked is not let through unchecked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.cleaning import clean
from state.call_events import GuardPoint, GuardRuled
from state.events import CallRef, Effect, ToolRequest
from state.principal import Principal

SECONDS = 10.0
"""How long one guard may take."""
_TEXT_LIMIT = 500


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What is about to be sent to the model (`before_model`): the stored package as it is rendered."""

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[str]
    """Names of the tools that it is offered."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What the model said (`after_model`), before anybody is shown it or anything is done."""

    text: str
    calls: tuple[ToolRequest, ...]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A permitted, and where necessary approved, call that is about to run (`before_tool`)."""

    name: str
    args: Mapping[str, Any]
    effect: Effect
    approved_by: str | None


@dataclass(frozen=True, slots=True)
class ToolReturn:
    """What a call gave back (`after_tool`), before the model is shown it or a fact is kept."""

    name: str
    args: Mapping[str, Any]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refuse:
    """It must not go on. The reason is shown to the user, or for a tool to the model."""

    reason: str


@dataclass(frozen=True, slots=True)
class Annotate:
    """It goes on, with a note on record."""

    note: str


Subject = ModelRequest | ModelReply | ToolCall | ToolReturn
Ruling = Refuse | Annotate | None


@dataclass(frozen=True, slots=True)
class Guard:
    """One check at one point."""

    name: str
    """What the record calls it."""
    point: GuardPoint
    check: Callable[[Any, Principal], Awaitable[Ruling]]
    """Given what the point passes (see the subjects above) and for whom the turn acts. It may be asked again after a
    crash, so it must change nothing."""


def guards_at(guards: Sequence[Guard], point: GuardPoint) -> list[Guard]:
    """Return the guards of one point, in their order."""
    return [guard for guard in guards if guard.point == point]


async def consult(
    guards: Sequence[Guard], point: GuardPoint, subject: Subject, who: Principal, call: CallRef
) -> list[GuardRuled]:
    """Ask the guards of a point one after the other, up to the first that refuses.

    Args:
        guards: All that the application has.
        point: Where the turn stands.
        subject: What is looked at.
        who: For whom the turn acts.
        call: Which model call of the turn, and which of its tool calls (0 for the model call itself).
    """
    ruled: list[GuardRuled] = []
    for guard in guards_at(guards, point):
        one = await _ruled(guard, subject, who, call)
        ruled += [one] if one else []
        if one and one.ruling == "refused":
            break
    return ruled


def refusal(ruled: Sequence[object], *points: GuardPoint) -> GuardRuled | None:
    """Return the first refusal among events, at one of the points."""
    found = (one for one in ruled if isinstance(one, GuardRuled) and one.ruling == "refused" and one.point in points)
    return next(found, None)


async def _ruled(guard: Guard, subject: Subject, who: Principal, call: CallRef) -> GuardRuled | None:
    about = {"guard": guard.name, "point": guard.point, "call": call}
    match await _asked(guard, subject, who):
        case None:
            return None
        case Refuse(reason):
            return GuardRuled(**about, ruling="refused", text=clean(reason)[:_TEXT_LIMIT])
        case Annotate(note):
            return GuardRuled(**about, ruling="annotated", text=clean(note)[:_TEXT_LIMIT])
        case str(broken):
            said = f"The check {guard.name!r} broke, so nothing went on."
            return GuardRuled(**about, ruling="refused", text=said, broken=clean(broken)[:_TEXT_LIMIT])


async def _asked(guard: Guard, subject: Subject, who: Principal) -> Ruling | str:
    """Return the ruling, or how the guard broke."""
    try:
        async with asyncio.timeout(SECONDS):
            ruling = await guard.check(subject, who)
    except Exception as error:  # whatever a guard raises, it has not let anything through
        return f"{type(error).__name__}: {error}"
    if ruling is None or isinstance(ruling, Refuse | Annotate):
        return ruling
    return f"It gave {type(ruling).__name__}, which is no ruling."
