"""What the model is shown about case C-1042, through a whole conversation: the golden package, and seven questions."""

from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest

from dossier.adapters.script import Say
from dossier.context.answers import ANSWERS_ID
from state import events as e

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TALK = (
    "What's the position on C-1042? Not urgent, just summarise the evidence.",
    "Don't assume that staff left the door open.",
    "Do not notify the licensee before the laboratory results are here.",
    "New evidence makes it urgent: redo the risk analysis only, don't change the status.",
    "Summarise the evidence on C-1042 again.",
)
FRAME = ("system_instruction", "policy", "authority")
SEVEN = {
    "who with what authority": "authority",
    "the task": "task_state",
    "what has been decided": "decision",
    "which facts matter": "confirmed_fact",
    "the form of the answer": "output_contract",
    "what must not be assumed": "rejected_assumption",
}
"""Each is answered by items of a kind, or by the statement of what is lacking; the fifth question by labels and it."""


@pytest.fixture
async def told(open_desk: Any):
    """The desk after the conversation."""
    async with open_desk([Say(text="Noted.")] * len(TALK), now=lambda: NOW) as desk:
        for text in TALK:
            await desk.say(text)
        yield desk


async def items(desk: Any, call: int = -1) -> dict[str, Any]:
    package = (await desk.prompts())[call].package
    return {entry.item.id: entry.item for entry in package.items}


@pytest.mark.req("CX-20")
async def test_the_policies_say_non_binding_and_the_contract_leaves_enforcement_out(told):
    shown = await items(told)
    policies = [item for item in shown.values() if item.kind == "policy"]
    assert [item.id for item in policies] == ["policy:POL-1", "policy:POL-2", "policy:POL-3"]
    assert "An assessment prepared for a case is non-binding" in policies[0].text
    assert "It must not recommend enforcement" in policies[0].text
    assert "Escalation always needs this approval." in policies[1].text
    contract = shown["contract:casework@v1"]
    assert contract.kind == "output_contract"
    assert "**Position** (status, who verified it, when), **Evidence**" in contract.text
    assert contract.text.endswith("It holds no recommendation of enforcement.")


@pytest.mark.req("CX-20", "AP-1")
async def test_the_officer_may_view_and_neither_change_the_status_nor_escalate_without_approval(told):
    assert (await items(told))["authority:o.brandt"].text.splitlines() == [
        "User o.brandt, officer, Northgate Licensing Authority.",
        "May: view cases and documents, get case, list evidence, search documents, add note, draft assessment.",
        "May not do without the approval of another, entitled person: change status, escalate case, notify licensee.",
        "May not: delete record.",
    ]


@pytest.mark.req("CX-20", "CX-12")
async def test_the_status_comes_with_its_verifier_and_time(told):
    case = (await items(told))["case:C-1042"]
    assert (case.kind, case.trust, case.critical) == ("task_state", "system_verified", True)
    assert case.as_of == datetime(2026, 11, 6, 9, 40, tzinfo=UTC)
    assert "Status: under_review, verified by s.okafor at 2026-11-06 09:40 UTC." in case.text.splitlines()


@pytest.mark.req("CX-20", "CX-10")
async def test_the_report_and_the_complaint_are_evidence_and_the_older_report_never_comes_without_its_correction(told):
    for call in (0, 3, 4):
        shown = await items(told, call)
        evidence = {item.id.split("#")[0] for item in shown.values() if item.kind == "retrieved_document"}
        assert {"doc:IR-77", "doc:CP-12"} <= evidence
        assert "doc:IR-77#3" in shown or "doc:IR-61" not in evidence
        assert all(item.source == "documents" for id, item in shown.items() if id.startswith("doc:"))


@pytest.mark.req("CX-20", "CX-10", "ST-3")
async def test_what_was_ruled_out_is_shown_as_rejected_and_never_as_a_fact(told):
    shown = await items(told)
    rejected = {item.text for item in shown.values() if item.kind == "rejected_assumption"}
    assert any("staff left the door open" in text for text in rejected)
    assert any("= not urgent" in text for text in rejected)
    facts = [item.text.lower() for item in shown.values() if item.kind == "confirmed_fact"]
    assert not [text for text in facts if "door" in text or "not urgent" in text]
    assert any("urgent" in text for text in facts)


