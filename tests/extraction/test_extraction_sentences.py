"""What sentences of three domains come to; the tables are the specification."""

from datetime import UTC, datetime

import pytest

from dossier.extraction import Extraction, Held, extract, proposals_of
from state.events import EntityRef, ReferenceResolved, UserMessageReceived
from state.facts import Fact
from state.merge import ExtractedContext
from state.principal import Principal
from state.proposals import Correction, DecisionMade, FactClaim, ProfileHint, Rejection, TaskChange
from state.task import ActiveTask

CASE = EntityRef(type="case", id="C-1042", label="case C-1042")
TRIP = EntityRef(type="trip", id="T-7", label="trip to Lisbon")
SERVICE = EntityRef(type="service", id="billing", label="billing service")
REPORTS = (EntityRef(type="report", id="IR-58", label="IR-58"), EntityRef(type="report", id="IR-77", label="IR-77"))


def fact(key: str, value: str) -> Fact:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    return Fact(id=f"id of {key}", key=key, value=value, trust="user_claimed", source_turn="m0", observed_at=at)


CASEWORK = Held(
    focus=(EntityRef(type="report", id="IR-77"), CASE),
    task=ActiveTask(name="casework", entities=("case:C-1042",)),
    facts=(
        fact("case:C-1042/urgency", "not urgent"),
        fact("case:C-1042/inspection_date", "the 12th"),
        fact("case:C-1042/temperature", "4 degrees"),
    ),
)
TRAVEL = Held(focus=(TRIP,), facts=(fact("trip:T-7/budget", "500 euros"), fact("trip:T-7/departure", "Friday")))
SOFTWARE = Held(focus=(SERVICE,), facts=(fact("service:billing/timeout", "30 seconds"),))


def extracted(text: str, held: Held, *resolved: ReferenceResolved) -> Extraction:
    principal = Principal(tenant="northgate", user="a.kowalska")
    message = UserMessageReceived(message_id="m1", text=text, principal=principal, tokens=1)
    return extract(message, resolved, held)


def refers(phrase: str, text: str, *entities: EntityRef) -> ReferenceResolved:
    start = text.index(phrase)
    return ReferenceResolved(
        phrase=phrase, start=start, end=start + len(phrase), entities=entities, confidence=0.9, reason="ordinal"
    )


def nothing(extraction: Extraction) -> bool:
    return extraction == Extraction()


@pytest.mark.req("UP-3", "UP-4", "ST-3")
def test_a_message_that_is_not_urgent_claims_it_of_the_case_and_sets_the_step() -> None:
    found = extracted("Not urgent, just summarise the evidence", Held(focus=(CASE,)))
    assert found == Extraction(
        facts=(FactClaim(key="case:C-1042/urgency", value="not urgent", trust="user_claimed", statement="Not urgent"),),
        task=TaskChange(step="evidence summary", entities=("case:C-1042",)),
    )


