"""Each invariant, and an attempt to break it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from dossier.updates import decide
from state import events as e
from state.facts import Fact, RejectedAssumption, TrustLevel
from state.invariants import INVARIANTS
from state.proposals import (
    CAREFUL,
    Acceptance,
    CarefulChange,
    CarefulKind,
    CarryOver,
    Content,
    Correction,
    DecisionMade,
    FactClaim,
    Mentioned,
    ProfileHint,
    Proposal,
    Proposer,
    Rejection,
    SummaryMade,
    TaskChange,
)
from state.situation import Situation
from state.summaries import Statement, Summary

NOW = datetime(2026, 5, 2, tzinfo=UTC)
KEY = "case:C-1042/status"
CALL = e.CallRef(ordinal=1, index=0)
DONE = e.ToolCallCompleted(call=CALL, name="search_documents", args={}, content="closed")
REJECTED = RejectedAssumption(id="r", key=KEY, value="closed", reason="denied", source_turn="m0")


def fact(trust: TrustLevel, value: str = "open", *, stale_after: int | None = None) -> Fact:
    at = NOW - timedelta(hours=2)
    return Fact(
        id="f", key=KEY, value=value, trust=trust, source_turn="m0", observed_at=at, stale_after_seconds=stale_after
    )


HERE = Situation(
    tenant="northgate",
    user="anna",
    turn="m1",
    message="The case is closed.",
    now=NOW,
    completed=(DONE,),
    known_seqs=range(1, 10),
)
INFERRED = replace(HERE, facts=(fact("model_inferred"),))
APPROVED = frozenset({"a1"})


def claim(trust: TrustLevel, *, call: e.CallRef | None = None, said: str = "The case is closed") -> FactClaim:
    return FactClaim(key=KEY, value="closed", trust=trust, statement=said, call=call)


OTHER = "case:C-1043/status"
OFFERED = replace(HERE, offered=frozenset({(KEY, "closed"), (OTHER, "closed")}))
TAKES = Acceptance(key=KEY, value="closed", statement="The case is closed")
CARRIES = CarryOver(key=OTHER, source=KEY, value="closed", statement="The case is closed")
TAKEN_BACK = CarryOver(key=KEY, source=OTHER, value="closed", statement="The case is closed")


def replace_statement(content: Acceptance | CarryOver, statement: str) -> Acceptance | CarryOver:
    return content.model_copy(update={"statement": statement})


def careful(kind: CarefulKind, *rests_on: str, approval: str | None = "a1") -> CarefulChange:
    return CarefulChange(kind=kind, text="close the case", rests_on=rests_on, approval_id=approval)


def summary(*, turn: str = "m1", seq: int = 9, rests_on: tuple[int, ...] = (3,)) -> SummaryMade:
    decision = Statement(text="Decision of anna: keep it open", events=rests_on)
    return SummaryMade(summary=Summary(covers_turn=turn, covers_seq=seq, decisions=(decision,)), reason="decision")


def verdict(content: Content, by: Proposer, here: Situation, tenant: str = "northgate") -> str:
    events = decide([Proposal(content=content, proposed_by=by, tenant=tenant)], here, iter("abcdefg").__next__)
    refused = [b.invariant for b in events if isinstance(b, e.StateUpdateRejected)]
    told = [b for b in events if not isinstance(b, e.MemoryCandidateProposed | e.MemoryCandidateRefused)]
    assert len(told) == 2 or not refused, "a refused proposal changes nothing"
    return refused[0] if refused else "applied"


ATTEMPTS: list[tuple[str, Content, Proposer, Situation, str]] = [
    ("one_tenant", claim("user_claimed"), "user_rule", HERE, "southgate"),
    (
        "only_authorised_entities",
        Mentioned(entities=(e.EntityRef(type="case", id="SECRET-1"),), by="assistant"),
        "model",
        replace(HERE, visible=frozenset({"case:C-1042"})),
        "northgate",
    ),
    ("only_authorised_entities", TaskChange(step="x", entities=("case:SECRET-1",)), "model", HERE, "northgate"),
    ("user_words_are_quoted", claim("user_claimed", said="I closed the case"), "model", HERE, "northgate"),
    ("user_words_are_quoted", claim("user_claimed", said=""), "user_rule", HERE, "northgate"),
    ("user_words_are_quoted", claim("user_claimed"), "tool", HERE, "northgate"),
    (
        "user_words_are_quoted",
        DecisionMade(text="waive the fine", statement="The case is closed"),
        "model",
        HERE,
        "northgate",
    ),
    ("user_words_are_quoted", ProfileHint(name="Close", statement="The case is closed"), "model", HERE, "northgate"),
    ("user_words_are_quoted", ProfileHint(name="Anna", statement="The case"), "model", HERE, "northgate"),
    (
        "user_words_are_quoted",
        Rejection(key=KEY, value="open", reason="denied", statement="not open"),
        "model",
        HERE,
        "northgate",
    ),
    ("user_words_are_quoted", replace_statement(TAKES, "Yes, please"), "user_rule", OFFERED, "northgate"),
    ("user_words_are_quoted", replace_statement(CARRIES, "Another one"), "user_rule", OFFERED, "northgate"),
    ("accepted_values_were_offered", TAKES, "user_rule", HERE, "northgate"),
    (
        "accepted_values_were_offered",
        TAKES,
        "user_rule",
        replace(HERE, offered=frozenset({(OTHER, "closed")})),
        "northgate",
    ),
    ("accepted_values_were_offered", TAKES, "model", OFFERED, "northgate"),
    (
        "accepted_values_were_offered",
        replace_statement(TAKES, "No, not that, okay"),
        "model",
        replace(OFFERED, message="No, not that, okay?"),
        "northgate",
    ),
    ("accepted_values_were_offered", TAKES, "user_rule", replace(HERE, reply="Is it enclosed?"), "northgate"),
    ("carried_values_are_known", CARRIES, "user_rule", HERE, "northgate"),
    ("carried_values_are_known", CARRIES, "model", OFFERED, "northgate"),
    ("carried_values_are_known", CARRIES, "user_rule", INFERRED, "northgate"),
    (
        "carried_values_are_known",
        CARRIES,
        "user_rule",
        replace(OFFERED, facts=(fact("model_inferred", "closed"),)),
        "northgate",
    ),
    ("carried_values_are_known", CARRIES, "user_rule", replace(OFFERED, facts=(fact("user_claimed"),)), "northgate"),
    ("carried_values_are_known", TAKEN_BACK, "user_rule", replace(OFFERED, facts=(fact("user_claimed"),)), "northgate"),
    ("rules_infer_nothing", claim("model_inferred"), "user_rule", HERE, "northgate"),
    ("tool_facts_only_from_completed_calls", claim("tool_observed"), "tool", HERE, "northgate"),
    (
        "tool_facts_only_from_completed_calls",
        claim("tool_observed", call=e.CallRef(ordinal=1, index=1)),
        "tool",
        HERE,
        "northgate",
    ),
    ("tool_facts_only_from_completed_calls", claim("tool_observed", call=CALL), "model", HERE, "northgate"),
    ("tool_facts_only_from_completed_calls", claim("system_verified", call=CALL), "tool", HERE, "northgate"),
    *(
        ("inferred_never_supersedes", claim("model_inferred"), "model", replace(HERE, facts=(fact(held),)), "northgate")
        for held in ("user_claimed", "tool_observed", "system_verified")
    ),
    *(
        ("claims_never_overwrite_observations", content, "user_rule", replace(HERE, facts=(fact(held),)), "northgate")
        for held in ("tool_observed", "system_verified")
        for content in (
            claim("user_claimed"),
            Correction(key=KEY, value="closed", statement="closed"),
            Correction(key=KEY, value=None, statement="closed"),
            Rejection(key=KEY, value="open", reason="denied", statement="closed"),
        )
    ),
    (
        "claims_never_overwrite_observations",
        TAKES,
        "user_rule",
        replace(OFFERED, facts=(fact("tool_observed"),)),
        "northgate",
    ),
    (
        "rejected_assumption_needs_new_evidence",
        TAKEN_BACK,
        "user_rule",
        replace(OFFERED, rejections=(REJECTED,)),
        "northgate",
    ),
    (
        "rejected_assumption_needs_new_evidence",
        claim("model_inferred"),
        "model",
        replace(HERE, rejections=(REJECTED,)),
        "northgate",
    ),
    (
        "rejected_assumption_needs_new_evidence",
        claim("user_claimed"),
        "model",
        replace(HERE, rejections=(REJECTED,)),
        "northgate",
    ),
    (
        "rejected_assumption_needs_new_evidence",
        Correction(key=KEY, value="Closed.", statement="The case is closed."),
        "model",
        replace(HERE, rejections=(REJECTED,)),
        "northgate",
    ),
    ("action_rests_on_live_facts", careful("status", "gone"), "model", replace(HERE, approved=APPROVED), "northgate"),
    *(
        (
            "inferred_facts_support_no_action",
            careful(kind, "f"),
            "model",
            replace(INFERRED, approved=APPROVED),
            "northgate",
        )
        for kind in ("status", "notification", "deletion", "escalation")
    ),
    (
        "stale_facts_support_no_action",
        careful("deletion", "f"),
        "model",
        replace(HERE, facts=(fact("system_verified", stale_after=3_600),), approved=APPROVED),
        "northgate",
    ),
    ("no_memory_from_inferred", careful("memory", "f"), "model", replace(INFERRED, approved=APPROVED), "northgate"),
    ("no_memory_from_inferred", careful("memory"), "model", replace(HERE, approved=APPROVED), "northgate"),
    *(
        ("careful_kinds_need_approval", careful(kind, approval=given), "user_rule", HERE, "northgate")
        for kind in get_args(CarefulKind)
        for given in (None, "a1")
    ),
    ("summary_names_last_turn", summary(turn="m0"), "model", HERE, "northgate"),
    ("summary_names_last_turn", summary(seq=10), "model", HERE, "northgate"),
    ("statement_rests_on_events", summary(rests_on=()), "model", HERE, "northgate"),
    ("statement_rests_on_events", summary(rests_on=(3, 99)), "model", HERE, "northgate"),
]


@pytest.mark.req("UP-5", "UP-3", "SM-2")
@pytest.mark.parametrize(("invariant", "content", "by", "here", "tenant"), ATTEMPTS)
def test_an_attempt_to_break_an_invariant_is_refused_by_name(
    invariant: str, content: Content, by: Proposer, here: Situation, tenant: str
) -> None:
    assert verdict(content, by, here, tenant) == invariant


@pytest.mark.req("UP-5")
def test_every_invariant_is_attacked() -> None:
    assert {name for name, *_ in ATTEMPTS} == {invariant.name for invariant in INVARIANTS}


ALLOWED: list[tuple[Content, Proposer, Situation]] = [
    (claim("user_claimed"), "user_rule", HERE),
    (claim("user_claimed"), "model", HERE),
    (claim("model_inferred"), "model", INFERRED),
    (claim("tool_observed", call=CALL), "tool", HERE),
    (claim("system_verified", call=CALL), "tool", replace(HERE, verifiers=frozenset({"search_documents"}))),
    (claim("tool_observed", call=CALL), "tool", replace(HERE, rejections=(REJECTED,))),
    (claim("user_claimed"), "user_rule", replace(HERE, rejections=(REJECTED,))),
    (claim("tool_observed", call=CALL), "tool", replace(HERE, facts=(fact("system_verified"),))),
    (careful("status", "f"), "model", replace(HERE, facts=(fact("system_verified"),), approved=APPROVED)),
    (careful("memory", "f"), "model", replace(HERE, facts=(fact("user_claimed"),), approved=APPROVED)),
    (careful("memory", "f"), "model", replace(INFERRED, approved=APPROVED, memory_from_inferred=True)),
    (summary(), "model", HERE),
    (TAKES, "user_rule", OFFERED),
    (TAKES, "user_rule", replace(HERE, reply="Shall I note it as closed?")),
    (replace_statement(TAKES, "Yes, go ahead"), "model", replace(OFFERED, message="Yes, go ahead.")),
    (TAKES, "user_rule", replace(OFFERED, rejections=(REJECTED,))),
    (CARRIES, "user_rule", OFFERED),
    (CARRIES, "user_rule", replace(HERE, facts=(fact("user_claimed", "closed"),))),
    (CARRIES, "user_rule", replace(HERE, facts=(fact("tool_observed", "closed"),))),
]


@pytest.mark.req("UP-3", "UP-5")
@pytest.mark.parametrize(("content", "by", "here"), ALLOWED)
def test_what_breaks_no_invariant_is_applied(content: Content, by: Proposer, here: Situation) -> None:
    assert verdict(content, by, here) == "applied"


@pytest.mark.req("UP-3")
def test_each_kind_of_change_is_either_safe_or_careful() -> None:
    assert {kind for kind, is_careful in CAREFUL.items() if is_careful} == set(get_args(CarefulKind))
    assert {kind for kind, is_careful in CAREFUL.items() if not is_careful} == {
        "fact", "correction", "acceptance", "carry_over", "rejection", "decision", "profile", "task", "mention",
        "summary",
    }  # fmt: skip
