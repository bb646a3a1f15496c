"""What LangGraph keeps between steps: a small cache of the log, plain JSON, bounded."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict  # pydantic makes schemas of no other before Python 3.12

from state.lifecycle import Lifecycle

_WINDOW = Lifecycle("session", "runtime", "thread", "the log's newest messages", "claimed", "erasable", "never")
_CACHE = Lifecycle("session", "runtime", "thread", "fold of the log", "derived", "with_thread", "never")
_TURN = Lifecycle("session", "runtime", "turn", "the open turn", "derived", "with_turn", "never")

WINDOW = 24
"""Messages kept for user interfaces; the whole history is in the log."""

Message = dict[str, Any]
"""`{"type": "human" | "ai" | "tool", "id": str, "content": str, ...}`, as LangGraph's clients read it."""


def window(kept: Sequence[Message], added: Sequence[Message]) -> list[Message]:
    """Add messages to the window: the same id replaces and is the newest, the oldest leave.

    Applying the same messages again changes nothing.
    """
    new = {message["id"]: message for message in added}
    return [*(message for message in kept if message["id"] not in new), *new.values()][-WINDOW:]


class UserMessage(TypedDict):
    """What a user says."""

    role: Literal["user"]
    content: str
    id: NotRequired[str]
    """The client's own; sent again, it is the same turn."""


class TurnInput(TypedDict):
    """What a client may send: one message of its user's."""

    messages: list[UserMessage]


class Scratchpad(TypedDict, total=False):
    """What only the open turn needs; empty when it ends."""

    ordinal: Annotated[int, _TURN]
    """How many model calls the turn has made."""
    route: Annotated[
        Literal["go", "ask", "tools", "approve", "run", "reply", "limit", "refused", "end", "ask_outcome"], _TURN
    ]
    """Where the step before wants the turn to go."""


class Channels(TypedDict):
    """The graph's whole state."""

    messages: Annotated[list[Message], _WINDOW, window]
    session: Annotated[dict[str, Any], _CACHE]
    """`state.session.Session` as plain JSON."""
    turn: Annotated[Scratchpad, _TURN]
