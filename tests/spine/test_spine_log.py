"""The log on a real PostgreSQL: a step once, a chain without gaps, tables that agree with the fold."""

import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel

from dossier.errors import LeaseLost, NotFound, StorageFailed
from dossier.run import Run, Step
from state import events as e
from state.fold import fold
from state.knowledge import Knowledge, fold_knowledge
from state.log import GENESIS
from tests.spine.filling import all_at_once, fill, gone_on, message, opened
from tests.state.event_sequences import sequences


@pytest.mark.req("EV-4")
async def test_a_step_that_twenty_tasks_record_at_once_has_one_set_of_events(open_case_desk, officer, thread):
    async with open_case_desk(pool_size=10) as services:
        run = await opened(services, officer, thread)
        said = [e.ThreadCreated(owner=officer), message(officer, "hello")]
        done = await all_at_once(*(services.log.record(run, Step("admit"), said, since=0) for _ in range(20)))
        events = await services.log.events(officer.tenant, thread)
        assert [event.body for event in events] == said
        assert [recorded.own for recorded in done] == [events] * 20
        assert [recorded.since for recorded in done] == [events] * 20


@pytest.mark.req("EV-4")
async def test_different_steps_recorded_at_once_make_one_chain(open_case_desk, officer, thread):
    async with open_case_desk(pool_size=10) as services:
        run = await opened(services, officer, thread)
        await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer)], since=0)
        steps = [Step("tell", ordinal, fan) for ordinal in range(4) for fan in range(4)]
        told = [services.log.record(run, step, [message(officer, f"{step}")] * 2, since=0) for step in steps]
        done = await all_at_once(*told)
        events = await services.log.events(officer.tenant, thread)
        assert [event.seq for event in events] == list(range(1, 34))
        assert [event.header.prev for event in events] == [GENESIS, *(event.header.hash for event in events[:-1])]
        assert sorted(event.seq for recorded in done for event in recorded.own) == list(range(2, 34))
        assert (await services.verifier.verify(officer.tenant, thread)).status == "intact"


@pytest.mark.req("EV-4")
async def test_a_step_without_events_is_recorded_once_too(services, officer, thread):
    run = await opened(services, officer, thread)
    await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer)], since=0)
    assert await services.log.recorded(run, Step("nothing"), since=1) is None
    await services.log.record(run, Step("nothing"), [], since=1)
    again = await services.log.record(run, Step("nothing"), [message(officer, "late")], since=1)
    assert (again.own, again.since) == ((), ())
    assert await services.log.recorded(run, Step("nothing"), since=1) == again


@pytest.mark.req("EV-4")
async def test_a_step_told_again_gives_the_events_that_a_session_misses(services, officer, thread):
    run = await opened(services, officer, thread)
    await services.log.record(run, Step("one"), [e.ThreadCreated(owner=officer)], since=0)
    await services.log.record(run, Step("two"), [message(officer, "a")], since=1)
    await services.log.record(run, Step("three"), [message(officer, "b")], since=2)
    events = await services.log.events(officer.tenant, thread)
    again = await services.log.recorded(run, Step("two"), since=0)
    assert again is not None
    assert (again.own, again.since) == (events[1:2], events[:2])
    late = await services.log.recorded(run, Step("two"), since=3)
    assert late is not None
    assert (late.own, late.since) == (events[1:2], ())
    fresh = await services.log.record(run, Step("four"), [message(officer, "c")], since=1)
    assert [event.seq for event in fresh.since] == [2, 3, 4]


@pytest.mark.req("UP-5", "EV-4")
async def test_a_statement_that_fails_takes_the_whole_step_with_it(services, officer, thread):
    run = await opened(services, officer, thread)
    from dossier.adapters.queries import Statement

    wrong = Statement("INSERT INTO facts (thread_id) VALUES (%(thread)s)", {"thread": thread})
    with pytest.raises(StorageFailed):
        await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer)], since=0, also=[wrong])
    assert await services.log.events(officer.tenant, thread) == ()
    assert (await services.log.thread(officer.tenant, thread)).seq == 0
    assert await services.log.recorded(run, Step("admit"), since=0) is None


@pytest.mark.req("UP-7")
async def test_a_run_that_was_overtaken_records_nothing(services, officer, thread):
    run = await opened(services, officer, thread)
    await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer)], since=0)
    await gone_on(services, run, "turn-2")
    for step in (Step("admit"), Step("late")):
        with pytest.raises(LeaseLost):
            await services.log.record(run, step, [message(officer, "late")], since=1)
    assert (await services.log.thread(officer.tenant, thread)).seq == 1


