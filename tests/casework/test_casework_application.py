from typing import Any

import pytest

from casework.application import Casework
from dossier.adapters.embedded_postgres import EmbeddedPostgres
from dossier.adapters.tokens import token_counter
from dossier.application import Application
from dossier.references.candidates import Candidate, Situation
from dossier.references.resolve import resolve
from state.events import EntityRef
from state.principal import Principal

SHIPPED_POLICIES = ["policy:POL-1", "policy:POL-2", "policy:POL-3"]


def test_the_desk_is_an_application(desk: Casework):
    application: Application = desk
    assert (application.name, application.task, application.prompt(application.task).version) == (
        "casework",
        "casework",
        "v1",
    )


@pytest.mark.req("CX-20", "CX-17")
def test_the_officers_authority_says_that_a_change_of_status_needs_another_person(desk: Casework, officer: Principal):
    (piece,) = desk.authority(officer)
    assert piece.text.splitlines() == [
        "User o.brandt, officer, Northgate Licensing Authority.",
        "May: view cases and documents, get case, list evidence, search documents, add note, draft assessment.",
        "May not do without the approval of another, entitled person: change status, escalate case, notify licensee.",
        "May not: delete record.",
    ]


@pytest.mark.req("CX-17")
def test_authority_follows_the_roles(desk: Casework, supervisor: Principal):
    nobody = Principal(tenant="southport", user="n.n")
    (of_supervisor,), (of_nobody,) = desk.authority(supervisor), desk.authority(nobody)
    (of_senior,), (of_clerk,) = (desk.authority(desk.people[name]) for name in ("senior-officer", "westmere-clerk"))
    writes = "add note, draft assessment, change status, escalate case, notify licensee, delete record."
    assert of_supervisor.text.splitlines() == [
        "User s.okafor, supervisor, Northgate Licensing Authority.",
        "May: view cases and documents, get case, list evidence, search documents.",
        f"May approve what others ask for: {writes}",
        f"May not: {writes}",
    ]
    assert of_senior.text.splitlines()[2:] == [
        "May not do without the approval of another, entitled person: change status, escalate case, notify licensee, "
        "delete record."
    ]
    assert of_clerk.text.splitlines() == [
        "User j.osei, clerk, Westmere Environment Office.",
        "May: view cases and documents, get case, list evidence, search documents.",
        "May not do without the approval of another, entitled person: add note.",
        "May not: draft assessment, change status, escalate case, notify licensee, delete record.",
    ]
    assert of_nobody.text.splitlines() == [
        "User n.n, no role, southport.",
        "May: nothing.",
        f"May not: get case, list evidence, search documents, {writes}",
    ]


@pytest.mark.req("SV-4")
def test_five_roles_of_three_agencies_can_sign_in_and_those_of_the_first_by_their_role_alone(desk: Casework):
    roles = ("auditor", "clerk", "officer", "senior-officer", "supervisor")
    named = {f"{agency}-{role}" for agency in ("eastvale", "northgate", "westmere") for role in roles}
    assert {*desk.people} == named | {*roles}
    assert len(set(desk.people.values())) == 15
    assert desk.people["officer"] == desk.people["northgate-officer"]
    assert desk.people["officer"] == Principal(tenant="northgate", user="o.brandt", roles=("officer",))
    assert desk.people["supervisor"].user == "s.okafor"
    assert desk.people["westmere-senior-officer"] == Principal(
        tenant="westmere", user="c.ruiz", roles=("senior_officer",)
    )


@pytest.mark.req("CX-20")
@pytest.mark.parametrize("tenant", ["eastvale", "westmere"])
def test_each_agency_has_three_short_policies_that_always_apply(desk: Casework, tenant: str):
    pieces = desk.policies(Principal(tenant=tenant, user="x", roles=("officer",)))
    assert len(pieces) == 3
    assert all(token_counter("o200k_base").count(piece.text) <= 150 for piece in pieces)
    assert "non-binding" in pieces[0].text and "must not recommend" in pieces[0].text


@pytest.mark.req("CX-20")
def test_three_short_policies_always_apply(desk: Casework, officer: Principal):
    pieces = desk.policies(officer)
    assert [piece.id for piece in pieces] == SHIPPED_POLICIES
    assert all(token_counter("o200k_base").count(piece.text) <= 150 for piece in pieces)
    assert "non-binding" in pieces[0].text and "must not recommend enforcement" in pieces[0].text
    assert "Escalation always needs this approval." in pieces[1].text
    assert "do not repeat the earlier one as a finding" in pieces[2].text
    assert desk.policies(Principal(tenant="southport", user="x", roles=("officer",))) == []


