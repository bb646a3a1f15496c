"""What a phrase means in a conversation: regulatory casework, a music library, a building site."""

import pytest

from dossier.references.candidates import Act, Candidate, Risk, ShownList, Situation, Turn
from dossier.references.resolve import ResolvedReference, resolve


def thing(id: str, type: str, label: str, first: int = 1, last: int | None = None, **attrs: object) -> Candidate:
    pairs = tuple((k, str(v)) for k, v in attrs.items())
    return Candidate(id, type, label, pairs, first, first if last is None else last)


CASES = Situation(
    utterance="",
    turn=2,
    turns=(
        Turn(0, "user", "Which cases about Harbour Foods are open?"),
        Turn(1, "assistant", "Three: C-1042 on hygiene, C-1055 on labelling, C-1060 on waste water."),
    ),
    lists=(ShownList(1, ("C-1042", "C-1055", "C-1060")),),
    candidates=(
        thing("C-1042", "case", "Case C-1042, hygiene", status="open", fine=1200),
        thing("C-1055", "case", "Case C-1055, labelling", status="open", fine=300),
        thing("C-1060", "case", "Case C-1060, waste water", status="suspended", fine=800),
        thing("L-9", "licensee", "Harbour Foods", 0),
    ),
)
PAPERS = Situation(
    utterance="",
    turn=4,
    turns=(
        Turn(0, "user", "What do we have on case C-1042?"),
        Turn(1, "assistant", "Inspection report IR-77 by Ms Okafor, and the complaint CP-12 by Mr Brandt."),
        Turn(2, "user", "What does IR-77 say?"),
        Turn(3, "assistant", "IR-77 found mice in the cold store."),
    ),
    candidates=(
        thing("C-1042", "case", "Case C-1042", 0),
        thing("IR-77", "inspection_report", "Inspection report IR-77, Ms Okafor", 1, 3, status="final"),
        thing("CP-12", "complaint", "Complaint CP-12, Mr Brandt", 1, status="unanswered"),
        thing("P-O", "person", "Ms Okafor, inspector", 1),
        thing("P-B", "person", "Mr Brandt, complainant", 1),
    ),
)
POLICIES = Situation(
    utterance="",
    turn=2,
    turns=(
        Turn(0, "user", "Which policies bear on this?"),
        Turn(1, "assistant", "The penalty policy and the hardship policy. Quoting the hardship policy needs approval."),
    ),
    candidates=(
        thing("ACME-77", "policy", "Penalty policy", binding="yes"),
        thing("ACME-80", "policy", "Hardship policy", binding="no"),
    ),
)
ACTED = Situation(
    utterance="",
    turn=2,
    turns=(Turn(0, "user", "Assign C-1042 to Dana."), Turn(1, "assistant", "C-1042 is with Dana now.")),
    acts=(Act(1, "assign_case", "C-1042", (("to", "Dana"),)),),
    candidates=(thing("C-1042", "case", "Case C-1042", 0, 1), thing("P-D", "person", "Dana Whitfield", 0, 1)),
)
SCORES = Situation(
    utterance="",
    turn=4,
    turns=(
        Turn(0, "user", "Which quartets are on the shelf?"),
        Turn(1, "assistant", "Haydn, Borodin and Ravel."),
        Turn(2, "user", "And which trios?"),
        Turn(3, "tool", "Schubert; Fauré"),
    ),
    lists=(ShownList(1, ("Q1", "Q2", "Q3")), ShownList(3, ("T1", "T2"))),
    candidates=(
        thing("Q1", "quartet", "Quartet Haydn", pages=40, lent="yes"),
        thing("Q2", "quartet", "Quartet Borodin", pages=64, lent="no"),
        thing("Q3", "quartet", "Quartet Ravel", pages=52, lent="no"),
        thing("T1", "trio", "Trio Schubert", 3, pages=70),
        thing("T2", "trio", "Trio Fauré", 3, pages=30),
    ),
)
SITE = Situation(
    utterance="",
    turn=4,
    turns=(
        Turn(0, "user", "Should the old crane be dismantled this week?"),
        Turn(1, "assistant", "The old crane can be dismantled; the parts are then scrapped."),
        Turn(2, "user", "How high is the tower crane?"),
        Turn(3, "assistant", "The tower crane is 40 metres high."),
    ),
    candidates=(
        thing("K-1", "crane", "Old crane", 0, 1, height=25),
        thing("K-2", "crane", "Tower crane", 2, 3, height=40),
    ),
)

