"""A thread's past: its turns, what was remembered at any point, and forks from there."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.opening import services_of
from dossier.errors import InvalidInput
from dossier.settings import Settings
from state.events import AssistantResponseGenerated, ContextPackageBuilt, UserMessageReceived
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
    receipts: tuple[str, ...]


async def turns(settings: Settings, tenant: str, thread: str) -> list[Turn]:
    """Return a thread's turns, oldest first."""
    async with services_of(settings, tenant) as services:
        await services.log.thread(tenant, thread)
        events = await services.log.events(tenant, thread)
    by_turn: dict[str, list[Event]] = {}
    for event in events:
        if event.header.turn is not None:
            by_turn.setdefault(event.header.turn, []).append(event)
    return [_turn(id, found) for id, found in by_turn.items()]


def _turn(id: str, events: list[Event]) -> Turn:
    bodies = [event.body for event in events]
    said = next((body.text for body in bodies if isinstance(body, UserMessageReceived)), "(erased)")
    replies = [body.text for body in bodies if isinstance(body, AssistantResponseGenerated)]
    receipts = tuple(body.package_id for body in bodies if isinstance(body, ContextPackageBuilt))
    return Turn(id, events[0].seq, events[-1].seq, said, replies[-1] if replies else "", receipts)


async def state_at(settings: Settings, tenant: str, thread: str, at: int | None) -> dict[str, Any]:
    """Return the session as of an event, and what was known then."""
    async with services_of(settings, tenant) as services:
        row = await services.log.thread(tenant, thread)
        version = row.seq if at is None else at
        if not 1 <= version <= row.seq:
            raise InvalidInput(f"The thread has no event {version}.", hint=f"Its events are 1 to {row.seq}.")
        session = fold(None, await services.log.events(tenant, thread, upto=version))
        where = (tenant, thread, version)
        facts, rejected = await services.knowledge.facts(*where), await services.knowledge.rejections(*where)
        decisions, entities = await services.knowledge.decisions(*where), await services.knowledge.entities(*where)
    return {
        "session": session.model_dump(mode="json"),
        "facts": [fact.held.model_dump(mode="json") for fact in facts],
        "rejected": [row.held.model_dump(mode="json") for row in rejected],
        "decisions": [asdict(row.held) for row in decisions],
        "entities": [asdict(entity) for entity in entities],
    }


async def fork(settings: Settings, tenant: str, thread: str, at: int, *, user: str, effects: bool) -> str:
    """Make a fork and return its id."""
    async with services_of(settings, tenant) as services:
        return await services.forks.make(tenant, thread, services.new_id(), upto=at, user=user, rehearsal=not effects)


def show_turns(out: Console, turns: list[Turn], *, as_json: bool) -> None:
    """Print turns, a line each, or as JSON."""
    if as_json:
        out.print_json(json.dumps([asdict(turn) for turn in turns]))
        return
    table = Table("events", "said", "replied", "receipt of the last call", box=None, pad_edge=False)
    for turn in turns:
        said, replied = (" ".join(text.split())[:60] for text in (turn.said, turn.replied))
        table.add_row(
            f"{turn.first}-{turn.last}", Text(said), Text(replied), turn.receipts[-1] if turn.receipts else ""
        )
    out.print(table)
