"""What a run comes to: nothing passes that was not checked."""

import json
from xml.etree import ElementTree

import pytest

from evals.play.comparing import Comparison, compare
from evals.play.html import render
from evals.play.junit import write_junit
from evals.play.outcome import Outcome, as_json
from evals.play.results import Check, Played, PlayedStep
from evals.play.running import pass_hat_k

HELD, FAILED = Check("a", "passed"), Check("b", "failed", "there was <c>")
UNJUDGED, ELSEWHERE = (
    Check("be kind", "not_judged", "no judge"),
    Check("can be done here", "not_applicable", "no clock"),
)


def played(name: str, *checks: Check, broken: str = "", run: int = 1) -> Played:
    step = PlayedStep(1, "user", "o.brandt", "Hello", checks=checks)
    return Played(name, "some/file.yaml", 3, ("tag",), "one path", steps=(step,), broken=broken, run=run)


@pytest.mark.req("EL-1", "EL-2")
@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (played("a", HELD), "passed"),
        (played("a", HELD, FAILED), "failed"),
        (played("a", HELD, UNJUDGED), "passed"),
        (played("a", UNJUDGED), "not_applicable"),
        (played("a", HELD, ELSEWHERE), "not_applicable"),
        (played("a"), "not_applicable"),
        (played("a", HELD, broken="it broke"), "failed"),
    ],
)
def test_only_what_was_checked_and_held_has_passed(one, verdict):
    assert (one.verdict, one.passed) == (verdict, verdict == "passed")


@pytest.mark.req("EL-2")
def test_prose_without_a_judge_is_reported_as_not_judged():
    (entry,) = as_json(Outcome([played("a", HELD, UNJUDGED)]))["scenarios"]
    assert entry["not_judged"] == ["step 1: be kind: no judge"]


@pytest.mark.req("EL-1")
def test_with_guards_off_a_pass_is_what_is_wrong():
    outcome = Outcome([played("a", HELD), played("b", FAILED)], guards_off=True)
    assert [one.name for one in outcome.wrong] == ["a"]


@pytest.mark.req("EL-1")
def test_pass_hat_k_is_the_chance_that_k_runs_all_pass():
    runs = [played("a", HELD, run=n) for n in (1, 2, 3, 4)]
    runs += [played("b", HELD, run=1), *(played("b", FAILED, run=n) for n in (2, 3)), played("b", HELD, run=4)]
    # a: 1 for every k; b: 2/4, C(2,2)/C(4,2) = 1/6, then 0.
    assert pass_hat_k(runs, 4) == {1: 75.0, 2: 58.3, 3: 50.0, 4: 50.0}


@pytest.mark.req("EL-1")
def test_a_run_is_compared_with_the_last_one():
    before = {"a": "passed", "b": "failed", "gone": "passed"}
    now = Outcome([played("a", FAILED), played("b", HELD), played("c", HELD)])
    assert compare(now, before) == Comparison(("a",), ("b",), ("c",), ("gone",))


@pytest.mark.req("EL-1")
def test_the_reports_say_the_same(tmp_path):
    outcome = Outcome([played("a", HELD), played("b", FAILED), played("c", ELSEWHERE)])
    write_junit(tmp_path / "junit.xml", outcome)
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    page = render(outcome, Comparison())

    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    assert suite[1][0].get("message") == "step 1: b: there was <c>"
    assert json.loads(json.dumps(as_json(outcome)))["counts"] == {"passed": 1, "failed": 1, "not_applicable": 1}
    assert "there was &lt;c&gt;" in page
    assert "there was <c>" not in page


@pytest.mark.req("EL-1")
def test_the_page_needs_nothing_else_and_its_texts_end_no_script():
    step = PlayedStep(1, "user", "o.brandt", "</script><script>alert(1)</script>", checks=(HELD,))
    page = render(Outcome([Played("a", "f.yaml", 1, (), "g", steps=(step,))]), Comparison())
    assert "<script>alert" not in page
    assert not any(word in page for word in ("http://", "https://", "src=", "@import", "url("))
