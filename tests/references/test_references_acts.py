"""Earlier acts and selections: what `undo that` and `these` mean."""

from typing import Any

import pytest

from dossier.references.candidates import Act, Candidate, Risk, ShownList, Situation, Turn
from dossier.references.resolve import resolve

TICKETS: dict[str, Any] = {
    "candidates": (
        Candidate("T-41", "ticket", "Ticket 41", (("status", "closed"),), 0, 1),
        Candidate("T-44", "ticket", "Ticket 44", (("priority", "high"),), 2, 3),
    ),
    "acts": (Act(1, "close_ticket", "T-41"), Act(3, "set_priority", "T-44", (("to", "high"),))),
    "turns": (Turn(1, "assistant", "Ticket 41 is closed."), Turn(3, "assistant", "Ticket 44 has high priority now.")),
    "turn": 4,
}
STAFF: dict[str, Any] = {
    "candidates": (
        Candidate("P1", "person", "Ms Okafor", (), 1, 1),
        Candidate("P2", "person", "Mr Brandt", (), 1, 1),
        Candidate("P3", "person", "Ms Lind", (), 1, 1),
    ),
    "lists": (ShownList(1, ("P1", "P2", "P3")),),
    "selection": ("P1", "P3"),
    "turn": 2,
}


def read(given: dict[str, Any], utterance: str, risk: Risk = "write") -> list[tuple[str, tuple[str, ...], str | None]]:
    return [(r.answer, r.ids or r.options, r.action) for r in resolve(Situation(utterance, risk, **given)).references]


@pytest.mark.req("RF-1", "RF-2")
def test_repetition_and_undoing_mean_the_last_act_unless_another_is_named() -> None:
    assert {u: read(TICKETS, u) for u in ("Undo that.", "Do it again.", "Undo the closing.")} == {
        "Undo that.": [("resolve", ("T-44",), "set_priority")],
        "Do it again.": [("resolve", ("T-44",), "set_priority")],
        "Undo the closing.": [("resolve", ("T-41",), "close_ticket")],
    }


@pytest.mark.req("RF-4")
def test_going_on_after_a_finished_act_is_asked_before_anything_is_changed() -> None:
    assert read(TICKETS, "Carry on.") == [("ask", ("T-44",), None)]


@pytest.mark.req("RF-1")
def test_only_what_is_closed_can_be_reopened() -> None:
    assert read(TICKETS, "Reopen the ticket.") == [("resolve", ("T-41",), None)]


@pytest.mark.req("RF-2")
def test_a_selection_settles_an_open_phrase_and_yields_to_words() -> None:
    assert {u: read(STAFF, u) for u in ("Email them.", "Invite the highlighted ones.", "Email him.", "Email her.")} == {
        "Email them.": [("resolve", ("P1", "P3"), None)],
        "Invite the highlighted ones.": [("resolve", ("P1", "P3"), None)],
        "Email him.": [("resolve", ("P2",), None)],
        "Email her.": [("ask", ("P1", "P3"), None)],
    }