RESOLVED: list[tuple[Situation, Risk, str, str, str, tuple[str, ...]]] = [
    (CASES, "read", "Open the second one.", "the second one", "ordinal", ("C-1055",)),
    (CASES, "irreversible", "Close the third case.", "the third case", "ordinal", ("C-1060",)),
    (CASES, "read", "What is no. 2 about?", "no. 2", "ordinal", ("C-1055",)),
    (CASES, "read", "show me #3", "#3", "ordinal", ("C-1060",)),
    (CASES, "write", "Assign the last one to me.", "the last one", "ordinal", ("C-1060",)),
    (CASES, "write", "Assign the first two to Dana.", "the first two", "set", ("C-1042", "C-1055")),
    (CASES, "read", "Compare all three.", "all three", "set", ("C-1042", "C-1055", "C-1060")),
    (CASES, "write", "Close all of them.", "all of them", "set", ("C-1042", "C-1055", "C-1060")),
    (
        CASES,
        "write",
        "Archive everything except the labelling case.",
        "everything except the labelling case",
        "set",
        ("C-1042", "C-1060"),
    ),
    (CASES, "read", "How old is the labelling case?", "the labelling case", "definite", ("C-1055",)),
    (CASES, "read", "Who opened the suspended one?", "the suspended one", "definite", ("C-1060",)),
    (CASES, "read", "Why the case with the highest fine?", "the case with the highest fine", "definite", ("C-1042",)),
    (CASES, "irreversible", "Close c-1055 today", "c-1055", "id", ("C-1055",)),
    (CASES, "read", "Has Harbour Foods paid?", "Harbour Foods", "name", ("L-9",)),
    (CASES, "read", "Has Harbor Foods paid?", "Harbor Foods", "name", ("L-9",)),
    (CASES, "read", "Are they urgent?", "they", "pronoun", ("C-1042", "C-1055", "C-1060")),
    (PAPERS, "read", "When was it signed?", "it", "pronoun", ("IR-77",)),
    (PAPERS, "read", "Who wrote the complaint?", "the complaint", "definite", ("CP-12",)),
    (PAPERS, "read", "Who else has read that report?", "that report", "demonstrative", ("IR-77",)),
    (PAPERS, "write", "Send it to her.", "her", "pronoun", ("P-O",)),
    (PAPERS, "write", "Ask him for photos.", "him", "pronoun", ("P-B",)),
    (PAPERS, "read", "Is his complaint still unanswered?", "his complaint", "definite", ("CP-12",)),
    (PAPERS, "write", "File both under the same case.", "the same case", "sameness", ("C-1042",)),
    (PAPERS, "read", "What did Brandt want?", "Brandt", "name", ("P-B",)),
    (POLICIES, "read", "Do both apply?", "both", "set", ("ACME-77", "ACME-80")),
    (POLICIES, "read", "And the other one?", "the other one", "alternative", ("ACME-77",)),
    (POLICIES, "read", "Does the penalty policy apply?", "the penalty policy", "definite", ("ACME-77",)),
    (POLICIES, "read", "What does the latter say?", "the latter", "ordinal", ("ACME-80",)),
    (POLICIES, "write", "Quote the binding policy, not the other.", "the other", "alternative", ("ACME-80",)),
    (SCORES, "read", "How long is the second?", "the second", "ordinal", ("T2",)),
    (SCORES, "read", "How long is the second quartet?", "the second quartet", "ordinal", ("Q2",)),
    (SCORES, "write", "Lend me the longest quartet.", "the longest quartet", "definite", ("Q2",)),
    (SCORES, "write", "Reserve both trios.", "both trios", "set", ("T1", "T2")),
    (SCORES, "write", "Reserve the Faure.", "the Faure", "definite", ("T2",)),
    (SITE, "read", "How heavy is it?", "it", "pronoun", ("K-2",)),
    (SITE, "write", "Grease the other crane.", "the other crane", "alternative", ("K-1",)),
    (SITE, "irreversible", "Paint it red.", "it", "pronoun", ("K-2",)),
]


