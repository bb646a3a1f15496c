"""The benchmark of tool calls counts what it says it counts, and refuses files that it can't read."""

import json
from pathlib import Path

import pytest

from evals.__main__ import main

RUN = {
    "id": "run-1",
    "messages": [
        {"i": 0, "role": "system", "content": "Policy.", "tok": 6},
        {"i": 1, "role": "user", "content": "I am ana_1177. Where is my order?", "tok": 14},
        {"i": 2, "role": "assistant", "content": None, "tok": 20,
         "tool_calls": [{"id": "c", "name": "get_user", "args": {"user_id": "ana_1177"}}]},
        {"i": 3, "role": "tool", "tok": 900, "tool_call_id": "c",
         "content": json.dumps({"orders": ["W-2001", "W-2002"], "bio": "words " * 880})},
        {"i": 4, "role": "assistant", "content": None, "tok": 20,
         "tool_calls": [{"id": "c", "name": "get_order", "args": {"order_id": "W-2002"}}]},
    ],
}  # fmt: skip


@pytest.mark.req("CX-8", "CX-15", "EL-4")
def test_a_value_in_a_long_result_is_shown_by_ours_and_lost_by_trimming(tmp_path: Path):
    data, out = tmp_path / "runs.jsonl", tmp_path / "out.json"
    data.write_text(json.dumps(RUN) + "\n", encoding="utf-8")
    assert main(["bench", "tools", "--data", str(data), "--budgets", "300", "--json", str(out)]) == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    rows = {r["strategy"]: (r["all_values"], r["orphans"], r["empty"], r["n"]) for r in report["rows"]}
    rows.pop("langchain ClearToolUsesEdit, then trim_messages", None)  # an extra, not everywhere installed
    assert rows == {
        "dossier": (100.0, 0.0, 0.0, 2),
        "last 12 messages, trimmed": (50.0, 0.0, 50.0, 2),
        "trim_messages(last)": (50.0, 0.0, 50.0, 2),
        "trim_messages(last, start_on=human)": (50.0, 0.0, 50.0, 2),
        "half recent, half BM25": (50.0, 0.0, 0.0, 2),
    }
    last = report["predictions"][-1]
    assert (last["id"], last["call"], last["budget"]) == ("run-1", "4.0", 300)
    assert '{"orders":["W-2001","W-2002"]}' in last["text"] and last["tokens"] <= 300
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no rows"),
        ("{not json\n", "line 1 is no JSON"),
        ('{"id": "a"}\n', "messages: Field required"),
        ('{"id": "a", "messages": []}\n', "holds no tool call"),
    ],
)
def test_a_file_that_can_not_be_used_is_named_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
):
    data = tmp_path / "runs.jsonl"
    data.write_text(content, encoding="utf-8")
    assert main(["bench", "tools", "--data", str(data)]) == 2
    error = capsys.readouterr().err
    assert said in error and "runs.jsonl" in error
