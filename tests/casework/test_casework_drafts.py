"""Tools that put a draft on file, escalate a case and delete a record."""

from typing import Any

import pytest

from casework.application import Casework
from dossier.tools import ToolError
from state.principal import Principal
from tests.casework.calling import DELETION, DRAFT, Context, call, refused, rows


async def test_a_draft_is_put_on_file_with_what_it_cites(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    result = await call(desk, "draft_assessment", context(cursor, officer), **DRAFT)
    assert result.content == {
        "case": "C-1042",
        "risk": "medium",
        "cites": ["IR-77", "CP-12"],
        "status": "draft, non-binding",
    }
    assert [ref.id for ref in result.shown] == ["C-1042", "IR-77", "CP-12"]
    (draft,) = await rows(
        cursor, "SELECT case_id, position, unknown, risk, cites, drafted_by FROM casework.assessments"
    )
    assert draft == {**DRAFT, "drafted_by": "o.brandt"}
    assert await rows(cursor, "SELECT id FROM casework.cases WHERE version > 1") == []


@pytest.mark.parametrize(("cites", "code"), [(["IR-79"], "not_on_file"), (["CP-15"], "not_on_file")])
async def test_a_draft_cites_nothing_but_the_file_of_its_case(
    desk: Casework, cursor: Any, officer: Principal, context: Context, cites: list[str], code: str
):
    assert await refused(desk, "draft_assessment", context(cursor, officer), **{**DRAFT, "cites": cites}) == code
    assert await rows(cursor, "SELECT 1 FROM casework.assessments") == []


@pytest.mark.req("ST-3")
async def test_a_draft_cites_no_replaced_document(desk: Casework, as_tenant: Any, context: Context):
    async with as_tenant("westmere") as cursor:
        ctx = context(cursor, desk.people["westmere-officer"])
        with pytest.raises(ToolError, match="LAB-4 was replaced by LAB-6; cite that one"):
            await call(desk, "draft_assessment", ctx, **{**DRAFT, "cites": ["LAB-4"]})
        listed = (await call(desk, "list_evidence", ctx, case_id="C-1042")).content["evidence"]
    assert {entry["id"]: entry.get("superseded_by") for entry in listed} == {
        "IR-40": None,
        "LT-20": None,
        "LAB-6": None,
        "LAB-4": "LAB-6",
        "CP-22": None,
    }


@pytest.mark.req("AP-1", "AP-3")
async def test_an_approved_escalation_sets_status_and_urgency_in_one_step(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    ctx = context(cursor, officer, relied_on={"case:C-1042": "1"})
    result = await call(desk, "escalate_case", ctx, case_id="C-1042", reason="A school kitchen is affected.")
    assert dict(result.content) == {
        "case": "C-1042",
        "from": "under_review",
        "to": "escalated",
        "approved_by": "s.okafor",
        "urgency": "urgent",
    }
    assert await rows(cursor, "SELECT status, urgency, version FROM casework.cases WHERE id = 'C-1042'") == [
        {"status": "escalated", "urgency": "urgent", "version": 2}
    ]


@pytest.mark.req("AP-1", "AP-3", "AP-5")
async def test_an_approved_deletion_leaves_a_record_of_it_and_nothing_of_the_text(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    ctx = context(cursor, officer, relied_on={"case:C-1042": "1"})
    result = await call(desk, "delete_record", ctx, **DELETION)
    assert dict(result.content) == {"case": "C-1042", "deleted": "CP-12", "approved_by": "s.okafor"}
    (record,) = await rows(cursor, "SELECT document_id, title, reason, approved_by FROM casework.deletions")
    assert [*record.values()] == ["CP-12", "Complaint CP-12, refrozen haddock", DELETION["reason"], "s.okafor"]
    assert await rows(cursor, "SELECT 1 FROM casework.passages WHERE document_id = 'CP-12'") == []
    assert await rows(cursor, "SELECT version FROM casework.cases WHERE id = 'C-1042'") == [{"version": 2}]
    assert await refused(desk, "delete_record", ctx, **DELETION) == "stale_version"
    again = context(cursor, officer, relied_on={"case:C-1042": "2"})
    assert await refused(desk, "delete_record", again, **DELETION) == "not_on_file"
    assert await refused(desk, "delete_record", again, **{**DELETION, "document_id": "POL-1"}) == "not_on_file"
