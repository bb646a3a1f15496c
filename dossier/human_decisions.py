"""What a human may answer to a waiting call, in the forms that public clients send.

Current form: `{"decisions": [{"type": "approve"}]}`, with `edit` (`edited_action`), `reject`
and `respond` (`message`). Older form: `[{"type": "accept" | "edit" | "ignore" | "response", "args": ...}]`.
Each interrupt asks about one call and takes one decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dossier.cleaning import clean, cleaned
from dossier.errors import InvalidInput

MESSAGE_LIMIT = 2_000
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
    name: str | None = None
    """The tool that an edit names; it must be the one that was asked about."""


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
    kind = _TYPES.get(str(given.get("type"))) if isinstance(given, Mapping) else None
    if kind is None:
        raise InvalidInput("The decision has no known type.", hint=_HINT)
    args = given.get("args")
    message = given.get("message") or (args if isinstance(args, str) else "") or ""
    if kind != "edit":
        return Answer(kind, message=clean(str(message))[:MESSAGE_LIMIT])
    return _edit(given, clean(str(message))[:MESSAGE_LIMIT])


def _edit(given: Mapping[str, Any], message: str) -> Answer:
    action = given.get("edited_action") or given.get("args")
    if not isinstance(action, Mapping):
        raise InvalidInput("An edit needs edited_action with name and args.", hint=_HINT)
    action = {"name": action.get("name") or action.get("action"), "args": action.get("args")}
    if not isinstance(action["args"], Mapping):
        raise InvalidInput("An edit needs the arguments to run with.", hint=_HINT)
    name = str(action["name"]) if action["name"] else None
    return Answer("edit", message=message, args=cleaned(dict(action["args"])), name=name)


def payload(approval_id: str, tool: str, args: Mapping[str, Any], description: str, expires_at: str) -> dict[str, Any]:
    """Return what an interrupt shows: the human-in-the-loop request that public clients render."""
    return {
        "action_requests": [{"name": tool, "args": dict(args), "description": description}],
        "review_configs": [{"action_name": tool, "allowed_decisions": ["approve", "edit", "reject", "respond"]}],
        "approval_id": approval_id,
        "expires_at": expires_at,
    }
