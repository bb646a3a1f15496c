"""The approvals benchmark: what runs is what was approved, of each kind of conversation."""

import json

import pytest

from dossier.errors import InvalidInput
from evals.bench.approvals import run
from evals.bench.approvals_format import read_transactions


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
    assert run(data, out) == 0
    report = json.loads(out.read_text("utf-8"))
    made = {one["id"]: [call["slots"] for call in one["executed"]] for one in report["predictions"]}
    assert made == {row["id"]: [row["executed"]] if row["approved"] else [] for row in ROWS}
    assert (report["transactions"], report["exact"], report["first_proposal_wrong"]) == (8, 8, 6)
    assert report["late_sent"] == report["late_refused"] > len(ROWS)


def test_a_line_that_is_no_transaction_is_named(tmp_path):
    data = tmp_path / "rows.jsonl"
    data.write_text('{"id": "x"}\n', "utf-8")
    with pytest.raises(InvalidInput, match="Line 1"):
        read_transactions(data)
