"""What LangGraph keeps between steps: a small cache of the log, plain JSON, bounded."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypedDict

WINDOW = 24
"""Messages kept for user interfaces; the whole history is in the log."""

Message = dict[str, Any]
"""`{"type": "human" | "ai" | "tool", "id": str, "content": str, ...}`, as LangGraph's clients read it."""


def window(kept: Sequence[Message], added: Sequence[Message]) -> list[Message]:
    """Add messages to the window: the same id replaces, the oldest leave.

    Applying the same messages again changes nothing.
    """
    by_id = {message["id"]: message for message in (*kept, *added)}
    return list(by_id.values())[-WINDOW:]


class TurnInput(TypedDict):
    """What a client may send: one human message."""

    messages: list[Message]


class Scratchpad(TypedDict, total=False):
    """What only the open turn needs; empty when it ends."""

    ordinal: int
    """How many model calls the turn has made."""
    route: Literal["go", "ask", "tools", "approve", "run", "reply", "limit", "end"]
    """Where the step before wants the turn to go."""


class Channels(TypedDict):
    """The graph's whole state."""

    messages: Annotated[list[Message], window]
    session: dict[str, Any]
    """`state.session.Session` as plain JSON."""
    turn: Scratchpad
