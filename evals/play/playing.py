"""Play one scenario at a place, step by step, and check each."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from dossier.errors import DossierError
from evals.play.checking import check
from evals.play.expecting import Expect
from evals.play.judging import Judge, judged
from evals.play.personas import Personas
from evals.play.place import Alters, MovesTime, Place, Restarts, Told
from evals.play.reading import Located
from evals.play.reporting import cases_of, played_step, state_of
from evals.play.results import Check, Played, PlayedStep
from evals.play.schema import Clock, Decide, Decision, Filler, Restart, Sends, Simulated, Step, User, World
from evals.play.seeing import Seen, look
from evals.play.standing import standing_checks
from state.events import HumanApprovalRequested
from state.principal import Principal

T = TypeVar("T")
_NOBODY = Told()


@dataclass(frozen=True, slots=True)
class Means:
    """What playing needs besides a place."""

    personas: Personas
    judge: Judge | None = None


@dataclass
class _Play:
    located: Located
    place: Place
    means: Means
    thread: str = ""
    start: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    seq: int = 0
    requests: int = 0
    messages: int = 0
    talk: list[tuple[str, str]] = field(default_factory=list)

    async def play(self) -> Played:
        scenario, began = self.located.scenario, time.perf_counter()
        played = _blank(self.located)
        try:
            await self.place.records.begin()
            self.start = await self.place.records.cases()
            self.before = cases_of(self.start)
            self.thread = await self.place.new_thread(self.place.person(scenario.by))
            for number, step in enumerate(scenario.steps, start=1):
                done = await self._step(number, step)
                played = replace(played, steps=(*played.steps, done))
                if any(one.verdict == "not_applicable" for one in done.checks):
                    break
            else:
                played = replace(played, at_the_end=tuple(await self._at_the_end()))
        except Exception as error:  # a scenario that can't be played fails, and the others go on
            played = replace(played, broken=_told(error))
        return replace(played, thread=self.thread, seconds=round(time.perf_counter() - began, 3))

    async def _step(self, number: int, step: Step) -> PlayedStep:
        if lacking := self.place.lacks(self.located.scenario, step):
            kept = Check("can be done here", "not_applicable", lacking)
            return PlayedStep(number, _kind(step), self._who(step).user, _said(step), checks=(kept,))
        began = time.perf_counter()
        told = await self._done(step)
        ms = (time.perf_counter() - began) * 1000
        seen = await self._look(told, step.expect, after=self.seq)
        if told.reply is not None:
            self.talk += [("user", _said(step)), ("assistant", told.reply)]
        checks = [*check(step.expect, seen, self.start), *await judged(self.means.judge, step.expect, self.talk)]
        shown = played_step(number, _kind(step), self._who(step).user, _said(step), step.note, told, seen, self.before)
        self.seq = seen.events[-1].seq if seen.events else self.seq
        self.requests, self.before = len(self.place.requests), state_of(seen)
        return replace(shown, checks=tuple(checks), ms=round(ms, 1))

    async def _at_the_end(self) -> list[Check]:
        expect = self.located.scenario.finally_
        seen = await self._look(_NOBODY, expect, after=0)
        checks = [] if expect == Expect() else check(expect, seen, self.start)
        return [*checks, *await standing_checks(self.place, self.thread, seen)]

    async def _look(self, told: Told, expect: Expect, *, after: int) -> Seen:
        requests = self.requests if after else 0
        return await look(self.place, self.thread, told, after=after, requests=requests, tools=list(expect.effects))

    async def _done(self, step: Step) -> Told:
        match step:
            case User():
                return await self._says(step)
            case Decide():
                return await self._decides(step)
            case Sends():
                command = step.sends.get("command")
                send = self.place.say if command is None else self.place.resume
                return await send(self._who(step), self.thread, command or step.sends)
            case Filler():
                return await self._fills(step)
            case Simulated():
                return await self._simulated(step)
            case Clock():
                assert isinstance(self.place, MovesTime), "what a place lacks is asked before a step is done"
                await self.place.advance(step.clock)
            case World():
                await self.place.change(step.world)
            case Restart():
                assert isinstance(self.place, Restarts), "what a place lacks is asked before a step is done"
                await self.place.restart()
            case _:
                raise AssertionError(f"unknown step {step!r}")
        return _NOBODY

    async def _says(self, step: User) -> Told:
        given = self._message(step.user, step.id, _extras(step))
        if step.kill_at:
            await self.place.killed(self._who(step), self.thread, step.kill_at, {"input": given})
        if step.what_if:
            assert isinstance(self.place, Alters), "what a place lacks is asked before a step is done"
            return await self.place.say_altered(self._who(step), self.thread, given, step.what_if.alteration)
        sent = (self.place.say(self._who(step), self.thread, given) for _ in range(step.at_once))
        told = await asyncio.gather(*sent)
        # Of several copies some are told to come again; what counts is what the others were told.
        return next((one for one in told if one.error != "thread_busy"), told[0])

    async def _decides(self, step: Decide) -> Told:
        resume = await self._answers(step)
        if step.kill_at:
            await self.place.killed(self._who(step), self.thread, step.kill_at, {"resume": resume})
        return await self.place.resume(self._who(step), self.thread, {"resume": resume})

    async def _answers(self, step: Decide) -> dict[str, Any]:
        """Return the decisions by the id of the approval that was asked for last for each tool."""
        asked = [event.body for event in await self.place.records.events(self.thread)]
        ids = {body.name: body.approval_id for body in asked if isinstance(body, HumanApprovalRequested)}
        if not isinstance(step.decide, dict):
            name = next(reversed(ids), "")
            decisions = {name: Decision(verdict=step.decide, message=step.message)}
        else:
            decisions = step.decide
        if missing := [name for name in decisions if name not in ids]:
            raise LookupError(f"nothing was asked about {missing[0] or 'anything'}: no call waits or waited")
        return {ids[name]: {"decisions": [_wire(name, decision)]} for name, decision in decisions.items()}

    async def _fills(self, step: Filler) -> Told:
        told = _NOBODY
        for number in range(1, step.filler + 1):
            given = self._message(step.says.format(n=number), "", {})
            told = await self.place.say(self._who(step), self.thread, given)
            if told.error:
                return told
        return told

    async def _simulated(self, step: Simulated) -> Told:
        """Let a persona speak until it has what it wants, or has used up its turns."""
        user = self.means.personas.user(step.simulated, step.goal)
        told, text = _NOBODY, await user.opens()
        for _ in range(step.turns):
            told = await self.place.say(self._who(step), self.thread, self._message(text, "", {}))
            if told.reply is None:
                return told
            self.talk += [("user", text), ("assistant", told.reply)]
            answer = await user.answers(told.reply)
            if answer is None:
                return told
            text = answer
        return Told(error="goal_not_reached", detail=f"{step.simulated} was not satisfied in {step.turns} turns")

    def _message(self, text: str, id: str, extras: Mapping[str, Any]) -> dict[str, Any]:
        self.messages += 1
        more = {"additional_kwargs": dict(extras)} if extras else {}
        return {"messages": [{"role": "user", "content": text, "id": id or f"m{self.messages}", **more}]}

    def _who(self, step: Step) -> Principal:
        usual = self.located.scenario.approver if isinstance(step, Decide) else self.located.scenario.by
        return self.place.person(getattr(step, "by", "") or usual)


async def play(located: Located, place: Place, means: Means) -> Played:
    """Play a scenario at a place that is open, and return what it came to."""
    return await _Play(located, place, means).play()


def broken(located: Located, error: Exception) -> Played:
    """Return what a scenario came to whose place could not be opened."""
    return replace(_blank(located), broken=_told(error))


def not_applicable(located: Located, why: str) -> Played:
    """Return what a scenario came to that can't be played as it is asked for."""
    return replace(_blank(located), at_the_end=(Check("can be played", "not_applicable", why),))