def found(situation: Situation, risk: Risk, utterance: str) -> tuple[ResolvedReference, ...]:
    said = Situation(
        utterance,
        risk,
        situation.turn,
        situation.candidates,
        situation.lists,
        situation.acts,
        situation.turns,
        situation.selection,
        situation.focus,
        situation.question,
    )
    return resolve(said).references


@pytest.mark.req("RF-1", "RF-3")
@pytest.mark.parametrize(
    ("situation", "risk", "utterance", "phrase", "kind", "ids"), RESOLVED, ids=lambda x: x if isinstance(x, str) else ""
)
def test_a_phrase_means_what_a_colleague_would_take_it_to_mean(
    situation: Situation, risk: Risk, utterance: str, phrase: str, kind: str, ids: tuple[str, ...]
) -> None:
    read = [(r.phrase, r.kind, r.answer, r.ids) for r in found(situation, risk, utterance)]
    assert (phrase, kind, "resolve", ids) in read


ASKED: list[tuple[Situation, Risk, str, str, tuple[str, ...]]] = [
    (CASES, "write", "Close the open case.", "the open case", ("C-1042", "C-1055")),
    (CASES, "write", "Close that one.", "that one", ("C-1042", "C-1055", "C-1060")),
    (CASES, "write", "Close it.", "it", ("C-1042", "C-1055", "C-1060")),
    (CASES, "write", "Close the two of them.", "the two of them", ("C-1042", "C-1055", "C-1060")),
    (CASES, "read", "What about the seventh?", "the seventh", ()),
    (CASES, "write", "Close C-1065.", "C-1065", ("C-1055", "C-1060")),
    (CASES, "write", "Close C-9999.", "C-9999", ()),
    (CASES, "read", "What is in that memo?", "that memo", ()),
    (SCORES, "write", "Return the quartet.", "the quartet", ("Q1", "Q2", "Q3")),
    (SITE, "irreversible", "Dismantle it.", "it", ("K-1", "K-2")),
    (POLICIES, "write", "Quote that policy in full to them, the policy.", "the policy", ("ACME-77", "ACME-80")),
]


@pytest.mark.req("RF-3", "RF-4")
@pytest.mark.parametrize(
    ("situation", "risk", "utterance", "phrase", "options"), ASKED, ids=lambda x: x if isinstance(x, str) else ""
)
def test_what_is_open_is_asked_with_the_candidates_that_fit(
    situation: Situation, risk: Risk, utterance: str, phrase: str, options: tuple[str, ...]
) -> None:
    read = [(r.phrase, r.answer, r.ids, set(r.options)) for r in found(situation, risk, utterance)]
    assert (phrase, "ask", (), set(options)) in read


NOTHING = [
    "It is raining again in the valley.",
    "That's fine, thank you.",
    "I think that we should wait.",
    "This is the second time this week.",
    "Let's meet on the first of March.",
    "It seems nobody answers the phone.",
    "First, a word about lunch.",
    "Those who arrive late must wait outside.",
    'The sign says "close the second one".',
    "How many people live in Norway?",
    "In that case, let's wait.",
    "That makes sense.",
    "Is it possible to work from home on Friday?",
    "It takes two to tango.",
    "I hope this helps.",
    "On the other hand, we have no budget.",
    "What time is it?",
    "The fact that we lost is sad.",
    "Not at all, happy to help.",
    "Is that right?",
    "Thanks, that was quick.",
    "Nobody told me that prices rose.",
    "I was sick last week.",
    "Both my brother and I like tea.",
]


@pytest.mark.req("RF-1")
@pytest.mark.parametrize("utterance", NOTHING)
@pytest.mark.parametrize("situation", [CASES, SITE], ids=["cases", "site"])
def test_nothing_is_found_where_nothing_refers(situation: Situation, utterance: str) -> None:
    assert found(situation, "read", utterance) == ()
