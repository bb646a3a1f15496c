"""A process that was frozen and overtaken writes nothing when it wakes."""

import asyncio
import os
import signal
import sys

import pytest

from dossier.run import Run, Step
from state import events as e


@pytest.mark.req("UP-7", "PE-2")
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("between", ["log: lease_lost", "checkpoint: lease_lost", "effect: lease_lost"]),
        ("within", ["within: database_unreachable", "log: lease_lost", "checkpoint: lease_lost", "effect: lease_lost"]),
    ],
)
async def test_a_frozen_holder_that_wakes_after_a_takeover_writes_nothing(
    services, officer, thread, database_url, place, expected
):
    await services.log.claim(officer, thread)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.spine.frozen_writer",
        database_url,
        thread,
        place,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        assert await child.stdout.readline() == b"ready\n"
        os.kill(child.pid, signal.SIGSTOP)
        # It takes its expiry, and the server's patience with a silent transaction, and no more.
        token = await services.leases.take(officer.tenant, thread, wait=8)
        run = Run(thread, "turn-2", officer, token)
        created = e.ThreadCreated(owner=officer)
        await services.log.record(run, Step("admit"), [created], since=0)
        os.kill(child.pid, signal.SIGCONT)
        out, _ = await asyncio.wait_for(child.communicate(b"\n"), 40)
    finally:
        if child.returncode is None:
            os.kill(child.pid, signal.SIGCONT)
            child.kill()
    assert out.decode().splitlines() == expected
    assert [event.body for event in await services.log.events(officer.tenant, thread)] == [created]
    async with services.db.read(officer.tenant) as cursor:
        await cursor.execute(
            "SELECT (SELECT count(*) FROM bodies) AS bodies, (SELECT count(*) FROM effects) AS effects,"
            " (SELECT count(*) FROM checkpoints) AS checkpoints"
        )
        assert await cursor.fetchone() == {"bodies": 0, "effects": 0, "checkpoints": 0}
