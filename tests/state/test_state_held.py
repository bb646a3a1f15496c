"""What is held, read one thing at a time: limits by task, what a thread's focus keeps."""

from datetime import UTC, datetime

import pytest

from state import events as e
from state.fold import fold
from state.knowledge import Decision
from state.log import GENESIS, Event, seal
from state.principal import Principal

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)


@pytest.mark.req("CX-5")
def test_a_constraint_limits_its_own_task_or_all_and_a_plain_decision_limits_none() -> None:
    made = [Decision("d", "x", "anna", task, limits) for task in (None, "letter", "appeal") for limits in (True, False)]
    assert [one.limits("letter") for one in made] == [True, False, True, False, False, False]


@pytest.mark.req("ST-2", "EV-2")
def test_what_was_spoken_of_before_stays_in_focus_behind_what_is_spoken_of_now() -> None:
    first, second = (e.EntityRef(type="case", id=name, label=name) for name in ("C-1", "C-2"))
    bodies: list[e.EventBody] = [
        e.ThreadCreated(owner=Principal(tenant="t", user="anna")),
        e.EntitiesMentioned(entities=(first,), by="user"),
        e.EntitiesMentioned(entities=(second,), by="user"),
    ]
    events, prev = [], GENESIS
    for seq, body in enumerate(bodies, start=1):
        header = seal(body, thread="a", seq=seq, prev=prev, turn="m1", at=NOW, salt=b"salt")
        events.append(Event(header, body))
        prev = header.hash
    assert fold(None, events[:2]).focus == (first,)
    assert fold(None, events).focus == (second, first)
