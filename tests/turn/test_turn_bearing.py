"""Which of what is known is offered to a package when there is more of it than there is room for."""

from datetime import UTC, datetime

import pytest

from dossier.adapters.projection import Row
from dossier.sources import OFFERED, bearing
from state.events import EntityRef
from state.facts import Fact
from state.session import Session

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def session(*focus: EntityRef, cleared: int = 0) -> Session:
    return Session(
        thread="t",
        tenant="north",
        user="u",
        created_at=NOW,
        updated_at=NOW,
        version=1_000,
        hash="",
        focus=focus,
        cleared_seq=cleared,
    )


def row(version: int, key: str, value: str = "yes") -> Row[Fact]:
    fact = Fact(
        id=str(version),
        key=key,
        value=value,
        trust="user_claimed",
        source_turn="m",
        observed_at=NOW,
        statement=f"{key} {value}",
    )
    return Row(version, fact)


@pytest.mark.req("CX-7", "PE-3")
def test_what_the_talk_is_about_and_what_the_message_names_come_before_the_newest():
    rows = [row(n, f"case:C-{n}/owner") for n in range(100, 200)]
    rows += [row(1, "case:C-7/owner"), row(2, "case:C-9/witness name")]
    kept = bearing(rows, "Who was the witness?", session(EntityRef(type="case", id="C-7", label="")))
    assert [found.version for found in kept] == [1, 2, *range(199, 199 - OFFERED + 2, -1)]


@pytest.mark.req("SV-7")
def test_what_was_held_before_the_conversation_was_cleared_is_not_offered():
    rows = [row(5, "case:C-7/owner"), row(15, "case:C-8/owner")]
    assert [found.version for found in bearing(rows, "owner of C-7", session(cleared=10))] == [15]
