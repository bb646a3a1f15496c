"""A place in this process: the gated graph over a database of the scenario's own."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from langgraph.types import Command

from dossier.adapters.model import Retry
from dossier.adapters.scripted_model import ScriptedModel
from dossier.context.alter import Alteration
from dossier.errors import DossierError
from dossier.services import Services, open_services, utc_now
from evals.play import people
from evals.play.guards import Guard
from evals.play.killing import job_of, kill_at
from evals.play.models import Hub, script
from evals.play.owning import as_owner, change_cases, expire_lease
from evals.play.place import Told
from evals.play.plain_settings import settings_of
from evals.play.records import Records
from evals.play.schema import Scenario, Step
from evals.play.staged import Staged, always
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from graphs.served import demonstration
from state.principal import Principal

SECRET = "5f" * 32
SHORT_LEASE = {"lease_seconds": 3, "heartbeat_seconds": 1, "pool_size": 4}
_AGE = "UPDATE dossier.approvals SET expires_at = expires_at - %s WHERE status = 'pending'"


class Desk:
    """See `evals.play.place.Place`, whose methods these are."""

    def __init__(self, scenario: Scenario, url: str, guard: Guard, hub: Hub, settings: Mapping[str, Any]) -> None:
        self._scenario, self._url, self._guard, self._hub = scenario, url, guard, hub
        self._given = {"database_url": url, "secret": SECRET, **SHORT_LEASE, **settings, **scenario.settings}
        self.model = ScriptedModel(script(scenario)) if scenario.is_scripted else None
        self._offset = timedelta()
        self._stack = AsyncExitStack()

    @property
    def requests(self) -> list[dict[str, Any]]:
        return self.model.requests if self.model else []

    async def open(self) -> None:
        """Open the services, as a process does that starts."""
        guard, model_app = self._guard, self.model and self._guard.model(self.model)
        app = guard.app(Staged(demonstration.application(), always(self._scenario)))
        opening = open_services(settings_of(self._given), app, model_app=model_app, now=self._now)
        opened = await self._stack.enter_async_context(opening)
        self._services: Services = guard.services(_impatient(opened))
        self._graph: GatedGraph = turn_graph(self._services)
        self.records = Records(opened, self.person(self._scenario.by).tenant)

    async def close(self) -> None:
        """Close the services, as a process does that ends."""
        await self._stack.aclose()

    def lacks(self, scenario: Scenario, step: Step) -> str:
        return ""

    def person(self, name: str) -> Principal:
        return people.person(self._scenario, name)

    async def new_thread(self, who: Principal) -> str:
        return str(uuid.uuid4())

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, dict(given))

    async def say_altered(self, who: Principal, thread: str, given: Mapping[str, Any], alteration: Alteration) -> Told:
        return await self._run(who, thread, dict(given), turn_graph(self._services, alteration=alteration))

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, Command(**command))

    async def _run(self, who: Principal, thread: str, given: Any, graph: GatedGraph | None = None) -> Told:
        try:
            result = await (graph or self._graph).acting_as(who).ainvoke(given, _on(thread))
        except DossierError as error:
            return Told(error=error.code, detail=error.message)
        except Exception as error:  # what is no refusal fails the step, and the report shows it
            return Told(error=type(error).__name__, detail=str(error))
        return Told() if "__interrupt__" in result else Told(reply=str(result["messages"][-1]["content"]))

    async def session(self, thread: str) -> dict[str, Any] | None:
        principal = self.person(self._scenario.by)
        return (await self._graph.acting_as(principal).aget_state(_on(thread))).values.get("session")

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def advance(self, span: timedelta) -> None:
        self._offset += span
        await asyncio.to_thread(as_owner, self._url, _AGE, [span])

    async def change(self, cases: Mapping[str, Mapping[str, str]]) -> None:
        await asyncio.to_thread(change_cases, self._url, self.person(self._scenario.by).tenant, cases)

    async def killed(self, who: Principal, thread: str, point: str, job: Mapping[str, Any]) -> None:
        model = await self._hub.settings(self.model) if self.model else {}
        told = job_of(self._scenario, self._guard, who, thread, {**self._given, **model})
        await kill_at(point, {**job, **told, "seconds": self._offset.total_seconds()})
        await asyncio.to_thread(expire_lease, self._url, thread, who.tenant)

    def _now(self) -> datetime:
        return utc_now() + self._offset


def _impatient(services: Services) -> Services:
    """Return services that try a failed model call again at once."""

    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0)

    return replace(services, retry=Retry(retries=services.settings.model_retries, sleep=at_once))


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


@asynccontextmanager
async def desk(
    scenario: Scenario, url: str, guard: Guard, hub: Hub, settings: Mapping[str, Any]
) -> AsyncIterator[Desk]:
    """Open a desk for one scenario on a database of its own."""
    made = Desk(scenario, url, guard, hub, settings)
    await made.open()
    try:
        yield made
    finally:
        await made.close()
