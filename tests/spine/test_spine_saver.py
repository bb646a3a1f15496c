"""The checkpointer: LangGraph's own contract with the fence on, and what it refuses."""

from contextlib import asynccontextmanager

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate

from dossier.adapters.saver import FencedSaver, reading_tenant
from dossier.errors import ForgedInput, LeaseLost, NotIdentified, ThreadBusy
from dossier.run import RUN_KEY, Run
from tests.spine.filling import checkpoint, config_of, gone_on, opened

LACKING = {"copy_thread", "delete_for_runs"}
"""What the stock saver lacks too: a fork is a new thread, and a turn is never rolled back."""


@pytest.fixture
def reading(officer):
    """Reads outside a run are of the officer's tenant."""
    token = reading_tenant.set(officer.tenant)
    yield
    reading_tenant.reset(token)


def leased(services, principal):
    """A saver that takes a real lease for each write, as the gate does for each run; the fence stays on."""

    class Leased(FencedSaver):
        # The contract writes keys of its own; that ours are all that is kept has its own test.
        kept_metadata = FencedSaver.kept_metadata | {"custom_key", "score"}

        async def aput(self, config, *args):
            async with held(config) as bound:
                return await super().aput(bound, *args)

        async def aput_writes(self, config, *args, **more):
            async with held(config) as bound:
                return await super().aput_writes(bound, *args, **more)

    @asynccontextmanager
    async def held(config):
        run = await opened(services, principal, config["configurable"]["thread_id"])
        yield {**config, "configurable": {**config["configurable"], RUN_KEY: run}}
        await services.leases.release(run.tenant, run.thread, run.token)

    return Leased(services.db, services.leases)


@pytest.mark.req("GR-1")
async def test_the_saver_keeps_langgraphs_contract(services, officer, reading):
    @checkpointer_test(name="fenced")
    async def fenced():
        yield leased(services, officer)

    report = await validate(fenced)
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert {name for name, result in report.results.items() if not result.detected} == LACKING
    assert report.passed_all_base() and report.passed_all()
    assert sum(result.tests_passed for result in report.results.values()) >= 60


@pytest.mark.req("UP-7")
async def test_a_write_without_a_run_is_refused(services, officer, thread, reading):
    run = await opened(services, officer, thread)
    saved = await checkpoint(services, run, "hello")
    for configurable in ({}, {RUN_KEY: "forged"}, {RUN_KEY: {"tenant": officer.tenant, "token": run.token}}):
        config = {"configurable": {**saved["configurable"], RUN_KEY: None, **configurable}}
        with pytest.raises(NotIdentified):
            await services.saver.aput(config, empty_checkpoint(), {}, {})
        with pytest.raises(NotIdentified):
            await services.saver.aput_writes(config, [("messages", ["forged"])], "task-2")


@pytest.mark.req("UP-7")
async def test_a_run_writes_to_no_thread_but_its_own(services, officer, thread):
    run = await opened(services, officer, thread)
    other = await opened(services, officer, f"{thread}-other")
    config = {"configurable": {**config_of(other)["configurable"], RUN_KEY: run}}
    with pytest.raises(ForgedInput):
        await services.saver.aput(config, empty_checkpoint(), {}, {})
    with pytest.raises(ForgedInput):
        await services.saver.aput_writes(config, [("messages", ["forged"])], "task-2")


@pytest.mark.req("UP-7")
async def test_a_run_that_was_overtaken_saves_nothing(services, officer, thread):
    run = await opened(services, officer, thread)
    saved = await checkpoint(services, run, "hello")
    later = await gone_on(services, run, "turn-2")
    with pytest.raises(LeaseLost):
        await checkpoint(services, run, "late")
    with pytest.raises(LeaseLost):
        await services.saver.aput_writes(saved, [("messages", ["late"])], "task-2")
    head = await services.saver.aget_tuple(config_of(later))
    assert head is not None
    assert head.checkpoint["channel_values"] == {"messages": ["hello"]}
    assert head.pending_writes == [("task-1", "messages", ["hello"])]


