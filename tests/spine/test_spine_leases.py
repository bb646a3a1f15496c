"""Leases: one writer, on the database's clock."""

import asyncio

import psycopg
import pytest

from dossier.adapters.leases import Leases, fence
from dossier.errors import LeaseLost, ThreadBusy
from dossier.run import Step
from state import events as e
from tests.spine.filling import all_at_once, opened


@pytest.fixture
async def claimed(services, officer, thread):
    await services.log.claim(officer, thread)
    return thread


def _leases(services, seconds=0.6, heartbeat=0.2):
    return Leases(services.db, holder="test", seconds=seconds, heartbeat=heartbeat)


@pytest.mark.req("UP-7")
async def test_of_twenty_who_want_a_thread_at_once_one_gets_it(services, officer, claimed):
    got = await all_at_once(*(services.leases.take(officer.tenant, claimed) for _ in range(20)))
    assert [token for token in got if isinstance(token, int)] == [1]
    assert {type(error) for error in got if not isinstance(error, int)} == {ThreadBusy}


@pytest.mark.req("UP-7")
async def test_of_twenty_who_take_an_expired_lease_over_one_gets_it(services, officer, claimed):
    await _leases(services, seconds=0).take(officer.tenant, claimed)
    got = await all_at_once(*(services.leases.take(officer.tenant, claimed) for _ in range(20)))
    assert [token for token in got if isinstance(token, int)] == [2]


@pytest.mark.req("UP-7")
async def test_a_lease_expires_by_the_database_and_the_old_token_is_refused(services, officer, claimed):
    short = _leases(services)
    first = await short.take(officer.tenant, claimed)
    with pytest.raises(ThreadBusy):
        await services.leases.take(officer.tenant, claimed)
    second = await services.leases.take(officer.tenant, claimed, wait=5)
    assert (first, second) == (1, 2)
    async with services.db.write("test", officer.tenant) as cursor:
        await fence(cursor, claimed, second)
    with pytest.raises(LeaseLost):
        async with services.db.write("test", officer.tenant) as cursor:
            await fence(cursor, claimed, first)


@pytest.mark.req("UP-7")
async def test_giving_a_lease_back_raises_the_token_and_frees_the_thread(services, officer, claimed):
    token = await services.leases.take(officer.tenant, claimed)
    await services.leases.release(officer.tenant, claimed, token)
    with pytest.raises(LeaseLost):
        async with services.db.write("test", officer.tenant) as cursor:
            await fence(cursor, claimed, token)
    next_token = await services.leases.take(officer.tenant, claimed)
    assert next_token > token
    await services.leases.release(officer.tenant, claimed, token)
    with pytest.raises(ThreadBusy):
        await services.leases.take(officer.tenant, claimed)


@pytest.mark.req("UP-7")
async def test_a_heartbeat_keeps_a_lease_beyond_its_seconds(services, officer, claimed):
    short = _leases(services)
    token = await short.take(officer.tenant, claimed)
    async with short.kept(officer.tenant, claimed, token):
        await asyncio.sleep(1.5)
        with pytest.raises(ThreadBusy):
            await services.leases.take(officer.tenant, claimed)
        async with services.db.write("test", officer.tenant) as cursor:
            await fence(cursor, claimed, token)
    assert await services.leases.take(officer.tenant, claimed) > token


@pytest.mark.req("UP-7")
@pytest.mark.parametrize("cancels", [1, 2])
async def test_a_cancelled_holder_gives_its_lease_back(services, officer, claimed, cancels):
    async def held():
        token = await services.leases.take(officer.tenant, claimed)
        async with services.leases.kept(officer.tenant, claimed, token):
            await asyncio.sleep(60)

    task = asyncio.create_task(held())
    await asyncio.sleep(0.3)
    for _ in range(cancels):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await services.leases.take(officer.tenant, claimed, wait=5) == 3