@pytest.mark.req("UP-3", "UP-4", "ST-3")
def test_new_evidence_corrects_the_urgency_sets_a_step_and_a_constraint() -> None:
    text = "New evidence makes it urgent; redo the risk analysis only, don't change the status"
    assert extracted(text, CASEWORK) == Extraction(
        corrections=(
            Correction(
                key="case:C-1042/urgency",
                value="urgent",
                old="not urgent",
                statement="New evidence makes it urgent",
            ),
        ),
        decisions=(
            DecisionMade(text="do not change the status", constraint=True, statement="don't change the status"),
        ),
        task=TaskChange(step="risk analysis", only=True, entities=("case:C-1042",)),
    )


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "held", "key", "value", "old"),
    [
        ("Actually it was the 14th, not the 12th", CASEWORK, "case:C-1042/inspection_date", "the 14th", "the 12th"),
        ("It wasn't the 12th, it was the 14th.", CASEWORK, "case:C-1042/inspection_date", "the 14th", "the 12th"),
        (
            "that's wrong: the temperature was 9 degrees",
            CASEWORK,
            "case:C-1042/temperature",
            "9 degrees",
            "4 degrees",
        ),
        ("The case is now urgent.", CASEWORK, "case:C-1042/urgency", "urgent", "not urgent"),
        ("Sorry, the departure is Saturday.", TRAVEL, "trip:T-7/departure", "Saturday", "Friday"),
        ("I meant 700 euros, not 500 euros", TRAVEL, "trip:T-7/budget", "700 euros", "500 euros"),
        ("Our budget is now 700 euros", TRAVEL, "trip:T-7/budget", "700 euros", "500 euros"),
        ("No, the timeout is 60 seconds", SOFTWARE, "service:billing/timeout", "60 seconds", "30 seconds"),
        ("Correction: the timeout is short", SOFTWARE, "service:billing/timeout", "short", "30 seconds"),
        ("It was 20:15, not 19:30", SOFTWARE, "service:billing/time", "20:15", "19:30"),
    ],
)
def test_a_correction_names_the_key_the_new_and_the_old_value(
    text: str, held: Held, key: str, value: str, old: str
) -> None:
    found = extracted(text, held)
    assert [(c.key, c.value, c.old) for c in found.corrections] == [(key, value, old)]
    assert (found.facts, found.rejections) == ((), ())


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "held", "key", "value"),
    [
        ("The deadline is Friday 3 May", CASEWORK, "case:C-1042/deadline", "Friday 3 May"),
        ("It's confidential.", CASEWORK, "case:C-1042/confidentiality", "confidential"),
        ("Not urgent, summarise the evidence", Held(focus=(CASE,)), "case:C-1042/urgency", "not urgent"),
        ("The deadline is Friday and it's urgent", Held(), "thread:this/urgency", "urgent"),
        ("No rush", TRAVEL, "trip:T-7/urgency", "not urgent"),
        ("Our budget is 900 euros", TRAVEL, "trip:T-7/budget", "900 euros"),
        ("The retry limit is five", SOFTWARE, "service:billing/retry_limit", "five"),
        ("The owner is Priya Shah. Thanks!", SOFTWARE, "service:billing/owner", "Priya Shah"),
        ("The deadline is Friday", Held(), "thread:this/deadline", "Friday"),
    ],
)
def test_a_statement_is_claimed_of_what_the_conversation_is_about(text: str, held: Held, key: str, value: str) -> None:
    assert (key, value, "user_claimed") in [(f.key, f.value, f.trust) for f in extracted(text, held).facts]


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "held", "key", "value"),
    [
        (
            "Don't assume the leak came from the compressor",
            CASEWORK,
            "case:C-1042/assumption",
            "the leak came from the compressor",
        ),
        ("The spoilage was not caused by the power cut", CASEWORK, "case:C-1042/cause_of_spoilage", "power cut"),
        ("The power cut did not cause the spoilage", CASEWORK, "case:C-1042/cause_of_spoilage", "power cut"),
        ("I never said it was urgent", TRAVEL, "trip:T-7/urgency", "urgent"),
        ("I never said the hotel was booked", TRAVEL, "trip:T-7/hotel", "booked"),
        ("the temperature wasn't 12 degrees", CASEWORK, "case:C-1042/temperature", "12 degrees"),
        ("We have already ruled out sabotage", SOFTWARE, "service:billing/assumption", "sabotage"),
        ("It's not true that the timeout was 30 seconds", SOFTWARE, "service:billing/timeout", "30 seconds"),
        ("The outage wasn't due to the deployment", SOFTWARE, "service:billing/cause_of_outage", "deployment"),
    ],
)
def test_what_the_user_rules_out_is_a_rejection(text: str, held: Held, key: str, value: str) -> None:
    found = extracted(text, held)
    assert [(r.key, r.value) for r in found.rejections] == [(key, value)]
    assert (found.facts, found.corrections, found.decisions) == ((), (), ())


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "decided", "is_constraint"),
    [
        ("As decided, we keep the licence open.", "we keep the licence open", False),
        ("Let's go with plan B", "go with plan B", False),
        ("We agreed to fly on Monday", "to fly on Monday", False),
        ("Do not contact the licensee until I say so", "do not contact the licensee until I say so", True),
        ("If they call, don't mention the fine", "If they call, don't mention the fine", True),
        ("Keep the status as it is", "Keep the status as it is", True),
        ("You must not deploy on Friday", "do not deploy on Friday", True),
        ("Redo the analysis without changing the status", "without changing the status", True),
        ("Please never book the night train", "do not book the night train", True),
    ],
)
def test_decisions_and_constraints(text: str, decided: str, is_constraint: bool) -> None:
    assert [(d.text, d.constraint) for d in extracted(text, TRAVEL).decisions] == [(decided, is_constraint)]


