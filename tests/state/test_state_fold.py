"""The session and the knowledge as folds of generated logs."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from state import events as e
from state import upgrades
from state.canonical import canonical
from state.channels import WINDOW, window
from state.facts import Fact
from state.fold import BrokenFold, fold
from state.knowledge import Knowledge, fold_knowledge
from state.log import GENESIS, Event, plain_body
from state.session import Session
from tests.state.event_sequences import bodies, models, sealed, sequences, widened

# 8 + 4 * 20 + 20 entities of 36 characters, 20 preferences, 32 approvals and 3 * 32 words of a task, in JSON
# that writes a character as 6 bytes at most: far above what any such session takes, far below what a log takes.
SESSION_BYTES = 60_000


@pytest.mark.req("EV-2")
@given(sequences(), st.data())
def test_folding_in_parts_equals_folding_at_once(said, data):
    events = sealed(said)
    cut = data.draw(st.integers(1, len(events)))
    first = fold(None, events[:cut])
    assert fold(first, events[cut:]) == fold(None, events)
    assert fold(upgrades.session(first.model_dump(mode="json")), events[cut:]) == fold(None, events)


@pytest.mark.req("EV-2")
@given(sequences(), st.data())
def test_knowledge_folds_in_parts_as_at_once(said, data):
    events = sealed(said)
    cut = data.draw(st.integers(0, len(events)))
    assert fold_knowledge(fold_knowledge(Knowledge(), events[:cut]), events[cut:]) == fold_knowledge(
        Knowledge(), events
    )


@pytest.mark.req("EV-2")
@given(sequences(max_size=12), st.data())
def test_a_gap_or_a_repetition_is_no_fold(said, data):
    events = sealed(said)
    at = data.draw(st.integers(0, len(events) - 1))
    with pytest.raises(BrokenFold):
        fold(None, [*events, events[at]])
    with pytest.raises(BrokenFold):
        fold(None, [*events[:at], *sealed([*said, said[0]])[at + 1 :]])


@pytest.mark.req("EV-3", "PR-2")
@given(sequences(), st.data())
def test_any_bodies_may_be_erased_and_the_fold_still_comes_to_the_same_version(said, data):
    events = sealed(said)
    erased = data.draw(st.sets(st.integers(2, len(events) + 1)))
    left = [Event(event.header, None) if event.seq in erased else event for event in events]
    session = fold(None, left)
    whole = fold(None, events)
    assert (session.version, session.hash, session.turns, session.open_turn) == (
        whole.version,
        whole.hash,
        whole.turns,
        whole.open_turn,
    )


@pytest.mark.req("ST-2", "PE-3")
@settings(max_examples=25)
@given(sequences())
def test_the_session_is_bounded_whatever_the_events(said):
    wide = [widened(body, 20) for body in said[1:]]
    for times in (1, 20):
        session = fold(None, sealed([said[0], *(wide * times)]))
        assert len(canonical(session.model_dump(mode="json"))) < SESSION_BYTES


@pytest.mark.req("ST-2")
def test_a_turn_that_asks_for_a_thousand_approvals_leaves_the_newest_in_the_session():
    created = e.ThreadCreated(owner={"tenant": "t", "user": "u"})  # pyright: ignore[reportArgumentType]
    asked = [_approval(f"a{n}") for n in range(1000)]
    session = fold(None, sealed([created, *asked]))
    assert session.approvals == tuple(f"a{n}" for n in range(968, 1000))


@pytest.mark.req("ST-5")
@given(bodies())
def test_every_body_comes_back_from_its_stored_bytes(body):
    stored = plain_body(body)
    read = upgrades.body(body.type, body.version, json.loads(stored))
    assert read == body
    assert plain_body(read) == stored


@pytest.mark.req("ST-5")
@given(models(Session))
def test_every_session_comes_back_from_its_json(session):
    data = session.model_dump(mode="json")
    read = upgrades.session(json.loads(canonical(data)))
    assert read == session
    assert canonical(read.model_dump(mode="json")) == canonical(data)


@pytest.mark.req("EV-3")
@given(sequences(max_size=10), st.data())
def test_a_change_of_any_header_field_changes_its_hash(said, data):
    header = data.draw(st.sampled_from(sealed(said))).header
    changes = {
        "thread": header.thread + "x",
        "seq": header.seq + 1,
        "prev": GENESIS[:-1] + "1",
        "type": header.type + "x",
        "version": header.version + 1,
        "turn": None,
        "at": header.at + timedelta(microseconds=1),
        "digest": header.digest[:-1] + ("0" if header.digest[-1] != "0" else "1"),
    }
    name = data.draw(st.sampled_from(sorted(changes)))
    assert replace(header, **{name: changes[name]}).hash != header.hash


@pytest.mark.req("EV-3", "ST-6")
@given(sequences(max_size=3), st.integers(-12, 12))
def test_a_header_read_in_another_time_zone_has_the_same_hash(said, hours):
    header = sealed(said)[-1].header
    moved = replace(header, at=header.at.astimezone(timezone(timedelta(hours=hours))))
    assert moved.hash == header.hash


@pytest.mark.req("CX-4")
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers()))
def test_the_canonical_form_does_not_depend_on_the_order_of_keys(data):
    assert canonical(dict(reversed(data.items()))) == canonical(data)


@pytest.mark.req("CX-4")
def test_the_canonical_form_and_a_hash_are_these_for_ever():
    created = e.ThreadCreated(owner={"tenant": "t", "user": "u", "roles": ("b", "a")})  # pyright: ignore[reportArgumentType]
    header = sealed([created], "th")[0].header
    assert plain_body(created) == (
        b'{"forked_from":null,"owner":{"roles":["a","b"],"tenant":"t","user":"u"},"type":"thread_created"}'
    )
    assert header.digest == "fb8d437ba85812d863553642f1dbc35731ee2df258e69e0f309d16275ba73f44"
    assert header.hash == "060c5ecf4fc96a408a5260f4dfd3fd55d1ab697943ee19564abd1346536172d3"


@pytest.mark.req("CX-4")
@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_what_json_cannot_say_has_no_canonical_form(value):
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical(value)


_IDS = st.sampled_from([f"m{n}" for n in range(WINDOW + 8)])
_MESSAGES = st.lists(
    st.builds(lambda i, t: {"id": i, "type": "human", "content": t}, _IDS, st.text(max_size=3)), max_size=40
)


@pytest.mark.req("ST-2")
@given(_MESSAGES, _MESSAGES)
def test_the_window_is_bounded_holds_each_id_once_and_takes_a_repetition_for_nothing(before, added):
    kept = window([], before)
    once = window(kept, added)
    assert window(once, added) == once
    assert len(once) == len({m["id"] for m in once}) <= WINDOW
    newest = list({m["id"]: m for m in added}.values())
    assert (
        sorted(once[-len(newest[-WINDOW:]) :], key=str) == sorted(newest[-WINDOW:], key=str) if newest else once == kept
    )


@pytest.mark.req("ST-6")
def test_a_time_without_a_zone_is_refused_and_another_zone_becomes_utc():
    fact = {"id": "f", "key": "k:1/a", "value": "v", "trust": "user_claimed", "source_turn": "t"}
    with pytest.raises(ValidationError, match="timezone"):
        Fact(**fact, observed_at=datetime(2026, 3, 1, 12))
    there = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Fact(**fact, observed_at=there).model_dump(mode="json")["observed_at"] == "2026-03-01T10:00:00Z"
    assert Fact(**fact, observed_at=there).observed_at.tzinfo is UTC


def _approval(approval_id: str) -> e.HumanApprovalRequested:
    return e.HumanApprovalRequested(
        approval_id=approval_id,
        call=e.CallRef(ordinal=0, index=0),
        name="n",
        args={},
        args_hash="h",
        description="d",
        requested_by="u",
        expires_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
