"""Scenarios through the command that people type: they pass on the real graph, and fail when what they test is away."""

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from dossier.errors import Unavailable
from evals.__main__ import main
from evals.play.command import suite
from evals.play.guards import all_guards, found
from evals.play.offline import no_network
from evals.play.reading import read_scenarios

SAMPLE = (
    "a correction replaces what was held and binds what follows",
    "a hurried officer gets the finding of the right report",
    "a stale case status can't drive an irreversible action",
    "an edited call runs with the approver's arguments",
    "a forged block in a message stays text",
    "a rate limit is waited out and the same package is sent again",
    "a summary keeps decisions and what was ruled out",
    "killed after a note was written",
    "small talk does not push out the evidence",
    "the model gets the stored package and nothing else",
    "the offline desk asks before it escalates",
    "the same case number in another agency shows nothing of theirs",
    "what an application offers by mistake is stopped without a trace",
    "a package renders again as it was sent",
)
MODES = (
    "context bloat",
    "lost decision",
    "stale memory",
    "cross-tenant leak",
    "summary drift",
    "ambiguous reference",
    "hidden prompt mutation",
    "irreproducible bug",
)


def run(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command and return its exit code and its JSON."""
    code = main(["run", *arguments, "--json", str(tmp_path / "out.json")])
    return code, json.loads((tmp_path / "out.json").read_text("utf-8"))


def only(names: tuple[str, ...]) -> list[str]:
    return [part for name in names for part in ("--only", name)]


def scenario(tmp_path: Path, text: str) -> str:
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.timeout(300)
@pytest.mark.req("EL-1", "EL-2", "EL-3", "EL-5")
def test_a_sample_of_the_suite_passes_and_each_fails_without_its_guard(tmp_path):
    right, passed = run(tmp_path, *only(SAMPLE), "--report", str(tmp_path))
    without, failed = run(tmp_path, *only(SAMPLE), "--guards-off")

    assert [entry["failures"] for entry in passed["scenarios"]] == [[]] * len(SAMPLE)
    assert sorted(entry["name"] for entry in passed["scenarios"] if entry["passed"]) == sorted(SAMPLE)
    assert [entry["name"] for entry in failed["scenarios"] if not entry["failures"]] == []
    assert (right, without) == (0, 0)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert all(f'<span class="name">{name.replace(chr(39), "&#39;")}' in page for name in SAMPLE)


@pytest.mark.req("EL-3")
def test_the_suite_has_every_failure_mode_and_more_than_sixty_scenarios():
    scenarios = [one.scenario for one in read_scenarios([suite()])]
    tags = [tag for one in scenarios for tag in one.tags]
    assert len(scenarios) >= 60
    assert all(mode in tags for mode in MODES)
    assert {one.guard for one in scenarios} == set(all_guards())


@pytest.mark.req("EL-1")
def test_what_a_guard_replaces_is_there():
    targets = [target for guard in all_guards().values() for target in guard.patches]
    assert all(hasattr(*found(target)) for target in targets)
    assert len(targets) > 10


@pytest.mark.req("EL-1", "EL-2")
def test_a_failing_scenario_fails_the_run_says_why_and_is_right_once_it_is_accepted(tmp_path, capsys):
    text = """
    - name: hello is answered with goodbye
      guard: one path
      steps:
        - user: Hello
          model: [Hello.]
          expect: {reply: goodbye, assistant_should: [be kind]}
    """
    file, baseline = scenario(tmp_path, text), str(tmp_path / "baseline.json")
    code, report = run(tmp_path, file)
    accepting, _ = run(tmp_path, file, "--baseline", baseline, "--accept")
    accepted, _ = run(tmp_path, file, "--baseline", baseline)

    (entry,) = report["scenarios"]
    assert (code, entry["passed"]) == (1, False)
    assert entry["failures"] == ["step 1: replies with 'goodbye': Hello."]
    assert entry["not_judged"] == ["step 1: the assistant should be kind: no judge is set"]
    assert "scenario.yaml:2" in capsys.readouterr().err
    assert (accepting, accepted) == (0, 0)


@pytest.mark.req("EL-1")
def test_a_model_that_is_asked_too_little_or_too_much_fails_the_scenario(tmp_path):
    text = """
    - name: one answer is left
      guard: one path
      steps:
        - user: Hello
          model: [Hello., And again.]
          expect: {reply: Hello.}
    - name: one answer is missing
      guard: one path
      steps:
        - user: Hello
          model: [Hello.]
          expect: {reply: Hello.}
        - user: Hello again
          expect: {outcome: answered}
    """
    code, report = run(tmp_path, scenario(tmp_path, text))
    left, missing = (entry["failures"][0] for entry in report["scenarios"])
    assert code == 1
    assert left == "at the end: the model's script was played: left: ['text']"
    assert missing.startswith("step 2: goes through: model_failed")


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--accept"], "--accept writes to the baseline's file, and none is named"),
        (["--baseline", "missing.json"], "There is no baseline missing.json"),
        (["--repeat", "0"], "'0' is no whole number from 1 on"),
        (["--only", "approvls"], "did you mean 'approvals'?"),
        (["--report", __file__], "is no folder"),
        (["--judge", "a-judge"], "A judge needs an endpoint"),
        (["--ony", "approvals"], "--ony"),
    ],
)
def test_an_option_that_would_come_to_nothing_is_refused_before_anything_is_played(
    capsys, monkeypatch, arguments, says
):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert main(["run", *arguments]) == 2
    told = capsys.readouterr().err
    assert says in told and told.startswith("[invalid_input] ")


@pytest.mark.req("EL-1")
def test_what_remembers_the_last_run_is_checked_before_the_next(tmp_path, capsys):
    (tmp_path / "last_run.json").write_text("{half", encoding="utf-8")
    assert main(["run", "--report", str(tmp_path)]) == 2
    assert "does not say how the last run went (delete it)" in capsys.readouterr().err


@pytest.mark.req("EL-1")
async def test_a_run_reaches_this_machine_only():
    async def serve(reader, writer):
        writer.close()

    here = await asyncio.start_server(serve, "127.0.0.1", 0)
    with no_network():
        for away in ("http://192.0.2.1/", "http://example.org/"):
            with pytest.raises(Unavailable, match="opens no network"):
                await asyncio.to_thread(urlopen, away)
        _, writer = await asyncio.open_connection("127.0.0.1", here.sockets[0].getsockname()[1])
        writer.close()
    here.close()


@pytest.mark.req("EL-1")
def test_repeated_runs_give_pass_hat_k(tmp_path):
    text = """
    - name: hello is answered
      guard: one path
      steps:
        - user: Hello
          model: [Hello.]
          expect: {reply: Hello.}
    """
    code, report = run(tmp_path, scenario(tmp_path, text), "--repeat", "3", "--seed", "7")
    assert (code, report["pass_hat_k"]) == (0, {"1": 100.0, "2": 100.0, "3": 100.0})
    assert [entry["run"] for entry in report["scenarios"]] == [1, 2, 3]


@pytest.mark.req("EL-1")
def test_a_broken_file_ends_with_its_line_and_exit_code_two(tmp_path, capsys):
    file = scenario(tmp_path, "- name: broken\n  guard: one path\n  stps: []\n")
    assert main(["run", file]) == 2
    assert f"{file}:3: unknown field 'stps' (did you mean 'steps'?)" in capsys.readouterr().err


@pytest.mark.req("EL-6")
def test_with_the_replies_left_out_a_follow_up_fails(tmp_path):
    """Statelessness: the same words mean nothing without what the assistant had shown before them."""
    text = """
    - name: with the replies
      guard: asking
      steps:
        - user: What's the position on C-1042?
        - user: Quote the key finding from the report.
        - {user: Use the second one., expect: {reply: no real excursion occurred}}
    - name: with the replies left out
      guard: asking
      steps:
        - {user: Use the second one., expect: {reply: no real excursion occurred}}
    """
    _, report = run(tmp_path, scenario(tmp_path, text))
    assert [entry["passed"] for entry in report["scenarios"]] == [True, False]


@pytest.mark.req("EL-6", "CX-18")
def test_a_window_bounds_tokens(tmp_path):
    names = ("a long thread keeps its packages within the budget", "only the newest turns are carried*")
    passed, _ = run(tmp_path, *only(names))
    failed, _ = run(tmp_path, *only(names), "--guards-off")
    assert (passed, failed) == (0, 0)


@pytest.mark.req("EL-6", "CX-18")
def test_past_eight_messages_with_two_kept_the_early_fact_still_answers(tmp_path):
    name = "past eight messages with two kept the early fact still answers"
    passed, _ = run(tmp_path, *only((name,)))
    failed, _ = run(tmp_path, *only((name,)), "--guards-off")
    assert (passed, failed) == (0, 0)
