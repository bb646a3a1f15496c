"""A thread's past: its turns, and what was remembered at any point of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from dossier.adapters.log import Log
from dossier.adapters.projection import KnowledgeReader
from dossier.errors import InvalidInput
from state.events import AssistantResponseGenerated, ContextPackageBuilt, TurnEnded, UserMessageReceived
from state.fold import fold
from state.log import Event


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a thread."""

    id: str
    first: int
    """The event before it is where a fork that tells it anew begins: `first - 1`."""
    last: int
    said: str
    replied: str
    outcome: str
    """Empty while it is open."""
    receipts: tuple[str, ...]


def turns_of(events: Iterable[Event]) -> list[Turn]:
    """Return the turns among a thread's events, oldest first."""
    by_turn: dict[str, list[Event]] = {}
    for event in events:
        if event.header.turn is not None:
            by_turn.setdefault(event.header.turn, []).append(event)
    return [_turn(id, found) for id, found in by_turn.items()]


def _turn(id: str, events: list[Event]) -> Turn:
    bodies = [event.body for event in events]
    said = next((body.text for body in bodies if isinstance(body, UserMessageReceived)), "(erased)")
    replies = [body.text for body in bodies if isinstance(body, AssistantResponseGenerated)]
    ended = [body.outcome for body in bodies if isinstance(body, TurnEnded)]
    receipts = tuple(body.package_id for body in bodies if isinstance(body, ContextPackageBuilt))
    return Turn(
        id, events[0].seq, events[-1].seq, said, replies[-1] if replies else "", ended[-1] if ended else "", receipts
    )


async def state_at(log: Log, knowledge: KnowledgeReader, tenant: str, thread: str, at: int | None) -> dict[str, Any]:
    """Return the session as of an event, by default the last, and what was known then, as plain JSON.

    Raises:
        InvalidInput: The thread has no such event.
    """
    row = await log.thread(tenant, thread)
    version = row.seq if at is None else at
    if not 1 <= version <= row.seq:
        raise InvalidInput(f"The thread has no event {version}.", hint=f"Its events are 1 to {row.seq}.")
    session = fold(None, await log.events(tenant, thread, upto=version))
    where = (tenant, thread, version)
    facts, rejected = await knowledge.facts(*where), await knowledge.rejections(*where)
    decisions, entities = await knowledge.decisions(*where), await knowledge.entities(*where)
    return {
        "session": session.model_dump(mode="json"),
        "facts": [fact.held.model_dump(mode="json") for fact in facts],
        "rejected": [row.held.model_dump(mode="json") for row in rejected],
        "decisions": [asdict(row.held) for row in decisions],
        "entities": [asdict(entity) for entity in entities],
    }
