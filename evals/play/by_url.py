"""A place behind a URL: a LangGraph server, spoken to by the official SDK, and the same database to look at.

A client can't see events, packages or the case store, so these are read from the server's database, which the
settings of this process must name (by default the embedded one of the working folder, as `make dev` has it).
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from rich.console import Console

from dossier.adapters import offline_model
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import Unavailable
from dossier.services import Services, connections, open_services
from dossier.settings import Settings
from evals.bench.show import progress
from evals.play import people
from evals.play.fixtures import fixtures, refuse_missing
from evals.play.guards import all_guards
from evals.play.models import ENDPOINT, Hub, hub, script
from evals.play.place import Place, Told
from evals.play.playing import Means, not_applicable
from evals.play.reading import Located
from evals.play.records import Records
from evals.play.results import Played
from evals.play.running import Plan, play_all
from evals.play.schema import Clock, Decide, Restart, Scenario, Step, World
from graphs.served import demonstration
from state.principal import Principal

GRAPH = "turn"
_NOT_HERE = {
    Clock: "a client can't move the server's clock",
    World: "a client can't change the case store",
    Restart: "a client can't restart the server",
}


class ByUrl:
    """See `evals.play.place.Place`, whose methods these are."""

    def __init__(self, scenario: Scenario, url: str, services: Services, model: ScriptedModel | None) -> None:
        self._scenario = scenario
        self._url = url
        self._clients: dict[str, LangGraphClient] = {}
        self.model = model
        self.records = Records(services, self.person(scenario.by).tenant)

    @property
    def requests(self) -> Sequence[Mapping[str, Any]]:
        return self.model.requests if self.model else []

    def lacks(self, scenario: Scenario, step: Step) -> str:
        if kind := next((why for kind, why in _NOT_HERE.items() if isinstance(step, kind)), ""):
            return kind
        if getattr(step, "kill_at", ""):
            return "a client can't kill the server's process"
        if getattr(step, "what_if", None):
            return "a client can't change a package of a turn of its own"
        usual = scenario.approver if isinstance(step, Decide) else scenario.by
        who = getattr(step, "by", "") or usual
        return "" if who in people.sign_ins() else f"{who} can't sign in at the development server"

    def person(self, name: str) -> Principal:
        return people.person(self._scenario, name)

    async def new_thread(self, who: Principal) -> str:
        return (await self._client(who).threads.create())["thread_id"]

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, input=dict(given))

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, command=dict(command))

    async def _run(self, who: Principal, thread: str, **given: Any) -> Told:
        try:
            result: Any = await self._client(who).runs.wait(thread, GRAPH, raise_error=False, **given)
        except httpx.HTTPStatusError as error:
            return _refused(error.response)
        if "__interrupt__" in result:
            return Told()
        last = (result.get("messages") or [{}])[-1]
        if last.get("type") == "ai" and "__error__" not in result:
            return Told(reply=str(last["content"]))
        # What a run failed with stands in its answer, or else in the thread.
        failed: Any = result.get("__error__") or (await self._client(who).threads.get(thread)).get("error") or {}
        return Told(error=str(failed.get("error", "no_reply")), detail=str(failed.get("message", "")))

    async def session(self, thread: str) -> dict[str, Any] | None:
        state = await self._client(self.person(self._scenario.by)).threads.get_state(thread)
        values: Any = state["values"]
        return values.get("session") if values else None

    def _client(self, who: Principal) -> LangGraphClient:
        if who.user not in self._clients:
            self._clients[who.user] = get_client(url=self._url, api_key=people.sign_ins()[who.user])
        return self._clients[who.user]


def _refused(response: httpx.Response) -> Told:
    body = response.json() if "json" in response.headers.get("content-type", "") else {}
    code = body.get("error") if isinstance(body, dict) else None
    return Told(error=str(code or response.status_code), detail=str(body.get("detail", "")) if code else response.text)


def lacks_here(scenario: Scenario, *, scripts: bool) -> str:
    """Return why a scenario can't be played at a server that is already there; nothing if it can."""
    if scenario.by not in people.sign_ins():
        return f"{scenario.by} can't sign in at the development server"
    if scenario.settings:
        return f"the server has settings of its own, not {', '.join(scenario.settings)}"
    if scenario.tools or scenario.away or scenario.leaks:
        return "the server's tools and sources can't be staged"
    if scenario.is_scripted and not scripts:
        return "it plays a script: give --model-port, and start the server with the variables that the command names"
    return ""


