"""The same scenarios through the doors of servers that the runner starts: each means there what it means in process."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main
from evals.play.command import suite
from evals.play.doors import kind_at
from evals.play.reading import read_scenarios
from evals.play.stage import everybody, read_stage, write_stage

EITHER = (
    "a rejected call does not run and the model is told why",
    "documents that are away are named and the turn goes on",
    "killed after the change was made",
)
STARTED_ANEW = "an approval outlasts the process that asked for it"
SAMPLES = {"dev": EITHER, "endpoint": (*EITHER, STARTED_ANEW)}
TIMED = "an approval that nobody gave in time expires"


def played(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["run", *arguments, "--json", str(tmp_path / "out.json")])
    report = json.loads((tmp_path / "out.json").read_text("utf-8"))
    return code, {one["name"]: one for one in report["scenarios"]}


@pytest.mark.timeout(900)
@pytest.mark.req("EL-1", "SV-2")
@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_scenarios_pass_at_a_server_that_the_runner_starts(tmp_path, kind):
    sample = SAMPLES[kind]
    only = [part for name in (*sample, TIMED) for part in ("--only", name)]
    code, found = played(tmp_path, *only, "--start", kind)
    assert [(name, found[name]["failures"]) for name in sample] == [(name, []) for name in sample]
    assert [name for name in sample if not found[name]["passed"]] == []
    assert (code, found[TIMED]["verdict"]) == (0, "not_applicable")
    assert "nobody can move a server's clock" in found[TIMED]["not_applicable"][0]


@pytest.mark.req("EL-1")
def test_the_sample_is_of_the_suite():
    assert {*EITHER, STARTED_ANEW, TIMED} <= {one.scenario.name for one in read_scenarios([suite()])}


@pytest.mark.req("EL-1")
def test_whatever_the_suite_stages_reaches_a_server_as_it_was_written(tmp_path):
    scenarios = [one.scenario for one in read_scenarios([suite()])]
    for one in scenarios:
        write_stage(tmp_path, everybody([one]), one)
        staged = read_stage(tmp_path).staging
        assert (staged.tools, staged.away, staged.leaks) == (one.tools, one.away, one.leaks)
    assert all(any(getattr(one, name) for one in scenarios) for name in ("tools", "away", "leaks"))


@pytest.mark.req("EL-1")
async def test_an_address_where_nobody_serves_is_told_with_what_to_start():
    with pytest.raises(Exception, match="does not answer") as told:
        await kind_at("http://127.0.0.1:9")
    assert "make serve" in str(told.value)


@pytest.mark.req("EL-1")
@pytest.mark.parametrize("more", [["--guards-off"], ["--model", "gpt-4o"]])
def test_what_a_server_can_not_do_for_the_runner_is_refused(capsys, more):
    assert main(["run", "--start", "endpoint", *more]) == 2
    assert capsys.readouterr().err.startswith("[invalid_input] ")
