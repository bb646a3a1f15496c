"""What a turn came to, read from the log: the one authority on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from dossier.adapters.approvals import Approvals
from dossier.adapters.log import Log
from dossier.errors import NotFound
from state import events as e
from state.log import Event

_TELLING = ("user_message_received", "assistant_response_generated", "turn_ended")
Status = Literal["answered", "clarified", "failed", "limit_reached", "refused", "abandoned", "waiting", "working"]


class Message(BaseModel):
    """One message of a conversation."""

    id: str
    turn: str
    """The id of the user's message that began the turn."""
    role: Literal["user", "assistant", "system", "tool"]
    """Others than user and assistant come with an import only."""
    text: str | None
    """None when it was erased."""
    tokens: int | None
    at: datetime
    imported: bool
    """It was said elsewhere and brought in: untrusted."""


class Reply(BaseModel):
    """How a turn stands."""

    turn: str
    """The id of the user's message."""
    status: Status
    """`waiting`: a call needs a decision. `working`: it runs, or will be taken up again."""
    message: Message | None
    """The assistant's reply, when there is one."""
    approvals: list[str]
    """Ids of the approvals that wait."""


class Replies:
    """Reads how turns stand."""

    def __init__(self, log: Log, approvals: Approvals) -> None:
        self._log = log
        self._approvals = approvals

    async def of_turn(self, tenant: str, thread: str, turn: str) -> Reply:
        """Return how a turn stands.

        Raises:
            NotFound: There is no such turn.
        """
        events = await self._log.turn(tenant, thread, turn, types=_TELLING)
        if not any(event.header.type == "user_message_received" for event in events):
            raise NotFound(f"There is no message {turn!r}.", hint="Check the id.")
        if ended := [event for event in events if event.header.type == "turn_ended"]:
            body = ended[-1].body
            status: Status = body.outcome if isinstance(body, e.TurnEnded) else "failed"
            return Reply(turn=turn, status=status, message=_last(events), approvals=[])
        pending = [a.id for a in await self._approvals.pending(tenant, thread) if a.turn == turn and not a.is_late]
        return Reply(turn=turn, status="waiting" if pending else "working", message=None, approvals=pending)


def message_of(event: Event) -> Message:
    """Return a message event as a client sees it."""
    body, turn = event.body, event.header.turn or ""
    kept = body if isinstance(body, (e.UserMessageReceived, e.AssistantResponseGenerated, e.MessageImported)) else None
    by_type = "user" if event.header.type == "user_message_received" else "assistant"
    return Message(
        id=kept.message_id if kept else f"{turn}/{event.seq}",
        turn=turn,
        role=kept.role if isinstance(kept, e.MessageImported) else by_type,
        text=kept.text if kept else None,
        tokens=kept.tokens if kept else None,
        at=event.header.at,
        imported=event.header.type == "message_imported",
    )


def _last(events: Sequence[Event]) -> Message | None:
    said = [event for event in events if event.header.type == "assistant_response_generated"]
    return message_of(said[-1]) if said else None
