"""The packer keeps to the budget and to its stated rules, whatever the order of its input."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.context.budget import PROFILES, SEGMENT_OF, SEGMENTS, SHARE_RANGES, PackingProfile, profile_named
from dossier.context.items import INSTRUCTING_KINDS, KINDS, ContextItem, Scope
from dossier.context.packing import Candidate, Packing, pack
from dossier.errors import BudgetExceeded, InvalidInput, NotFound

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
SCOPE = Scope("agency-a", "case", "C-1042")
DEFAULT = PROFILES["default"]


def candidate(item_id: str, tokens: int, kind: Any = "retrieved_document", **fields: Any) -> Candidate:
    return Candidate(ContextItem(item_id, kind, "text", "test", "authored", SCOPE, **fields), tokens)


def ids(packing: Packing) -> dict[str, str]:
    return {entry.item.id: entry.packed_as for entry in packing.included}


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    made = []
    for n in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from(KINDS))
        unit = None if kind in INSTRUCTING_KINDS else draw(st.sampled_from([None, None, "u", "v"]))
        made.append(
            candidate(
                f"i:{n}",
                draw(st.integers(1, 300)),
                kind,
                unit=unit,
                priority=draw(st.sampled_from([100, 80, 50, 20])),
                critical=draw(st.integers(0, 9)) == 0,
                pinned=draw(st.integers(0, 5)) == 0,
                score=draw(st.sampled_from([0.0, 0.5, 1.0])),
                as_of=draw(st.sampled_from([None, NOW, NOW - timedelta(days=1)])),
                position=draw(st.integers(0, 3)),
            )
        )
    return made


@pytest.mark.req("CX-4", "CX-5", "CX-8")
@given(candidates(), st.integers(0, 4000), st.integers(0, 500), st.randoms(use_true_random=False), st.data())
def test_packing_keeps_its_promises(given_: list[Candidate], budget: int, reserved: int, random: Any, data: Any):
    profile = data.draw(st.sampled_from(list(PROFILES.values())))
    shuffled = random.sample(given_, len(given_))
    try:
        packing = pack(given_, profile, budget, reserved)
    except BudgetExceeded:
        needed = {c.item.unit or c.item.id for c in given_ if c.item.must_fit}
        assert sum(c.tokens for c in given_ if (c.item.unit or c.item.id) in needed) > budget - reserved
        with pytest.raises(BudgetExceeded):
            pack(shuffled, profile, budget, reserved)
        return
    included = [entry.item for entry in packing.included]
    everything = [*included, *(c.item for c in packing.no_room), *(c.item for c in packing.over_limit)]
    assert sorted(item.id for item in everything) == sorted(c.item.id for c in given_)
    assert sum(entry.tokens for entry in packing.included) <= max(0, budget - reserved)
    assert {c.item.id for c in given_ if c.item.must_fit} <= {item.id for item in included}
    for unit in ("u", "v"):
        assert len({c.item.id in ids(packing) for c in given_ if c.item.unit == unit}) <= 1
    assert pack(shuffled, profile, budget, reserved) == packing


@pytest.mark.req("CX-4")
def test_every_kind_has_a_segment_and_every_profile_keeps_to_the_ranges():
    assert set(SEGMENT_OF) == set(KINDS) and set(SEGMENT_OF.values()) == set(SEGMENTS)
    assert sorted(PROFILES) == ["casework", "code_assistant", "customer_support", "default", "research"]
    assert dict(SHARE_RANGES) == {
        "system": (10, 15), "request": (5, 10), "task": (10, 20), "turns": (10, 20), "evidence": (30, 50),
        "tools": (5, 15), "contract": (5, 10),
    }  # fmt: skip
    assert [sum(profile.shares.values()) for profile in PROFILES.values()] == [100] * 5


@pytest.mark.req("CX-2")
def test_default_limits_are_twelve_turns_five_memories_eight_documents():
    assert {name: dict(profile.limits) for name, profile in PROFILES.items()} == {
        name: {"recent_turn": 12, "memory": 5, "retrieved_document": 8} for name in PROFILES
    }


@pytest.mark.req("CX-4")
@pytest.mark.parametrize("change", [{"system": 16, "evidence": 34}, {"turns": 14}, {"turns": 9, "task": 21}])
def test_profile_with_wrong_shares_is_refused(change: dict[Any, int]):
    with pytest.raises(InvalidInput, match="wrong shares"):
        PackingProfile("odd", {**DEFAULT.shares, **change}, MappingProxyType({}))


@pytest.mark.req("CX-4")
def test_profile_is_found_by_name_or_refused():
    assert profile_named("research") is PROFILES["research"]
    with pytest.raises(NotFound, match="'poetry'"):
        profile_named("poetry")


@pytest.mark.req("CX-5")
def test_critical_item_that_does_not_fit_is_named_with_its_tokens_and_the_budget():
    with pytest.raises(BudgetExceeded, match=r"'policy:1'.* 90 tokens; 70 of the budget of 100 are left") as refused:
        pack([candidate("policy:1", 90, "policy")], DEFAULT, 100, 30)
    assert (refused.value.code, refused.value.status) == ("budget_exceeded", 422)


@pytest.mark.req("CX-5", "CX-7")
@pytest.mark.parametrize("kind", ["current_request", "policy", "authority", "system_instruction", "output_contract"])
def test_frame_and_request_must_fit_without_being_marked(kind: str):
    packing = pack([candidate("a", 60, kind, priority=20), candidate("b", 60, priority=100, pinned=True)], DEFAULT, 100)
    assert (ids(packing), [c.item.id for c in packing.no_room]) == ({"a": "critical"}, ["b"])


@pytest.mark.req("CX-5")
def test_pinned_goes_before_better_ranked_and_is_listed_when_left_out():
    given_ = [
        candidate("best", 60, priority=100, score=9.0),
        candidate("pinned", 60, priority=20, pinned=True),
        candidate("pinned:late", 60, priority=20, pinned=True, position=-1),
    ]
    packing = pack(given_, DEFAULT, 100)
    assert (ids(packing), {c.item.id for c in packing.no_room}) == ({"pinned": "pinned"}, {"best", "pinned:late"})


@pytest.mark.req("CX-4")
def test_segment_is_sure_of_its_share_and_the_surplus_goes_to_the_best_of_the_rest():
    documents = [candidate(f"doc:{n}", 100, priority=80, score=9.0 - n) for n in range(7)]
    turn, fact = candidate("turn:1", 100, "recent_turn", priority=20), candidate("fact:1", 100, "confirmed_fact")
    packing = pack([*documents, turn, fact], DEFAULT, 700)
    # Evidence has 245 of 700, turns and task 105 each; the 300 left go by rank.
    assert ids(packing) == {
        "doc:0": "share", "doc:1": "share", "fact:1": "share", "turn:1": "share",
        "doc:2": "surplus", "doc:3": "surplus", "doc:4": "surplus",
    }  # fmt: skip


@pytest.mark.req("CX-4")
def test_shares_shrink_in_proportion_when_what_must_fit_took_more_than_its_own():
    policy = candidate("policy:1", 600, "policy")
    facts = [candidate(f"fact:{n}", 25, "confirmed_fact", priority=20) for n in range(4)]
    document = candidate("doc:1", 351, priority=100)
    # 400 are left for shares of 850, so evidence keeps 164 and task 70; two facts later 350 are left.
    packing = pack([policy, document, *facts], DEFAULT, 1000)
    assert ids(packing) == {
        "policy:1": "critical", "fact:0": "share", "fact:1": "share", "fact:2": "surplus", "fact:3": "surplus",
    }  # fmt: skip


@pytest.mark.req("CX-4")
def test_rank_is_priority_then_score_then_recency_then_id():
    ranked = [
        candidate("z1", 10, priority=100),
        candidate("z2", 10, score=2.0),
        candidate("z3", 10, score=1.0, as_of=NOW),
        candidate("z4", 10, score=1.0, as_of=NOW - timedelta(days=1), position=5),
        candidate("z5", 10, score=1.0, as_of=NOW - timedelta(days=1)),
        candidate("a6", 10),
        candidate("b7", 10),
    ]
    assert list(ids(pack(ranked[::-1], DEFAULT, 1000))) == ["z1", "z2", "z3", "z4", "z5", "a6", "b7"]


@pytest.mark.req("CX-2", "CX-7")
def test_limits_keep_newest_turns_and_best_memories_beside_recalled_critical_and_pinned_ones():
    turns = [candidate(f"turn:{n:02}", 1, "recent_turn", position=n, priority=100 - 20 * (n > 9)) for n in range(20)]
    recalled = candidate("turn:old", 1, "recent_turn", position=-9, score=0.1)
    pinned = candidate("turn:pin", 1, "recent_turn", position=-8, pinned=True)
    memories = [candidate(f"memory:{n}", 1, "memory", score=float(n)) for n in range(7)]
    packing = pack([*turns, recalled, pinned, *memories], DEFAULT, 9000)
    assert sorted(c.item.id for c in packing.over_limit) == [
        "memory:0", "memory:1", *(f"turn:{n:02}" for n in range(8)),
    ]  # fmt: skip
    assert packing.no_room == []


@pytest.mark.req("CX-8")
def test_pair_is_in_or_out_as_a_whole():
    pair = [candidate("call", 30, "tool_result", unit="u"), candidate("out", 50, "tool_result", unit="u", position=1)]
    alone = candidate("alone", 40, "tool_result", priority=20)
    assert ids(pack([*pair, alone], DEFAULT, 79)) == {"alone": "surplus"}
    assert list(ids(pack([*pair, alone], DEFAULT, 80))) == ["call", "out"]
