"""What a yes takes of the assistant's last question, by rule, and what it doesn't."""

import pytest

from dossier.extraction.extract import extract
from dossier.extraction.held import Held
from state import events as e
from state.principal import Principal
from state.proposals import Acceptance

HELD = Held(focus=(e.EntityRef(type="case", id="C-1", label="Case C-1"),))
OFFER = "The file is complete. Shall I note that the hearing is on 3 June?"
ON_3_JUNE = ("case:C-1/hearing", "on 3 June")


def taken(message: str, reply: str) -> list[tuple[str, str]]:
    said = e.UserMessageReceived(
        message_id="m", text=message, principal=Principal(tenant="northgate", user="anna"), tokens=9
    )
    return [(one.key, one.value) for one in extract(said, (), HELD, reply).acceptances]


@pytest.mark.req("UP-3", "UP-4")
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (OFFER, ON_3_JUNE),
        ("Do I understand correctly that the budget is 700 euros?", ("case:C-1/budget", "700 euros")),
        ("Is it right that the case is urgent?", ("case:C-1/urgency", "urgent")),
        ("The hearing is on 3 June, is that right?", ON_3_JUNE),
        ("May I take it that the case is not urgent?", ("case:C-1/urgency", "not urgent")),
    ],
)
def test_a_plain_yes_takes_the_one_fact_that_was_asked(reply, expected):
    for message in ("Yes.", "yes please", "Yes, that's right.", "Ok, do that.", "Correct! Then draft the letter."):
        assert taken(message, reply) == [expected]


@pytest.mark.req("UP-3")
def test_what_was_taken_is_the_assistants_value_in_the_users_words():
    said = e.UserMessageReceived(
        message_id="m", text="Yes, please.", principal=Principal(tenant="northgate", user="anna"), tokens=9
    )
    assert extract(said, (), HELD, OFFER).acceptances == (
        Acceptance(key="case:C-1/hearing", value="on 3 June", statement="Yes, please."),
    )


@pytest.mark.req("UP-3", "UP-4")
@pytest.mark.parametrize(
    "message",
    [
        "No.",
        "Yes, but not yet.",
        "Yes? I'm not sure.",
        "Yesterday it was on 4 June.",
        "Yes. Actually, the hearing is on 4 June.",
        "Wait.",
        "What does the report say?",
        "Yes and no.",
    ],
)
def test_what_is_no_plain_yes_takes_nothing(message):
    assert taken(message, OFFER) == []


@pytest.mark.req("UP-3", "UP-4")
@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The hearing is on 3 June.",
        "Shall I change the status to escalated?",
        "Shall I note that the hearing is on 3 June? Shall I note that the budget is 700 euros?",
        "Is it right that the hearing is not on 3 June?",
        "Shall I send the letter?",
        "Anything else?",
    ],
)
def test_where_no_one_fact_was_asked_a_yes_takes_nothing(reply):
    assert taken("Yes, please.", reply) == []


@pytest.mark.req("UP-3", "ST-3")
def test_the_users_own_value_in_the_same_message_counts_instead():
    assert taken("Yes. The hearing is on 5 June.", OFFER) == []