@pytest.mark.req("CX-20", "CX-7")
async def test_what_was_decided_limits_the_task_from_then_on(told):
    decisions = [item for item in (await items(told)).values() if item.kind == "decision"]
    assert [(item.text, item.critical) for item in sorted(decisions, key=lambda item: int(item.id.split(":")[1]))] == [
        ("do not notify the licensee before the laboratory results are here (decided by o.brandt)", True),
        ("do not change the status (decided by o.brandt)", True),
    ]


@pytest.mark.req("CX-20", "CX-9")
async def test_the_blocks_come_in_the_order_that_is_promised(told):
    kinds = [kind for kind, _ in groupby(item.kind for item in (await items(told)).values())]
    assert kinds == [
        "system_instruction",
        "policy",
        "authority",
        "task_state",
        "current_request",
        "decision",
        "confirmed_fact",
        "rejected_assumption",
        "retrieved_document",
        "summary",
        "recent_turn",
        "output_contract",
    ]


@pytest.mark.req("CX-20", "CX-4")
async def test_the_same_conversation_makes_the_same_package_again(open_desk, told):
    shown = [(item.id, item.text) for item in (await items(told)).values()]
    told.thread = f"{told.thread}-again"
    async with open_desk([Say(text="Noted.")] * len(TALK), now=lambda: NOW) as again:
        again.thread = told.thread
        for text in TALK:
            await again.say(text)
        assert [(item.id, item.text) for item in (await items(again)).values()] == shown


@pytest.mark.req("CX-17")
async def test_a_package_answers_each_of_the_seven_questions_by_an_item(told):
    shown = await items(told)
    kinds = {item.kind for id, item in shown.items() if id != ANSWERS_ID}
    assert {question: kind in kinds for question, kind in SEVEN.items()} == dict.fromkeys(SEVEN, True)
    assert "None recorded" not in shown[ANSWERS_ID].text
    assert "Stale or withdrawn: " in shown[ANSWERS_ID].text


@pytest.mark.req("CX-17")
@pytest.mark.parametrize("person", ["officer", "supervisor", "eastvale-clerk", "westmere-senior-officer"])
async def test_what_no_item_answers_is_answered_by_an_explicit_none(open_desk, person: str):
    async with open_desk([Say(text="Hello.")]) as desk:
        who = desk.services.app.people[person]
        await desk.say("Good morning.", who=who)

        (built,) = await desk.services.log.latest(who.tenant, desk.thread, ("context_package_built",), limit=1)
        assert isinstance(built.body, e.ContextPackageBuilt)
        package = (await desk.services.packages.by_id(who.tenant, built.body.package_id)).package
        shown = {entry.item.id: entry.item for entry in package.items}
        kinds = {item.kind for id, item in shown.items() if id != ANSWERS_ID}
        none = shown[ANSWERS_ID].text.splitlines()
        assert none == [
            "None recorded: decision, confirmed_fact, rejected_assumption.",
            "Stale or withdrawn: none.",
        ]
        assert all(kind in kinds or kind in none[0] for kind in SEVEN.values())
        assert shown[f"authority:{who.user}"].text.startswith(f"User {who.user}, ")


@pytest.mark.req("CX-17", "SV-4", "CX-3")
async def test_somebody_whom_no_policy_lets_read_is_not_answered_at_all(open_desk):
    """An auditor looks into what was done; the desk's cases are not theirs."""
    async with open_desk([]) as desk:
        with pytest.raises(Exception, match="The package has no policy") as refused:
            await desk.say("Good morning.", who=desk.services.app.people["auditor"])
        assert refused.value.code == "package_incomplete"  # pyright: ignore[reportAttributeAccessIssue]
        assert desk.model.requests == []


@pytest.mark.req("SV-4", "CX-3")
async def test_the_same_words_are_about_another_case_in_another_agency(open_desk):
    async with open_desk([Say(text="A.")]) as desk:
        who = desk.services.app.people["westmere-officer"]
        await desk.say("What's the position on C-1042?", who=who)

        sent = str(desk.model.requests)
        assert "Dead trout below the weir" in sent
        assert "LAB-6" in sent
        assert not [word for word in ("Acme", "haddock", "CP-12", "S-3B", "Northgate", "o.brandt") if word in sent]
