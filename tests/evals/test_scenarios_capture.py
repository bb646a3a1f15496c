"""From a real thread to a scenario that passes."""

import asyncio
import json

import pytest
import yaml
from langgraph.types import Command

from dossier.errors import NotFound
from evals.__main__ import main
from evals.play.capturing import captured
from evals.play.redacting import Redaction
from graphs.assembly import turn_graph
from state.principal import Principal
from tests.command_line import Told, dossier, on_database, refused, see


@pytest.mark.req("EL-1")
async def test_a_captured_thread_is_a_scenario_that_passes(services, officer, supervisor, thread, tmp_path):
    graph, config = turn_graph(services), {"configurable": {"thread_id": thread}}
    for number, text in enumerate(
        (
            "What's the position on C-1042? Not urgent, just summarise the evidence.",
            "Quote the key finding from the report.",
            "Use the second one.",
            "Change the status of C-1042 to escalated.",
        )
    ):
        said = {"messages": [{"role": "user", "content": text, "id": f"m{number}"}]}
        result = await graph.acting_as(officer).ainvoke(said, config)
    waiting = result["__interrupt__"][0].id
    decision = {"decisions": [{"type": "reject", "message": "Not yet."}]}
    await graph.acting_as(supervisor).ainvoke(Command(resume={waiting: decision}), config)

    text = captured(await services.log.events("northgate", thread), "captured from a thread")
    (scenario,) = yaml.safe_load(text)
    assert [next(iter(step)) for step in scenario["steps"]] == ["user", "user", "user", "user", "decide"]
    assert scenario["steps"][1]["expect"]["asks"] == {"phrase": "the report", "options": ["IR-61", "IR-77"]}
    assert scenario["steps"][3]["expect"]["waits"] == ["change_status"]
    assert scenario["steps"][4]["decide"] == {"change_status": {"verdict": "reject", "message": "Not yet."}}
    assert scenario["steps"][4]["by"] == "s.okafor"

    file, out = tmp_path / "captured.yaml", tmp_path / "out.json"
    file.write_text(text, encoding="utf-8")
    played = await asyncio.to_thread(main, ["run", str(file), "--json", str(out)])
    assert (played, json.loads(out.read_text("utf-8"))["scenarios"][0]["failures"]) == (0, [])


@pytest.mark.req("EL-1", "PR-1")
async def test_what_is_captured_holds_no_personal_data_unless_that_is_asked_for(services, thread):
    who = Principal(tenant="northgate", user="anna.schmidt", roles=("officer",))
    said = "I am Anna Schmidt. The licensee's mail is ada@fish.net, telephone +49 30 1234567; note it for C-1042."
    given = {"messages": [{"role": "user", "content": said, "id": "m1"}]}
    await turn_graph(services).acting_as(who).ainvoke(given, {"configurable": {"thread_id": thread}})
    events = await services.log.events("northgate", thread)

    personal = ("anna", "schmidt", "ada@fish.net", "1234567")
    kept, raw = captured(events, "of anna"), captured(events, "of anna", raw=True)
    assert [word for word in personal if word in kept.lower().replace("of anna", "")] == []
    assert [word for word in personal if word not in raw.lower()] == []
    (scenario,) = yaml.safe_load(kept)
    assert (scenario["by"], list(scenario["people"])) == ("person.1", ["person.1"])
    assert "person-1@example.org" in scenario["steps"][0]["user"] and "C-1042" in scenario["steps"][0]["user"]


@pytest.mark.req("PR-1")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ada@fish.net, ADA@fish.net, bo@fish.net", "person-1@example.org, person-1@example.org, person-2@example.org"),
        ("DE89 3704 0044 0532 0130 00 or GB29NWBK60161331926819", "IBAN-1 or IBAN-2"),
        ("DE88 3704 0044 0532 0130 00", "DE88 CARD-1 00"),
        ("card 4111 1111 1111 1111, then 4111111111111111", "card CARD-1, then CARD-1"),
        ("call 0171 2345678 or (555) 123-4567", "call +44 20 7946 0001 or +44 20 7946 0002"),
        ("from 192.168.0.1", "from 192.0.2.1"),
        ("t.okafor says Ada Larsen is Ada", "person.1 says Person-1 is Person-2"),
        ("C-1042, IR-77, S-3B, 2026-11-21, 11 February 2026, 21.5 degrees, [doc:IR-77#5]", None),
        ("019f2b3c-1111-7abc-8def-001122334455, version 3.2.1, 1,040,000 crates", None),
    ],
)
def test_personal_data_gets_one_stand_in_each_and_nothing_else_does(text, kept):
    assert Redaction(["t.okafor"], ["Ada Larsen"]).text(text) == (text if kept is None else kept)


@pytest.mark.req("EL-1")
def test_a_thread_without_messages_is_not_captured():
    with pytest.raises(NotFound, match="holds no messages"):
        captured([], "nothing")


@pytest.mark.req("EL-1")
def test_a_missing_thread_is_told_as_every_command_tells_it(tmp_path, database_url):
    told = refused(dossier(tmp_path, "eval", "capture", "no-such-thread", **on_database(database_url)))
    assert told == Told(2, "[not_found] There is no thread 'no-such-thread'.", "Check the id. " + see("not_found"))


@pytest.mark.req("EL-4")
def test_figures_are_composed_from_what_runs_wrote(tmp_path, capsys):
    made = {"command": "python -m evals bench context --budgets 1000", "at": "2026-11-21T12:00:00+00:00"}
    machine = {"cores": 2, "memory_gb": 8, "system": "Linux x86_64", "python": "3.11.7"}
    data = [{"name": "f.jsonl", "sha256": "ab" * 32}]
    report = {"rows": [{"strategy": "dossier", "recall": 61.25}], "run": {**made, "machine": machine, "data": data}}
    (tmp_path / "run.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "old.json").write_text('{"rows": []}', encoding="utf-8")

    assert main(["figures", str(tmp_path / "run.json"), "--out", str(tmp_path / "figures.md")]) == 0
    text = (tmp_path / "figures.md").read_text("utf-8")
    assert "## Bench context" in text
    assert "| dossier | 61.25 |" in text
    assert "f.jsonl (sha256 abababababab). Machine: 2 cores, 8 GB, Linux x86_64, Python 3.11.7." in text
    assert main(["figures", str(tmp_path / "old.json"), "--out", str(tmp_path / "none.md")]) == 2
    assert "does not say how it was made" in capsys.readouterr().err
    assert not (tmp_path / "none.md").exists()