@pytest.mark.req("PR-1")
async def test_nothing_personal_stands_in_checkpoint_metadata(services, officer, thread):
    run = await opened(services, officer, thread)
    config = config_of(run)
    config["configurable"] |= {"user_name": "Olga Brandt", "langgraph_auth_user": {"identity": "o.brandt"}}
    config["metadata"] = {"turn_id": "turn-1", "email": "o.brandt@example.org", "run_id": "r"}
    metadata = {"source": "loop", "step": 3, "parents": {}, "writes": {"answer": "said in confidence"}}
    await services.saver.aput(config, empty_checkpoint(), metadata, {})
    async with services.db.read(officer.tenant) as cursor:
        await cursor.execute("SELECT metadata FROM checkpoints")
        rows = await cursor.fetchall()
    assert [row["metadata"] for row in rows] == [
        {"source": "loop", "step": 3, "parents": {}, "turn_id": "turn-1", "run_id": "r"}
    ]


@pytest.mark.req("SV-4")
async def test_checkpoints_of_another_tenant_are_not_there(services, officer, stranger, thread):
    run = await opened(services, officer, thread)
    saved = await checkpoint(services, run, "hello")
    theirs = {"configurable": {**saved["configurable"], RUN_KEY: Run(thread, "t", stranger, run.token)}}
    assert await services.saver.aget_tuple(theirs) is None
    assert [found async for found in services.saver.alist(theirs)] == []
    with pytest.raises(LeaseLost):
        await services.saver.aput(theirs, empty_checkpoint(), {}, {})
    token = reading_tenant.set(stranger.tenant)
    await services.saver.adelete_thread(thread)
    await services.saver.aprune([thread], strategy="delete")
    assert [found async for found in services.saver.alist(None)] == []
    reading_tenant.reset(token)
    assert await services.saver.aget_tuple(saved) is not None


@pytest.mark.req("SV-4")
async def test_reads_and_deletions_for_nobody_are_refused(services, thread):
    for call in (
        services.saver.aget_tuple({"configurable": {"thread_id": thread}}),
        services.saver.adelete_thread(thread),
        services.saver.aprune([thread]),
        anext(services.saver.alist(None)),
    ):
        with pytest.raises(NotIdentified):
            await call


@pytest.mark.req("UP-7")
async def test_checkpoints_are_not_deleted_while_a_run_works(services, officer, thread, reading):
    run = await opened(services, officer, thread)
    saved = await checkpoint(services, run, "hello")
    for call in (services.saver.adelete_thread(thread), services.saver.aprune([thread])):
        with pytest.raises(ThreadBusy):
            await call
    await services.leases.release(run.tenant, run.thread, run.token)
    assert await services.saver.aget_tuple(saved) is not None
    await services.saver.adelete_thread(thread)
    assert await services.saver.aget_tuple(saved) is None


@pytest.mark.req("SV-4")
async def test_deleting_or_pruning_a_thread_that_never_was_does_nothing(services, reading):
    await services.saver.adelete_thread("never")
    await services.saver.aprune(["never"])


@pytest.mark.req("EV-3")
async def test_the_runtime_never_changes_the_schema(services):
    with pytest.raises(ForgedInput, match="never changes the schema"):
        await services.saver.setup()


@pytest.mark.req("PE-3")
async def test_reading_a_checkpoint_costs_the_same_however_long_the_thread(services, officer):
    async with services.db.read(officer.tenant) as cursor:
        await cursor.execute("SET LOCAL enable_seqscan = off")
        await cursor.execute("EXPLAIN " + FencedSaver.SELECT_SQL + "WHERE thread_id = 't' ORDER BY checkpoint_id DESC")
        plan = "\n".join(row["QUERY PLAN"] for row in await cursor.fetchall())
    assert "Nested Loop" in plan and "Hash Join" not in plan and "Merge Join" not in plan
    assert "(channel = held.channel) AND (version = held.version))" in plan
