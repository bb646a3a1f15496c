"""Erasing: what was said is gone from every table, the log proves it, and nothing else is touched."""

import asyncio
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from dossier.errors import InvalidInput, NotFound, ThreadBusy
from dossier.run import Run, Step
from state import events as e
from state.fold import fold
from state.knowledge import Knowledge, fold_knowledge
from state.summaries import Statement, Summary
from tests.spine.filling import fact, fill, message, opened, package

MARKER = "kestrel-7f3a"


def holding(url, marker):
    """Every (schema.table.column) of the whole database in which a marker stands, in any type."""
    with psycopg.connect(url) as conn:
        columns = conn.execute(
            "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        found = set()
        for schema, table, column, kind in columns:
            as_text = "encode({}, 'escape')" if kind == "bytea" else "{}::text"
            value = sql.SQL(as_text).format(sql.Identifier(column))
            query = sql.SQL("SELECT count(*) FROM {} WHERE strpos({}, %s) > 0").format(
                sql.Identifier(schema, table), value
            )
            if conn.execute(query, [marker]).fetchone() != (0,):
                found.add(f"{table}.{column}")
    return found


@pytest.mark.req("PR-2", "EV-3")
async def test_what_was_said_in_an_erased_thread_stands_nowhere(services, officer, thread, database_url):
    await fill(services, officer, thread, MARKER)
    assert holding(database_url, MARKER) >= {
        "payloads.body",
        "bodies.body",
        "packages.included",
        "hidden_items.item_id",
        "hidden_items.scope",
        "facts.fact",
        "rejections.rejection",
        "decisions.decision",
        "entities.label",
        "approvals.args",
        "approval_votes.decision",
        "effects.outcome",
        "checkpoint_blobs.blob",
        "checkpoint_writes.blob",
    }
    erasure = await services.eraser.erase(officer, thread, reason="asked for")
    assert holding(database_url, MARKER) == set()
    events = await services.log.events(officer.tenant, thread)
    assert [event.body for event in events] == [None] * 10 + [e.ThreadErased(erasure_id=erasure, reason="asked for")]
    assert (await services.log.thread(officer.tenant, thread)).is_erased
    assert holding(database_url, erasure) == {"payloads.body", "erasures.erasure_id", "events.turn_id", "steps.turn_id"}


@pytest.mark.req("PR-2", "EV-2")
async def test_an_erased_thread_folds_to_a_session_and_knowledge_of_nothing(services, officer, thread):
    await fill(services, officer, thread, MARKER)
    await services.eraser.erase(officer, thread, reason="asked for")
    events = await services.log.events(officer.tenant, thread)
    session = fold(None, events)
    assert MARKER not in session.model_dump_json()
    assert (session.version, session.turns, session.open_turn) == (11, 1, None)
    assert fold_knowledge(Knowledge(), events) == Knowledge()
    assert await services.knowledge.facts(officer.tenant, thread, 11) == []
    assert await services.knowledge.entities(officer.tenant, thread, 11) == []


@pytest.mark.req("PR-2")
async def test_other_threads_keep_all_of_theirs(services, officer, stranger, thread, database_url):
    others = {f"{thread}-same": officer, f"{thread}-their": stranger}
    for name, principal in others.items():
        await fill(services, principal, name, MARKER)
    await fill(services, officer, thread, MARKER)
    before = {name: _rows(database_url, name) for name in others}
    await services.eraser.erase(officer, thread, reason="asked for")
    assert {name: _rows(database_url, name) for name in others} == before
    for name, principal in others.items():
        assert (await services.verifier.verify(principal.tenant, name)).status == "intact"
        prompt = await services.packages.of_call(Run(name, "turn-1", principal, 0), 0)
        assert MARKER in _shown(prompt)


def _shown(prompt):
    return "".join(shown["content"] for shown in prompt.messages)


def _rows(url, thread):
    with psycopg.connect(url) as conn:
        tables = conn.execute(
            "SELECT table_schema, table_name FROM information_schema.columns"
            " WHERE column_name = 'thread_id' AND table_schema IN ('dossier', 'langgraph')"
        ).fetchall()
        query = sql.SQL("SELECT t::text FROM {} t WHERE thread_id = %s ORDER BY 1")
        return {t: conn.execute(query.format(sql.Identifier(*t)), [thread]).fetchall() for t in tables}


@pytest.mark.req("PR-2", "EV-2")
async def test_after_a_redaction_the_tables_hold_what_the_redacted_log_folds_to(
    services, officer, thread, database_url
):
    run = await opened(services, officer, thread)
    said = [
        e.ThreadCreated(owner=officer),
        message(officer, MARKER),
        e.FactConfirmed(fact=fact("f1", MARKER)),
        e.TurnEnded(outcome="answered"),
    ]
    later = [
        e.FactConfirmed(fact=fact("f2", "kept", key="case:C-1/kept")),
        e.EntitiesMentioned(entities=(e.EntityRef(type="case", id="C-1"),), by="user"),
    ]
    await services.log.record(run, Step("all"), said, since=0)
    await services.log.record(replace(run, turn="turn-2"), Step("all"), later, since=0)
    await services.leases.release(officer.tenant, thread, run.token)
    await services.eraser.redact(officer, thread, [2], reason="asked for")
    assert holding(database_url, MARKER) == set()
    events = await services.log.events(officer.tenant, thread)
    held = [row.held for row in await services.knowledge.facts(officer.tenant, thread, 7)]
    assert held == fold_knowledge(Knowledge(), events).of("fact") == [fact("f2", "kept", key="case:C-1/kept")]
    assert fold(None, events).version == 7
    assert await services.knowledge.entities(officer.tenant, thread, 7) == fold_knowledge(Knowledge(), events).of(
        "entity"
    )


@pytest.mark.req("PR-2", "CX-10")
async def test_redacting_a_correction_does_not_bring_the_corrected_fact_back(services, officer, thread):
    run = await opened(services, officer, thread)
    said = [
        e.ThreadCreated(owner=officer),
        e.FactConfirmed(fact=fact("old", "urgent")),
        e.FactSuperseded(fact_id="old", key="case:C-1042/urgency", by="new", reason="corrected"),
        e.FactConfirmed(fact=fact("new", "normal")),
    ]
    await services.log.record(run, Step("all"), said, since=0)
    await services.leases.release(officer.tenant, thread, run.token)
    await services.eraser.redact(officer, thread, [3], reason="asked for")
    facts = await services.knowledge.facts(officer.tenant, thread, 5)
    assert [row.held for row in facts] == [fact("new", "normal")]
    erased = [event.seq for event in await services.log.events(officer.tenant, thread) if event.body is None]
    assert erased == [2, 3]


@pytest.mark.req("PR-2", "SM-2")
async def test_a_summary_that_covers_a_redacted_event_goes_with_it(services, officer, thread):
    run = await opened(services, officer, thread)

    def summary(upto):
        goal = Statement(text="goal", events=(1,))
        return e.SummaryGenerated(summary=Summary(covers_turn="t", covers_seq=upto, goal=goal), reason="r")

    before = [e.ThreadCreated(owner=officer), summary(1)]
    await services.log.record(replace(run, turn="turn-0"), Step("all"), before, since=0)
    await services.log.record(run, Step("all"), [message(officer, MARKER), summary(3)], since=0)
    await services.leases.release(officer.tenant, thread, run.token)
    await services.eraser.redact(officer, thread, [3], reason="asked for")
    events = await services.log.events(officer.tenant, thread)
    assert [event.seq for event in events if event.body is None] == [3, 4]
    summarised = fold(None, events).summary
    assert summarised is not None and summarised.seq == 2


@pytest.mark.req("PR-2")
@pytest.mark.parametrize("seq", [1, 11, 12, 8])
async def test_what_the_log_can_not_do_without_or_does_not_have_is_not_redacted(services, officer, thread, seq):
    await fill(services, officer, thread, MARKER)
    await services.eraser.redact(officer, thread, [8], reason="asked for")
    with pytest.raises(InvalidInput if seq in (1, 11) else NotFound):
        await services.eraser.redact(officer, thread, [seq], reason="asked for")
    assert (await services.verifier.verify(officer.tenant, thread)).status == "erased"
    assert (await services.log.thread(officer.tenant, thread)).seq == 11


@pytest.mark.req("PR-2")
async def test_an_open_turn_is_ended_under_its_own_id_before_it_is_erased(services, officer, thread):
    run = await opened(services, officer, thread)
    await services.log.record(run, Step("admit"), [e.ThreadCreated(owner=officer), message(officer, MARKER)], since=0)
    await services.leases.release(officer.tenant, thread, run.token)
    await services.eraser.redact(officer, thread, [2], reason="asked for")
    events = await services.log.events(officer.tenant, thread)
    assert [(event.header.type, event.header.turn) for event in events][2] == ("turn_ended", "turn-1")
    assert fold(None, events).asks == ("turn-1",)
    assert (await services.log.thread(officer.tenant, thread)).open_turn is None


@pytest.mark.req("PR-2", "UP-7")
async def test_nothing_is_erased_while_a_run_holds_the_thread(services, officer, thread, database_url):
    await fill(services, officer, thread, MARKER)
    token = await services.leases.take(officer.tenant, thread)
    before = _rows(database_url, thread)
    for erasing in (
        services.eraser.erase(officer, thread, reason="r"),
        services.eraser.redact(officer, thread, [2], reason="r"),
    ):
        with pytest.raises(ThreadBusy):
            await erasing
    assert _rows(database_url, thread) == before
    await services.leases.release(officer.tenant, thread, token)
    await services.eraser.erase(officer, thread, reason="r")


@pytest.mark.req("PR-2", "SV-4")
async def test_a_thread_of_another_tenant_can_not_be_erased(services, officer, stranger, thread, database_url):
    await fill(services, officer, thread, MARKER)
    before = _rows(database_url, thread)
    for erasing in (
        services.eraser.erase(stranger, thread, reason="r"),
        services.eraser.redact(stranger, thread, [2], reason="r"),
    ):
        with pytest.raises(NotFound):
            await erasing
    assert _rows(database_url, thread) == before


@pytest.mark.req("PR-2")
async def test_a_thread_may_be_erased_after_a_redaction_and_again(services, officer, thread, database_url):
    await fill(services, officer, thread, MARKER)
    await services.eraser.redact(officer, thread, [8], reason="first")
    for _ in range(2):
        await services.eraser.erase(officer, thread, reason="all of it")
    assert holding(database_url, MARKER) == set()
    verdict = await services.verifier.verify(officer.tenant, thread)
    assert (verdict.status, verdict.events, verdict.erased) == ("erased", 13, 12)


@pytest.mark.req("PR-2", "CX-13")
async def test_an_erasure_takes_no_text_from_a_package_that_is_stored_at_the_same_time(services, officer, thread):
    gone = [f"{thread}-{n}" for n in range(6)]
    for name in gone:
        await fill(services, officer, name, MARKER)
    runs = [await opened(services, officer, f"{thread}-new-{n}") for n in range(6)]

    async def stores(run):
        key = await services.packages.block_key(run.tenant, run.thread)
        stored = await services.packages.storing(run, 0, package(run, MARKER, key), [])
        await services.log.record(run, Step("build"), [e.ThreadCreated(owner=officer)], since=0, also=stored.statements)
        return await services.packages.of_call(run, 0)

    erasures = [services.eraser.erase(officer, name, reason="r") for name in gone]
    await asyncio.gather(*erasures, *map(stores, runs))
    prompts = [await services.packages.of_call(run, 0) for run in runs]
    assert [MARKER in _shown(prompt) for prompt in prompts] == [True] * 6
