from datetime import date
from pathlib import Path

import pytest

import casework
from casework.agencies import agencies
from casework.corpus import documents, parse

FILES = sorted((Path(casework.__file__).parent / "documents" / "northgate").glob("*.md"))


def test_every_document_file_is_read_once_and_under_its_own_name():
    assert [f.stem for f in FILES] == [document.about.id for document in documents("northgate")]
    assert len(FILES) == 20


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_a_document_has_120_to_350_words(file: Path):
    assert 120 <= len(file.read_text("utf-8").split("\n---\n", 1)[1].split()) <= 350


def test_ten_cases_have_unique_ids_known_licensees_and_at_least_one_document_each():
    agency = agencies()["northgate"]
    cases = {case.id for case in agency.cases}
    assert len(cases) == len(agency.cases) == 10
    assert {case.licensee for case in agency.cases} <= {licensee.id for licensee in agency.licensees}
    assert {d.about.case for d in documents("northgate")} - {None} == cases


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
