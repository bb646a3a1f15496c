"""What a human may answer to a waiting call, in the forms that public clients send.

Current form: `{"decisions": [{"type": "approve"}]}`, with `edit` (`edited_action`), `reject`
and `respond` (`message`). Older form: `[{"type": "accept" | "edit" | "ignore" | "response", "args": ...}]`.
Each interrupt asks about one call and takes one decision. What is in neither form, or in
more than one at once, is refused: nobody's click is guessed at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dossier.adapters.approvals import Approval
from dossier.cleaning import clean, cleaned
from dossier.errors import InvalidInput
from state.canonical import canonical

MESSAGE_LIMIT = 2_000
_FIELDS = frozenset({"type", "message", "args", "edited_action"})
_HINT = 'Send {"decisions": [{"type": "approve" | "edit" | "reject" | "respond", ...}]}.'
_TYPES: Mapping[str, Literal["approve", "edit", "reject"]] = {
    "approve": "approve",
    "accept": "approve",
    "edit": "edit",
    "reject": "reject",
    "ignore": "reject",
    "respond": "reject",
    "response": "reject",
}
"""A response in words stands for the call: the call does not run, the model sees the words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision as the client meant it."""

    type: Literal["approve", "edit", "reject"]
    message: str = ""
    args: Mapping[str, Any] | None = None
    """Of an edit: what to run with. Of an approval: what the client showed, if it says so."""
    name: str | None = None
    """The tool that the client names; it must be the one that was asked about."""


def answer(given: Any) -> Answer:
    """Return the one decision that an answer to one interrupt holds.

    Raises:
        InvalidInput: It is in no known form, or holds several decisions.
    """
    if isinstance(given, Mapping) and "decisions" in given:
        given = given["decisions"]
    if isinstance(given, Mapping):
        given = [given]
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence) or len(given) != 1:
        raise InvalidInput("An approval takes one decision.", hint=_HINT)
    return _one(given[0])


def _one(given: Any) -> Answer:
    if not isinstance(given, Mapping) or not isinstance(given.get("type"), str):
        raise InvalidInput("The decision has no type.", hint=_HINT)
    kind = _TYPES.get(given["type"])
    if kind is None:
        raise InvalidInput(f"There is no decision {given['type'][:40]!r}.", hint=_HINT)
    if extra := sorted(str(name) for name in set(given) - _FIELDS):
        raise InvalidInput(f"The decision has {', '.join(map(repr, extra))}.", hint=_HINT)
    message, action = _message(given), _action(given)
    if kind == "edit":
        if action is None:
            raise InvalidInput("An edit needs the arguments to run with.", hint=_HINT)
        return Answer("edit", message, *action)
    if kind == "approve" and action is not None:
        return Answer("approve", message, *action)
    if "edited_action" in given:
        raise InvalidInput(f"A {given['type']!r} edits nothing.", hint=_HINT)
    return Answer(kind, message)


def _message(given: Mapping[str, Any]) -> str:
    said = [given[name] for name in ("message", "args") if isinstance(given.get(name), str)]
    if given.get("message") is not None and not isinstance(given["message"], str):
        raise InvalidInput("The message of a decision is a text.", hint=_HINT)
    return clean(said[0])[:MESSAGE_LIMIT] if said else ""


def _action(given: Mapping[str, Any]) -> tuple[dict[str, Any], str | None] | None:
    """Return the arguments that a decision holds, and the tool that they are for."""
    action = given.get("edited_action") if "edited_action" in given else given.get("args")
    if action is None or isinstance(action, str):
        return None
    if not isinstance(action, Mapping) or not isinstance(action.get("args"), Mapping):
        raise InvalidInput("An action has a name and args.", hint=_HINT)
    name = action.get("name") or action.get("action")
    return cleaned(dict(action["args"])), str(name) if name else None


def payload(approval: Approval) -> dict[str, Any]:
    """Return what an interrupt shows: the human-in-the-loop request that public clients render."""
    allowed = ["approve", "edit", "reject", "respond"] if approval.about == "call" else ["approve", "reject"]
    asked = {"name": approval.tool, "args": dict(approval.args), "description": approval.description}
    more: dict[str, Any] = {} if approval.about == "call" else {"about": "outcome"}
    if approval.approvers > 1:
        more |= {"approvers": approval.approvers, "approved_by": [vote.decided_by for vote in approval.votes]}
    return {
        "action_requests": [asked],
        "review_configs": [{"action_name": approval.tool, "allowed_decisions": allowed}],
        "approval_id": approval.id,
        "expires_at": approval.expires_at.isoformat(),
        **more,
    }


def outcome_question(tool: str, args: Mapping[str, Any], description: str) -> str:
    """Return what a person is asked about a call that may have taken place."""
    what = description or f"{tool} {canonical(dict(args)).decode()}"
    return f"Did this take place? {what} (Approve: it did. Reject: it did not. It is not done again either way.)"
