"""Row-level security and privileges with every check of ours switched off: raw SQL as the runtime's role."""

from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from dossier.memory import Owner, namespace
from tests.spine.filling import fill

WITHOUT_TENANT = {
    "dossier.alembic_version",
    "dossier.applications",
    "langgraph.checkpoint_migrations",
    "langgraph.store_migrations",
}
"""Tables that hold nothing of any tenant; the runtime may read them at most."""
SERVED = (
    "INSERT INTO runs (thread_id, turn_id, attempt) VALUES (%(thread)s, 'turn-1', 1)",
    "INSERT INTO chunks (thread_id, turn_id, attempt, seq, chunk) VALUES (%(thread)s, 'turn-1', 1, 1, 'a')",
    "INSERT INTO usage (scope, id, period) VALUES ('tenant', '', '2026-03-01')",
)
"""What the endpoint keeps of a turn."""
AUDITED = "dossier.hidden_items"
"""Only the auditor's role reads it."""
OURS, THEIRS = "northgate", "southmoor"


@pytest.fixture
async def filled(services, officer, stranger, thread, database_url):
    """Both tenants have something in every table; gives the database's URL."""
    for principal, name in ((officer, f"{thread}-ours"), (stranger, f"{thread}-theirs")):
        await fill(services, principal, name, f"marker of {principal.tenant}")
        await services.eraser.redact(principal, name, [8], reason="asked for")
        later = f"{name}-later"
        await fill(services, principal, later, f"marker of {principal.tenant}")
        where = namespace(principal.tenant, Owner("user", principal.user))
        await services.memories.store.aput(where, f"memory-{name}", {"text": "a wish", "thread": name})
        async with services.db.write("served", principal.tenant) as cursor:
            for row in SERVED:
                await cursor.execute(row, {"thread": name})
    return database_url


@contextmanager
def acting(url, role="dossier_runtime", tenant=OURS):
    with psycopg.connect(make_conninfo(url, user=role), row_factory=dict_row) as conn:
        if tenant is not None:
            conn.execute("SELECT set_config('dossier.tenant', %s, false)", [tenant])
        conn.commit()
        yield conn


def tables(url):
    with psycopg.connect(url) as conn:
        found = conn.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('dossier', 'langgraph') ORDER BY 1, 2"
        ).fetchall()
    return [f"{schema}.{table}" for schema, table in found if f"{schema}.{table}" not in WITHOUT_TENANT]


def name_of(table):
    return sql.Identifier(*table.split("."))


def count(conn, table, where="true"):
    query = sql.SQL("SELECT count(*) AS n FROM {} WHERE {}").format(name_of(table), sql.SQL(where))
    return conn.execute(query).fetchone()["n"]


def refused(conn, statement, *values):
    """Tell how the database refuses a statement; the transaction is undone."""
    try:
        affected = conn.execute(statement, values).rowcount
    except psycopg.Error as error:
        return type(error).__name__
    else:
        return affected
    finally:
        conn.rollback()


@pytest.mark.req("SV-4", "UP-5")
async def test_no_table_shows_or_gives_away_a_row_of_another_tenant(filled):
    with psycopg.connect(filled, row_factory=dict_row) as admin, acting(filled) as ours:
        assert len(tables(filled)) >= 18
        for table in tables(filled):
            assert count(admin, table, f"tenant_id = '{THEIRS}'") > 0, f"{table} has no row to protect"
            with acting(filled, "dossier_auditor" if table == AUDITED else "dossier_runtime") as reading:
                assert count(reading, table) == count(admin, table, f"tenant_id = '{OURS}'") > 0, table
                assert count(reading, table, f"tenant_id = '{THEIRS}'") == 0, table
            columns = admin.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name_of(table))).description
            for column in columns:
                change = sql.SQL("UPDATE {} SET {column} = {column} WHERE tenant_id = %s").format(
                    name_of(table), column=sql.Identifier(column.name)
                )
                assert refused(ours, change, THEIRS) in (0, "InsufficientPrivilege"), (table, column.name)
            gone = sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(name_of(table))
            assert refused(ours, gone, THEIRS) in (0, "InsufficientPrivilege"), table
            assert refused(ours, sql.SQL("TRUNCATE {} CASCADE").format(name_of(table))) == "InsufficientPrivilege"


