"""Simulated users: personas that follow rules, and personas that a model plays where one is set."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Protocol

import yaml
from pydantic import Field

from dossier.errors import NotFound
from evals.play.strict import Strict

_PART = (
    "You play a user of an assistant for case officers. You are: {about} You want: {goal} Say the next thing that this "
    "person would say, and nothing else. Say DONE when you have what you want."
)


class Rule(Strict):
    """What a persona says to a reply."""

    when: str
    """A regular expression that the reply must contain."""
    says: str | None = None
    """None: it has what it wants."""


class Persona(Strict):
    """A user with a manner of their own."""

    about: str
    opens: str
    """What it says first; {goal} stands for what it wants."""
    rules: tuple[Rule, ...] = ()
    otherwise: str = Field("{goal}")
    """What it says when no rule fits."""


class Completes(Protocol):
    """A model that goes on with a talk."""

    async def complete(self, talk: Sequence[tuple[str, str]]) -> str:
        """Return the next message."""
        ...


class SimulatedUser(Protocol):
    """Somebody who wants something of the assistant."""

    async def opens(self) -> str:
        """Return the first message."""
        ...

    async def answers(self, reply: str) -> str | None:
        """Return what is said to a reply; None when there is nothing more to want."""
        ...


class ScriptedUser:
    """Follows the rules of a persona: each rule once, in order."""

    def __init__(self, persona: Persona, goal: str) -> None:
        self._persona, self._goal = persona, goal
        self._rules = list(persona.rules)

    async def opens(self) -> str:
        """See `SimulatedUser`."""
        return self._persona.opens.format(goal=self._goal)

    async def answers(self, reply: str) -> str | None:
        """See `SimulatedUser`."""
        for number, rule in enumerate(self._rules):
            if re.search(rule.when.format(goal=re.escape(self._goal)), reply, re.I | re.S):
                del self._rules[number]
                return None if rule.says is None else rule.says.format(goal=self._goal)
        return self._persona.otherwise.format(goal=self._goal)


class PlayedUser:
    """A persona that a model plays."""

    def __init__(self, persona: Persona, goal: str, model: Completes) -> None:
        self._part = _PART.format(about=persona.about, goal=goal)
        self._model = model
        self._talk: list[tuple[str, str]] = []

    async def opens(self) -> str:
        """See `SimulatedUser`."""
        return await self._next() or "Good morning."

    async def answers(self, reply: str) -> str | None:
        """See `SimulatedUser`."""
        self._talk.append(("user", reply))
        return await self._next()

    async def _next(self) -> str | None:
        said = (await self._model.complete([("system", self._part), *self._talk])).strip()
        self._talk.append(("assistant", said))
        return None if said.upper().startswith("DONE") else said


class Personas:
    """The personas by name, and the model that plays them, if one is set."""

    def __init__(self, known: Mapping[str, Persona], model: Completes | None = None) -> None:
        self.known, self._model = known, model

    def user(self, name: str, goal: str) -> SimulatedUser:
        """Return somebody to talk with.

        Raises:
            NotFound: There is no such persona.
        """
        if name not in self.known:
            raise NotFound(f"There is no persona {name!r}.", hint=f"Known: {', '.join(self.known)}.")
        persona = self.known[name]
        return PlayedUser(persona, goal, self._model) if self._model else ScriptedUser(persona, goal)


def personas(model: Completes | None = None) -> Personas:
    """Read evals/personas.yaml."""
    told = yaml.safe_load(files("evals").joinpath("personas.yaml").read_text("utf-8"))
    return Personas({name: Persona.model_validate(one) for name, one in told.items()}, model)
