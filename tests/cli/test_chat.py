"""A newcomer's sittings with `dossier chat`, as the page on first steps shows them."""

import re
from pathlib import Path

import pytest

from tests.command_line import ROOT, Ran, dossier, on_database

FIRST = (
    "What is the status of C-1042?",
    "/shown",
    "Quote the key finding from the report.",
    "Use the second one.",
    "Change the status of C-1042 to escalated.",
    "/approve",
    "/as supervisor",
    "/approve",
    "/as westmere-officer",
    "/history",
    "/waits",
    "/nonsense",
    "/quit",
)
SECOND = ("/threads", "/open 1", "/open no-such-thread", "/as", "/quit")


def sitting(folder: Path, url: str, lines: tuple[str, ...], *arguments: str) -> Ran:
    return dossier(folder, "chat", *arguments, typed="\n".join((*lines, "")), **on_database(url, COLUMNS="400"))


@pytest.fixture(scope="module")
def sittings(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("sittings")
    first, second = (sitting(folder, module_database_url, lines) for lines in (FIRST, SECOND))
    assert (first.status, first.stderr, second.status, second.stderr) == (0, "", 0, "")
    return first.stdout, second.stdout


def plain(text: str) -> str:
    """Return a text without what differs from run to run: times of day, token counts, white space."""
    text = re.sub(r"\d+ \w{3} \d\d:\d\d", "TIME", text)
    text = re.sub(r"tool:\d+|\d+ items shown|\d+ of \d+ tokens", "N", text)
    return " ".join(text.split())


@pytest.mark.req("GR-2")
def test_the_page_on_first_steps_shows_what_the_chat_prints(sittings: tuple[str, str]) -> None:
    page = (ROOT / "docs/first-steps.md").read_text("utf-8")
    printed = plain("\n".join(sittings))
    blocks = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    parts = [part for block in blocks for part in re.split(r"^\.\.\.$|^$", block, flags=re.MULTILINE) if part.strip()]
    assert len(parts) > 8
    assert [part for part in parts if plain(part) not in printed] == []


@pytest.mark.req("CX-12", "CX-13")
def test_what_an_answer_was_made_from_is_shown_on_demand(sittings: tuple[str, str]) -> None:
    shown = sittings[0].split("o.brandt: /shown\n")[1].split("o.brandt:")[0]
    for item in ("policy:POL-1", "case:C-1042", "doc:IR-77#5", "system_verified", "of 8000 tokens"):
        assert item in shown


@pytest.mark.req("SV-4")
def test_somebody_of_another_agency_finds_neither_talk_nor_what_waits(sittings: tuple[str, str]) -> None:
    foreign = sittings[0].split("/as westmere-officer\n")[1]
    assert foreign.startswith("You are n.petrov, officer of westmere.\nThread ")
    assert "C-1042" not in foreign and "Nothing waits." in foreign


@pytest.mark.req("GR-2")
def test_what_is_wrong_is_said_and_the_sitting_goes_on(sittings: tuple[str, str]) -> None:
    first, second = sittings
    assert (
        "[invalid_input] There is no command /nonsense.\n/help lists them. See docs/errors/invalid_input.md." in first
    )
    assert "[not_found] There is no thread 'no-such-thread'.\nCheck the id." in second
    assert "westmere-auditor" in second


@pytest.mark.req("GR-2")
def test_nobody_speaks_under_a_name_that_does_not_exist(tmp_path: Path, module_database_url: str) -> None:
    ran = sitting(tmp_path, module_database_url, ("/quit",), "--as", "king")
    assert ran.status == 2
    assert ran.stderr.startswith("[invalid_input] There is nobody called 'king'.\nTake one of: ")
