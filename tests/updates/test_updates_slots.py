"""What a yes takes over, and what goes from one task to the next."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from dossier.updates import decide
from dossier.updates.slots import ANY, Offer, Said, Slot, Table, cleared, heard, put, slot_key
from state import events as e
from state.facts import Fact
from state.proposals import Acceptance, CarryOver, FactClaim, Proposal
from state.situation import Situation

NOW = datetime(2026, 5, 2, tzinfo=UTC)
CITY = Slot("hotel", "city", "place", stated=True, needed=True)
NAME = Slot("hotel", "hotel_name", needed=True, names=True)
STARS = Slot("hotel", "stars", stated=True)
DAY = Slot("hotel", "check_in_date", "date", stated=True, needed=True)
GUESTS = Slot("hotel", "guests", "party", stated=True)
TO = Slot("bus", "to", "place", stated=True, needed=True)
FROM = Slot("bus", "from", "origin", stated=True, needed=True)
SEATS = Slot("bus", "seats", "party", stated=True, needed=True)
LEAVES = Slot("bus", "leaving_date", "date", stated=True, needed=True)
STREET = Slot("hotel", "street_address", "address")
DOOR = Slot("cab", "destination", "address", stated=True, needed=True)
AIRLINE = Slot("flight", "airline", stated=True)
STOPS = Slot("flight", "number_stops", stated=True, counts=True)
PRICE = Slot("flight", "price")
SLOTS = {
    (s.task, s.name): s
    for s in (CITY, NAME, STARS, DAY, GUESTS, TO, FROM, SEATS, LEAVES, STREET, DOOR, AIRLINE, STOPS, PRICE)
}


def fact(slot: Slot, value: str) -> Fact:
    return Fact(id=slot.key, key=slot.key, value=value, trust="user_claimed", source_turn="m0", observed_at=NOW)


def said(task: str, *values: tuple[Slot, str], **more: Any) -> Said:
    return Said(task, "So be it", values, **more)


def offer(slot: Slot, value: str, how: Any = "offer") -> Offer:
    return Offer(slot, value, how)


def taken(table: Table, said: Said, *facts: Fact) -> list[tuple[str, str, str]]:
    return [(claim.kind, claim.key, claim.value) for claim in heard(table, said, SLOTS, facts)]


@pytest.mark.req("UP-3")
def test_what_the_user_states_is_claimed_in_their_words():
    assert heard(Table(), said("hotel", (CITY, "Rome"), (STARS, "4")), SLOTS, []) == (
        FactClaim(key=slot_key("hotel", "city"), value="Rome", trust="user_claimed", statement="So be it"),
        FactClaim(key=slot_key("hotel", "stars"), value="4", trust="user_claimed", statement="So be it"),
    )


@pytest.mark.req("UP-3")
def test_of_an_offer_a_yes_takes_what_the_task_needs():
    table = put(Table(), [offer(NAME, "Ritz"), offer(STARS, "5")])
    words = said("hotel", takes="offers")

    assert heard(table, words, SLOTS, []) == (Acceptance(key=NAME.key, value="Ritz", statement="So be it"),)
    assert heard(table, replace(words, takes=None), SLOTS, []) == ()
    assert heard(table, replace(words, task="bus"), SLOTS, []) == ()


@pytest.mark.req("UP-3")
def test_an_offer_without_a_name_is_known_by_what_the_user_could_have_said_of_it():
    table = put(Table(), [offer(AIRLINE, "United"), offer(STOPS, "1"), offer(PRICE, "$90")])
    assert taken(table, said("flight", takes="offers")) == [("acceptance", AIRLINE.key, "United")]


@pytest.mark.req("UP-3")
def test_a_choice_answers_no_question_and_a_yes_does():
    table = put(Table(), [offer(CITY, "Rome", "question"), offer(DAY, "today", "confirmation")])
    day, city = ("acceptance", DAY.key, "today"), ("acceptance", CITY.key, "Rome")
    assert taken(table, said("hotel", takes="offers")) == [day]
    assert taken(table, said("hotel", takes="all")) == [city, day]


@pytest.mark.req("UP-3")
def test_the_users_own_value_wins_over_the_one_offered():
    table = put(Table(), [offer(CITY, "Rome", "confirmation")])
    assert taken(table, said("hotel", (CITY, "Pisa"), takes="all")) == [("fact", CITY.key, "Pisa")]


@pytest.mark.req("UP-3")
def test_any_gives_way_to_an_offer_and_not_to_a_detail():
    held = fact(NAME, ANY)
    assert taken(put(Table(), [offer(NAME, "Ritz")]), said("hotel", takes="all"), held) == [
        ("acceptance", NAME.key, "Ritz")
    ]
    for how in ("confirmation", "question"):
        assert taken(put(Table(), [offer(NAME, "Ritz", how)]), said("hotel", takes="all"), held) == []


@pytest.mark.req("UP-3")
def test_the_newest_value_is_on_the_table_until_it_is_answered():
    table = put(put(Table(), [offer(NAME, "Ritz")]), [offer(NAME, "Plaza")])
    assert table.offers == (offer(NAME, "Plaza"),)
    waits = cleared(table, said("hotel"))
    assert waits.offers == table.offers
    assert cleared(table, said("bus", takes="all")).offers == table.offers
    assert cleared(table, said("hotel", takes="offers")).offers == ()
    assert cleared(table, said("hotel", (NAME, "Savoy"))).offers == ()
    assert cleared(table, said("hotel", declines=True)).offers == ()


@pytest.mark.req("UP-3")
def test_a_no_leaves_the_details_that_were_to_be_confirmed_and_ends_questions():
    table = put(Table(), [offer(DAY, "today", "confirmation"), offer(CITY, "Rome", "question")])
    assert cleared(table, said("hotel", declines=True)).offers == (offer(DAY, "today", "confirmation"),)
    assert cleared(table, said("hotel")).offers == (offer(DAY, "today", "confirmation"),)


@pytest.mark.req("UP-3")
def test_a_task_that_is_begun_takes_over_the_place_and_the_people_but_no_date_and_no_origin():
    before = Table(tasks=("bus",))
    held = [fact(TO, "Rome"), fact(FROM, "Bern"), fact(SEATS, "2"), fact(LEAVES, "today")]
    assert heard(before, said("hotel", acts=True), SLOTS, held) == (
        CarryOver(key=CITY.key, source=TO.key, value="Rome", statement="So be it"),
        CarryOver(key=GUESTS.key, source=SEATS.key, value="2", statement="So be it"),
    )
    assert taken(before, said("hotel", (CITY, "Pisa")), *held) == [
        ("fact", CITY.key, "Pisa"),
        ("carry_over", GUESTS.key, "2"),
    ]
    assert taken(Table(tasks=("hotel", "bus")), said("hotel"), *held) == []
    assert taken(Table(tasks=("hotel",)), said("bus"), fact(CITY, ANY)) == []


@pytest.mark.req("UP-3")
def test_what_has_no_kind_or_can_not_be_stated_takes_nothing_over():
    comfort, shown = Slot("bus", "comfort", stated=True), Slot("hotel", "area", "place")
    slots = {(s.task, s.name): s for s in (TO, comfort, STARS, shown)}
    held = [fact(TO, "Rome"), fact(comfort, "high")]
    assert heard(Table(tasks=("bus",)), said("hotel", acts=True), slots, held) == ()


@pytest.mark.req("UP-3")
def test_a_date_is_taken_over_when_an_act_is_asked_for():
    both, held = Table(tasks=("hotel", "bus")), fact(LEAVES, "today")
    assert taken(both, said("hotel", acts=True), held) == [("carry_over", DAY.key, "today")]
    assert taken(both, said("hotel"), held) == []
    assert taken(both, said("hotel", acts=True), held, fact(DAY, "Friday")) == []
    optional = {**SLOTS, ("hotel", "check_in_date"): replace(DAY, needed=False)}
    assert heard(both, said("hotel", acts=True), optional, [held]) == ()


@pytest.mark.req("UP-3")
def test_the_newest_task_is_asked_first_and_an_address_that_was_shown_is_where_a_cab_goes():
    table = put(Table(tasks=("hotel", "bus")), [offer(STREET, "5 High Street", "shown")])
    assert table.offers == ()
    assert taken(table, said("cab")) == [("carry_over", DOOR.key, "5 High Street")]
    places = [fact(TO, "Rome"), fact(CITY, "Pisa")]
    trip = Slot("trip", "location", "place", stated=True)
    slots = {**SLOTS, ("trip", "location"): trip}
    found = [heard(Table(tasks=tasks), said("trip"), slots, places)[0].value for tasks in (("hotel", "bus"), ("bus",))]
    assert found == ["Pisa", "Rome"]
    assert cleared(Table(tasks=("hotel", "bus")), said("bus")).tasks == ("bus", "hotel")


@pytest.mark.req("UP-3", "UP-5")
def test_what_is_taken_and_carried_is_held_as_the_users_claim_once_it_is_decided():
    table = put(Table(tasks=("bus",)), [offer(NAME, "Ritz")])
    facts = (fact(TO, "Rome"), fact(NAME, "Plaza"))
    situation = Situation("t", "u", "m1", "So be it.", NOW, facts=facts, offered=table.offered)
    claims = heard(table, said("hotel", takes="offers"), SLOTS, facts)
    ids = map(str, count())
    bodies = decide([Proposal(content=c, proposed_by="user_rule", tenant="t") for c in claims], situation, ids.__next__)

    confirmed = [body.fact for body in bodies if isinstance(body, e.FactConfirmed)]
    assert [(f.key, f.value, f.trust, f.statement) for f in confirmed] == [
        (NAME.key, "Ritz", "user_claimed", "So be it"),
        (CITY.key, "Rome", "user_claimed", "So be it"),
    ]
    assert [body.key for body in bodies if isinstance(body, e.FactSuperseded)] == [NAME.key]
    assert not [body for body in bodies if isinstance(body, e.StateUpdateRejected)]
