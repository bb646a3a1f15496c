"""What is remembered is a value: frozen, with stated defaults and bounds; what a refusal tells."""

from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from state import bodies, call_events, events, facts, proposals, session, summaries, task
from state.errors import DossierError, SchemaMismatch
from state.session import Session

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)
MODULES = (bodies, call_events, events, facts, proposals, session, summaries, task)
MODELS = sorted(
    {
        model
        for module in MODULES
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__.startswith("state.")
    },
    key=lambda model: model.__name__,
)


@pytest.mark.req("EV-3", "UP-3")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_value_of_state_can_be_changed_in_place_or_hold_what_it_does_not_declare(model):
    assert (model.model_config.get("frozen"), model.model_config.get("extra")) == (True, "forbid")


@pytest.mark.req("ST-3")
def test_a_fact_refuses_a_new_value():
    fact = facts.Fact(
        id="f", key="case:C-1/status", value="open", trust="user_claimed", source_turn="m", observed_at=NOW
    )
    with pytest.raises(ValidationError, match="frozen"):
        fact.value = "closed"  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.req("ST-2")
def test_a_new_session_counts_from_nothing():
    fresh = Session(thread="t", tenant="n", user="u", created_at=NOW, updated_at=NOW, version=1, hash="h")
    counts = {"turns": 0, "since_summary_turns": 0, "since_summary_tokens": 0, "cleared_seq": 0, "schema_version": 1}
    assert fresh.model_dump(include=set(counts)) == counts


@pytest.mark.req("ST-2")
def test_a_task_holds_twenty_things_and_twenty_limits():
    assert (task.ENTITIES_LIMIT, task.CONSTRAINTS_LIMIT) == (20, 20)


@pytest.mark.req("GR-2")
def test_a_refusal_says_its_code_what_happened_and_what_to_do_next():
    refused = SchemaMismatch("Stored session is newer.", hint="Upgrade.")
    assert str(refused) == "[schema_mismatch] Stored session is newer. Upgrade."
    assert str(DossierError("No.")) == "[dossier_error] No."
    assert refused.model_dump() == {
        "error": "schema_mismatch",
        "message": "Stored session is newer.",
        "hint": "Upgrade.",
        "status": 500,
    }
