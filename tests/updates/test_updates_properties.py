"""What holds for any text, and for any proposals in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dossier.extraction import Held, extract, proposals_of
from dossier.extraction.words import words
from dossier.updates import decide
from state import events as e
from state.facts import EVIDENCE, Fact, RejectedAssumption
from state.knowledge import Decision, Knowledge, fold_knowledge
from state.log import GENESIS, Event, seal
from state.principal import Principal
from state.proposals import Correction, DecisionMade, FactClaim, Proposal, Rejection, same_value
from state.situation import Situation
from state.task import ActiveTask

NOW = datetime(2026, 5, 2, tzinfo=UTC)
MESSAGE = "red green blue"
CALL = e.CallRef(ordinal=0, index=0)
DONE = e.ToolCallCompleted(call=CALL, name="look", args={}, content="red")
START = Situation(
    tenant="northgate",
    user="anna",
    turn="m1",
    message=MESSAGE,
    now=NOW,
    completed=(DONE,),
    verifiers=frozenset({"look"}),
)
_keys = st.sampled_from(["case:1/colour", "case:2/colour"])
_values = st.sampled_from(["red", "green", "blue"])
_contents = st.one_of(
    st.builds(
        FactClaim,
        key=_keys,
        value=_values,
        trust=st.sampled_from(["user_claimed", "model_inferred", "tool_observed", "system_verified"]),
        statement=st.sampled_from([MESSAGE, "", "red"]),
        call=st.sampled_from([CALL, None]),
        stale_after_seconds=st.sampled_from([None, 60]),
    ),
    st.builds(
        Correction,
        key=_keys,
        value=st.none() | _values,
        old=st.none() | _values,
        statement=st.just(MESSAGE),
    ),
    st.builds(Rejection, key=_keys, value=_values, reason=st.just("denied"), statement=st.just(MESSAGE)),
    st.builds(DecisionMade, text=_values, constraint=st.booleans(), statement=st.just(MESSAGE)),
)
_proposals = st.lists(
    st.builds(
        Proposal,
        content=_contents,
        proposed_by=st.sampled_from(["user_rule", "model", "tool"]),
        tenant=st.sampled_from(["northgate", "northgate", "southgate"]),
    ),
    max_size=12,
)


def log(bodies: Sequence[e.EventBody]) -> list[Event]:
    headers = (
        seal(body, thread="t", seq=seq, prev=GENESIS, turn="m1", at=NOW, salt=b"0" * 16)
        for seq, body in enumerate(bodies, 1)
    )
    return [Event(header, body) for header, body in zip(headers, bodies, strict=True)]


def after(here: Situation, bodies: Sequence[e.EventBody]) -> Situation:
    opened = {("fact", f.id): f for f in here.facts} | {("rejected", r.id): r for r in here.rejections}
    rows = fold_knowledge(Knowledge({**opened, **{("decision", d.id): d for d in here.decisions}}), log(bodies)).rows
    held = list(rows.values())
    return replace(
        here,
        facts=tuple(h for h in held if isinstance(h, Fact)),
        rejections=tuple(h for h in held if isinstance(h, RejectedAssumption)),
        decisions=tuple(h for h in held if isinstance(h, Decision)),
    )


def turns(proposals: Sequence[Proposal]) -> list[tuple[Proposal, tuple[e.EventBody, ...], Situation]]:
    """Decide each proposal in a turn of its own: the proposal, its events, the state after it."""
    numbers, here, done = count(1), START, []
    for proposal in proposals:
        events = decide([proposal], here, lambda: f"id{next(numbers)}")
        here = after(here, events)
        done.append((proposal, events, here))
    return done


@pytest.mark.req("ST-3", "UP-5")
@given(_proposals)
def test_a_key_never_has_two_live_facts_and_a_fact_is_never_a_rejected_assumption(proposals: list[Proposal]) -> None:
    numbers = count(1)
    end = after(START, decide(proposals, START, lambda: f"id{next(numbers)}"))
    assert len({f.key for f in end.facts}) == len(end.facts)
    assert not [(r, f) for r in end.rejections for f in end.facts if r.key == f.key and same_value(r.value, f.value)]


@pytest.mark.req("UP-5")
@given(_proposals)
def test_a_rejected_assumption_returns_only_on_evidence(proposals: list[Proposal]) -> None:
    ruled_out: set[tuple[str, str]] = set()
    for proposal, _, here in turns(proposals):
        live = {(f.key, f.value): f.trust for f in here.facts}
        for returned in ruled_out & live.keys():
            shown = live[returned] in EVIDENCE
            assert shown or proposal.proposed_by == "user_rule"
        ruled_out = {(r.key, r.value) for r in here.rejections}


@pytest.mark.req("ST-3")
@given(_proposals)
def test_trust_in_a_key_is_never_lost_to_an_inference_or_a_claim(proposals: list[Proposal]) -> None:
    before = START
    for proposal, _, here in turns(proposals):
        for fact in before.facts:
            now = here.fact(fact.key)
            if fact.trust in EVIDENCE:
                assert now is not None
                assert now.trust in EVIDENCE
            elif now and now.trust == "model_inferred":
                assert fact.trust == "model_inferred", proposal
        before = here


@pytest.mark.req("ST-3", "UP-3")
@given(_proposals)
def test_deciding_a_proposal_again_at_once_changes_nothing(proposals: list[Proposal]) -> None:
    for proposal, _, here in turns(proposals):
        assert after(here, decide([proposal], here, iter(["x", "y", "z"]).__next__)) == here


@pytest.mark.req("UP-3")
@given(_proposals)
def test_every_proposal_is_on_record_with_its_outcome(proposals: list[Proposal]) -> None:
    numbers = count(1)
    events = decide(proposals, START, lambda: f"id{next(numbers)}")
    asked = [b.proposal for b in events if isinstance(b, e.StateUpdateProposed)]
    answered = [b.proposal for b in events if isinstance(b, e.StateUpdateApplied | e.StateUpdateRejected)]
    assert asked == answered == [p.kind for p in proposals]


_HELD = Held(
    facts=(
        Fact(
            id="f",
            key="case:C-1042/urgency",
            value="not urgent",
            trust="user_claimed",
            source_turn="m0",
            observed_at=NOW,
        ),
    ),
    task=ActiveTask(name="casework", entities=("case:C-1042", "")),
    focus=(e.EntityRef(type="a/b: c", id="x/y\n/"), e.EntityRef(type="", id="")),
)
_WORDS = st.sampled_from(
    sorted(
        words(
            "urgent not , no longer it is was the . ; : but don't never assume change status use one I'm Anna call me "
            'my name actually wrong 14th ? " ` > ( ) / if caused by said we decided to redo analysis temperature 9 '
            "degrees @ http:// a.b"
        )
    )
)
_texts = st.one_of(st.text(max_size=300), st.lists(_WORDS, max_size=25).map(" ".join))


@pytest.mark.req("UP-4")
@given(_texts, st.integers(0, 40), st.integers(0, 40))
@example('"' * 500 + "„" * 500, 0, 1)
@example(" " * 3_000 + "but", 0, 0)
@example("!" * 3_000 + "x", 0, 0)
def test_no_text_makes_extraction_fail_and_what_it_finds_quotes_the_text(text: str, start: int, end: int) -> None:
    resolved = [
        e.ReferenceResolved(phrase="it", start=start, end=end, entities=_HELD.focus, confidence=1.0, reason="x")
    ]
    message = e.UserMessageReceived(
        message_id="m1", text=text, principal=Principal(tenant="northgate", user="anna"), tokens=1
    )
    for held in (_HELD, Held()):
        proposals = proposals_of(extract(message, resolved, held), "northgate")
        new_id = map(str, count(1)).__next__
        events = decide(proposals, replace(START, message=text, facts=held.facts), new_id)
        assert not [b.reason for b in events if isinstance(b, e.StateUpdateRejected)]
