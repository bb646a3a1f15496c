"""A talk about a bridge: a matter that no rule of the offline model knows, in packages as they are really rendered."""

import json
from typing import Any

import pytest

from dossier.adapters import offline_model
from dossier.context.block import Block
from dossier.context.render import render

KEY = "0123456789abcdef"
CONTRACT = """\
- Summary or position: the headings **Position** (status, who verified it, when), **Evidence** (each item with what it \
shows and its date), **Unknown**, **Risk**.
- Risk analysis: only the heading **Risk**: harm, likelihood and quality of evidence, each low, medium or high.
- Quotation: the exact words in quotation marks, and where they stand.

A summary or a risk analysis ends with the line "Nothing here binds anyone." It recommends nothing."""
STATE = """\
Case B-7: Bridge over the Till. Owner OLD-3 (Old Roads Ltd).
Status: open, verified by m.ito at 2026-05-02 10:00 UTC.
Risk on file: medium.
Evidence on file: RP-9 (report, 2026-05-01), RP-4 (report, 2026-03-01), LE-2 (letter, 2026-04-02)."""
OTHER_STATE = "Case B-8: Ford. Owner NEW-1 (New Roads).\nStatus: closed, verified by k.po at 2026-01-02 10:00 UTC."
RESOLVED = 'resolved: "B-7" -> case B-7'


def item(id: str, kind: str, text: str, **attrs: str) -> Block:
    return Block((("id", id), ("kind", kind), *attrs.items()), text)


def passage(id: str, date: str, heading: str, text: str) -> Block:
    return item(f"doc:{id}", "retrieved_document", f"{heading}\n{text}", trust="system_verified", as_of=date)


CASE = item("case:B-7", "task_state", STATE, trust="system_verified")
OTHER = item("case:B-8", "task_state", OTHER_STATE, trust="system_verified")
DOCUMENTS = [
    passage("LE-2#1", "2026-04-02", "Letter LE-2: Heading", "Old Roads Ltd to the board. Signed by J. Pell, manager."),
    passage("LE-2#2", "2026-04-02", "Letter LE-2: Content", "We accept that the railing is loose. Paint is ordered."),
    passage("RP-4#2", "2026-03-01", "Report RP-4: Finding",
            "Key finding: a crack in pier 2, attributed to the owner's trucks."),
    passage("RP-9#1", "2026-05-01", "Report RP-9: Scope", "It tests the cause of the crack that RP-4 had assumed."),
    passage("RP-9#2", "2026-05-01", "Report RP-9: Correction of RP-4",
            "The crack in pier 2 was a shadow. It must not be attributed to the owner."),
    passage("RP-9#3", "2026-05-01", "Report RP-9: Finding",
            "Key finding: no crack occurred. Laboratory results are outstanding. No person was hurt."),
]  # fmt: skip

TEXT = {"type": "string"}
CASE_ID = {"type": "string", "pattern": "^B-[0-9]+$"}


def tool(name: str, **properties: dict[str, Any]) -> dict[str, Any]:
    required = [n for n, schema in properties.items() if "default" not in schema]
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [
    tool("get_case", case_id=CASE_ID),
    tool("list_evidence", case_id=CASE_ID),
    tool("search_documents", query=TEXT, case_id={"anyOf": [CASE_ID, {"type": "null"}], "default": None}),
    tool("add_note", case_id=CASE_ID, text=TEXT),
    tool("change_status", case_id=CASE_ID, status={"enum": ["open", "escalated", "closed"]}, reason=TEXT),
    tool("notify_owner", case_id=CASE_ID, subject={**TEXT, "maxLength": 120}, text=TEXT),
]
ESCALATE = "Change the status of B-7 to escalated."
ESCALATED = {
    "case_id": "B-7", "status": "escalated",
    "reason": "Asked for in these words: “Change the status of B-7 to escalated.”",
}  # fmt: skip
RAN = f"change_status({json.dumps(ESCALATED)}) -> "
DONE = '{"approved_by":"s.okafor","case":"B-7","from":"open","to":"escalated"}'