@pytest.mark.req("UP-4")
def test_a_choice_is_a_decision_once_its_reference_is_resolved() -> None:
    text = "Use the second one"
    assert extracted(text, CASEWORK).decisions == ()
    found = extracted(text, CASEWORK, refers("the second one", text, REPORTS[1]))
    assert [d.text for d in found.decisions] == ["use IR-77"]
    assert found.context == ExtractedContext(topic=REPORTS[1], entities=(REPORTS[1],))


@pytest.mark.req("UP-4")
def test_a_choice_of_several_names_all_of_them() -> None:
    text = "OK, take both"
    assert [d.text for d in extracted(text, CASEWORK, refers("both", text, *REPORTS)).decisions] == [
        "take IR-58 and IR-77"
    ]


@pytest.mark.req("UP-4")
def test_a_claim_is_about_what_the_message_names_before_it_not_about_a_document_in_passing() -> None:
    other = EntityRef(type="case", id="C-2000")
    text = "Look at C-2000 and IR-77. Not urgent."
    found = extracted(text, CASEWORK, refers("C-2000", text, other), refers("IR-77", text, REPORTS[1]))
    assert [f.key for f in found.facts] == ["case:C-2000/urgency"]


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I'm Anna Kowalska", "Anna Kowalska"),
        ("Hello, I'm Anna Kowalska from licensing.", "Anna Kowalska"),
        ("I am Dr. Jean-Luc O'Brien", "Jean-Luc O'Brien"),
        ("My name is Ludwig van der Berg", "Ludwig van der Berg"),
        ("call me Bo", "Bo"),
        ("I’m Ágnes", "Ágnes"),
    ],
)
def test_a_name_is_taken_from_an_introduction(text: str, name: str) -> None:
    assert [h.name for h in extracted(text, CASEWORK).profile] == [name]


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    "text",
    [
        "I'm tired",
        "I'm Tired",
        "I'M TIRED",
        "I'm German",
        "I'm Anna's colleague",
        "I'm Head of Inspections",
        "call me back",
        "Call me Monday",
        "My name is on the list",
        "I'm not Anna",
        "Is my name Anna?",
        'She wrote "I\'m Anna Kowalska"',
        "> I'm Anna Kowalska",
    ],
)
def test_what_is_no_introduction_yields_no_name(text: str) -> None:
    assert extracted(text, CASEWORK).profile == ()


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "preferences"),
    [
        ("Please answer in German", {"language": "German"}),
        ("Keep it short please.", {}),
        ("Keep your answers brief", {"length": "brief"}),
        ("I prefer an aisle seat over a window seat", {"seat": "aisle seat"}),
        ("I'd prefer to think about it", {}),
    ],
)
def test_preferences_are_kept_by_what_they_are_about(text: str, preferences: dict[str, str]) -> None:
    assert extracted(text, TRAVEL).context.preferences == preferences


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "Thanks!",
        "Is it urgent?",
        "If it is urgent, tell me",
        "Maybe it's urgent",
        "I think the deadline is Friday",
        "The licensee says it is urgent",
        "According to the file the temperature was 9 degrees",
        "The report is nice",
        "The problem is that the door was open",
        "What if the deadline is Friday?",
        'The letter reads "the deadline is Friday 3 May"',
        "```\nthe deadline is Friday\n```",
        "> don't change the status",
        "Don't worry",
        "Don't forget the annex",
        "Do you know when the deadline is Friday",
        "Use it or lose it",
        "check it",
        "Do the dishes",
        "Never give up",
        "I am dancing without worrying",
        "never been there",
        "Never tried climbing",
        "I'd prefer Wednesday next week",
        "Don't ever forget that",
        "Check out this pic",
        "The game was called Counter-Strike",
        "The Hobbit is one of my favourites",
        "Her name is Shadow",
        "The sign was a warning, I liked May 3",
        "The " + "very " * 200 + "long deadline is Friday",
    ],
)
def test_what_is_doubtful_yields_nothing(text: str) -> None:
    assert nothing(extracted(text, CASEWORK))


