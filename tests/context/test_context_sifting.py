"""Authorise, freshen, withdraw, deduplicate: each keeps or leaves out every item it is given."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dossier.context.authorise import authorise
from dossier.context.deduplicate import deduplicate
from dossier.context.freshness import DEFAULT_RULES, freshen
from dossier.context.items import KINDS, ContextItem, LeftOut, Scope
from dossier.context.withdraw import withdraw
from dossier.errors import InvalidInput

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
MINE, THEIRS = Scope("agency-a", "case", "C-1042"), Scope("agency-b", "case", "C-1042")


def item(item_id: str, kind: Any = "retrieved_document", text: str = "text", **fields: Any) -> ContextItem:
    return ContextItem(
        **{"id": item_id, "kind": kind, "text": text, "source": "test", "trust": "authored", "scope": MINE} | fields
    )


@pytest.mark.req("CX-2")
def test_there_are_fifteen_kinds_in_the_order_of_a_package():
    assert KINDS == (
        "system_instruction", "policy", "authority", "task_state", "current_request", "decision", "confirmed_fact",
        "rejected_assumption", "memory", "retrieved_document", "tool_result", "approval", "summary", "recent_turn",
        "output_contract",
    )  # fmt: skip


@pytest.mark.req("CX-2", "CX-11")
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"item_id": ""}, "has no id"),
        ({"item_id": "a", "kind": "secret"}, "unknown kind"),
        ({"item_id": "a", "trust": "divine"}, "unknown kind, trust"),
        ({"item_id": "a", "priority": 99}, "unknown kind, trust or priority"),
        ({"item_id": "a", "kind": "policy", "trust": "user_claimed"}, "may not instruct"),
        ({"item_id": "a", "kind": "output_contract", "trust": "tool_observed"}, "may not instruct"),
        ({"item_id": "a", "kind": "policy", "unit": "u"}, "may not be in a unit"),
        ({"item_id": "a", "score": float("nan")}, "no finite number"),
        ({"item_id": "a", "as_of": datetime(2026, 3, 1)}, "without a zone"),
        ({"item_id": "a", "text": "\ud800"}, "no valid Unicode"),
        ({"item_id": "a", "metadata": (("k", "\ud800"),)}, "no valid Unicode"),
    ],
)
def test_item_that_breaks_a_rule_is_refused(fields: dict[str, Any], says: str):
    with pytest.raises(InvalidInput, match=says):
        item(**fields)


@pytest.mark.req("CX-2")
def test_score_and_time_are_brought_to_one_form():
    east = datetime.fromisoformat("2026-03-01T12:00:00+02:00")
    made = item("a", score=-0.00000001, as_of=east)
    assert (str(made.score), made.as_of) == ("0.0", NOW)
    assert made.as_of is not None and made.as_of.tzinfo is UTC


@pytest.mark.req("CX-3")
def test_each_scope_is_asked_once_and_what_is_not_allowed_is_hidden():
    asked: list[Scope] = []
    a, b, c = item("a"), item("b", scope=THEIRS), item("c")
    result = authorise([a, b, c], lambda scope: asked.append(scope) is None and scope == MINE)
    assert (result.visible, result.hidden, sorted(s.tenant for s in asked)) == ([a, c], [b], ["agency-a", "agency-b"])


@pytest.mark.req("CX-3")
def test_unit_with_a_hidden_member_is_hidden_whole():
    call, result, other = item("a", unit="u"), item("b", unit="u", scope=THEIRS), item("c")
    assert authorise([result, other, call], lambda scope: scope == MINE) == ([other], [call, result])


@pytest.mark.req("CX-3")
def test_truthy_answer_that_is_not_true_opens_nothing():
    async def forgotten_await(scope: Scope) -> bool:
        return True

    coroutines: list[Any] = []

    def allowed(scope: Scope) -> Any:
        coroutines.append(forgotten_await(scope))
        return coroutines[-1]

    assert authorise([item("a")], allowed) == ([], [item("a")])
    coroutines[0].close()


@pytest.mark.req("CX-12")
@pytest.mark.parametrize(
    ("age", "label"),
    [
        (timedelta(minutes=59, seconds=59), None),
        (timedelta(minutes=60), "60m"),
        (timedelta(hours=5), "5h"),
        (timedelta(hours=48), "2d"),
        (timedelta(days=-1), None),
    ],
)
def test_stale_item_is_labelled_with_its_age(age: timedelta, label: str | None):
    given = item("a", as_of=NOW - age, stale_after=timedelta(hours=1))
    assert freshen([given], NOW, {}) == ([replace(given, stale_age=label)], [])


@pytest.mark.req("CX-12")
def test_item_that_ages_but_has_no_time_is_stale_and_a_label_from_outside_is_not_believed():
    ageing, ageless = item("a", stale_after=timedelta(days=1)), item("b", stale_age="9d")
    assert [i.stale_age for i in freshen([ageing, ageless], NOW, {}).kept] == ["unknown", None]


@pytest.mark.req("CX-12")
def test_rule_of_the_kind_leaves_stale_items_out_with_their_unit_but_never_what_must_fit():
    old: dict[str, Any] = {"as_of": NOW - timedelta(days=9), "stale_after": timedelta(days=1)}
    call, result = item("call", "tool_result", unit="u"), item("result", "tool_result", unit="u", **old)
    kept = item("memory:must", "memory", critical=True, **old)
    labelled = replace(kept, stale_age="9d")
    assert freshen([call, result, kept], NOW, DEFAULT_RULES) == (
        [labelled],
        [LeftOut(call, "stale"), LeftOut(replace(result, stale_age="9d"), "stale")],
    )


@pytest.mark.req("CX-10")
@pytest.mark.parametrize("kind", ["confirmed_fact", "memory", "decision"])
def test_rejected_assumption_does_not_come_back_as_a_claim(kind: str):
    rejected = item("assumption:1", "rejected_assumption", "The owner  moved.")
    claim, turn = item("x", kind, "The owner moved.\n"), item("turn:1", "recent_turn", "The owner moved.")
    assert withdraw([claim, turn, rejected]) == ([rejected, turn], [LeftOut(claim, "rejected by assumption:1")])


@pytest.mark.req("CX-10", "CX-3")
def test_superseded_fact_goes_and_names_its_successor_only_where_that_is_visible():
    new = item("fact:2", "confirmed_fact", "open")
    seen = item("fact:1", "confirmed_fact", "closed", metadata=(("superseded_by", "fact:2"),))
    unseen = item("fact:0", "confirmed_fact", "new", metadata=(("superseded_by", "fact:hidden"),))
    assert withdraw([seen, unseen, new]) == (
        [new],
        [LeftOut(unseen, "superseded"), LeftOut(seen, "superseded by fact:2")],
    )


@pytest.mark.req("CX-3")
def test_best_copy_stays_and_takes_over_what_the_others_were_owed():
    old = item("a", text="same  text", as_of=NOW - timedelta(days=1), critical=True, score=2.0)
    new = item("b", text="same text\n", as_of=NOW)
    low = item("c", text="same text", as_of=NOW, priority=20, pinned=True)
    heir = replace(new, critical=True, pinned=True, score=2.0)
    assert deduplicate([low, old, new]) == ([heir], [LeftOut(old, "duplicate of b"), LeftOut(low, "duplicate of b")])


@pytest.mark.req("CX-3")
def test_same_text_of_another_kind_or_in_another_turn_is_no_duplicate():
    given = [item("m", "memory", "yes"), item("t1", "recent_turn", "yes"), item("t2", "recent_turn", "yes", position=1)]
    assert deduplicate(given) == (given, [])


@pytest.mark.req("CX-8")
def test_calls_with_the_same_text_but_other_results_stay_with_their_results():
    def pair(name: str, result: str) -> list[ContextItem]:
        return [
            item(f"{name}:call", "tool_result", "now()", unit=name),
            item(f"{name}:out", "tool_result", result, unit=name, position=1),
        ]

    first, second, again = pair("1", "10:00"), pair("2", "10:05"), pair("3", "10:00")
    assert deduplicate([*again, *second, *first]) == (
        [*first, *second],
        [LeftOut(again[0], "duplicate of 1:call"), LeftOut(again[1], "duplicate of 1:out")],
    )


@pytest.mark.req("CX-8")
def test_turn_gathered_alone_and_in_a_unit_stays_in_its_unit():
    alone = item("turn:1", "recent_turn", pinned=True, priority=100)
    joined, other = item("turn:1", "recent_turn", unit="u"), item("fact:1", "confirmed_fact", unit="u")
    kept, left_out = deduplicate([alone, joined, other])
    assert kept == [other, replace(joined, pinned=True, priority=100)]
    assert left_out == [LeftOut(alone, "duplicate of turn:1")]


@pytest.mark.req("CX-8")
def test_item_in_two_units_is_refused():
    with pytest.raises(InvalidInput, match="'a' is in two units: 'u', 'v'"):
        deduplicate([item("a", unit="v"), item("a", unit="u")])
