import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STATEMENTS = "AA: First\nAA-1: One holds.\nAA-2: Two holds.\nBB: Second\nBB-1: Three holds.\n"
TESTS = """
import pytest
pytestmark = pytest.mark.req("AA-1")

@pytest.mark.req("BB-1")
class TestGroup:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("AA-1"))])
    async def test_inner(self, x): ...

def test_outer(): ...
def helper(): ...
"""
PAGE = """## First

- **AA-1** One holds.
  - [TestGroup.test_inner](../tests/deep/test_it.py)
  - [test_outer](../tests/deep/test_it.py)

## Second

- **BB-1** Three holds.
  - [TestGroup.test_inner](../tests/deep/test_it.py)

## Not shown yet

- **AA-2** Two holds.
"""


def run(root: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "scripts" / "guarantees.py"), "--root", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    return done.returncode, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "guarantees.yaml").write_text(STATEMENTS)
    (tmp_path / "tests" / "deep" / "test_it.py").write_text(TESTS)
    return tmp_path


def test_the_page_links_each_statement_to_its_tests(project: Path) -> None:
    assert run(project) == (0, "")
    assert (project / "docs" / "guarantees.md").read_text().split("\n\n", 2)[2] == PAGE
    assert run(project, "--check") == (0, "")


def test_a_page_out_of_date_fails_the_check(project: Path) -> None:
    stale = (1, "docs/guarantees.md is out of date: run `make guarantees`.\n")
    before = run(project, "--check")
    run(project)
    (project / "tests" / "test_more.py").write_text('@pytest.mark.req("AA-2")\ndef test_two(): ...\n')

    assert (before, run(project, "--check")) == (stale, stale)


def test_an_unknown_id_is_refused(project: Path) -> None:
    (project / "tests" / "test_more.py").write_text('@pytest.mark.req("AA-9")\ndef test_nine(): ...\n')

    assert run(project) == (
        1,
        "Tests name ids that docs/guarantees.yaml lacks:\n  AA-9: tests/test_more.py::test_nine\n",
    )