def played_by_url(
    scenarios: Sequence[Located], given: argparse.Namespace, out: Console, means: Means, tell_total: Any
) -> list[Played]:
    """Play scenarios at a server, one after another: they share its case store and its model."""
    settings = Settings()
    possible = [one for one in scenarios if not lacks_here(one.scenario, scripts=bool(given.model_port))]
    if given.model_port:
        out.print(_how(given.model_port), highlight=False, soft_wrap=True)

    async def work(tell: Any) -> list[Played]:
        async with hub(given.model_port) as served, open_services(settings, demonstration.application()) as services:
            if given.model_port:
                await served.start()
            await _refuse_unknown(settings, scenarios, means)
            await _refuse_other_database(given.url, services)
            place = _opening(given.url, services, settings, served)
            return await play_all(Plan(possible, given.repeat, 1, given.seed), place, means, tell)

    with progress(out) as shown:
        played = asyncio.run(work(tell_total(shown, len(possible) * given.repeat)))
    rest = [one for one in scenarios if one not in possible]
    missed = [not_applicable(one, lacks_here(one.scenario, scripts=bool(given.model_port))) for one in rest]
    return [*(replace(one, model="by url") for one in played), *missed]


def _opening(url: str, services: Services, settings: Settings, served: Hub) -> Any:
    @asynccontextmanager
    async def opened(located: Located) -> AsyncIterator[Place]:
        await _restore(settings)
        scenario = located.scenario
        model = ScriptedModel(script(scenario)) if scenario.is_scripted else None
        served.current = model or offline_model.app
        yield ByUrl(scenario, url, services, model)

    return opened


async def _restore(settings: Settings) -> None:
    """Put the demonstrated case back, so that one scenario does not see what another did."""
    async with (
        connections(settings) as where,
        await AsyncConnection[dict[str, Any]].connect(where.admin, row_factory=dict_row) as conn,
        conn.cursor() as cursor,
    ):
        await demonstration.restore(cursor)


async def _refuse_unknown(settings: Settings, scenarios: Sequence[Located], means: Means) -> None:
    async with connections(settings) as where:
        known = await asyncio.to_thread(
            fixtures, where.admin, demonstration.application(), all_guards(), means.personas.known
        )
    refuse_missing(scenarios, known)


async def _refuse_other_database(url: str, services: Services) -> None:
    """Refuse to look into a database that is not the server's: nothing that it shows would be about these threads.

    Raises:
        Unavailable: The server is away, or its threads are not in the database of these settings.
    """
    client = get_client(url=url, api_key=people.sign_ins()[demonstration.requester.user])
    try:
        thread = (await client.threads.create())["thread_id"]
    except httpx.HTTPError as error:
        raise Unavailable(
            f"{url} does not answer as a LangGraph server: {error}.", hint="Start it: make dev"
        ) from error
    try:
        await services.log.thread(demonstration.requester.tenant, thread)
    except Exception as error:
        raise Unavailable(
            "The server's threads are not in the database that these settings name.",
            hint="Run in the server's folder, or set DATABASE_URL (or DOSSIER_DATA_DIR) as the server has it.",
        ) from error
    finally:
        await client.threads.delete(thread)


def _how(port: int) -> str:
    given = {**{name.upper(): value for name, value in ENDPOINT.items()}}
    variables = {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": given["OPENAI_API_KEY"],
        **{f"DOSSIER_{name}": given[name] for name in ("MODEL", "MODEL_ENCODING", "MODEL_WINDOW")},
    }
    told = " ".join(f"{name}={value}" for name, value in variables.items())
    return f"Scripts are served at port {port}; the server must have been started with {told}"
