"""Scenario files that can't be played are refused with the line and what was likely meant."""

from pathlib import Path
from textwrap import dedent

import pytest

from evals.play.fixtures import Fixtures, refuse_missing
from evals.play.reading import read_scenarios
from evals.play.source import ScenarioInvalid

GOOD = """
- name: somebody says hello
  guard: one path
  steps:
    - user: Hello
      model: [Hello.]
      expect: {reply: Hello.}
"""
THERE = Fixtures(
    cases=("C-1042", "C-1043"),
    things=("ACME-77", "C-1042", "C-1043", "IR-61", "IR-77"),
    tools={"get_case": "read", "change_status": "irreversible"},
    guards=("one path", "approval"),
    personas=("hurried officer",),
    statuses=("received", "escalated", "closed"),
)


def problems(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    """Return line, message and hint of each problem that a file has."""
    file = tmp_path / "scenarios.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    try:
        refuse_missing(read_scenarios([file]), THERE)
    except ScenarioInvalid as error:
        assert all(problem.file == str(file) for problem in error.problems)
        assert str(error.problems[0]) in error.message
        return [(one.line, one.what, one.hint) for one in error.problems]
    return []


def in_step(tmp_path: Path, step: str) -> list[tuple[int, str, str]]:
    """Return the problems of one step, whose first line is line 4."""
    return problems(tmp_path, f"- name: one step\n  guard: one path\n  steps:\n    - {step}\n")


@pytest.mark.req("EL-1")
def test_a_good_file_is_read(tmp_path):
    assert problems(tmp_path, GOOD) == []
    (one,) = read_scenarios([tmp_path / "scenarios.yaml"])
    assert (one.scenario.name, one.line("steps"), one.line("steps", 0, "expect")) == ("somebody says hello", 4, 7)


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("step", "line", "what", "hint"),
    [
        ("usr: Hello", 4, "a step has one of user, decide", "did you mean 'user'?"),
        ("{user: Hi, expct: {reply: a}}", 4, "unknown field 'expct'", "did you mean 'expect'?"),
        ("{user: Hi, expect: {packge: {includes: policy}}}", 4, "unknown field 'packge'", "did you mean 'package'?"),
        ("{user: Hi, expect: {reply: {contain: a}}}", 4, "unknown field 'contain'", "did you mean 'contains'?"),
        (
            "{user: Hi, expect: {events: {has: fact_confirmd}}}",
            4,
            "there is no event 'fact_confirmd'",
            "did you mean 'fact_confirmed'?",
        ),
        ("{user: Hi, expect: {snapshot: {tsk.step: x}}}", 4, "field of the session 'tsk'", "did you mean 'task'?"),
        (
            "{user: Hi, expect: {package: {excludes: {reason: bugdet}}}}",
            4,
            "'bugdet' is not possible",
            "did you mean 'budget'?",
        ),
        ("{user: Hi, expect: {reply: {matches: '('}}}", 4, "is no regular expression", ""),
        ("clock: 3 fortnights", 4, "a number and a unit", ""),
        ("{user: Hi, model: [{says: a, fails: 500}], expect: {reply: a}}", 4, "exactly one of says", ""),
    ],
)
def test_a_typing_mistake_is_named_with_its_line_and_the_likely_correction(tmp_path, step, line, what, hint):
    ((at, told, correction),) = in_step(tmp_path, step)
    assert (at, correction) == (line, hint)
    assert what in told


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ("{error: conflict, reply: Hello}", "a step that is refused has no reply"),
        ("{reply: {contains: Hello you, lacks: hello}}", "can't both contain 'Hello you' and lack 'hello'"),
        ("{events: {has: fact_confirmed, lacks: fact_confirmed}}", "can't both have and lack 'fact_confirmed'"),
        ("{package: {includes: policy, lacks: policy}}", "can't both include and lack policy"),
        ("{package: {mentions: a, never: a}}", "can't both mention and never mention 'a'"),
        ("{package: {tokens: {min: 9, max: 3}}}", "can't be at least 9 and at most 3"),
        ("{model_calls: 0, package: {includes: policy}}", "a step without a model call has no package"),
        ("{status: {C-1042: closed}, unchanged: C-1042}", "says twice how case C-1042 stands"),
        ("{waits: get_case}", "get_case only reads, so it never waits"),
    ],
)
def test_an_expectation_that_nothing_can_meet_is_refused(tmp_path, expect, what):
    ((line, told, _),) = in_step(tmp_path, f"{{user: Hi, expect: {expect}}}")
    assert line == 4
    assert what in told


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("step", "what", "hint"),
    [
        ("{user: Hi, by: o.brant, expect: {reply: a}}", "there is no person 'o.brant'", "did you mean 'o.brandt'?"),
        ("{user: Hi, expect: {unchanged: C1042}}", "there is no case 'C1042'", "did you mean 'C-1042'?"),
        ("{user: Hi, expect: {effects: {chang_status: 1}}}", "tool 'chang_status'", "did you mean 'change_status'?"),
        ("{user: Hi, expect: {resolved: {it: IR-78}}}", "there is no thing 'IR-78'", "did you mean 'IR-77'?"),
        ("{world: {C-1049: {status: closed}}, expect: {waits: []}}", "no case 'C-1049'", "did you mean 'C-1043'?"),
        ("{simulated: huried officer, goal: a, expect: {reply: a}}", "persona", "did you mean 'hurried officer'?"),
        (
            "{user: Hi, kill_at: step.call, expect: {reply: a}}",
            "no write point 'step.call'",
            "a write point and its side",
        ),
        (
            "{decide: approve, expect: {waits: []}}",
            "nothing can wait before the first message",
            "begin with a user step",
        ),
    ],
)
def test_what_is_named_must_be_there(tmp_path, step, what, hint):
    ((line, told, correction),) = in_step(tmp_path, step)
    assert line == 4
    assert what in told
    assert hint in correction


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("step", "what", "hint"),
    [
        ("user: 42", "has to be a text, not 42", "put it in quotes"),
        ("user: ''", "is empty", ""),
        ("{user: Hi, expect: {reply: ''}}", "is empty", ""),
        ("{user: Hi, expect: {reply: {}}}", "says nothing, so it can't fail", ""),
        ("{user: Hi, expect: {package: {}}}", "says nothing, so it can't fail", ""),
        ("{user: Hi, expect: {error: forged}}", "there is no refusal 'forged'", "did you mean 'forged_input'?"),
        ("{user: Hi, expect: {summary: {reason: corection}}}", "'corection' is not", "did you mean 'correction'?"),
        ("{user: Hi, expect: {package: {includes: recent_turns}}}", "'recent_turns' is", "did you mean 'recent_turn'?"),
        ("{user: Hi, expect: {snapshot: {task.naem: x}}}", "field of the session 'naem'", "did you mean 'name'?"),
        (
            "{user: Hi, expect: {events: {has: [{type: fact_confirmed, where: {fact.kye: x}}]}}}",
            "there is no field of fact_confirmed 'kye'",
            "did you mean 'key'?",
        ),
        ("{user: Hi, expect: {events: {count: {fact_confirmed: -1}}}}", "has to be at least 0, not -1", ""),
        ("{user: Hi, expect: {effects: {change_status: once}}}", "has to be a whole number, not 'once'", ""),
        (
            "{user: Hi, expect: {effects: {get_case: 1}}}",
            "only reads, so it has no effect",
            "count its calls by events",
        ),
        ("{user: Hi, expect: {status: {C-1042: closd}}}", "there is no status 'closd'", "did you mean 'closed'?"),
        ("{world: {C-1042: {status: closd}}, expect: {waits: []}}", "no status 'closd'", "did you mean 'closed'?"),
        ("{user: Hi, expect: {facts: {a: 5}}}", "has to be a text, not 5", "put it in quotes"),
        ("{user: Hi, select: [C-1042], expect: {reply: a}}", "has to be fields", "such as {type: case, id: C-1042}"),
        ("{user: Hi, at_once: 20, expect: {reply: a}}", "can be at most 8, not 20", ""),
        (
            "{user: Hi, decide: approve, expect: {reply: a}}",
            "one thing, not both user and decide",
            "make two steps of it",
        ),
        ("{user: Hi, model: [{fails: 200}], expect: {reply: a}}", "has to be at least 400, not 200", ""),
        (
            "{user: Hi, model: [{calls: {get_cas: {}}}], expect: {reply: a}}",
            "no tool 'get_cas'",
            "did you mean 'get_case'?",
        ),
        (
            "{user: Hi, kill_at: step.call_modle:after, expect: {reply: a}}",
            "no write point 'step.call_modle:after'",
            "did you mean 'step.call_model:after'?",
        ),
        ("{restart: true, expect: {model_calls: 1}}", "nobody speaks in this step", "in which somebody speaks"),
        ("{filler: 3, says: 'part {number}', expect: {reply: a}}", "in braces stands only {n}", ""),
        ("{restart: false, expect: {waits: []}}", "False is not possible", "known: true"),
    ],
)
def test_a_mistake_in_a_value_is_told_in_words(tmp_path, step, what, hint):
    ((line, told, correction),) = in_step(tmp_path, step)
    assert line == 4
    assert what in told
    assert hint in correction


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("fields", "what", "hint"),
    [
        ("settings: {package_budgt: 900}", "no setting 'package_budgt'", "did you mean 'package_budget'?"),
        ("settings: {package_budget: -4}", "package_budget: has to be greater than or equal to 500", ""),
        ("settings: {strategy: dosier}", "strategy: has to be 'dossier'", ""),
        ("people: {a.b: {roles: offcer}}", "there is no role 'offcer'", "did you mean 'officer'?"),
        ("tools: {get_case: {return: {}}}", "unknown field 'return'", "did you mean 'returns'?"),
        ("away: document", "'document' is not possible", "did you mean 'documents'?"),
        ("tags: 5", "has to be a list, not 5", "each entry begins with"),
    ],
)
def test_a_mistake_before_the_steps_is_told_in_words(tmp_path, fields, what, hint):
    text = (
        f"- name: somebody says hello\n  {fields}\n  guard: one path\n  steps: [{{user: Hi, expect: {{reply: a}}}}]\n"
    )
    ((line, told, correction),) = problems(tmp_path, text)
    assert line == 2
    assert what in told
    assert hint in correction


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("- name: a\n  steps:\n    - user: Re: C-1042\n", "a text with a colon in it goes in quotes"),
        ("- name: a\n\tguard: b\n", "indent with spaces, not with tabs"),
        ("- name: *important*\n", "a text that begins with * goes in quotes"),
        ("- {name: [}\n", "close what is open"),
        ("- name: 'half a quote\n", "close the quote"),
    ],
)
def test_what_is_no_yaml_comes_with_its_likely_mending(tmp_path, text, hint):
    assert hint in problems(tmp_path, text)[0][2]


@pytest.mark.req("EL-1")
def test_every_mistake_of_every_file_is_told_at_once_by_line(tmp_path):
    text = """\
    - name: one
      guard: on path
      steps:
        - user: Hi
          expct: {reply: a}
    - name: two
      gard: one path
      steps: []
    """
    assert [line for line, *_ in problems(tmp_path, text)] == [5, 6, 7, 8]


@pytest.mark.req("EL-1")
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("- name: a\n  name: b\n", "'name' is said twice"),
        ("- {name: [}\n", "is no YAML"),
        ("- name: no expectations\n  guard: one path\n  steps: [{user: Hi}]\n", "expects nothing, so it can't fail"),
        (GOOD + GOOD, "the name 'somebody says hello' is used twice"),
    ],
)
def test_a_file_that_is_no_scenario_file_is_refused(tmp_path, text, what):
    assert what in problems(tmp_path, text)[0][1]


@pytest.mark.req("EL-1")
def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(ScenarioInvalid) as refused:
        read_scenarios([tmp_path / "missing.yaml", tmp_path])
    assert [problem.what for problem in refused.value.problems] == [
        "can't be read: No such file or directory",
        "holds no scenarios",
    ]
