"""Play scenarios at a server: one that is there, or one of the runner's own."""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from pydantic import SecretStr
from rich.console import Console

from dossier.errors import Unavailable
from dossier.services import Connections, Services, connections, open_services
from dossier.settings import Settings, variable
from evals.bench.show import progress
from evals.play import people
from evals.play.by_url import AtOwnServer, ByUrl, Served, lacks_here
from evals.play.databases import foreign_agency
from evals.play.desk import SHORT_LEASE
from evals.play.door_dev import DevDoor
from evals.play.door_endpoint import EndpointDoor
from evals.play.doors import Door, KeyOf, Kind, kind_at
from evals.play.fixtures import fixtures, refuse_missing
from evals.play.guards import all_guards
from evals.play.models import ENDPOINT, Hub, hub
from evals.play.place import Place
from evals.play.plain_settings import settings_of
from evals.play.playing import Means, not_applicable
from evals.play.reading import Located
from evals.play.results import Played
from evals.play.running import Open, Plan, Tell, play_all
from evals.play.serving import OwnServer
from evals.play.stage import NAME, everybody, key_of, write_stage
from graphs.served import demonstration
from state.principal import Principal

Teller = Callable[[Any, int], Tell]


def played_by_url(
    scenarios: Sequence[Located], given: argparse.Namespace, out: Console, means: Means, teller: Teller
) -> list[Played]:
    """Play scenarios at a server that is there, one after another: they share its case store and its model.

    Raises:
        Unavailable: No known server answers, or its database is not the one of the settings.
        ScenarioInvalid: A scenario names what is not there.
    """
    lacking = {one.scenario.name: lacks_here(one.scenario, scripts=bool(given.model_port)) for one in scenarios}
    possible = [one for one in scenarios if not lacking[one.scenario.name]]
    if given.model_port:
        out.print(_how(given.model_port), highlight=False, soft_wrap=True)

    async def work(tell: Tell) -> list[Played]:
        settings, kind = Settings(), await kind_at(given.url)
        async with hub(given.model_port) as models, _database(settings, scenarios, means) as (where, services):
            if given.model_port:
                await models.start()
            door = _door(kind, given.url, _sign_in, services)
            await _refuse_other_database(given.url, door, services)
            scripts = models if given.model_port else None
            served = Served(door, services, where.admin, _handed_on(settings), scripts)
            return await play_all(_plan(possible, given), _there(served, where), means, tell)

    played = _with_progress(out, teller, len(possible) * given.repeat, work)
    missed = [not_applicable(one, lacking[one.scenario.name]) for one in scenarios if one not in possible]
    return [*(replace(one, model="by url") for one in played), *missed]


def played_at_own(
    scenarios: Sequence[Located], given: argparse.Namespace, out: Console, means: Means, teller: Teller
) -> list[Played]:
    """Start a server for the run, and play scenarios at it; those of the same settings one after another."""
    ordered = sorted(scenarios, key=lambda one: repr(sorted(one.scenario.settings.items())))

    async def work(tell: Tell) -> list[Played]:
        with tempfile.TemporaryDirectory(prefix="dossier-evals-") as folder:
            data = Path(folder) / "data"
            base = {"data_dir": str(data), **SHORT_LEASE}
            async with hub() as models, _database(settings_of(base), scenarios, means) as (where, services):
                await asyncio.to_thread(foreign_agency, where.admin)
                own = await _own_server(given.start, Path(folder), base, models)
                door = _door(given.start, own.url, key_of, services)
                served = Served(door, services, where.admin, base, models, own)
                everyone = everybody([one.scenario for one in scenarios])
                try:
                    return await play_all(_plan(ordered, given), _own(served, where, data, everyone), means, tell)
                finally:
                    await own.stop()

    played = _with_progress(out, teller, len(ordered) * given.repeat, work)
    return [replace(one, model=f"at {given.start}") for one in played]


def _plan(scenarios: Sequence[Located], given: argparse.Namespace) -> Plan:
    return Plan(scenarios, given.repeat, 1, given.seed, keep_order=bool(given.start))


def _with_progress(out: Console, teller: Teller, total: int, work: Any) -> list[Played]:
    with progress(out) as shown:
        return asyncio.run(work(teller(shown, total)))


async def _own_server(kind: Kind, folder: Path, base: Mapping[str, Any], models: Hub) -> OwnServer:
    port = await models.start()
    more = {**ENDPOINT, "openai_base_url": f"http://127.0.0.1:{port}/v1", "application": NAME}
    return OwnServer(kind, folder, {**base, **more})


@asynccontextmanager
async def _database(
    settings: Settings, scenarios: Sequence[Located], means: Means
) -> AsyncIterator[tuple[Connections, Services]]:
    """Open the server's database, and refuse scenarios that name what is not in it."""
    app = demonstration.application()
    async with connections(settings) as where, open_services(settings, app) as services:
        known = await asyncio.to_thread(fixtures, where.admin, app, all_guards(), means.personas.known)
        refuse_missing(scenarios, known)
        yield where, services


def _door(kind: Kind, url: str, sign_in: KeyOf, services: Services) -> Door:
    return DevDoor(url, sign_in) if kind == "dev" else EndpointDoor(url, sign_in, services)


def _there(served: Served, where: Connections) -> Open:
    @asynccontextmanager
    async def opened(located: Located) -> AsyncIterator[Place]:
        await _restore(where.admin)
        yield ByUrl(located.scenario, served)

    return opened


def _own(served: Served, where: Connections, data: Path, everyone: Sequence[Principal]) -> Open:
    @asynccontextmanager
    async def opened(located: Located) -> AsyncIterator[Place]:
        assert served.own is not None
        await _restore(where.admin)
        write_stage(data, everyone, located.scenario)
        await served.own.serve(located.scenario.settings)
        yield AtOwnServer(located.scenario, served)

    return opened


def _sign_in(who: Principal) -> str:
    return people.sign_ins()[who.user]


def _handed_on(settings: Settings) -> dict[str, Any]:
    """Return what another process needs to open the same database."""
    names = ("database_url", "admin_database_url", "secret", "data_dir")
    given = {name: value for name in names if (value := getattr(settings, name)) is not None}
    return {name: v.get_secret_value() if isinstance(v, SecretStr) else str(v) for name, v in given.items()}


async def _restore(owner_url: str) -> None:
    """Put the demonstrated case back, so that one scenario does not see what another did."""
    async with (
        await AsyncConnection[dict[str, Any]].connect(owner_url, row_factory=dict_row) as conn,
        conn.cursor() as cursor,
    ):
        await demonstration.restore(cursor)


async def _refuse_other_database(url: str, door: Door, services: Services) -> None:
    """Refuse to look into a database that is not the server's: nothing that it shows would be about these threads.

    Raises:
        Unavailable: The server's threads are not in the database of these settings.
    """
    thread = await door.new_thread(demonstration.requester)
    try:
        await services.log.thread(demonstration.requester.tenant, thread)
    except Exception as error:
        raise Unavailable(
            f"The threads of {url} are not in the database that these settings name.",
            hint="Run in the server's folder, or set DATABASE_URL (or DOSSIER_DATA_DIR) as the server has it.",
        ) from error


def _how(port: int) -> str:
    given = {"openai_base_url": f"http://127.0.0.1:{port}/v1", **ENDPOINT}
    told = " ".join(f"{variable(name)}={value}" for name, value in given.items())
    return f"Scripts are served at port {port}; the server must have been started with {told}"