def reply(request: str, *more: Block, documents: list[Block] = DOCUMENTS) -> tuple[str, list[tuple[str, Any]]]:
    asked = item("turn:9", "current_request", request, role="user")
    contract = item("contract:x", "output_contract", CONTRACT)
    messages = render([CASE, OTHER, asked, *documents, *more, contract], KEY)
    made = offline_model.reply({"messages": messages, "tools": TOOLS})
    return "".join(made.pieces), [(call.name, json.loads(call.arguments)) for call in made.calls]


RISK = """\
**Risk**

- Risk on file: medium. [case:B-7]
- Harm: No person was hurt. [doc:RP-9#3]
- Likelihood: No crack occurred. [doc:RP-9#3]
- Quality of evidence: Laboratory results are outstanding. [doc:RP-9#3]

Nothing here binds anyone."""


@pytest.mark.req("UP-1")
def test_a_summary_fills_the_headings_of_the_contract_and_states_the_corrected_finding():
    text, calls = reply(f"What's the position on B-7? Just summarise the evidence.\n{RESOLVED}")

    assert calls == []
    assert text == (
        "**Position**\n\n"
        "- Case B-7: Bridge over the Till. Status: open, verified by m.ito at 2026-05-02 10:00 UTC. [case:B-7]\n\n"
        "**Evidence**\n\n"
        "- RP-9 (2026-05-01): No crack occurred. [doc:RP-9#3]\n"
        "- LE-2 (2026-04-02): “We accept that the railing is loose.” [doc:LE-2#2]\n"
        "- RP-4 (2026-03-01): corrected by RP-9. The crack in pier 2 was a shadow. [doc:RP-9#2]\n\n"
        "**Unknown**\n\n"
        "- Laboratory results are outstanding. [doc:RP-9#3]\n\n" + RISK
    )


@pytest.mark.req("UP-1")
def test_a_risk_analysis_holds_its_heading_only_and_changes_nothing():
    before = item("turn:1", "recent_turn", "What's the position on B-7?", role="user")

    assert reply("It is urgent: redo the risk analysis only, don't change the status.", before) == (RISK, [])


def test_the_answer_to_a_question_back_quotes_what_was_asked_for_before():
    asked = "answers the question about “the report” in the request: “Quote the key finding from the report.”\n"
    before = item("turn:1", "recent_turn", "Quote the key finding from the report.", role="user")
    text, calls = reply(f'{asked}Use the second one.\nresolved: "the second one" -> report RP-9', before)

    assert (text, calls) == ("“Key finding: no crack occurred.” – Report RP-9: Finding [doc:RP-9#3]", [])


def test_a_quotation_of_what_was_corrected_says_so():
    text, _ = reply("Quote the key finding of RP-4.")

    assert text == (
        "“Key finding: a crack in pier 2, attributed to the owner's trucks.” – Report RP-4: Finding [doc:RP-4#2]\n\n"
        "Corrected by RP-9: The crack in pier 2 was a shadow. It must not be attributed to the owner. [doc:RP-9#2]"
    )


def test_words_that_choose_nothing_do_not_carry_out_the_earlier_request():
    asked = f"answers the question about “the owner” in the request: “{ESCALATE}”\n"

    words = 'Thanks, that\'s all.\nresolved: "all" -> owner OLD-3, owner NEW-1'
    assert reply(asked + words) == ("You’re welcome.", [])


def test_an_order_is_called_at_once_with_a_reason_that_the_approver_can_read():
    assert reply(f"{ESCALATE}\n{RESOLVED}") == ("", [("change_status", ESCALATED)])