@pytest.mark.req("SV-4", "UP-5")
async def test_no_table_takes_a_row_for_another_tenant_or_for_its_threads(filled):
    with psycopg.connect(filled, row_factory=dict_row) as admin, acting(filled) as ours:
        for table in tables(filled):
            query = sql.SQL("SELECT to_jsonb(t) AS row FROM {} t WHERE tenant_id = %s LIMIT 1").format(name_of(table))
            theirs = admin.execute(query, [THEIRS]).fetchone()["row"]
            insert = sql.SQL("INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, %s)").format(
                name_of(table)
            )
            assert refused(ours, insert, Jsonb(theirs)) == "InsufficientPrivilege", table
            if not table.startswith("dossier.") or "thread_id" not in theirs or table == "dossier.threads":
                continue
            admin.execute("SET session_replication_role = replica")
            admin.execute(sql.SQL("DELETE FROM {} WHERE tenant_id = %s").format(name_of(table)), [THEIRS])
            admin.commit()
            squatting = refused(ours, insert, Jsonb({**theirs, "tenant_id": OURS}))
            assert squatting in ("ForeignKeyViolation", "InsufficientPrivilege"), table


@pytest.mark.req("SV-4")
@pytest.mark.parametrize("role", ["dossier_runtime", "dossier_eraser", "dossier_auditor"])
async def test_who_names_no_tenant_sees_nothing(filled, role):
    readable = [table for table in tables(filled) if (table == AUDITED) == (role == "dossier_auditor")]
    with acting(filled, role, tenant=None) as nobody:
        for table in readable:
            assert count(nobody, table) == 0, table
    with acting(filled, role, tenant="") as nobody:
        assert [table for table in readable if count(nobody, table)] == []


@pytest.mark.req("CX-3", "SV-4")
async def test_what_was_hidden_is_read_by_the_auditors_role_alone_which_reads_and_does_nothing_else(filled):
    look = sql.SQL("SELECT count(*) FROM {}").format(name_of(AUDITED))
    for role in ("dossier_runtime", "dossier_eraser"):
        with acting(filled, role) as nosy:
            for statement in (look, "SELECT item_id FROM hidden_items", "SELECT FROM hidden_items WHERE n = 1"):
                assert refused(nosy, statement) in ("InsufficientPrivilege", "UndefinedTable")
            copied = "INSERT INTO dossier.hidden_items SELECT * FROM dossier.hidden_items RETURNING item_id"
            assert refused(nosy, copied) == "InsufficientPrivilege"
    with acting(filled, "dossier_auditor") as auditor:
        others = [table for table in tables(filled) if table != AUDITED]
        looks = [sql.SQL("SELECT FROM {}").format(name_of(table)) for table in others]
        changes = ["DELETE FROM dossier.hidden_items", "UPDATE dossier.hidden_items SET scope = ''"]
        assert {refused(auditor, statement) for statement in [*looks, *changes]} == {"InsufficientPrivilege"}


@pytest.mark.req("EV-3")
@pytest.mark.parametrize("table", ["dossier.events", "dossier.payloads"])
async def test_the_runtime_can_only_add_to_the_log(filled, table):
    with acting(filled) as ours:
        for column in ("seq", "thread_id", "tenant_id"):
            change = sql.SQL("UPDATE {} SET {column} = {column}").format(name_of(table), column=sql.Identifier(column))
            assert refused(ours, change) == "InsufficientPrivilege"
        for statement in ("DELETE FROM {}", "TRUNCATE {} CASCADE", "SELECT * FROM {} FOR UPDATE"):
            assert refused(ours, sql.SQL(statement).format(name_of(table))) == "InsufficientPrivilege"


@pytest.mark.req("EV-3", "PR-2")
async def test_the_eraser_deletes_bodies_but_changes_no_event(filled):
    with acting(filled, "dossier_eraser") as eraser:
        names = [column.name for column in eraser.execute("SELECT * FROM dossier.events LIMIT 0").description]
        for column in names:
            change = sql.SQL("UPDATE dossier.events SET {column} = {column}").format(column=sql.Identifier(column))
            assert refused(eraser, change) == "InsufficientPrivilege"
        assert refused(eraser, "DELETE FROM dossier.events") == "InsufficientPrivilege"
        assert refused(eraser, "TRUNCATE dossier.events CASCADE") == "InsufficientPrivilege"
        assert refused(eraser, "UPDATE dossier.payloads SET body = body") == "InsufficientPrivilege"
        assert refused(eraser, "DELETE FROM dossier.payloads") > 0


