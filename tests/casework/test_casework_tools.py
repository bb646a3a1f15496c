import asyncio
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from casework.application import Casework, application
from casework.gateway import Notice, Outbox
from dossier.tools import CallStatus, ObservedFact, ToolContext, ToolError, ToolResult
from state.principal import Principal
from tests.casework.calling import DELETION, DRAFT, ESCALATE, NOTICE, WRITES, Context, call, refused, rows, tool


async def test_get_case_shows_the_status_with_verifier_and_time(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    result = await call(desk, "get_case", context(cursor, officer), case_id="C-1042")
    assert result.content == {
        "case": "C-1042",
        "title": "Cold chain of frozen fish",
        "licensee": {"id": "ACME-77", "name": "Acme Cold Chain Foods"},
        "status": "under_review",
        "status_verified_by": "s.okafor",
        "status_verified_at": "2026-11-06T09:40:00+00:00",
        "urgency": "routine",
        "risk": "medium",
        "assigned_to": "o.brandt",
        "opened": "2026-03-12",
        "version": 1,
        "notes": [],
    }
    statement = "The status of C-1042 is under_review, verified by s.okafor at 2026-11-06 09:40 UTC."
    assert result.facts == (ObservedFact("case:C-1042/status", "under_review", statement, 900),)


async def test_list_evidence_shows_the_documents_of_the_case_newest_first(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    result = await call(desk, "list_evidence", context(cursor, officer), case_id="C-1042")
    assert [(ref.type, ref.id) for ref in result.shown] == [
        ("letter", "LT-31"),
        ("certificate", "CAL-5"),
        ("inspection_report", "IR-77"),
        ("complaint", "CP-12"),
        ("inspection_report", "IR-61"),
    ]
    assert result.content["evidence"][2] == {
        "id": "IR-77",
        "type": "inspection_report",
        "title": "Inspection report IR-77, follow-up on chamber 3",
        "date": "2026-10-22",
        "version": "1.1",
        "verified_by": "s.okafor",
    }


async def test_search_documents_keeps_to_the_case_that_is_given(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    ctx = context(cursor, officer)
    anywhere = await call(desk, "search_documents", ctx, query="real excursion")
    in_case = await call(desk, "search_documents", ctx, query="real excursion", case_id="C-1043")
    assert {passage["case"] for passage in anywhere.content["passages"]} >= {"C-1042", "C-1043"}
    assert [passage["id"] for passage in in_case.content["passages"]] == ["doc:IR-79#4"]
    assert [ref.id for ref in in_case.shown] == ["IR-79"]


@pytest.mark.req("SV-4")
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("get_case", {}),
        ("list_evidence", {}),
        ("search_documents", {"query": "beef"}),
        ("add_note", {"text": "t"}),
        ("change_status", {"status": "under_review", "reason": "r"}),
        ("notify_licensee", {"subject": "s", "text": "t"}),
        ("draft_assessment", {"position": "p", "unknown": "u", "risk": "low", "cites": ["CP-15"]}),
        ("escalate_case", {"reason": "r"}),
        ("delete_record", {"document_id": "CP-15", "reason": "r"}),
    ],
)
async def test_a_case_that_may_not_be_seen_is_answered_like_one_that_does_not_exist(
    desk: Casework, cursor: Any, officer: Principal, context: Context, name: str, args: dict[str, Any]
):
    ctx = context(cursor, officer, relied_on={"case:C-1048": "1"})
    for case_id in ("C-1048", "C-9"):
        with pytest.raises(ToolError, match=f"There is no case '{case_id}' that you may see") as error:
            await call(desk, name, ctx, case_id=case_id, **args)
        assert error.value.code == "case_not_found"


async def test_add_note_adds_a_note_and_changes_nothing_else(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    before = await rows(cursor, "SELECT * FROM casework.cases ORDER BY id")
    result = await call(desk, "add_note", context(cursor, officer), case_id="C-1042", text="Called Norfrost.")
    looked = await call(desk, "get_case", context(cursor, officer), case_id="C-1042")
    note = {"text": "Called Norfrost.", "by": "o.brandt", "at": "2026-11-21T09:00:00+00:00"}
    assert result.content == {"case": "C-1042", "note": "Called Norfrost."}
    assert looked.content["notes"] == [note]
    assert await rows(cursor, "SELECT * FROM casework.cases ORDER BY id") == before


@pytest.mark.req("AP-1", "AP-3")
async def test_an_approved_change_of_status_is_made_and_recorded(
    desk: Casework, cursor: Any, officer: Principal, context: Context
):
    change = tool(desk, "change_status")
    asked = change.arguments.model_validate(ESCALATE)
    assert change.versions is not None
    relied_on = await change.versions(context(cursor, officer), asked)
    assert (change.effect, change.idempotency, relied_on) == ("irreversible", "transactional", {"case:C-1042": "1"})
    result = await change.run(context(cursor, officer, relied_on=relied_on), asked)
    assert result.content == {"case": "C-1042", "from": "under_review", "to": "escalated", "approved_by": "s.okafor"}
    assert [(f.key, f.value) for f in result.facts] == [("case:C-1042/status", "escalated")]
    (record,) = await rows(
        cursor, "SELECT case_id, from_status, to_status, reason, requested_by, approved_by FROM casework.status_changes"
    )
    assert list(record.values()) == [
        "C-1042",
        "under_review",
        "escalated",
        "A school kitchen is affected.",
        "o.brandt",
        "s.okafor",
    ]
    looked = await call(desk, "get_case", context(cursor, officer), case_id="C-1042")
    assert (looked.content["status"], looked.content["version"]) == ("escalated", 2)
    assert await change.versions(context(cursor, officer), asked) == {"case:C-1042": "2"}


@pytest.mark.req("AP-5", "UP-5")
@pytest.mark.parametrize(
    ("relied_on", "code"),
    [
        (None, "approval_missing"),
        ({}, "stale_version"),
        ({"case:C-1042": "0"}, "stale_version"),
        ({"case:C-1043": "1"}, "stale_version"),
        ({"case:C-1042": "1", "case:C-1043": "1"}, "stale_version"),
    ],
)
async def test_irreversible_tools_refuse_without_an_approval_of_the_present_state(
    desk: Casework, cursor: Any, officer: Principal, context: Context, relied_on: dict[str, str] | None, code: str
):
    ctx = context(cursor, officer, relied_on=relied_on)
    assert await refused(desk, "change_status", ctx, **ESCALATE) == code
    assert await refused(desk, "notify_licensee", ctx, **NOTICE) == code
    assert await refused(desk, "escalate_case", ctx, case_id="C-1042", reason="r") == code
    assert await refused(desk, "delete_record", ctx, **DELETION) == code
    assert await rows(cursor, "SELECT 1 FROM casework.status_changes UNION SELECT 1 FROM casework.outbox") == []
    assert await rows(cursor, "SELECT 1 FROM casework.deletions") == []
    assert await rows(cursor, "SELECT status, version FROM casework.cases WHERE id = 'C-1042'") == [
        {"status": "under_review", "version": 1}
    ]


@pytest.mark.req("AP-5")
async def test_of_two_approved_changes_of_one_state_only_one_is_made(
    desk: Casework, as_tenant: Any, officer: Principal, context: Context
):
    async def change(key: str, status: str) -> str:
        async with as_tenant("northgate") as cursor:
            ctx = context(cursor, officer, key=key, relied_on={"case:C-1042": "1"})
            try:
                await call(desk, "change_status", ctx, **{**ESCALATE, "status": status})
            except ToolError as error:
                return error.code
            await asyncio.sleep(0.05)
            return "done"

    assert sorted(await asyncio.gather(change("a", "escalated"), change("b", "closed"))) == ["done", "stale_version"]
    async with as_tenant("northgate") as cursor:
        (case,) = await rows(cursor, "SELECT status, version FROM casework.cases WHERE id = 'C-1042'")
        (record,) = await rows(cursor, "SELECT to_status FROM casework.status_changes")
    assert case == {"status": record["to_status"], "version": 2}


@pytest.mark.parametrize(
    ("case_id", "status"),
    [
        ("C-1042", "under_review"),
        ("C-1042", "received"),
        ("C-1039", "under_review"),
        ("C-1041", "escalated"),
        ("C-1046", "closed"),
    ],
)
async def test_an_impossible_transition_is_refused(
    desk: Casework, cursor: Any, officer: Principal, context: Context, case_id: str, status: str
):
    ctx = context(cursor, officer, relied_on={f"case:{case_id}": "1"})
    args = {"case_id": case_id, "status": status, "reason": "r"}
    assert await refused(desk, "change_status", ctx, **args) == "impossible_transition"
    assert await rows(cursor, "SELECT id FROM casework.cases WHERE version > 1") == []


@pytest.mark.req("AP-4")
async def test_a_notification_is_sent_once_however_often_it_runs_under_its_key(
    desk: Casework, as_tenant: Any, officer: Principal, context: Context
):
    notify = tool(desk, "notify_licensee")
    asked = notify.arguments.model_validate(NOTICE)
    assert notify.status is not None
    relied_on = {"case:C-1042": "1"}
    async with as_tenant("northgate") as cursor:
        assert await notify.status(context(cursor, officer), asked) == "not_done"
        first = await notify.run(context(cursor, officer, relied_on=relied_on), asked)
    async with as_tenant("northgate") as cursor:
        await cursor.execute("UPDATE casework.cases SET version = 2 WHERE id = 'C-1042'")
        assert await notify.run(context(cursor, officer, relied_on=relied_on), asked) == first
        assert await notify.status(context(cursor, officer), asked) == "done"
        assert await notify.status(context(cursor, officer, key="key-2"), asked) == "not_done"
        sent = await rows(cursor, "SELECT key, licensee_id, subject, requested_by, approved_by FROM casework.outbox")
    assert sent == [
        {
            "key": "key-1",
            "licensee_id": "ACME-77",
            "subject": "Samples",
            "requested_by": "o.brandt",
            "approved_by": "s.okafor",
        }
    ]


@pytest.mark.req("AP-4")
async def test_two_runs_at_once_under_one_key_send_once(
    desk: Casework, as_tenant: Any, officer: Principal, context: Context
):
    async def send() -> ToolResult:
        async with as_tenant("northgate") as cursor:
            return await call(
                desk, "notify_licensee", context(cursor, officer, relied_on={"case:C-1042": "1"}), **NOTICE
            )

    first, second = await asyncio.gather(send(), send())
    async with as_tenant("northgate") as cursor:
        assert (first, await rows(cursor, "SELECT key FROM casework.outbox")) == (second, [{"key": "key-1"}])


async def test_the_outbox_refuses_another_notification_under_a_used_key(
    cursor: Any, officer: Principal, context: Context
):
    notice = Notice("C-1042", "ACME-77", "Samples", "text", "o.brandt", "s.okafor")
    await Outbox().post(context(cursor, officer), notice)
    with pytest.raises(ToolError, match="used for another notification"):
        await Outbox().post(context(cursor, officer), replace(notice, text="other"))


async def test_another_gateway_takes_the_place_of_the_outbox(cursor: Any, officer: Principal, context: Context):
    class Kept:
        def __init__(self) -> None:
            self.sent: dict[str, Notice] = {}

        async def post(self, ctx: ToolContext, notice: Notice) -> None:
            self.sent.setdefault(ctx.key, notice)

        async def status(self, ctx: ToolContext) -> CallStatus:
            return "done" if ctx.key in self.sent else "not_done"

    gateway = Kept()
    await call(
        application(gateway), "notify_licensee", context(cursor, officer, relied_on={"case:C-1042": "1"}), **NOTICE
    )
    expected = Notice("C-1042", "ACME-77", NOTICE["subject"], NOTICE["text"], "o.brandt", "s.okafor")
    assert gateway.sent == {"key-1": expected}
    assert await rows(cursor, "SELECT 1 FROM casework.outbox") == []


@pytest.mark.req("UP-9")
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("get_case", {"case_id": "C-1042", "version": 1}),
        ("get_case", {"case_id": "C-1042\n"}),
        ("get_case", {"case_id": "C-1042' OR 1=1"}),
        ("add_note", {"case_id": "C-1042", "text": "nul \x00"}),
        ("add_note", {"case_id": "C-1042", "text": "hidden \u202e"}),
        ("add_note", {"case_id": "C-1042", "text": "  "}),
        ("add_note", {"case_id": "C-1042", "text": "x" * 2001}),
        ("change_status", {**ESCALATE, "status": "revoked"}),
        ("change_status", {**ESCALATE, "approved_by": "s.okafor"}),
        ("search_documents", {"query": "x", "case_id": "IR-77"}),
        ("draft_assessment", {**DRAFT, "cites": []}),
        ("draft_assessment", {**DRAFT, "cites": ["IR-77' --"]}),
        ("draft_assessment", {**DRAFT, "binding": True}),
        ("delete_record", {**DELETION, "document_id": "*"}),
        ("escalate_case", {"case_id": "C-1042"}),
    ],
)
def test_malformed_arguments_are_refused(desk: Casework, name: str, args: dict[str, Any]):
    with pytest.raises(ValidationError):
        tool(desk, name).arguments.model_validate(args)


@pytest.mark.req("AP-1")
def test_each_tool_declares_what_it_does_and_describes_it_to_the_approver(desk: Casework):
    assert [(t.name, t.effect, t.idempotency) for t in desk.tools] == [
        ("get_case", "read", "transactional"),
        ("list_evidence", "read", "transactional"),
        ("search_documents", "read", "transactional"),
        ("add_note", "write", "transactional"),
        ("draft_assessment", "write", "transactional"),
        ("change_status", "irreversible", "transactional"),
        ("escalate_case", "irreversible", "transactional"),
        ("notify_licensee", "irreversible", "idempotency_key"),
        ("delete_record", "irreversible", "transactional"),
    ]
    change = tool(desk, "change_status")
    asked = change.arguments.model_validate(ESCALATE)
    assert change.describe(asked) == (
        "Change the status of case C-1042 to escalated. Reason: A school kitchen is affected."
    )
    assert all(t.describe(t.arguments.model_validate(WRITES[t.name])) for t in desk.tools if t.effect != "read")
    assert all(t.schema()["function"]["parameters"]["additionalProperties"] is False for t in desk.tools)
