"""What an answer to our own question means, and how the question is worded."""

import pytest

from dossier.references.candidates import Candidate, Question, Risk, Situation
from dossier.references.questions import question_for
from dossier.references.resolve import resolve

CANDIDATES = (
    Candidate("CP-12", "complaint", "Complaint CP-12, bakery in Leeds", (("status", "open"), ("days", "12")), 1, 1),
    Candidate("CP-15", "complaint", "Complaint CP-15, butcher in Hull", (("status", "closed"), ("days", "3")), 1, 1),
    Candidate("CP-19", "complaint", "Complaint CP-19, dairy in Hull", (("status", "open"), ("days", "40")), 1, 1),
    Candidate("IR-77", "inspection_report", "Inspection report IR-77", (), 0, 0),
)
OPTIONS = ("CP-15", "CP-12", "CP-19")


def answered(utterance: str, risk: Risk = "irreversible") -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    asked = Question(2, "it", OPTIONS)
    situation = Situation(utterance, risk, 3, CANDIDATES, question=asked)
    return [(r.answer, r.ids, r.options) for r in resolve(situation).references]


@pytest.mark.req("RF-4")
@pytest.mark.parametrize(
    ("utterance", "ids"),
    [
        ("2", ("CP-12",)),
        ("the first", ("CP-15",)),
        ("The first one, please.", ("CP-15",)),
        ("number 3", ("CP-19",)),
        ("#1", ("CP-15",)),
        ("the last", ("CP-19",)),
        ("cp-19", ("CP-19",)),
        ("I mean CP-12", ("CP-12",)),
        ("the Leeds one", ("CP-12",)),
        ("the bakery", ("CP-12",)),
        ("The dairy, sorry.", ("CP-19",)),
        ("the closed one", ("CP-15",)),
        ("All of them.", OPTIONS),
        ("all three", OPTIONS),
        ("both Hull ones", ("CP-15", "CP-19")),
        ("the first two", ("CP-15", "CP-12")),
        ("1 and 3", ("CP-15", "CP-19")),
        ("the butcher and the dairy", ("CP-15", "CP-19")),
        ("not the first one, the second", ("CP-12",)),
    ],
)
def test_an_answer_chooses_among_the_options_in_the_order_they_were_numbered(
    utterance: str, ids: tuple[str, ...]
) -> None:
    assert answered(utterance) == [("resolve", ids, ())]


@pytest.mark.req("RF-4")
@pytest.mark.parametrize(
    ("utterance", "options"),
    [
        ("Hull", ("CP-15", "CP-19")),
        ("the open one", ("CP-12", "CP-19")),
        ("7", OPTIONS),
        ("neither", ()),
        ("none of them", ()),
    ],
)
def test_an_answer_that_settles_nothing_is_asked_again(utterance: str, options: tuple[str, ...]) -> None:
    assert answered(utterance) == [("ask", (), options)]


@pytest.mark.req("RF-4")
def test_a_new_request_after_a_question_is_not_taken_for_its_answer() -> None:
    assert answered("Who signed the inspection report, and on which day was that done?", "read")[0] == (
        "resolve",
        ("IR-77",),
        (),
    )


@pytest.mark.req("RF-4")
def test_an_unclear_reference_is_put_as_a_numbered_question() -> None:
    situation = Situation("Close the open complaint.", "write", 2, CANDIDATES)
    asked = resolve(situation).ask
    assert asked is not None
    assert question_for(asked, situation) == (
        "Which do you mean by “the open complaint”?\n"
        "1. Complaint CP-12, bakery in Leeds\n"
        "2. Complaint CP-19, dairy in Hull"
    )


@pytest.mark.req("RF-4")
def test_when_nothing_fits_the_question_offers_nothing() -> None:
    situation = Situation("Close CP-99999.", "write", 2, CANDIDATES)
    asked = resolve(situation).ask
    assert asked is not None
    assert question_for(asked, situation) == "I can't tell what “CP-99999” means: unknown id. Which one do you mean?"


@pytest.mark.req("RF-4")
def test_the_threshold_rises_with_the_risk() -> None:
    candidates = (
        Candidate("L-1", "letter", "Letter to Leeds", (), 0, 1),
        Candidate("L-2", "letter", "Letter to Hull", (), 2, 3),
    )
    answers = {
        risk: [
            (r.answer, r.ids, set(r.options))
            for r in resolve(Situation("Send the letter.", risk, 4, candidates)).references
        ]
        for risk in ("read", "write", "irreversible")
    }
    assert answers == {
        "read": [("resolve", ("L-2",), set())],
        "write": [("resolve", ("L-2",), set())],
        "irreversible": [("ask", (), {"L-1", "L-2"})],
    }


@pytest.mark.req("RF-1")
@pytest.mark.parametrize("utterance", ["Thanks, that's all.", "That is all for now.", "Is that all?", "Thank you!"])
def test_a_closing_remark_chooses_nothing(utterance: str) -> None:
    assert answered(utterance) == []
