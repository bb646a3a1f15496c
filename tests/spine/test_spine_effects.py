"""The effect ledger: whatever crashes, one effect, or one that is known to be unknown."""

import asyncio
import os
import signal
import sys

import pytest

from dossier.adapters.effects import UNKNOWN, Outcome, effect_key
from dossier.errors import LeaseLost
from dossier.tools import ObservedFact, ToolError, ToolResult, args_hash
from state.events import EntityRef
from tests.spine.filling import CALL, Words, all_at_once, context, gone_on, opened, tool

ARGS = Words(words="hello")
DIGEST = args_hash("tell", {"words": "hello"})


class Crash(BaseException):
    """What a dying process is to the code that it runs."""


class World:
    """What lies outside: counts what was done to it, and honours keys where a tool passes them on."""

    def __init__(self, *crashes: str) -> None:
        self.done: list[str] = []
        self.touched = asyncio.Event()
        self.crashes = list(crashes)

    async def post(self, ctx, args):
        moment = self.crashes.pop(0) if self.crashes else ""
        if moment == "before":
            raise Crash
        self.done.append(ctx.key)
        self.touched.set()
        if moment == "after":
            raise Crash
        if moment == "cancel":
            await asyncio.sleep(60)
        return ToolResult(
            {"told": args.words}, (EntityRef(type="case", id="1"),), (ObservedFact("a:1/b", "c", "d", 5),)
        )

    async def status(self, ctx, args):
        return "done" if ctx.key in self.done else "not_done"

    async def unsure(self, ctx, args):
        return "unknown"


DONE = Outcome(
    "done",
    result=ToolResult({"told": "hello"}, (EntityRef(type="case", id="1"),), (ObservedFact("a:1/b", "c", "d", 5),)),
)


async def _once(services, run, told):
    return await services.effects.once(run, CALL, told, ARGS, DIGEST, context(run))


async def _ledger(services, run):
    async with services.db.read(run.tenant) as cursor:
        await cursor.execute("SELECT status FROM effects WHERE thread_id = %s", [run.thread])
        return [row["status"] for row in await cursor.fetchall()]


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("idempotency", ["none", "idempotency_key", "transactional"])
async def test_a_settled_effect_is_told_again_and_not_done_again(services, officer, thread, idempotency):
    run, world = await opened(services, officer, thread), World()
    told = tool(idempotency, world.post)
    assert [await _once(services, run, told) for _ in range(3)] == [DONE] * 3
    later = await gone_on(services, run, "turn-1")
    assert await _once(services, later, told) == DONE
    assert world.done == [effect_key(run, CALL, DIGEST)]
    assert await _ledger(services, run) == ["done"]


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("idempotency", ["none", "idempotency_key", "transactional"])
async def test_a_refusal_is_told_again_and_not_tried_again(services, officer, thread, idempotency):
    run, tries = await opened(services, officer, thread), []

    async def refuses(ctx, args):
        tries.append(ctx.key)
        raise ToolError("closed", "The office is closed.")

    expected = Outcome("failed", code="closed", detail="The office is closed.")
    assert [await _once(services, run, tool(idempotency, refuses)) for _ in range(2)] == [expected] * 2
    assert len(tries) == 1


@pytest.mark.req("AP-4")
@pytest.mark.parametrize(("moment", "done"), [("before", 0), ("after", 1)])
async def test_without_idempotency_a_crash_leaves_the_outcome_unknown(services, officer, thread, moment, done):
    run, world = await opened(services, officer, thread), World(moment)
    with pytest.raises(Crash):
        await _once(services, run, tool("none", world.post))
    assert await _ledger(services, run) == ["intent"]
    assert [await _once(services, run, tool("none", world.post)) for _ in range(2)] == [UNKNOWN] * 2
    assert (len(world.done), await _ledger(services, run)) == (done, ["unknown"])


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_status_check_finds_out_and_the_effect_is_done_once(services, officer, thread, moment):
    run, world = await opened(services, officer, thread), World(moment)
    told = tool("none", world.post, status=world.status)
    with pytest.raises(Crash):
        await _once(services, run, told)
    outcomes = [await _once(services, run, told) for _ in range(2)]
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert outcomes[0] == outcomes[1]
    assert (len(world.done), await _ledger(services, run)) == (1, ["done"])


@pytest.mark.req("AP-4")
async def test_an_unsure_status_check_leaves_it_unknown_until_a_later_one_knows(services, officer, thread):
    run, world = await opened(services, officer, thread), World("after")
    with pytest.raises(Crash):
        await _once(services, run, tool("none", world.post, status=world.unsure))
    assert await _once(services, run, tool("none", world.post, status=world.unsure)) == UNKNOWN
    assert (await _once(services, run, tool("none", world.post, status=world.status))).status == "done"
    assert len(world.done) == 1


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_with_a_key_it_is_done_again_under_the_same_key(services, officer, thread, moment):
    run, world = await opened(services, officer, thread), World(moment)
    told = tool("idempotency_key", world.post)
    with pytest.raises(Crash):
        await _once(services, run, told)
    assert await _once(services, await gone_on(services, run, "turn-1"), told) == DONE
    assert set(world.done) == {effect_key(run, CALL, DIGEST)}


