"""Which stretches of an utterance may refer, and how they are read."""

import pytest

from dossier.references.phrases import find_phrases
from dossier.references.words import stem

NOUNS = ("case", "report", "complaint", "permit", "hygiene", "labelling", "leeds", "bridge")
VOCABULARY = frozenset(stem(w) for w in NOUNS)

FOUND = [
    ("Close the second case.", [("the second case", "ordinal")]),
    ("What about no. 4?", [("no. 4", "ordinal")]),
    (
        "Compare this report with those complaints.",
        [("this report", "demonstrative"), ("those complaints", "demonstrative")],
    ),
    ("Send it to her.", [("it", "pronoun"), ("her", "pronoun")]),
    ("Use the same permit for the bridge.", [("the same permit", "sameness"), ("the bridge", "definite")]),
    ("Do that again.", [("Do that again", "repetition")]),
    ("Please undo it.", [("undo it", "repetition")]),
    ("Go on.", [("Go on", "continuation")]),
    ("And the other one?", [("the other one", "alternative")]),
    ("Close both.", [("both", "set")]),
    ("Everything but the Leeds case is done.", [("Everything but the Leeds case", "set")]),
    ("Open IR-77 and CP-12.", [("IR-77", "id"), ("CP-12", "id")]),
    ('Print "the second case" on it.', [("it", "pronoun")]),
    ("Permits 1 and 2 are fine.", [("Permits 1", "ordinal"), ("2", "ordinal")]),
]


@pytest.mark.req("RF-1", "RF-3")
@pytest.mark.parametrize(("utterance", "phrases"), FOUND)
def test_phrases_are_found_in_order_with_their_kind(utterance: str, phrases: list[tuple[str, str]]) -> None:
    assert [(p.text, p.kind) for p in find_phrases(utterance, VOCABULARY)] == phrases


@pytest.mark.req("RF-3")
@pytest.mark.parametrize(("utterance", "phrases"), FOUND)
def test_a_phrase_is_its_span(utterance: str, phrases: list[tuple[str, str]]) -> None:
    spans = [utterance[p.start : p.end] for p in find_phrases(utterance, VOCABULARY)]
    assert spans == [text for text, _ in phrases]
