"""The benchmark of updates, on dialogues of its own: what it says can be recomputed from its predictions."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main


def user(n: int, text: str, service: str, acts: list[Any], state: dict[str, list[str]], intent: str = "Find") -> Any:
    frame = {"service": service, "acts": acts, "intent": intent, "state": state}
    return {"n": n, "role": "user", "text": text, "frames": [frame]}


def assistant(n: int, text: str, service: str, acts: list[Any]) -> Any:
    return {"n": n, "role": "assistant", "text": text, "frames": [{"service": service, "acts": acts}]}


INFORM, CONFIRM = "INFORM", "CONFIRM"
TWO_TO_PISA = {"to": ["Pisa"], "travelers": ["2"]}
TO_ROME, TO_PISA = [INFORM, "to", ["Rome"], []], [INFORM, "to", ["Pisa"], []]
TURNS = [
    user(0, "To Rome for 2.", "Bus", [TO_ROME, [INFORM, "travelers", ["2"], []]], {**TWO_TO_PISA, "to": ["Rome"]}),
    assistant(1, "At 9?", "Bus", [[CONFIRM, "time", ["9 am"], []], [CONFIRM, "to", ["Roma"], []]]),
    user(2, "No, to Pisa.", "Bus", [["NEGATE", "", [], []], TO_PISA], TWO_TO_PISA),
    assistant(3, "To Pisa?", "Bus", [[CONFIRM, "to", ["Pisa"], []]]),
    user(4, "Yes.", "Bus", [["AFFIRM", "", [], []]], {**TWO_TO_PISA, "time": ["9 am"]}),
    user(6, "A hotel there.", "Hotel", [["INFORM_INTENT", "intent", ["Find"], []]], {"city": ["Pisa"]}),
    user(8, "In Lucca.", "Hotel", [[INFORM, "city", ["Lucca"], []]], {"city": ["Lucca"], "stars": ["4"]}),
]
FIGURES = {"frames": 5, "all_right": 80.0, "changed": 2, "new_value": 100.0, "stale_value": 0.0, "refused": 0}


def measured(tmp_path: Path, *dialogs: Any) -> dict[str, Any]:
    path, out = tmp_path / "d.jsonl", tmp_path / "out.json"
    path.write_text("".join(json.dumps(one) + "\n" for one in dialogs), "utf-8")
    assert main(["bench", "updates", "--dialogs", str(path), "--json", str(out)]) == 0
    return json.loads(out.read_text("utf-8"))


@pytest.mark.req("EL-4", "UP-3", "ST-3")
def test_live_facts_follow_statements_answers_and_what_is_carried_over(tmp_path):
    report = measured(tmp_path, {"dialog": "d1", "services": ["Bus", "Hotel"], "turns": TURNS})

    live = [(one["turn"], one["service"], one["live"], one["all_right"]) for one in report["predictions"]]
    assert live == [
        (0, "Bus", {"to": "Rome", "travelers": "2"}, True),
        (2, "Bus", {"to": "Pisa", "travelers": "2"}, True),
        (4, "Bus", {"time": "9 am", "to": "Pisa", "travelers": "2"}, True),
        (6, "Hotel", {"city": "Pisa"}, True),
        (8, "Hotel", {"city": "Lucca"}, False),
    ]
    assert {name: report[name] for name in FIGURES} == FIGURES
    assert report["run"]["data"][0]["name"] == "d.jsonl"


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("text", "told"),
    [("", "holds no rows"), ("{", "line 1 is no JSON"), ('{"dialog": "d"}', "services"), (None, "can't be read")],
)
def test_a_file_that_is_no_dialogue_is_refused_with_its_line(tmp_path, capsys, text, told):
    path = tmp_path / "d.jsonl"
    if text is not None:
        path.write_text(text, "utf-8")
    assert main(["bench", "updates", "--dialogs", str(path)]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.req("EL-4")
def test_dialogues_in_which_no_user_speaks_are_refused(tmp_path, capsys):
    path = tmp_path / "d.jsonl"
    path.write_text(json.dumps({"dialog": "d", "services": [], "turns": [TURNS[1]]}), "utf-8")
    assert main(["bench", "updates", "--dialogs", str(path)]) == 2
    assert "has a state" in capsys.readouterr().err
