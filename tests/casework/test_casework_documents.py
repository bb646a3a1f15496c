"""What the shipped files hold: whole, consistent with each other, and each agency's its own."""

import re
from datetime import date
from pathlib import Path

import pytest

import casework
from casework.agencies import agencies
from casework.corpus import Document, documents, parse
from casework.status import NEXT

FILES = sorted((Path(casework.__file__).parent / "documents").glob("*/*.md"))
TENANTS = ("eastvale", "northgate", "westmere")
ID = re.compile(r"\b(?:IR|CP|LT|POL|CAL|CERT|LAB)-\d+\b")


def texts(document: Document) -> str:
    return "\n".join(f"{passage.heading}\n{passage.text}" for passage in document.passages)


def test_there_are_three_agencies_with_thirty_cases_and_sixty_documents():
    assert tuple(agencies()) == TENANTS
    assert [len(agency.cases) for agency in agencies().values()] == [10, 10, 10]
    assert [len(documents(tenant)) for tenant in TENANTS] == [20, 20, 20]


def test_every_document_file_is_read_once_and_under_its_own_name():
    read = [(tenant, document.about.id) for tenant in TENANTS for document in documents(tenant)]
    assert [(f.parent.name, f.stem) for f in FILES] == read


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_a_document_has_120_to_350_words(file: Path):
    assert 120 <= len(file.read_text("utf-8").split("\n---\n", 1)[1].split()) <= 350


@pytest.mark.parametrize("tenant", TENANTS)
def test_ten_cases_have_unique_ids_known_licensees_staff_and_at_least_one_document_each(tenant: str):
    agency = agencies()[tenant]
    cases = {case.id for case in agency.cases}
    assert len(cases) == len(agency.cases) == 10
    assert {case.licensee for case in agency.cases} <= {licensee.id for licensee in agency.licensees}
    assert {d.about.case for d in documents(tenant)} - {None} == cases
    staff = {*agency.staff.values()}
    assert {case.assigned_to for case in agency.cases} | {case.status_verified_by for case in agency.cases} <= staff
    assert {d.about.verified_by for d in documents(tenant)} <= staff
    assert {*agency.staff} == {"clerk", "officer", "senior_officer", "supervisor", "auditor"}
    assert [case.access for case in agency.cases].count("assigned") == 1
    assert all(case.opened <= case.status_verified_at.date() for case in agency.cases)


def test_nobody_works_for_two_agencies_and_every_status_occurs():
    users = [user for agency in agencies().values() for user in agency.staff.values()]
    assert len(users) == len(set(users)) == 15
    assert {case.status for agency in agencies().values() for case in agency.cases} == {*NEXT}


@pytest.mark.parametrize("tenant", TENANTS)
def test_what_a_document_refers_to_is_on_file_at_its_agency_and_not_newer(tenant: str):
    known = {document.about.id: document for document in documents(tenant)}
    for document in known.values():
        named = {*ID.findall(texts(document))} - {document.about.id}
        assert named <= {*known}, document.about.id
        if document.about.type != "policy":  # a policy may have been changed because of a later report
            dates = [known[name].about.date for name in named if known[name].about.type != "policy"]
            assert all(day <= document.about.date for day in dates), document.about.id


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_licensee_is_named_with_its_own_id(tenant: str):
    agency = agencies()[tenant]
    names = {licensee.id: licensee.name for licensee in agency.licensees}
    for document in documents(tenant):
        for name, id in re.findall(r"([A-Z][\w& ]+?) \((?:licence )?([A-Z]{4}-\d\d)\)", texts(document)):
            assert names[id] in name, (document.about.id, name, id)


@pytest.mark.req("ST-3")
@pytest.mark.parametrize(
    ("tenant", "replaced"),
    [
        ("eastvale", {"POL-7": "POL-6", "CERT-12": "CERT-9"}),
        ("northgate", {}),
        ("westmere", {"POL-8": "POL-3", "LAB-6": "LAB-4"}),
    ],
)
def test_a_replaced_document_is_older_and_named_by_what_replaces_it(tenant: str, replaced: dict[str, str]):
    known = {document.about.id: document for document in documents(tenant)}
    assert {d.about.id: d.about.supersedes for d in known.values() if d.about.supersedes} == replaced
    for newer, older in replaced.items():
        assert known[older].about.date < known[newer].about.date
        assert older in texts(known[newer])
        assert not known[older].about.always_applies


@pytest.mark.req("CX-20")
def test_the_central_case_has_two_inspection_reports_and_the_later_corrects_the_earlier():
    of_case = {d.about.id: d for d in documents("northgate") if d.about.case == "C-1042"}
    reports = [d.about.id for d in of_case.values() if d.about.type == "inspection_report"]
    correction = of_case["IR-77"].passages[2]
    assert (sorted(of_case), reports) == (["CAL-5", "CP-12", "IR-61", "IR-77", "LT-31"], ["IR-61", "IR-77"])
    assert of_case["IR-61"].about.date == date(2026, 3, 12) < of_case["IR-77"].about.date
    assert correction.heading == "Correction of IR-61"
    assert correction.text == (
        "The excursion recorded in IR-61 was a sensor fault. It must not be attributed to the licensee. "
        "The provisional statement that staff left the door open is withdrawn."
    )


def test_a_document_is_cut_at_its_headings():
    text = "---\nid: X-1\ntype: letter\ntitle: T\ncase: null\ndate: 2026-01-02\nversion: '1'\nverified_by: v\n---\n"
    document = parse(text + "## One\nfirst\n\nstill first\n\n## Two\nsecond\n")
    assert [(p.number, p.heading, p.text) for p in document.passages] == [
        (1, "One", "first\n\nstill first"),
        (2, "Two", "second"),
    ]


@pytest.mark.parametrize("text", ["no front matter", "---\nid: X\n---\n## H\nt", "---\nid: X\n---\nno section"])
def test_a_malformed_document_is_refused(text: str):
    with pytest.raises(ValueError):
        parse(text)


def test_an_unknown_tenant_has_no_documents():
    assert (documents("southport"), documents("../prompts")) == ((), ())
