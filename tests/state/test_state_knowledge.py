"""The rows of knowledge: what an event opens, closes and counts; whole values."""

from datetime import UTC, datetime

import pytest

from state import events as e
from state.facts import Fact, RejectedAssumption
from state.knowledge import Closed, Decision, Knowledge, Mention, Mentioned, Opened, changes, fold_knowledge
from state.principal import Principal
from tests.state.event_sequences import sealed

CREATED = e.ThreadCreated(owner=Principal(tenant="northgate", user="o.brandt", roles=("officer",)))
CASE = e.EntityRef(type="case", id="C-1", label="Case 1")


def fact(id_: str, value: str) -> Fact:
    return Fact(
        id=id_,
        key="case:C-1/status",
        value=value,
        trust="user_claimed",
        source_turn="turn-1",
        observed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


OPEN, CLOSED = fact("f-1", "open"), fact("f-2", "closed")
RULED_OUT = RejectedAssumption(id="r-1", key="case:C-1/cause", value="fire", reason="said so", source_turn="turn-1")
DECIDED = e.DecisionRecorded(
    decision_id="d-1", text="no fines", decided_by="user:o.brandt", task="t-1", constraint=True
)
DECISION = Decision("d-1", "no fines", "user:o.brandt", "t-1", True)


def known(*bodies: e.Body) -> Knowledge:
    return fold_knowledge(Knowledge(), sealed([CREATED, *bodies]))


@pytest.mark.req("EV-2", "ST-3")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (e.FactConfirmed(fact=OPEN), (Opened("fact", "f-1", OPEN),)),
        (
            e.FactSuperseded(fact_id="f-1", key="case:C-1/status", by="f-2", reason="corrected"),
            (Closed("fact", "f-1"),),
        ),
        (e.AssumptionRejected(assumption=RULED_OUT), (Opened("rejected", "r-1", RULED_OUT),)),
        (
            e.AssumptionReinstated(assumption_id="r-1", key="case:C-1/cause", value="fire", by="f-9"),
            (Closed("rejected", "r-1"),),
        ),
        (DECIDED, (Opened("decision", "d-1", DECISION),)),
        (e.DecisionWithdrawn(decision_id="d-1", text="no fines", reason="said so"), (Closed("decision", "d-1"),)),
        (e.EntitiesMentioned(entities=(CASE,), by="tool"), (Mentioned("case", "C-1", "Case 1"),)),
        (e.TurnEnded(outcome="answered"), ()),
        (None, ()),
    ],
)
def test_each_event_says_which_rows_it_opens_closes_and_counts(body, expected):
    assert changes(body) == expected


@pytest.mark.req("ST-3", "CX-10")
def test_a_correction_leaves_the_new_fact_alone_and_touches_no_row_of_another_kind():
    superseded = e.FactSuperseded(fact_id="f-1", key="case:C-1/status", by="f-2", reason="corrected")
    rows = known(e.FactConfirmed(fact=OPEN), DECIDED, superseded, e.FactConfirmed(fact=CLOSED))
    assert rows == Knowledge({("decision", "d-1"): DECISION, ("fact", "f-2"): CLOSED})
    assert (rows.of("fact"), rows.of("decision"), rows.of("rejected")) == ([CLOSED], [DECISION], [])


@pytest.mark.req("EV-2")
def test_rows_of_two_kinds_may_bear_one_id_and_a_row_that_never_was_closes_quietly():
    same = e.DecisionRecorded(decision_id="f-1", text="no fines", decided_by="user:o.brandt")
    closed = e.FactSuperseded(fact_id="f-1", key="case:C-1/status", by=None, reason="withdrawn")
    decision = Decision("f-1", "no fines", "user:o.brandt", None, False)
    assert known(e.FactConfirmed(fact=OPEN), same).rows == {("fact", "f-1"): OPEN, ("decision", "f-1"): decision}
    assert known(e.FactConfirmed(fact=OPEN), same, closed, closed).rows == {("decision", "f-1"): decision}


@pytest.mark.req("ST-2")
def test_a_mention_is_counted_from_where_it_first_came_up_and_keeps_its_last_label():
    named = e.EntitiesMentioned(entities=(CASE,), by="user")
    unnamed = e.EntitiesMentioned(entities=(e.EntityRef(type="case", id="C-1"),), by="user")
    renamed = e.EntitiesMentioned(entities=(e.EntityRef(type="case", id="C-1", label="The case"),), by="user")
    other = e.EntitiesMentioned(entities=(e.EntityRef(type="document", id="C-1", label="D"),), by="user")
    assert known(named).of("entity") == [Mention("case", "C-1", "Case 1", 1, 2)]
    assert known(named, unnamed).of("entity") == [Mention("case", "C-1", "Case 1", 2, 2)]
    assert known(named, unnamed, renamed, other).rows == {
        ("entity", "case:C-1"): Mention("case", "C-1", "The case", 3, 2),
        ("entity", "document:C-1"): Mention("document", "C-1", "D", 1, 5),
    }


@pytest.mark.req("EV-2")
def test_folding_leaves_the_knowledge_that_it_was_given_as_it_was():
    before = known(e.FactConfirmed(fact=OPEN))
    fold_knowledge(before, sealed([CREATED, e.FactConfirmed(fact=CLOSED)]))
    assert before == Knowledge({("fact", "f-1"): OPEN})


@pytest.mark.req("UP-5", "CX-5")
def test_a_decision_limits_its_own_task_or_all_and_only_when_it_is_a_limit():
    own, anywhere = DECISION, Decision("d-2", "no fines", "user:o.brandt", None, True)
    plain = Decision("d-3", "start with A", "user:o.brandt", None, False)
    assert [own.limits("t-1"), own.limits("t-2"), anywhere.limits("t-2"), plain.limits("t-1")] == [
        True,
        False,
        True,
        False,
    ]
