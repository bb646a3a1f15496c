"""The fitted ranking of earlier mentions: what it prefers, and what holds for every conversation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.references.candidates import Candidate, Situation, Turn
from dossier.references.mentions import Mention, reading_of
from dossier.references.ranking import ANY, fitted, rank
from dossier.references.resolve import resolve

TALK = (
    Mention(1, "user", "Martha", ("ask",)),
    Mention(1, "user", "the roses", ("martha", "about")),
    Mention(2, "assistant", "Martha"),
    Mention(2, "assistant", "the hose", ("says",), "leaks"),
)


def first(text: str, *before: str) -> str:
    best = rank(Mention(3, "user", text, before), TALK)[0]
    return TALK[best.at].text


@pytest.mark.req("RF-1", "RF-5")
@pytest.mark.parametrize(
    ("words", "meant"), [("her", "Martha"), ("it", "the hose"), ("the roses", "the roses"), ("Martha", "Martha")]
)
def test_number_gender_and_words_decide_before_recency(words: str, meant: str) -> None:
    assert first(words) == meant


@pytest.mark.req("RF-5")
def test_each_weight_names_its_form_and_its_feature_in_plain_words() -> None:
    weights = fitted()
    assert set(weights) == {ANY, "it", "that", "he", "she", "they", "there", "one", "person", "name", "noun"}
    assert weights["she"].get("gender agrees", 0.0) + weights[ANY]["gender agrees"] > 0 > weights[ANY]["disagrees"]
    assert sum(len(of) for of in weights.values()) < 600


WORDS = st.sampled_from(["Martha", "her", "the roses", "it", "Tom", "a call", "them", "two songs", "", "?", "ßé 7"])
MENTIONS = st.lists(
    st.builds(Mention, st.integers(0, 9), st.sampled_from(["user", "assistant"]), WORDS | st.text(max_size=8)),
    max_size=8,
)


@pytest.mark.req("RF-3", "RF-5")
@given(WORDS | st.text(max_size=8), MENTIONS)
def test_the_ranking_holds_each_mention_once_and_its_probabilities_are_one(text: str, earlier: list[Mention]) -> None:
    ranked = rank(Mention(10, "user", text), earlier)
    assert sorted(r.at for r in ranked) == list(range(len(earlier)))
    assert all(0.0 <= r.probability <= r.confidence <= 1.0 for r in ranked)
    assert abs(sum(r.probability for r in ranked) - bool(earlier)) < 1e-9
    assert [r.probability for r in ranked] == sorted((r.probability for r in ranked), reverse=True)


@pytest.mark.req("RF-1")
@pytest.mark.parametrize(
    ("text", "form", "sort", "gender", "plural"),
    [
        ("Him", "he", "pointer", "m", False),
        ("my sister", "noun", "person", "f", False),
        ("Linda Keller", "name", "person", "f", False),
        ("the old letters", "noun", "talk", "", True),
        ("The Long Way Home", "name", "place", "", False),
        ("the first one", "one", "pointer", "", False),
    ],
)
def test_a_mention_is_read_by_its_words(text: str, form: str, sort: str, gender: str, plural: bool) -> None:
    read = reading_of(text)
    assert (read.form, read.sort, read.gender, read.plural) == (form, sort, gender, plural)


@pytest.mark.req("RF-5")
def test_the_resolver_asks_the_same_ranking_where_its_rules_find_two_equal() -> None:
    things = (Candidate("T-1", "tool", "Rake", (), 1, 5), Candidate("T-2", "tool", "Hose", (), 3, 5))
    turns = (
        Turn(1, "assistant", "The rake is in the shed."),
        Turn(2, "user", "Is the rake clean?"),
        Turn(3, "assistant", "The rake is clean. There is a hose as well."),
        Turn(4, "user", "How old is the rake?"),
        Turn(5, "assistant", "The rake is new. The rake was cheap. The rake is red."),
    )
    said = resolve(Situation("Who bought it?", "read", 6, things, turns=turns)).references[0]
    assert (said.ids, said.reason) == (("T-1",), "the talk so far speaks for it")