@pytest.mark.req("CX-20")
@pytest.mark.parametrize(("kind", "name"), [("case", "C-1042"), ("inspection_report", "IR-77")])
async def test_the_state_of_the_case_in_focus_has_verifier_time_and_evidence(
    desk: Casework, cursor: Any, officer: Principal, kind: str, name: str
):
    (piece,) = await desk.task_state(cursor, officer, [EntityRef(type=kind, id=name)])
    assert piece.text.splitlines() == [
        "Case C-1042: Cold chain of frozen fish. Licensee ACME-77 (Acme Cold Chain Foods).",
        "Status: under_review, verified by s.okafor at 2026-11-06 09:40 UTC.",
        "Urgency on file: routine. Risk on file: medium.",
        "Assigned to o.brandt. Opened 2026-03-12.",
        "Evidence on file: LT-31 (letter, 2026-11-05), CAL-5 (certificate, 2026-11-02), "
        "IR-77 (inspection_report, 2026-10-22), CP-12 (complaint, 2026-09-18), IR-61 (inspection_report, 2026-03-12).",
    ]
    assert piece.as_of is not None
    assert (piece.id, piece.as_of.isoformat()) == ("case:C-1042", "2026-11-06T09:40:00+00:00")


async def test_a_case_in_focus_twice_has_one_piece(desk: Casework, cursor: Any, officer: Principal):
    focus = [EntityRef(type="inspection_report", id="IR-61"), EntityRef(type="case", id="C-1042")]
    assert [piece.id for piece in await desk.task_state(cursor, officer, focus)] == ["case:C-1042"]
    assert await desk.task_state(cursor, officer, []) == []


@pytest.mark.req("RF-2", "RF-3")
async def test_the_user_can_refer_to_the_cases_and_documents_that_they_may_see(
    desk: Casework, cursor: Any, officer: Principal
):
    known = await desk.entities(cursor, officer)
    refs = {(entity.ref.type, entity.ref.id): entity for entity in known}
    reports = [i for (kind, i), e in refs.items() if kind == "inspection_report" and e.attributes["case"] == "C-1042"]
    assert (len(known), len(refs), reports) == (37, 37, ["IR-77", "IR-61"])
    assert dict(refs["inspection_report", "IR-77"].attributes) == {
        "date": "2026-10-22",
        "case": "C-1042",
        "licensee": "ACME-77",
    }
    assert refs["licensee", "ACME-77"].ref.label == "ACME-77 Acme Cold Chain Foods"
    assert all(desk.authorizer.decide(officer, "read", entity.scope, {}).allowed for entity in known)


async def test_what_always_applies_is_not_found_as_evidence_again(desk: Casework, cursor: Any, officer: Principal):
    pieces = await desk.documents(cursor, officer, "assessment non-binding escalation approval instrument", [], 50)
    assert not {"doc:POL-1#1", "doc:POL-2#1", "doc:POL-3#1"} & {piece.id for piece in pieces}


async def test_the_role_that_installs_is_no_superuser(server: EmbeddedPostgres, cursor: Any):
    await cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = 'desk_migrator'")
    assert await cursor.fetchone() == {"rolsuper": False, "rolbypassrls": False}


@pytest.mark.req("RF-1", "RF-4")
async def test_the_words_of_the_demo_mean_the_case_and_two_reports(desk: Casework, cursor: Any, officer: Principal):
    known = await desk.entities(cursor, officer)
    candidates = tuple(
        Candidate(f"{e.ref.type}:{e.ref.id}", e.ref.type, e.ref.label, tuple(e.attributes.items())) for e in known
    )

    def meant(utterance: str, among: tuple[Candidate, ...] = candidates) -> list[tuple[str, tuple[str, ...]]]:
        found = resolve(Situation(utterance, candidates=among, focus=("case:C-1042",))).references
        return [(reference.phrase, reference.ids or reference.options) for reference in found]

    of_case = tuple(c for c in candidates if ("case", "C-1042") in c.attrs)
    assert meant("What's the position on C-1042? Not urgent, just summarise the evidence.") == [
        ("C-1042", ("case:C-1042",))
    ]
    assert meant("Redo the risk analysis only, don't change the status.") == []
    assert meant("Quote the key finding from the report.", of_case) == [
        ("the report", ("inspection_report:IR-61", "inspection_report:IR-77"))
    ]
    assert meant("Change the status of C-1042 to escalated") == [("C-1042", ("case:C-1042",))]
    assert meant("Notify the licensee of C-1042.") == [("the licensee of C-1042", ("licensee:ACME-77",))]
