"""What asks for something to be remembered, and what only sounds like it."""

import pytest

from dossier.extraction.extract import extract
from dossier.extraction.held import Held
from state import events as e
from state.principal import Principal


def memories(text: str, *roles: str, held: Held | None = None) -> list[tuple[str, str]]:
    anna = Principal(tenant="northgate", user="anna", roles=roles)
    message = e.UserMessageReceived(message_id="m", text=text, principal=anna, tokens=9)
    return [(one.text, one.scope) for one in extract(message, (), held or Held()).memories]


@pytest.mark.req("ME-1", "UP-3")
@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Remember that I prefer short answers.", ("I prefer short answers", "user")),
        ("Please remember I like tables.", ("I like tables", "user")),
        ("Remember to always name the source.", ("always name the source", "user")),
        ("Remember for the future: my office is in Dock Road.", ("my office is in Dock Road", "user")),
        ("Remember for everyone that letters go out on Mondays.", ("letters go out on Mondays", "tenant")),
        ("From now on answer me in bullet points.", ("answer me in bullet points", "user")),
        ("From now on, answer me in bullet points.", ("answer me in bullet points", "user")),
        ("From now on, please use bullet points.", ("use bullet points", "user")),
        ("In future, always quote the paragraph.", ("always quote the paragraph", "user")),
        ("Answer me in German from now on.", ("Answer me in German", "user")),
        ("Remember that I would like short answers.", ("I would like short answers", "user")),
        ("Thanks. Remember that I prefer tables.", ("I prefer tables", "user")),
    ],
)
def test_plain_requests_are_taken_word_for_word(text, asked):
    assert memories(text) == [asked]
    assert asked[0] in text


@pytest.mark.req("ME-1", "UP-3", "UP-4")
@pytest.mark.parametrize(
    "text",
    [
        "I'm tired.",
        "I prefer short answers.",
        "I remember that the case was closed.",
        "Do you remember that I prefer short answers?",
        "Remember when we closed the case?",
        "Remember, the deadline is near.",
        "Don't forget the annex.",
        "The licensee will in future report monthly.",
        "From now on the licensee reports monthly.",
        "Maybe remember that I prefer short answers.",
        "She said remember that I prefer short answers.",
        "The letter says: “Remember that I prefer short answers.”",
        "> Remember that I prefer short answers.",
        "If I ask twice, remember that I prefer short answers.",
        "Can you remember that I like tables?",
    ],
)
def test_what_only_sounds_like_it_asks_for_nothing(text):
    assert memories(text) == []


@pytest.mark.req("ME-1")
def test_what_is_to_be_remembered_counts_in_the_thread_as_well():
    message = e.UserMessageReceived(
        message_id="m",
        text="Remember that I prefer short answers.",
        principal=Principal(tenant="t", user="u"),
        tokens=9,
    )
    found = extract(message, (), Held())
    plain = extract(message.model_copy(update={"text": "I prefer short answers."}), (), Held())
    assert found.profile == plain.profile != ()


@pytest.mark.req("ME-1")
def test_a_team_is_the_one_role_that_the_user_has_and_open_otherwise():
    text, wish = "Remember for my team that letters go out on Mondays.", "letters go out on Mondays"
    assert memories(text, "officer") == [(wish, "team:officer")]
    assert memories(text) == memories(text, "officer", "clerk") == [(wish, "team")]


@pytest.mark.req("ME-1")
def test_this_case_is_the_one_that_the_conversation_is_about_and_open_without_one():
    text, wish = "Remember for this case that I want tables.", "I want tables"
    case, report = e.EntityRef(type="case", id="C-1"), e.EntityRef(type="report", id="R-1")
    assert memories(text, held=Held(focus=(case,))) == [(wish, "case:C-1")]
    assert memories(text, held=Held(focus=(report,))) == memories(text) == [(wish, "case")]


@pytest.mark.req("ME-1", "ME-3")
def test_what_is_said_of_a_case_is_about_it_even_where_the_wish_is_for_the_case():
    text = "Remember for this case that C-1 is urgent."
    anna = Principal(tenant="northgate", user="anna", roles=("officer",))
    case = e.EntityRef(type="case", id="C-1")
    found = e.ReferenceResolved(phrase="that C-1", start=23, end=31, entities=(case,), confidence=1, reason="")
    [one] = extract(
        e.UserMessageReceived(message_id="m", text=text, principal=anna, tokens=9), (found,), Held(focus=(case,))
    ).memories
    assert (one.text, one.scope, one.about) == ("C-1 is urgent", "case:C-1", ("case:C-1",))
