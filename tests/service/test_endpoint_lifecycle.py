"""A process that is told to stop lets turns end; one whose database is away says so, and comes back by itself."""

import asyncio
from contextlib import suppress

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from dossier.run import Run, Step
from state.events import ThreadCreated, UserMessageReceived
from state.principal import Principal
from tests.service.conftest import Serve, begin, say, until

SLOW = {"kind": "text", "text": "one two three four five six seven eight", "delay": 0.1}


class Cable:
    """The way to the database, which can be cut and mended."""

    def __init__(self, url: str) -> None:
        known = conninfo_to_dict(url)
        self.host, self.port = str(known["host"]), str(known.get("port", 5432))
        rest = {k: v for k, v in known.items() if k not in ("host", "port")}
        self._rest, self._open = rest, set[asyncio.StreamWriter]()
        self._server: asyncio.Server | None = None
        self._at = 0

    @property
    def url(self) -> str:
        user = f"{self._rest['user']}@" if "user" in self._rest else ""
        return f"postgresql://{user}127.0.0.1:{self._at}/{self._rest['dbname']}?sslmode=disable"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._at)
        self._at = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.host.startswith("/"):
            far = await asyncio.open_unix_connection(f"{self.host}/.s.PGSQL.{self.port}")
        else:
            far = await asyncio.open_connection(self.host, int(self.port))
        self._open |= {writer, far[1]}
        with suppress(ConnectionError):
            await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))
        self._open -= {writer, far[1]}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.req("SV-2", "PE-2")
async def test_readiness_goes_when_the_database_is_away_and_comes_back_by_itself(
    serve: Serve, database_url: str
) -> None:
    cable = Cable(database_url)
    await cable.mend()
    async with serve([{"kind": "text", "text": "Back."}], database_url=cable.url) as replica:
        client = replica.officer
        before = (await client.get("/ready")).status_code
        place = await begin(client)
        await cable.cut()
        away = await client.get("/ready")
        alive = (await client.get("/health")).status_code
        refused = await client.post(f"{place}/messages", json=say("Hello", id="m1"))
        await cable.mend()

        async def is_ready() -> bool:
            return (await client.get("/ready")).status_code == 200

        await until(is_ready)
        answered = (await client.post(f"{place}/messages", json=say("Hello", id="m1"))).json()
        await cable.cut()

    assert (before, away.status_code, away.json()["code"], alive) == (200, 503, "unavailable", 200)
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unreachable")
    assert refused.json()["detail"] == "No database server answers, or the connection to it broke."
    assert answered["message"]["text"] == "Back."


@pytest.mark.req("SV-2", "PE-2")
async def test_a_process_that_stops_lets_its_turns_end(serve: Serve) -> None:
    async with serve([SLOW]) as one, serve() as two:
        place = await begin(one.officer)
        with suppress(httpx.ReadError, httpx.RemoteProtocolError):
            async with one.officer.stream("POST", f"{place}/messages", json=say("Go", id="m1", stream=True)) as answer:
                await anext(answer.aiter_lines())  # admitted; then the client is gone
        await one.stop()
        found = (await two.officer.get(f"{place}/messages/m1")).json()
        late = two.desk.turns
        late.is_draining = True
        refused = await two.officer.post(f"{place}/messages", json=say("Next"))
        ready = await two.officer.get("/ready")
        late.is_draining = False

    assert (found["status"], found["message"]["text"]) == ("answered", SLOW["text"])
    assert (refused.status_code, ready.status_code) == (503, 503)


@pytest.mark.req("PE-2")
async def test_no_connection_is_held_while_the_model_answers(serve: Serve) -> None:
    async with serve([SLOW] * 12, pool_size=2) as replica:
        places = [await begin(replica.officer) for _ in range(12)]
        answers = await asyncio.gather(*(replica.officer.post(f"{place}/messages", json=say("Go")) for place in places))

    assert [answer.json()["message"]["text"] for answer in answers] == [SLOW["text"]] * 12


@pytest.mark.req("SV-4")
async def test_the_sweepers_role_sees_open_turns_of_all_tenants_and_nothing_that_was_said(
    serve: Serve, database_url: str
) -> None:
    async with serve(sweep_seconds=3600) as replica:
        services = replica.desk.services
        for tenant in ("northgate", "southmoor"):  # a message was admitted, then the process was gone
            who = Principal(tenant=tenant, user="x", roles=("officer",))
            await services.log.claim(who, f"thread-{tenant}")
            token = await services.leases.take(tenant, f"thread-{tenant}")
            said = UserMessageReceived(message_id="m1", text="Go", principal=who, tokens=1)
            run = Run(f"thread-{tenant}", "m1", who, token)
            await services.log.record(run, Step("admit"), [ThreadCreated(owner=who), said], since=0)
            held = await services.sweeps.cut_off(grace=0, limit=10)
            await services.leases.release(tenant, f"thread-{tenant}", token)
            assert tenant not in {cut.tenant for cut in held}
        found = await services.sweeps.cut_off(grace=0, limit=10)

        refusals = []
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute("SET ROLE dossier_sweeper")
            for query in ("payloads", "chunks", "events", "packages", "facts", "bodies"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    conn.execute(f"SELECT * FROM dossier.{query}")  # pyright: ignore[reportArgumentType]
                refusals.append(query)

    assert sorted(found) == [(t, f"thread-{t}", "m1") for t in ("northgate", "southmoor")]
    assert len(refusals) == 6