def _blank(located: Located) -> Played:
    scenario = located.scenario
    return Played(scenario.name, located.source.file, located.line("name"), scenario.tags, scenario.guard)


def _told(error: Exception) -> str:
    if isinstance(error, DossierError):
        return f"{error.code}: {error.message}"
    return f"{type(error).__name__}: {error}"


def _kind(step: Step) -> str:
    return type(step).__name__.lower()


def _said(step: Step) -> str:
    match step:
        case User():
            return step.user
        case Decide():
            verdicts = step.decide if isinstance(step.decide, dict) else {"": step.decide}
            parts = [f"{getattr(v, 'verdict', v)} {name}".strip() for name, v in verdicts.items()]
            return ", ".join(parts) + (f": {step.message}" if step.message else "")
        case Clock():
            return f"{step.clock} pass"
        case World():
            return "; ".join(f"{case}: {values}" for case, values in step.world.items())
        case Filler():
            return f"{step.filler} turns like “{step.says.format(n=1)}”"
        case Simulated():
            return f"{step.simulated}: {step.goal}"
        case Sends():
            return str(step.sends)
        case _:
            return "the process ends and another serves"


def _extras(step: User) -> dict[str, Any]:
    given: Sequence[tuple[str, Any]] = [
        ("selection", [one.model_dump() for one in step.select]),
        ("metadata", step.metadata),
    ]
    return {name: value for name, value in given if value}


def _wire(tool: str, decision: Decision) -> dict[str, Any]:
    wire: dict[str, Any] = {"type": decision.verdict}
    if decision.args:
        wire["edited_action"] = {"name": tool, "args": decision.args}
    return {**wire, "message": decision.message} if decision.message else wire
