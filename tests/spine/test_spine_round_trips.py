"""Queries sent together: one tenant's rows, one transaction, all or nothing."""

from typing import LiteralString

import pytest
from psycopg import errors

from dossier.adapters.leases import behind_fence
from dossier.adapters.pool import database
from dossier.adapters.queries import Statement
from dossier.errors import LeaseLost, StorageFailed
from tests.spine.filling import opened

KEEP = "INSERT INTO bodies (digest, body) VALUES ('d', 'b') RETURNING digest"
KEPT = Statement("SELECT digest, body FROM bodies", {})
THREADS = Statement("SELECT thread_id FROM threads ORDER BY thread_id", {})


@pytest.mark.req("SV-4")
async def test_what_is_read_together_is_of_one_tenant_whoever_had_the_connection_before(
    services, officer, stranger, database_url
):
    for principal in (officer, stranger):
        await services.log.claim(principal, f"of {principal.tenant}")
    async with database(database_url, size=1) as db:
        for principal in (officer, stranger, officer):
            own = [{"thread_id": f"of {principal.tenant}"}]
            assert await db.rows(principal.tenant, THREADS, THREADS) == [own, own]


@pytest.mark.req("EV-3")
async def test_what_is_read_together_can_change_nothing(services, officer):
    with pytest.raises(StorageFailed) as refused:
        await services.db.rows(officer.tenant, THREADS, Statement(KEEP, {}))
    assert isinstance(refused.value.__cause__, errors.ReadOnlySqlTransaction)
    assert await services.db.rows(officer.tenant, KEPT) == [[]]


async def test_a_query_that_fails_leaves_the_connection_fit_for_the_next(officer, database_url):
    async with database(database_url, size=1) as db:
        for wrong in ("SELECT 1 / 0 AS n", "no such words", "SELECT %(n)s::int AS n") * 2:
            with pytest.raises(StorageFailed):
                await db.rows(officer.tenant, Statement(wrong, {"n": "x"}), THREADS)
            with pytest.raises(StorageFailed):
                await db.change("test", officer.tenant, Statement(wrong, {"n": "x"}))
            assert await db.rows(officer.tenant, Statement("SELECT 1 AS n", {})) == [[{"n": 1}]]


@pytest.mark.req("PE-2")
async def test_a_change_is_committed_between_its_two_points(officer, database_url):
    told: list[object] = []
    async with database(database_url, size=2) as watching, database(database_url, size=2, probe=told.append) as db:
        told.append(await db.change("keep", officer.tenant, Statement(KEEP, {})))
        assert told == ["keep:before", "keep:after", [{"digest": "d"}]]
        assert await watching.rows(officer.tenant, KEPT) == [[{"digest": "d", "body": "b"}]]


@pytest.mark.req("UP-7")
async def test_behind_the_fence_a_late_holder_writes_nothing_and_other_failures_keep_their_name(
    services, officer, thread
):
    run = await opened(services, officer, thread)

    async def write(sql: LiteralString, token: int) -> None:
        async with behind_fence(services.db, "test", officer.tenant, thread, token) as cursor:
            await cursor.execute(sql)

    with pytest.raises(LeaseLost):
        await write(KEEP, run.token - 1)
    with pytest.raises(StorageFailed) as failed:
        await write("INSERT INTO bodies (digest) VALUES ('d')", run.token)
    assert isinstance(failed.value.__cause__, errors.NotNullViolation)
    with pytest.raises(ZeroDivisionError):
        async with behind_fence(services.db, "test", officer.tenant, thread, run.token) as cursor:
            await cursor.execute(KEEP)
            raise ZeroDivisionError
    assert await services.db.rows(officer.tenant, KEPT) == [[]]
    await write(KEEP, run.token)
    assert await services.db.rows(officer.tenant, KEPT) == [[{"digest": "d", "body": "b"}]]