@pytest.mark.req("SV-4", "EV-3")
@pytest.mark.parametrize("role", ["dossier_runtime", "dossier_eraser", "dossier_auditor"])
async def test_no_role_of_a_process_can_lift_its_limits(filled, role):
    with psycopg.connect(filled) as admin:
        owner = admin.info.user
        attributes = admin.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = %s", [role]
        ).fetchone()
    assert attributes == (False, False, False, False)
    with acting(filled, role) as limited:
        for statement in (
            f'SET ROLE "{owner}"',
            f'SET SESSION AUTHORIZATION "{owner}"',
            "SET ROLE dossier_eraser" if role != "dossier_eraser" else "SET ROLE dossier_runtime",
            "ALTER TABLE dossier.events DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE dossier.events NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE dossier.events DISABLE TRIGGER ALL",
            "DROP POLICY own_tenant ON dossier.events",
            "CREATE POLICY all_of_it ON dossier.events USING (true)",
            "DROP TABLE dossier.events",
            "ALTER TABLE dossier.events OWNER TO CURRENT_USER",
            f"ALTER ROLE {role} BYPASSRLS",
            "CREATE TABLE dossier.own (x int)",
            "CREATE FUNCTION dossier.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA own",
            "SET session_replication_role = replica",
            "COPY dossier.events TO PROGRAM 'cat'",
        ):
            assert refused(limited, statement) in ("InsufficientPrivilege", "DependentObjectsStillExist"), statement
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            limited.execute("SET row_security = off")
            limited.execute("SELECT * FROM dossier.events")


@pytest.mark.req("SV-4")
async def test_every_table_forces_row_security_under_one_policy(database_url):
    with psycopg.connect(database_url) as admin:
        for table in tables(database_url):
            forced = admin.execute(
                "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
            ).fetchone()
            policies = admin.execute(
                "SELECT policyname, permissive, roles::text, cmd FROM pg_policies"
                " WHERE schemaname || '.' || tablename = %s",
                [table],
            ).fetchall()
            swept = {"threads": "SELECT", "leases": "SELECT", "approvals": "SELECT"}
            swept |= {"runs": "ALL", "chunks": "ALL"}
            swept |= {"langgraph.store": "ALL"}
            what = swept.get(table.removeprefix("dossier."))
            # The sweeper alone looks across tenants, at the columns that it is granted.
            sweeper = [("swept", "PERMISSIVE", "{dossier_sweeper}", what)] if what else []
            own = ("own_tenant", "PERMISSIVE", "{public}", "ALL")
            assert (forced, sorted(policies)) == ((True,), [own, *sweeper]), table
        assert admin.execute(
            "SELECT count(*) FROM pg_views WHERE schemaname IN ('dossier', 'langgraph')"
        ).fetchone() == (0,)


@pytest.mark.req("SV-4")
async def test_a_pooled_connection_keeps_no_tenant_and_reads_change_nothing(services, officer, stranger, thread):
    await services.log.claim(officer, thread)
    from dossier.errors import StorageFailed

    async with services.db.session("test", officer.tenant) as cursor:
        await cursor.execute("SELECT count(*) AS n FROM threads")
        assert await cursor.fetchone() == {"n": 1}
    for _ in range(8):
        async with services.db.read(stranger.tenant) as cursor:
            await cursor.execute("SELECT count(*) AS n FROM threads")
            assert await cursor.fetchone() == {"n": 0}
        async with services.db._pool.connection() as conn:
            rows = await (await conn.execute("SELECT current_setting('dossier.tenant', true) AS t")).fetchall()
            assert rows[0]["t"] in (None, "")
    with pytest.raises(StorageFailed, match="read-only"):
        async with services.db.read(officer.tenant) as cursor:
            await cursor.execute("UPDATE threads SET open_turn = 'x'")
