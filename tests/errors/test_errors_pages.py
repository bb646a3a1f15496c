import re

import pytest

from tests.errors.raised_codes import ROOT, raised

PAGES = ROOT / "docs/errors"
PARTS = ["What it means.", "What to do.", "What is kept."]


def statuses(http: int, ends_with: int | None) -> str:
    return f"HTTP status {http}." if ends_with is None else f"Exit status {ends_with}, HTTP status {http}."


@pytest.mark.req("GR-2")
def test_every_code_has_a_page_and_no_page_is_without_a_code() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "README") == sorted(raised())


@pytest.mark.req("GR-2")
def test_each_page_gives_the_statuses_what_it_means_what_to_do_and_what_is_kept() -> None:
    for code, known in raised().items():
        lines = (PAGES / f"{code}.md").read_text("utf-8").splitlines()
        parts = [re.fullmatch(r"\*\*(.*?)\*\* \S.*", line) for line in lines]
        assert (lines[0], lines[2]) == (f"# {code}", statuses(*known))
        assert [part[1] for part in parts if part] == PARTS, code


@pytest.mark.req("GR-2")
def test_the_index_lists_each_code_with_its_statuses() -> None:
    index = (PAGES / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| (\d*) \| (\d+) \|$", index, flags=re.MULTILINE)
    assert rows == [(code, code, str(ends or ""), str(http)) for code, (http, ends) in sorted(raised().items())]
