"""What a race is, and how the world judges it: what was done outside, what callers were told, what the state says."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from evals.torture.actors import Actor
from evals.torture.player import Told
from evals.torture.stage import Runtime, Stage
from evals.torture.talk import message

Case = Callable[[Stage, random.Random], Awaitable[list[str]]]
"""Plays a case once on a new thread; returns what went wrong, nothing when all went right."""


@dataclass(frozen=True, slots=True)
class Race:
    """One case, and how often it is played."""

    name: str
    play: Case
    trials: int
    without: tuple[Runtime, ...] = ()
    """Runtimes at which it can't be played: they have no such thing."""
    alone: bool = False
    """It stops processes: nothing else may run in them meanwhile."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Of ours, in a pair of processes of its own."""

    def fits(self, runtime: Runtime) -> bool:
        """Tell whether it can be played: nothing stops langgraph dev, which is one process."""
        return runtime not in self.without and not (runtime == "dev" and self.alone)


def decision(kind: str, **more: Any) -> dict[str, Any]:
    """Return a decision in the form that public clients send."""
    return {"decisions": [{"type": kind, **more}]}


APPROVE, REJECT = decision("approve"), decision("reject")


def edited(text: str) -> dict[str, Any]:
    """Return an edit of what is told."""
    return decision("edit", edited_action={"name": "tell", "args": {"text": text}})


def accepted(told: Told) -> bool:
    """Tell whether a caller was not refused."""
    return "code" not in told


async def asked(actor: Actor, thread: str, number: int, *texts: str) -> dict[str, str]:
    """Send a message that makes calls wait; return interrupt ids by text."""
    told = await actor.do("say", thread, number, message(number, *texts))
    return {text: key for key, text in told.get("waits", {}).items()}


async def wrong_acts(at: Stage, thread: str, *expected: str) -> list[str]:
    """Return what was done outside, if it is not what should have been."""
    acts = await at.acts(thread)
    return [] if acts == sorted(expected) else [f"done outside: {acts}, not {sorted(expected)}"]


def differs(what: str, got: object, expected: object) -> list[str]:
    """Return a difference in words, if there is one."""
    return [] if got == expected else [f"{what}: {got!r}, not {expected!r}"]


async def replies(at: Stage, thread: str) -> list[str]:
    """Return what a thread was answered."""
    return [text for role, text in (await at.one.do("state", thread))["messages"] if role == "ai" and text]
