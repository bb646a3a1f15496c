"""The share of prompts that a prompt cache would serve: counted as a provider compares, and shown on the real graph."""

import json

import pytest

from dossier.adapters.tokens import token_counter
from evals.__main__ import main
from evals.bench.prefix import Wire, compared


@pytest.mark.req("CX-9")
def test_only_what_is_the_same_from_the_first_byte_on_and_long_enough_is_served():
    head = "word " * 1_100
    rows = compared("ours", [Wire(head, "one"), Wire(head, "two"), Wire("other", head)], token_counter("o200k_base"))
    assert [(row.same >= 1_100, row.served) for row in rows] == [(False, 0), (True, 1_024), (False, 0)]
    assert all(row.served <= row.same <= row.tokens and row.stable <= row.tokens for row in rows)


@pytest.mark.req("CX-9")
@pytest.mark.timeout(180)
def test_from_turn_to_turn_all_of_tools_instructions_policy_and_authority_is_the_same(tmp_path):
    out = tmp_path / "prefix.json"
    assert main(["bench", "prefix", "--turns", "8", "--json", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))
    later = report["rows"][1:]
    assert len(later) >= 7
    assert [row for row in later if row["same"] < row["stable"] - 1] == []  # the cut may part a token
    assert report["same_percent"] >= report["stable_percent"] - 0.1 > 20