@pytest.mark.req("UP-7")
async def test_the_loser_is_refused_before_anything_is_stored(services, officer, thread):
    from graphs.assembly import turn_graph

    run = await opened(services, officer, thread)
    await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer)], since=0)
    before = await _rows(services, officer.tenant)
    graph = turn_graph(services).acting_as(officer)
    said = {"messages": [{"role": "user", "content": "Hello", "id": "m1"}]}
    with pytest.raises(ThreadBusy) as refused:
        await graph.ainvoke(said, {"configurable": {"thread_id": thread}})
    assert (refused.value.code, refused.value.status) == ("thread_busy", 409)
    assert await _rows(services, officer.tenant) == before


@pytest.mark.req("UP-7")
async def test_whoever_wants_a_thread_during_a_write_of_its_holder_is_refused_at_once(services, officer, thread):
    run = await opened(services, officer, thread)
    async with services.db.write("test", officer.tenant) as cursor:
        await fence(cursor, thread, run.token)
        with pytest.raises(ThreadBusy):
            await asyncio.wait_for(services.leases.take(officer.tenant, thread), 3)


@pytest.mark.req("UP-7")
async def test_a_lease_whose_holder_writes_is_not_taken_over_though_it_has_expired(services, officer, claimed):
    short = _leases(services, seconds=0.1)
    token = await short.take(officer.tenant, claimed)
    async with services.db.write("test", officer.tenant) as cursor:
        await fence(cursor, claimed, token)
        await asyncio.sleep(0.2)
        with pytest.raises(ThreadBusy):
            await services.leases.take(officer.tenant, claimed)
    assert await services.leases.take(officer.tenant, claimed) == token + 1


async def _rows(services, tenant):
    names = (
        "events",
        "payloads",
        "steps",
        "packages",
        "bodies",
        "checkpoints",
        "checkpoint_blobs",
        "checkpoint_writes",
    )
    counts = {}
    async with services.db.read(tenant) as cursor:
        for name in names:
            await cursor.execute(psycopg.sql.SQL("SELECT count(*) AS n FROM {}").format(psycopg.sql.Identifier(name)))
            row = await cursor.fetchone()
            counts[name] = row["n"] if row else None
    return counts


@pytest.mark.req("UP-7", "AP-4")
async def test_who_is_stopped_at_any_moment_of_taking_a_lease_leaves_the_thread_free(services, officer, claimed):
    for moment in range(400):
        taking = asyncio.create_task(services.leases.take(officer.tenant, claimed))
        await asyncio.sleep(moment / 40_000)
        taking.cancel()
        (got,) = await asyncio.gather(taking, return_exceptions=True)
        token = got if isinstance(got, int) else await services.leases.take(officer.tenant, claimed)
        await services.leases.release(officer.tenant, claimed, token)


@pytest.mark.req("UP-7", "PE-2")
async def test_of_many_runs_that_end_while_their_leases_are_renewed_each_gives_its_own_back(services, officer, thread):
    busy = _leases(services, seconds=60, heartbeat=0)
    threads = [f"{thread}-{n}" for n in range(80)]
    for one in threads:
        await services.log.claim(officer, one)

    async def held(one: str, seconds: float) -> None:
        token = await busy.take(officer.tenant, one)
        async with asyncio.timeout(30), busy.kept(officer.tenant, one, token):
            await asyncio.sleep(seconds)

    for _ in range(3):
        await asyncio.gather(*(held(one, n / 400) for n, one in enumerate(threads)))
    assert {await busy.take(officer.tenant, one) for one in threads} == {7}


@pytest.mark.req("PE-2")
async def test_who_is_stopped_at_any_moment_of_a_transaction_is_stopped_and_not_told_of_a_broken_database(
    services, officer
):
    async def works() -> None:
        async with services.db.write("test", officer.tenant) as cursor:
            await cursor.execute("SELECT pg_sleep(0.001)")
            await cursor.fetchone()

    for moment in range(400):
        working = asyncio.create_task(works())
        await asyncio.sleep(moment / 40_000)
        working.cancel()
        (got,) = await asyncio.gather(working, return_exceptions=True)
        assert got is None or isinstance(got, asyncio.CancelledError), repr(got)
    await works()