@pytest.mark.req("CX-8")
@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (RAN + DONE, "Done: change status (case B-7, from open, to escalated, approved by s.okafor). [tool:4]"),
        (
            "change_status did not run: stale_version: Case B-7 has changed.",
            "Not done: change status. Case B-7 has changed. [tool:4]",
        ),
        (
            'change_status({"case_id":"B-7","reason":"x","status":"closed"}) -> {"case":"B-7","to":"closed"}',
            "Done: change status (case B-7, to closed). [tool:4]",
        ),
    ],
)
def test_what_was_done_or_failed_is_reported_and_never_called_again(outcome: str, text: str):
    approved = item("approval:3", "approval", "s.okafor approved change_status.", trust="system_verified")
    result = item("tool:4", "tool_result", outcome, trust="tool_observed", role="tool")

    assert reply(f"{ESCALATE}\n{RESOLVED}", result, approved) == (text, [])


@pytest.mark.req("CX-8")
def test_a_refusal_is_reported_and_the_call_not_repeated():
    refused = item("approval:3", "approval", "s.okafor refused change_status. Not now.", trust="system_verified")

    assert reply(f"{ESCALATE}\n{RESOLVED}", refused) == ("s.okafor refused change_status. Not now. [approval:3]", [])


def test_an_outcome_settles_one_call_and_leaves_others_open():
    result = item("tool:4", "tool_result", RAN + DONE, role="tool")
    _, calls = reply(f"{ESCALATE} Add a note that the pier is dry.\n{RESOLVED}", result)

    assert calls == [("add_note", {"case_id": "B-7", "text": "The pier is dry."})]


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        (
            f"What is the status of B-7?\n{RESOLVED}",
            "Status: open, verified by m.ito at 2026-05-02 10:00 UTC. [case:B-7]",
        ),
        (
            'Who verified it and when?\nresolved: "it" -> case B-7',
            "Status: open, verified by m.ito at 2026-05-02 10:00 UTC. [case:B-7]",
        ),
        ("What does LE-2 say about the railing?", "“We accept that the railing is loose.” [doc:LE-2#2]"),
        (
            "Did the owner cause the crack in the pier?",
            "The crack in pier 2 was a shadow. It must not be attributed to the owner. [doc:RP-9#2]",
        ),
        ("What is still open?", "Laboratory results are outstanding. [doc:RP-9#3]"),
        ("Thanks, that's all.", "You’re welcome."),
        ("I'm tired.", "Noted. There is nothing for me to look up or to do here."),
    ],
)
def test_what_the_package_holds_is_answered_without_a_tool(request_text: str, answer: str):
    said = item("decision:1", "decision", "do not change the status (decided by o.brandt)", trust="user_claimed")
    before = item("turn:1", "recent_turn", "What's the position on B-7?", role="user")

    assert reply(request_text, said, before) == (answer, [])


@pytest.mark.parametrize(
    ("request_text", "name", "args"),
    [
        (
            "Add a note that the lab results are still missing.",
            "add_note",
            {"case_id": "B-7", "text": "The lab results are still missing."},
        ),
        (
            "Notify the owner that the case is open.",
            "notify_owner",
            {"case_id": "B-7", "subject": "The case is open", "text": "The case is open."},
        ),
        ("What is the weather in Paris?", "search_documents", {"query": "weather paris"}),
    ],
)
def test_what_a_call_needs_is_taken_from_the_request_and_from_what_was_spoken_of_last(
    request_text: str, name: str, args: dict[str, str]
):
    before = item("turn:1", "recent_turn", "What's the position on B-7?", role="user")
    later = item("turn:0", "recent_turn", "What about B-8?", role="user")

    assert reply(request_text, later, before) == ("", [(name, args)])


@pytest.mark.req("UP-1")
@pytest.mark.parametrize(
    ("passages", "text"),
    [
        ([], "Nothing in the material answers this."),
        (
            [{"id": "doc:MA-1#2", "document": "Map MA-1", "heading": "Rain", "text": "In Paris the weather is mild."}],
            "In Paris the weather is mild. [tool:4]",
        ),
    ],
)
def test_what_a_search_found_is_material_and_it_is_not_searched_twice(passages: list[dict[str, str]], text: str):
    result = f'search_documents({{"query":"weather paris"}}) -> {json.dumps({"passages": passages})}'

    assert reply("What is the weather in Paris?", item("tool:4", "tool_result", result, role="tool")) == (text, [])
