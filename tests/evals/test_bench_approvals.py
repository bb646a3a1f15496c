"""The approvals benchmark: what runs is what was approved, of each kind of conversation."""

import json

import pytest

from evals.__main__ import main


def transaction(id: str, *proposals: tuple[dict, str, dict], executed: dict, approved: bool = True) -> dict:
    return {
        "id": id,
        "service": "Tables_1",
        "method": "ReserveTable",
        "proposals": [{"proposed": p, "response": r, "changes": c} for p, r, c in proposals],
        "executed": executed,
        "approved": approved,
    }


FIRST, LATER = {"place": "Harbour", "day": "monday"}, {"place": "Harbour", "day": "friday"}
ROWS = [
    transaction("yes", (FIRST, "AFFIRM", {}), executed=FIRST),
    transaction("settled before", ({"day": "monday"}, "AFFIRM", {}), executed=FIRST),
    *(
        transaction(f"no, then yes {n}", (FIRST, "NEGATE", {"day": "friday"}), (LATER, "AFFIRM", {}), executed=LATER)
        for n in range(2, 6)
    ),
    transaction("yes, but", (FIRST, "AFFIRM", {"day": "friday"}), executed=LATER),
    transaction("no", (FIRST, "NEGATE", {}), executed=FIRST, approved=False),
]


@pytest.mark.req("AP-2", "AP-3", "AP-4", "EL-4")
def test_each_transaction_is_carried_out_as_approved_and_late_decisions_change_nothing(tmp_path):
    data, out = tmp_path / "rows.jsonl", tmp_path / "out.json"
    data.write_text("\n".join(json.dumps(row) for row in ROWS), "utf-8")
    assert main(["bench", "approvals", "--data", str(data), "--json", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))
    made = {one["id"]: [call["slots"] for call in one["executed"]] for one in report["predictions"]}
    assert made == {row["id"]: [row["executed"]] if row["approved"] else [] for row in ROWS}
    assert (report["transactions"], report["exact"], report["first_proposal_wrong"]) == (8, 8, 6)
    assert report["late_sent"] == report["late_refused"] > len(ROWS)
    assert report["run"]["data"][0]["name"] == "rows.jsonl"


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "can't be read"),
        ("", "holds no rows"),
        ("\n{", "line 2 is no JSON"),
        ('{"id": "x"}', "line 1: service"),
        (json.dumps({**ROWS[0], "executed": {"day": 1}}), "line 1: executed.day"),
        (f"{json.dumps(ROWS[0])}\n{json.dumps(ROWS[0])}", "holds 'yes' more than once"),
    ],
)
def test_a_file_that_holds_no_transactions_is_refused_with_its_line(tmp_path, capsys, text, told):
    path = tmp_path / "rows.jsonl"
    if text is not None:
        path.write_text(text, "utf-8")
    assert main(["bench", "approvals", "--data", str(path)]) == 2
    assert told in capsys.readouterr().err