@pytest.mark.req("AP-4")
async def test_a_cancelled_call_is_unknown_and_not_repeated(services, officer, thread):
    run, world = await opened(services, officer, thread), World("cancel")
    task = asyncio.create_task(_once(services, run, tool("none", world.post)))
    await world.touched.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _once(services, run, tool("none", world.post)) == UNKNOWN
    assert len(world.done) == 1


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("ending", ["crash", "refusal", "database error"])
async def test_a_transactional_effect_and_its_outcome_stand_or_fall_together(services, officer, thread, ending):
    run = await opened(services, officer, thread)
    endings = [ending, ""]

    async def writes(ctx, args):
        await ctx.cursor.execute("INSERT INTO bodies (digest, body) VALUES ('effect', %s)", [args.words])
        now = endings.pop(0)
        if now == "crash":
            raise Crash
        if now == "database error":
            await ctx.cursor.execute("SELECT 1 / 0 AS no")
            await ctx.cursor.fetchone()
        if now == "refusal":
            raise ToolError("closed", "The office is closed.")
        return ToolResult({"told": args.words})

    first = (await all_at_once(_once(services, run, tool("transactional", writes))))[0]
    second = await _once(services, run, tool("transactional", writes))
    async with services.db.read(run.tenant) as cursor:
        await cursor.execute("SELECT body FROM bodies WHERE digest = 'effect'")
        written = [row["body"] for row in await cursor.fetchall()]
    if ending == "refusal":
        assert (first, second, written) == (Outcome("failed", code="closed", detail="The office is closed."), first, [])
    else:
        assert isinstance(first, BaseException)
        assert (second.status, written) == ("done", ["hello"])


@pytest.mark.req("AP-4")
async def test_a_tool_may_refuse_because_of_what_the_database_said(services, officer, thread):
    run = await opened(services, officer, thread)

    async def writes(ctx, args):
        import psycopg

        try:
            for _ in range(2):
                await ctx.cursor.execute("INSERT INTO bodies (digest, body) VALUES ('once', 'x') RETURNING digest")
                await ctx.cursor.fetchone()
        except psycopg.errors.UniqueViolation as error:
            raise ToolError("taken", "It is there already.") from error
        return ToolResult({})

    expected = Outcome("failed", code="taken", detail="It is there already.")
    assert await _once(services, run, tool("transactional", writes)) == expected
    assert await _ledger(services, run) == ["failed"]


@pytest.mark.req("AP-4", "UP-7")
@pytest.mark.parametrize("idempotency", ["none", "idempotency_key", "transactional"])
async def test_a_run_that_was_overtaken_does_nothing(services, officer, thread, idempotency):
    run, world = await opened(services, officer, thread), World()
    await gone_on(services, run, "turn-1")
    with pytest.raises(LeaseLost):
        await _once(services, run, tool(idempotency, world.post))
    assert (world.done, await _ledger(services, run)) == ([], [])


@pytest.mark.req("AP-4", "UP-7")
async def test_a_run_that_is_overtaken_while_it_finds_out_does_not_try_again(services, officer, thread):
    run, world = await opened(services, officer, thread), World("before")

    async def slow(ctx, args):
        await gone_on(services, run, "turn-1")
        return "not_done"

    told = tool("none", world.post, status=slow)
    with pytest.raises(Crash):
        await _once(services, run, told)
    with pytest.raises(LeaseLost):
        await _once(services, run, told)
    assert world.done == []


@pytest.mark.req("AP-4")
async def test_the_same_call_with_other_arguments_is_another_effect(services, officer, thread):
    run, world = await opened(services, officer, thread), World()
    await _once(services, run, tool("none", world.post))
    other = args_hash("tell", {"words": "bye"})
    await services.effects.once(run, CALL, tool("none", world.post), Words(words="bye"), other, context(run))
    assert len(set(world.done)) == 2


@pytest.mark.req("AP-4", "PE-2")
@pytest.mark.parametrize("idempotency", ["none", "transactional"])
async def test_a_process_killed_within_the_call_leaves_one_effect_or_an_unknown_one(
    services, officer, thread, database_url, tmp_path, idempotency
):
    await services.log.claim(officer, thread)
    world = tmp_path / "world"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.spine.killed_caller", database_url, thread, idempotency, str(world)
    )
    while not world.exists():
        assert child.returncode is None
        await asyncio.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL
    run = await opened_again(services, officer, thread)
    here = World()
    outcome = await _once(services, run, tool(idempotency, here.post))
    if idempotency == "none":
        assert (outcome, here.done) == (UNKNOWN, [])
    else:
        assert (outcome, len(here.done)) == (DONE, 1)


async def opened_again(services, officer, thread):
    from dossier.run import Run

    return Run(thread, "turn-1", officer, await services.leases.take(officer.tenant, thread, wait=10))
