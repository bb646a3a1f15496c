"""A place behind a URL: a server, spoken to as its clients do, and the same database to look at.

A client can't see events, packages or the case store, so these are read from the server's database, which the
settings of this process must name (by default the embedded one of the working folder, as `make dev` has it). There a
case is changed as somebody else would change it, and another process, which is this runner's, is killed in a turn.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters import offline_model
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import NotFound, NotPermitted
from dossier.services import Services
from evals.play import people
from evals.play.doors import Door
from evals.play.guards import all_guards
from evals.play.killing import job_of, kill_at
from evals.play.models import Hub, script
from evals.play.owning import change_cases, expire_lease
from evals.play.place import Told
from evals.play.records import Records
from evals.play.schema import Clock, Decide, Restart, Scenario, Step
from evals.play.serving import OwnServer
from state.principal import Principal


@dataclass(frozen=True, slots=True)
class Served:
    """A server, and how to get at what is behind it."""

    door: Door
    services: Services
    """On the server's database; they serve nothing."""
    owner_url: str
    """Of the same database, for its owner."""
    settings: Mapping[str, Any]
    """With which another process works on that database."""
    hub: Hub | None
    """Serves the server's model; None when the server has one of its own."""
    own: OwnServer | None = None


class ByUrl:
    """See `evals.play.place.Place`, whose methods these are."""

    def __init__(self, scenario: Scenario, served: Served) -> None:
        self._scenario, self._served = scenario, served
        self.model = ScriptedModel(script(scenario)) if scenario.is_scripted else None
        if served.hub is not None:
            served.hub.current = self.model or offline_model.app
        self.records = Records(served.services, self.person(scenario.by).tenant)

    @property
    def requests(self) -> Sequence[Mapping[str, Any]]:
        return self.model.requests if self.model else []

    def lacks(self, scenario: Scenario, step: Step) -> str:
        if isinstance(step, Clock):
            return "nobody can move a server's clock"
        if getattr(step, "what_if", None):
            return "a client can't change a package of a turn of its own"
        if self._served.own is None and (why := _lacks_elsewhere(scenario, step)):
            return why
        return self._served.door.lacks(step)

    def person(self, name: str) -> Principal:
        return people.person(self._scenario, name)

    async def new_thread(self, who: Principal) -> str:
        return await self._served.door.new_thread(who)

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        return await self._served.door.say(who, thread, given)

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        """Return what came of it; who may not see a thread is told by a server that nothing is there."""
        told = await self._served.door.resume(who, thread, command)
        if told.error == NotFound.code and await self._is_anothers(who, thread):
            return Told(error=NotPermitted.code, detail=told.detail)
        return told

    async def _is_anothers(self, who: Principal, thread: str) -> bool:
        try:
            row = await self._served.services.log.thread(who.tenant, thread)
        except NotFound:
            return False
        return row.user != who.user

    async def session(self, thread: str) -> dict[str, Any] | None:
        return await self._served.door.session(self.person(self._scenario.by), thread)

    async def change(self, cases: Mapping[str, Mapping[str, str]]) -> None:
        tenant = self.person(self._scenario.by).tenant
        await asyncio.to_thread(change_cases, self._served.owner_url, tenant, cases)

    async def killed(self, who: Principal, thread: str, point: str, job: Mapping[str, Any]) -> None:
        """See `Place`; the server then finds what a process left that is gone."""
        hub, guard = self._served.hub, all_guards()[self._scenario.guard]
        model = await hub.settings(self.model or offline_model.app) if hub else {}
        settings = {**self._served.settings, **model}
        await kill_at(point, {**job, **job_of(self._scenario, guard, who, thread, settings)})
        await asyncio.to_thread(expire_lease, self._served.owner_url, thread, who.tenant)


class AtOwnServer(ByUrl):
    """A place whose server the runner started, and can start again."""

    async def restart(self) -> None:
        """See `evals.play.place.Restarts`."""
        assert self._served.own is not None
        await self._served.own.restart()


def _lacks_elsewhere(scenario: Scenario, step: Step) -> str:
    if isinstance(step, Restart):
        return "the server's process is not the runner's: --start starts one that is"
    usual = scenario.approver if isinstance(step, Decide) else scenario.by
    who = getattr(step, "by", "") or usual
    return "" if who in people.sign_ins() else f"{who} can't sign in there: --start starts a server where all can"


def lacks_here(scenario: Scenario, *, scripts: bool) -> str:
    """Return why a scenario can't be played at a server that is already there; nothing if it can."""
    if scenario.by not in people.sign_ins():
        return f"{scenario.by} can't sign in there: --start starts a server where all can"
    if scenario.settings:
        return f"the server has settings of its own, not {', '.join(scenario.settings)}: --start sets them"
    if scenario.tools or scenario.away or scenario.leaks:
        return "the server's tools and sources are its own: --start stages them"
    if scenario.is_scripted and not scripts:
        return "it plays a script: give --model-port, and start the server with the variables that the command names"
    return ""