@pytest.mark.req("SV-4")
async def test_a_thread_of_another_tenant_is_as_missing_as_one_that_never_was(services, officer, stranger, thread):
    await services.log.claim(officer, thread)
    for call in (services.log.claim(stranger, thread), services.log.thread(stranger.tenant, thread)):
        with pytest.raises(NotFound, match=f"There is no thread '{thread}'"):
            await call
    with pytest.raises(NotFound, match="There is no thread 'never'"):
        await services.log.thread(stranger.tenant, "never")
    with pytest.raises(NotFound):
        await services.leases.take(stranger.tenant, thread)


@pytest.mark.req("EV-2")
async def test_the_fold_of_what_the_database_gives_back_is_that_of_what_was_written(services, officer, thread):
    run = await opened(services, officer, thread)
    said = [e.ThreadCreated(owner=officer), message(officer, "hello"), e.TurnEnded(outcome="answered")]
    written = await services.log.record(run, Step("all"), said, since=0)
    read = await services.log.events(officer.tenant, thread)
    assert fold(None, read) == fold(None, written.own)
    assert fold(None, read).model_dump_json() == fold(None, written.own).model_dump_json()


@pytest.mark.req("EV-2")
async def test_open_turn_follows_messages_and_ends(services, officer, thread):
    run = await opened(services, officer, thread)
    created = [e.ThreadCreated(owner=officer), message(officer, "hello")]
    await services.log.record(run, Step("admit"), created, since=0)
    assert (await services.log.thread(officer.tenant, thread)).open_turn == "turn-1"
    await services.log.record(run, Step("end"), [e.TurnEnded(outcome="answered")], since=2)
    assert (await services.log.thread(officer.tenant, thread)).open_turn is None


@pytest.mark.req("EV-5")
async def test_the_log_tells_what_happened_and_which_packages_held_an_item(services, officer, stranger, thread):
    run = await fill(services, officer, thread, "kestrel")
    events = await services.log.turn(officer.tenant, thread, "turn-1")
    assert [event.seq for event in events] == list(range(1, 11))
    latest = await services.log.latest(officer.tenant, thread, ["turn_ended", "thread_created"], limit=1)
    assert [event.header.type for event in latest] == ["turn_ended"]
    assert await services.packages.holding(officer.tenant, "kestrel", thread=thread) == [
        (f"package-{thread}-turn-1", thread, run.turn)
    ]
    assert await services.packages.holding(stranger.tenant, "kestrel", thread=thread) == []
    assert (await services.approvals.get(officer.tenant, f"approval-{thread}")).args == {"words": "kestrel"}


@pytest.mark.req("EV-2")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=sequences(max_size=30))
def test_the_tables_hold_what_the_fold_of_knowledge_says(said, database_url, officer):
    import asyncio

    asyncio.run(_tables_agree(database_url, officer, said))


async def _tables_agree(database_url, officer, said):
    from uuid import uuid4

    from dossier.adapters.keys import Keys
    from dossier.adapters.leases import Leases
    from dossier.adapters.log import Log
    from dossier.adapters.pool import database
    from dossier.adapters.projection import KnowledgeReader
    from dossier.services import utc_now

    async with database(database_url, size=1) as db:
        log, leases = Log(db, Keys(b"s" * 32, db), utc_now), Leases(db, holder="h", seconds=30, heartbeat=10)
        thread = str(uuid4())
        await log.claim(officer, thread)
        run = Run(thread, "turn-1", officer, await leases.take(officer.tenant, thread))
        half = len(said) // 2
        await log.record(run, Step("one"), said[:half], since=0)
        await log.record(run, Step("two"), said[half:], since=half)
        events = await log.events(officer.tenant, thread)
        assert [event.body for event in events] == said
        for version in {half, len(events)}:
            folded = fold_knowledge(Knowledge(), events[:version])
            assert await _tables(KnowledgeReader(db), officer.tenant, thread, version) == _plain(folded)


async def _tables(reader, tenant, thread, version):
    facts = [row.held for row in await reader.facts(tenant, thread, version, limit=1000)]
    rejected = [row.held for row in await reader.rejections(tenant, thread, version)]
    decisions = [row.held for row in await reader.decisions(tenant, thread, version)]
    entities = await reader.entities(tenant, thread, version, limit=1000)
    return {kind: _sorted(held) for kind, held in zip(KINDS, (facts, rejected, decisions, entities), strict=True)}


KINDS = ("fact", "rejected", "decision", "entity")


def _plain(knowledge):
    return {kind: _sorted(knowledge.of(kind)) for kind in KINDS}


def _sorted(held):
    plain = [one.model_dump(mode="json") if isinstance(one, BaseModel) else asdict(one) for one in held]
    return sorted(plain, key=lambda one: json.dumps(one, sort_keys=True))
