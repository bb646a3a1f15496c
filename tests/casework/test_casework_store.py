from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from casework.application import Casework
from dossier.adapters.embedded_postgres import EmbeddedPostgres
from state.principal import Principal

TABLES = (
    "licensees",
    "cases",
    "documents",
    "passages",
    "notes",
    "status_changes",
    "outbox",
    "assessments",
    "deletions",
)
DELETABLE = ("documents", "passages")
SHIPPED = {
    "eastvale": {"licensees": 10, "cases": 10, "documents": 20, "passages": 75},
    "northgate": {"licensees": 10, "cases": 10, "documents": 20, "passages": 73},
    "westmere": {"licensees": 10, "cases": 10, "documents": 20, "passages": 75},
}
NOTE = "INSERT INTO casework.notes (key, case_id, text, written_by, written_at) VALUES ('k', 'C-1042', 't', 'b', now())"


async def counts(cursor: Any) -> dict[str, int]:
    found = {}
    for table in TABLES:
        await cursor.execute(f"SELECT count(*) AS n FROM casework.{table}")
        found[table] = (await cursor.fetchone())["n"]
    return found


@pytest.mark.req("SV-4")
@pytest.mark.parametrize("tenant", SHIPPED)
async def test_installing_twice_gives_each_agency_its_own_rows_once(as_tenant: Any, tenant: str):
    async with as_tenant(tenant) as cursor:
        assert await counts(cursor) == {**dict.fromkeys(TABLES, 0), **SHIPPED[tenant]}


async def test_installing_again_keeps_what_people_have_changed(
    server: EmbeddedPostgres, database: str, as_tenant: Any, desk: Casework
):
    async with as_tenant("northgate") as cursor:
        await cursor.execute("UPDATE casework.cases SET status = 'escalated', version = 2 WHERE id = 'C-1042'")
    url = server.url(user="desk_migrator", database=database)
    async with await AsyncConnection[dict[str, Any]].connect(url, row_factory=dict_row) as connection:
        await desk.install(connection.cursor())
    async with as_tenant("northgate") as cursor:
        await cursor.execute("SELECT status, version FROM casework.cases WHERE id = 'C-1042'")
        assert await cursor.fetchone() == {"status": "escalated", "version": 2}


@pytest.mark.req("SV-4")
@pytest.mark.parametrize("tenant", ["southport", ""])
async def test_another_tenant_sees_nothing(as_tenant: Any, tenant: str):
    async with as_tenant("northgate") as cursor:
        await cursor.execute(NOTE)
    async with as_tenant(tenant) as cursor:
        assert await counts(cursor) == dict.fromkeys(TABLES, 0)
        await cursor.execute("UPDATE casework.cases SET status = 'closed'")
        assert cursor.rowcount == 0