@pytest.mark.req("UP-4")
def test_a_corrected_value_that_nothing_holds_is_noted_not_guessed() -> None:
    found = extracted("It was Miller, not Smith", CASEWORK)
    assert found == Extraction(notes=("No fact holds 'Smith', which is corrected to 'Miller'.",))


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "step", "only"),
    [
        ("Please redo the risk analysis for C-1042", "risk analysis", False),
        ("Only redo the risk analysis", "risk analysis", True),
        ("Could you compare the two reports?", "two reports comparison", False),
        ("Draft a letter to the licensee", "letter", False),
        ("Now write the itinerary, please", "itinerary", False),
        ("Review the retry code again", "retry code review", False),
    ],
)
def test_a_request_sets_the_step(text: str, step: str, only: bool) -> None:
    task = extracted(text, CASEWORK).task
    assert task is not None
    assert (task.step, task.only) == (step, only)


@pytest.mark.req("UP-4")
def test_addresses_are_entities() -> None:
    found = extracted("Mail A.Kowalska@northgate.example or see (https://x.example/a(b)?q=1). Bye@ home", CASEWORK)
    email = EntityRef(type="email", id="a.kowalska@northgate.example", label="a.kowalska@northgate.example")
    url = EntityRef(type="url", id="https://x.example/a(b)?q=1", label="https://x.example/a(b)?q=1")
    assert found.context.entities == (email, url)


@pytest.mark.req("UP-4")
def test_open_questions_are_those_that_the_user_leaves_open() -> None:
    text = "It's still unclear who signed the log. We don't know yet when the door was opened. When is the deadline?"
    expected = ("who signed the log", "when the door was opened")
    assert extracted(text, CASEWORK).context.open_questions == expected
    assert extracted("Open question: is the seal intact?", CASEWORK).context.open_questions == ("is the seal intact",)


@pytest.mark.req("UP-3", "UP-4")
def test_the_task_is_proposed_before_the_constraint_that_limits_it() -> None:
    found = extracted("Redo the risk analysis, don't change the status. I'm Anna Kowalska.", CASEWORK)
    proposals = proposals_of(found, "northgate")
    assert [(p.kind, p.proposed_by, p.tenant) for p in proposals] == [
        ("task", "user_rule", "northgate"),
        ("decision", "user_rule", "northgate"),
        ("profile", "user_rule", "northgate"),
    ]
    assert proposals[2].content == ProfileHint(name="Anna Kowalska", statement="I'm Anna Kowalska")
    assert not any(isinstance(p.content, Rejection) for p in proposals)


@pytest.mark.req("UP-4")
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Actually, the status of C-1042 is closed.", "case:C-1042/status"),
        ("The deadline for C-1042 is 3 May.", "case:C-1042/deadline"),
    ],
)
def test_what_an_attribute_is_of_names_its_entity_not_a_new_attribute(text: str, key: str) -> None:
    case = EntityRef(type="case", id="C-1042")
    assert [claim.key for claim in extracted(text, Held(), refers("C-1042", text, case)).facts] == [key]
