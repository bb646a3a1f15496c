"""What is played: varied turns, each with a script that a model answers alike however often it is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

CASE = "C-1042"
NOTICE = {"case_id": CASE, "subject": "Records", "text": "Please send the temperature records."}
STATUS = {"case_id": CASE, "status": "escalated", "reason": "A school kitchen is affected."}
NOTE = {"case_id": CASE, "text": "The laboratory called back."}
BELL = {"case_id": CASE}


@dataclass(frozen=True, slots=True)
class Say:
    """The requester sends a message; its id is its place in the scenario."""

    text: str


@dataclass(frozen=True, slots=True)
class Decide:
    """The approver decides the call that was asked for last."""

    decision: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One conversation on a thread of its own."""

    name: str
    steps: Sequence[Say | Decide]
    script: Sequence[Mapping[str, Any]]
    """Items of a scripted model, later turns first: each request is answered by the first that fits it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    may_be_unknown: bool = False
    """After a kill the outcome of its call may be on record as unknown."""
    ignored: frozenset[str] = frozenset()
    """Event types of which a killed run may have more."""
    rings: Literal["once", "at most once", "never"] = "never"
    """How often the bell, which has no keys, may ring."""


def _calls(when: str, tool: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Call a tool when asked, and report when the package shows what came of it."""
    return [
        {"kind": "text", "when": rf"\b{tool}\b(?! for)", "text": f"Reported: {tool}."},
        {"kind": "tool_calls", "when": when, "calls": [{"name": tool, "arguments": arguments}]},
    ]


def _say(text: str, when: str = "", **more: Any) -> dict[str, Any]:
    return {"kind": "text", "text": text, "when": when, **more}


APPROVE = Decide({"type": "approve"})
REJECT = Decide({"type": "reject", "message": "Not before the laboratory has reported."})
EDITED = {**NOTICE, "text": "Please send the records of September."}
EDIT = Decide({"type": "edit", "edited_action": {"name": "notify_licensee", "args": EDITED}})
_NOTIFY, _ESCALATE = Say(f"Notify the licensee of {CASE}."), Say(f"Change the status of {CASE} to escalated.")
_FAIL = {"kind": "error", "status": 400, "code": "context_length_exceeded", "message": "too long"}

SCENARIOS = (
    Scenario("plain answers", [Say("Good morning."), Say("Thank you.")], [_say("Anything.")]),
    Scenario("read tool", [Say(f"Look at {CASE}.")], _calls("Look at", "get_case", {"case_id": CASE})),
    Scenario("note", [Say(f"Add a note to {CASE}: the laboratory called back.")], _calls("note", "add_note", NOTE)),
    Scenario(
        "clarification",
        [Say(f"Look at {CASE}."), Say("Quote the key finding from the report."), Say("The second one.")],
        [_say("Quoted.", "Quote the key"), _say("Looked at.")],
    ),
    Scenario("approved change", [_ESCALATE, APPROVE], _calls("escalated", "change_status", STATUS)),
    Scenario("denied change", [_ESCALATE, REJECT], _calls("escalated", "change_status", STATUS)),
    Scenario("approved notice", [_NOTIFY, APPROVE], _calls("Notify", "notify_licensee", NOTICE)),
    Scenario("edited notice", [_NOTIFY, EDIT], _calls("Notify", "notify_licensee", NOTICE)),
    Scenario(
        "bell that can be asked",
        [Say(f"Ring for {CASE}.")],
        _calls("Ring for", "ring_and_ask", BELL),
        rings="once",
    ),
    Scenario(
        "bell that can't be asked",
        [Say(f"Ring for {CASE}.")],
        _calls("Ring for", "ring", BELL),
        may_be_unknown=True,
        # A person is asked whether it rang; and an answer of theirs makes a summary due.
        ignored=frozenset(
            {
                "human_approval_requested",
                "human_approval_granted",
                "human_approval_denied",
                "state_update_proposed",
                "state_update_applied",
                "summary_generated",
            }
        ),
        rings="at most once",
    ),
    Scenario("summaries", [Say("Good morning."), Say("Thank you.")], [_say("Anything.")], {"summary_turns": 1}),
    Scenario(
        "superseded approval",
        [_NOTIFY, Say("Thank you.")],
        [_say("Very well.", "Thank you"), *_calls("Notify", "notify_licensee", NOTICE)],
        {"pending_message_policy": "supersede"},
    ),
    Scenario(
        "turn that fails for good",
        [Say("Good morning."), Say("Thank you.")],
        [_say("You are welcome.", "Thank you"), _FAIL],
        ignored=frozenset({"model_call_failed"}),
    ),
    Scenario("slow model", [Say("Good morning.")], [_say("Slowly said.", delay=0.3)]),
)