@pytest.mark.req("SV-4")
async def test_another_tenant_can_neither_write_into_a_tenant_nor_refer_to_its_cases(as_tenant: Any):
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        async with as_tenant("southport") as cursor:
            await cursor.execute(NOTE)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with as_tenant("southport") as cursor:
            await cursor.execute(NOTE.replace("(key", "(tenant_id, key").replace("('k'", "('northgate', 'k'"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        async with as_tenant("") as cursor:
            await cursor.execute(NOTE)


@pytest.mark.req("SV-4")
async def test_the_owner_of_the_tables_is_bound_to_a_tenant_too(server: EmbeddedPostgres, database: str):
    url = server.url(user="desk_migrator", database=database)
    async with await AsyncConnection[dict[str, Any]].connect(url, row_factory=dict_row) as connection:
        assert await counts(connection.cursor()) == dict.fromkeys(TABLES, 0)


@pytest.mark.req("SV-4")
@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM casework.{table}" for table in TABLES if table not in DELETABLE),
        "UPDATE casework.cases SET assigned_to = 'x'",
        "UPDATE casework.cases SET access = 'agency'",
        "UPDATE casework.status_changes SET reason = 'x'",
        "UPDATE casework.outbox SET text = 'x'",
        "UPDATE casework.assessments SET risk = 'low'",
        "UPDATE casework.passages SET text = 'x'",
        "INSERT INTO casework.cases (id) VALUES ('C-1')",
        "CREATE TABLE casework.mine ()",
    ],
)
async def test_the_runtime_may_write_only_what_a_tool_needs(cursor: Any, statement: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        await cursor.execute(statement)


@pytest.mark.req("AP-3")
async def test_the_database_refuses_a_status_change_approved_by_the_person_who_asked(cursor: Any):
    with pytest.raises(psycopg.errors.CheckViolation):
        await cursor.execute(
            "INSERT INTO casework.status_changes"
            " (key, case_id, from_status, to_status, reason, requested_by, approved_by, changed_at)"
            " VALUES ('k', 'C-1042', 'under_review', 'escalated', 'r', 'o.brandt', 'o.brandt', now())"
        )


async def found(desk: Casework, cursor: Any, who: Principal, query: str, *focus: Any, limit: int = 4) -> list[str]:
    return [piece.id for piece in await desk.documents(cursor, who, query, focus, limit)]


async def test_documents_are_found_by_any_of_their_words(desk: Casework, cursor: Any, officer: Principal):
    assert await found(desk, cursor, officer, "Was hazelnut missing from the labels?", limit=1) == ["doc:IR-58#2"]
    stemmed = await found(desk, cursor, officer, "CALIBRATING trailers", limit=20)
    assert (stemmed[0], {"doc:CAL-5#1", "doc:CP-12#2"} <= set(stemmed)) == ("doc:IR-77#4", True)


@pytest.mark.parametrize("query", ["", "the or of", "'; --", '"', "\\", "or or -or", "&|!():*", "\u202e"])
async def test_a_request_without_usable_words_finds_nothing_and_breaks_nothing(
    desk: Casework, cursor: Any, officer: Principal, query: str
):
    assert await found(desk, cursor, officer, query) == []


async def test_what_is_in_focus_comes_first_even_when_no_word_fits(desk: Casework, cursor: Any, officer: Principal):
    known = {entity.ref.id: entity.ref for entity in await desk.entities(cursor, officer)}
    case, report = known["C-1042"], known["IR-61"]
    of_case = await desk.documents(cursor, officer, "redo the risk analysis", [case], 18)
    assert {piece.scope.id for piece in of_case} == {"C-1042"}
    assert await found(desk, cursor, officer, "key finding", report, case, limit=1) == ["doc:IR-61#4"]


@pytest.mark.parametrize("query", ["What's the position on C-1042? Summarise the evidence.", "redo the risk analysis"])
async def test_a_general_request_finds_what_each_document_of_the_case_found_or_left_open(
    desk: Casework, cursor: Any, officer: Principal, query: str
):
    case = next(e.ref for e in await desk.entities(cursor, officer) if e.ref.id == "C-1042")
    assert await found(desk, cursor, officer, query, case, limit=8) == [
        "doc:IR-77#3",
        "doc:LT-31#3",
        "doc:CAL-5#2",
        "doc:CP-12#2",
        "doc:IR-61#4",
        "doc:IR-77#5",
        "doc:CP-12#3",
        "doc:LT-31#2",
    ]


async def test_a_document_never_comes_without_what_corrects_it(desk: Casework, cursor: Any, officer: Principal):
    report = next(e.ref for e in await desk.entities(cursor, officer) if e.ref.id == "IR-61")
    assert "doc:IR-77#3" in await found(desk, cursor, officer, "cold room of the dairy", report, limit=5)


async def test_a_passage_says_whose_and_how_old_it_is(desk: Casework, cursor: Any, officer: Principal):
    (piece,) = await desk.documents(cursor, officer, "provisional statement withdrawn", [], 1)
    assert piece.text == (
        "Inspection report IR-77, follow-up on chamber 3, version 1.1, verified by s.okafor: Correction of IR-61\n"
        "The excursion recorded in IR-61 was a sensor fault. It must not be attributed to the licensee. "
        "The provisional statement that staff left the door open is withdrawn."
    )
    assert piece.as_of is not None
    assert (piece.id, piece.source, piece.as_of.isoformat()) == (
        "doc:IR-77#3",
        "documents",
        "2026-10-22T00:00:00+00:00",
    )
    assert dict(piece.scope.attributes) == {"tenant": "northgate", "access": "agency", "assigned_to": "o.brandt"}
    assert desk.authorizer.decide(officer, "read", piece.scope, {}).allowed


@pytest.mark.req("CX-3")
async def test_a_limited_case_leaves_no_trace_for_who_may_not_see_it(
    desk: Casework, cursor: Any, officer: Principal, supervisor: Principal
):
    async def traces(who: Principal) -> list[bool]:
        known = [entity.ref for entity in await desk.entities(cursor, supervisor)]
        hidden = [ref for ref in known if ref.id in ("C-1048", "CP-15")]
        entities = {entity.ref.id for entity in await desk.entities(cursor, who)}
        documents = await desk.documents(cursor, who, "labels of vacuum-packed beef", hidden, 20)
        return [
            {"C-1048", "CP-15"} <= entities,
            bool({"C-1048", "CP-15"} & entities),
            any(piece.scope.id == "C-1048" for piece in documents),
            bool(await desk.task_state(cursor, who, hidden)),
        ]

    assert await traces(supervisor) == [True, True, True, True]
    assert await traces(officer) == [False, False, False, False]


async def test_somebody_without_a_role_is_given_nothing(desk: Casework, cursor: Any):
    nobody = Principal(tenant="northgate", user="n.n")
    assert await desk.entities(cursor, nobody) == []
    assert await desk.documents(cursor, nobody, "sensor policy finding", [], 20) == []


@pytest.mark.req("SV-4", "CX-3")
async def test_the_same_number_is_another_case_in_another_agency(desk: Casework, as_tenant: Any):
    titles, evidence = {}, {}
    for tenant in ("northgate", "westmere"):
        who = desk.people[f"{tenant}-officer"]
        async with as_tenant(tenant) as cursor:
            known = {entity.ref.id: entity.ref for entity in await desk.entities(cursor, who)}
            (piece,) = await desk.task_state(cursor, who, [known["C-1042"]])
            titles[tenant] = piece.text.splitlines()[0]
            found = await desk.documents(cursor, who, "chromium sensor trout haddock", [known["C-1042"]], 20)
            evidence[tenant] = {piece.id.split("#")[0] for piece in found}
    assert titles == {
        "northgate": "Case C-1042: Cold chain of frozen fish. Licensee ACME-77 (Acme Cold Chain Foods).",
        "westmere": "Case C-1042: Dead trout below the weir. Licensee TANN-09 (Tannery Lane Leather).",
    }
    assert {"doc:IR-77", "doc:LT-31"} <= evidence["northgate"]
    assert {"doc:LAB-6", "doc:IR-40", "doc:LT-20"} <= evidence["westmere"]
    assert not evidence["northgate"] & evidence["westmere"]


@pytest.mark.req("ST-3", "CX-12")
async def test_a_replaced_document_is_found_by_its_name_only_and_says_what_replaced_it(desk: Casework, as_tenant: Any):
    who = desk.people["westmere-officer"]
    async with as_tenant("westmere") as cursor:
        known = {entity.ref.id: entity.ref for entity in await desk.entities(cursor, who)}
        general = await desk.documents(cursor, who, "preliminary chromium figures", [known["C-1042"]], 30)
        named = await desk.documents(cursor, who, "chromium", [known["LAB-4"], known["C-1042"]], 4)
        (state,) = await desk.task_state(cursor, who, [known["C-1042"]])
    assert not [piece.id for piece in general if piece.id.startswith(("doc:LAB-4", "doc:POL-3"))]
    assert "doc:LAB-6#2" in {piece.id for piece in named}
    (results,) = [piece.text for piece in named if piece.id == "doc:LAB-4#2"]
    assert results.startswith(
        "Laboratory report LAB-4, preliminary results for the Ease, version 0.9, verified by c.ruiz, "
        "superseded by LAB-6: Results\n"
    )
    assert "LAB-4 (laboratory_report, 2026-09-21, superseded by LAB-6)" in state.text


async def test_what_was_deleted_stays_deleted_when_the_application_is_installed_again(
    server: EmbeddedPostgres, database: str, as_tenant: Any, desk: Casework
):
    async with as_tenant("northgate") as cursor:
        await cursor.execute(
            "INSERT INTO casework.deletions"
            " (key, case_id, document_id, title, reason, requested_by, approved_by, deleted_at)"
            " VALUES ('k', 'C-1042', 'CP-12', 't', 'r', 'h.varga', 's.okafor', now())"
        )
        await cursor.execute("DELETE FROM casework.passages WHERE document_id = 'CP-12'")
        await cursor.execute("DELETE FROM casework.documents WHERE id = 'CP-12'")
    url = server.url(user="desk_migrator", database=database)
    async with await AsyncConnection[dict[str, Any]].connect(url, row_factory=dict_row) as connection:
        await desk.install(connection.cursor())
    async with as_tenant("northgate") as cursor:
        assert (await counts(cursor))["documents"] == 19
