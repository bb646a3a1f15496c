"""What holds for every situation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.references.candidates import Act, Candidate, Question, ShownList, Situation, Turn
from dossier.references.questions import question_for
from dossier.references.resolve import resolve

IDS = ("C-1", "C-2", "IR-77", "CP-12", "P-A", "L-9", "X_7")
TYPES = ("case", "inspection_report", "complaint", "person", "turn", "")
WORDS = [
    "the",
    "first",
    "second",
    "last",
    "one",
    "ones",
    "other",
    "others",
    "same",
    "both",
    "all",
    "it",
    "its",
    "he",
    "him",
    "her",
    "they",
    "them",
    "this",
    "that",
    "these",
    "those",
    "case",
    "cases",
    "report",
    "complaint",
    "Ms",
    "Adeyemi",
    "Leeds",
    "open",
    "closed",
    "of",
    "and",
    "with",
    "for",
    "not",
    "but",
    "everything",
    "except",
    "undo",
    "do",
    "again",
    "continue",
    "next",
    "close",
    "send",
    "C-1",
    "c-2",
    "IR-78",
    "2",
    "#3",
    "no.",
    "cheapest",
    "two",
    "three",
    "what",
    "I",
    "said",
    "about",
    "?",
    ",",
    ".",
    "'",
    '"',
    "please",
]
TEXTS = st.one_of(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), st.text(max_size=40))


@st.composite
def candidates(draw: st.DrawFn) -> tuple[Candidate, ...]:
    chosen = draw(st.lists(st.sampled_from(IDS[:-1]), unique=True, max_size=6))
    label = st.sampled_from(
        ["Case C-1, hygiene", "Ms Adeyemi, inspector", "Complaint from Leeds", "Adeyemi", "", "Report 2"]
    )
    attrs = st.lists(
        st.sampled_from([("status", "open"), ("status", "closed"), ("fine", "20"), ("fine", "7"), ("lent", "no")]),
        max_size=2,
    ).map(tuple)
    turns = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted)
    found = []
    for i in chosen:
        first, last = draw(turns)
        found.append(Candidate(i, draw(st.sampled_from(TYPES)), draw(label), draw(attrs), first, last))
    return tuple(found)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    some = st.lists(st.sampled_from(IDS), max_size=4).map(tuple)
    return Situation(
        utterance=draw(TEXTS),
        risk=draw(st.sampled_from(["read", "write", "irreversible"])),
        turn=5,
        candidates=draw(candidates()),
        lists=tuple(draw(st.lists(st.builds(ShownList, st.integers(0, 4), some), max_size=2))),
        acts=tuple(
            draw(
                st.lists(
                    st.builds(Act, st.integers(0, 4), st.sampled_from(["close_case", "send"]), st.sampled_from(IDS)),
                    max_size=2,
                )
            )
        ),
        turns=tuple(
            Turn(n, "user" if n % 2 == 0 else "assistant", t) for n, t in enumerate(draw(st.lists(TEXTS, max_size=5)))
        ),
        selection=draw(some),
        focus=draw(some),
        question=draw(st.none() | st.builds(Question, st.just(4), st.just("it"), some)),
    )


@pytest.mark.req("RF-3")
@settings(max_examples=300, deadline=None)
@given(situations())
def test_no_id_comes_out_that_is_not_among_the_candidates(situation: Situation) -> None:
    known = {c.id for c in situation.candidates}
    for r in resolve(situation).references:
        assert set(r.ids) | set(r.options) <= known


@pytest.mark.req("RF-3")
@settings(max_examples=300, deadline=None)
@given(situations())
def test_spans_cut_the_phrase_out_of_the_utterance_and_do_not_overlap(situation: Situation) -> None:
    end = 0
    for r in resolve(situation).references:
        assert situation.utterance[r.start : r.end] == r.phrase != ""
        assert r.start >= end
        end = r.end


@pytest.mark.req("RF-3", "RF-4")
@settings(max_examples=300, deadline=None)
@given(situations())
def test_a_reference_is_either_resolved_or_asked(situation: Situation) -> None:
    resolution = resolve(situation)
    for r in resolution.references:
        assert 0 <= r.confidence <= 1
        assert r.reason
        assert (r.answer == "resolve") == bool(r.ids or r.action)
        assert not (r.ids and r.options)
        assert question_for(r, situation).count("\n") == len(r.options)
    assert resolution.ask == next((r for r in resolution.references if r.answer == "ask"), None)


@pytest.mark.req("RF-5")
@settings(max_examples=300, deadline=None)
@given(situations(), st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_changes_nothing(situation: Situation, random: object) -> None:
    shuffled = list(situation.candidates)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Situation(
        situation.utterance,
        situation.risk,
        situation.turn,
        tuple(shuffled),
        situation.lists,
        situation.acts,
        situation.turns,
        situation.selection,
        situation.focus,
        situation.question,
    )
    assert resolve(other) == resolve(situation)
