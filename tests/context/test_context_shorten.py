"""Long results and documents are shortened by structure: what is shown is a part of the whole, and says so."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.context.budget import PROFILES
from dossier.context.items import ContextItem, Scope
from dossier.context.json_text import MOST_DEPTH, Writing, read
from dossier.context.packing import Candidate, Sized, pack
from dossier.context.shorten import shortener
from dossier.errors import BudgetExceeded

SCOPE = Scope("agency-a", "thread", "t")
FLIGHTS = [
    {"number": f"HAT{n}77", "from": "JFK", "to": "SEA", "seats": {"economy": n, "business": 2}, "price": 100 + n}
    for n in range(4)
]
CALL = 'find({"from":"JFK","to":"SEA"}) -> '


def item(kind: Any, text: str, name: str = "tool:1", **fields: Any) -> ContextItem:
    return ContextItem(name, kind, text, "thread", "user_claimed", SCOPE, **fields)


def forms(text: str, *said: str, kind: Any = "tool_result") -> list[tuple[str, str | None]]:
    result = item(kind, text)
    turns = [item("recent_turn", words, f"turn:{n}") for n, words in enumerate(said)]
    return [(form.text, form.shown) for form in shortener([result, *turns]).forms(result)]


@pytest.mark.req("CX-15")
def test_a_list_of_like_objects_becomes_a_table_and_nothing_is_lost():
    whole = CALL + json.dumps(FLIGHTS)
    terse, shown = forms(whole)[-2]
    assert (forms(whole)[-1], shown) == ((whole, None), None)
    assert terse == CALL + (
        '{"columns":["number","from","to","seats.economy","seats.business","price"],"rows":['
        '["HAT077","JFK","SEA",0,2,100],["HAT177","JFK","SEA",1,2,101],'
        '["HAT277","JFK","SEA",2,2,102],["HAT377","JFK","SEA",3,2,103]]}'
    )


@pytest.mark.req("CX-15")
def test_the_values_that_the_conversation_uses_stay_with_their_names():
    user = {"user": "ana_1177", "bio": "words " * 60, "cards": {"card_900": {"kind": "gift"}}, "town": "Houston"}
    shortest = forms(CALL + json.dumps(user), "I am ana_1177.")[1]
    assert shortest == (CALL + '{"user":"ana_1177"}', "3 of 7 values")


@pytest.mark.req("CX-15")
def test_the_outcome_of_a_call_with_long_arguments_is_always_shown():
    text = f"book({json.dumps({'note': 'words ' * 80, 'id': 'C-1042'})}) -> Error: not enough seats"
    assert {form.endswith(" -> Error: not enough seats") for form, _ in forms(text)} == {True}


@pytest.mark.req("CX-15")
def test_a_long_document_keeps_its_head_and_the_sections_that_are_asked_for():
    sections = ["Report IR-77"] + [f"Section {n}. " + f"filler{n} " * 20 for n in range(8)]
    sections[6] = "The reading came from sensor S-3B, which was faulty. " * 3
    text = "\n\n".join(sections)
    form, shown = forms(text, "what about sensor S-3B?", "was sensor S-3B faulty?", kind="retrieved_document")[0]
    assert form.startswith("Report IR-77\n[…]\n") and "sensor S-3B" in form
    assert shown == "2 of 9 parts"


@pytest.mark.req("CX-15")
@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', "[" * (MOST_DEPTH + 1) + "]" * (MOST_DEPTH + 1), "[NaN]", "[1", "plain", '"text"', "[" * 99_999],
)
def test_what_can_not_be_read_without_loss_is_not_read(text: str):
    assert read(text) is None


@pytest.mark.req("CX-15")
def test_numbers_and_characters_stay_as_they_stood():
    text = '{"n":1.10,"big":123456789012345678901234567890,"hidden":"a\\u200bb","plain":"café"}'
    reading = read(text)
    assert reading is not None and Writing(frozenset(text)).write(reading.body) == text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(["C-1042", "IR-77", "gift_9"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)


@pytest.mark.req("CX-15", "CX-4")
@settings(deadline=None)
@given(st.lists(values, min_size=1), st.booleans())
def test_forms_grow_show_no_character_of_their_own_and_end_in_the_whole(body: list[Any], ascii_only: bool):
    text = CALL + json.dumps([*body, "filler " * 40], ensure_ascii=ascii_only)
    found = forms(text, "C-1042 and IR-77", "gift_9 of C-1042")
    assert found[-1] == (text, None)
    assert [len(form) for form, _ in found] == sorted({len(form) for form, _ in found})
    assert set("".join(form for form, _ in found)) <= set(text) | set('… more0123456789"columnsrows[]{}:,\\ux.abcdef')


def candidate(name: str, sizes: list[int], **fields: Any) -> Candidate:
    whole = item("tool_result", "whole", name, **fields)
    shorter = [Sized(item("tool_result", f"form {n}", name, shown="part"), size) for n, size in enumerate(sizes[:-1])]
    return Candidate(whole, sizes[-1], {}, tuple(shorter))


def shown(candidates: list[Candidate], budget: int) -> dict[str, tuple[str, int]]:
    packing = pack(candidates, PROFILES["default"], budget)
    return {entry.item.id: (entry.item.text, entry.tokens) for entry in packing.included}


@pytest.mark.req("CX-5", "CX-15")
def test_what_must_fit_is_shortened_before_a_package_is_refused():
    must = candidate("a", [10, 40, 90], critical=True)
    assert shown([must], 90) == {"a": ("whole", 90)}
    assert shown([must], 89) == {"a": ("form 1", 40)}
    assert shown([must], 10) == {"a": ("form 0", 10)}
    with pytest.raises(BudgetExceeded, match="needs 10 tokens; 9 of the budget of 9 are left"):
        shown([must], 9)


@pytest.mark.req("CX-4")
def test_equals_that_repeat_what_is_shown_come_after_one_that_adds():
    def told(name: str, position: int, *words: str) -> Candidate:
        made = item("recent_turn", "text", name, position=position)
        return Candidate(made, 10, dict.fromkeys(words, 10))

    same, again, other = told("newest", 9, "C-1", "C-2"), told("newer", 8, "C-1", "C-2"), told("old", 1, "C-3", "C-4")
    assert set(shown([again, other, same], 20)) == {"newest", "old"}


@pytest.mark.req("CX-4", "CX-5")
@given(
    st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=4, unique=True).map(sorted), max_size=20),
    st.integers(0, 400),
    st.randoms(use_true_random=False),
)
def test_budget_and_order_hold_with_forms(sizes: list[list[int]], budget: int, shuffler: Any):
    given_ = [candidate(f"i:{n}", s, position=n, critical=n == 3) for n, s in enumerate(sizes)]
    try:
        packing = pack(given_, PROFILES["default"], budget)
    except BudgetExceeded:
        assert sizes[3][0] > budget
        return
    assert sum(entry.tokens for entry in packing.included) <= budget
    assert sorted([e.item.id for e in packing.included] + [c.item.id for c in packing.no_room]) == sorted(
        c.item.id for c in given_
    )
    assert pack(shuffler.sample(given_, len(given_)), PROFILES["default"], budget) == packing
