"""A thread's past: its turns, what was remembered at any point, and forks from there."""

import json
from dataclasses import asdict
from typing import Any

from rich.console import Console

from cli.opening import services_of
from cli.rows import show_rows
from dossier import time_travel as past
from dossier.settings import Settings
from dossier.time_travel import Turn, turns_of


async def turns(settings: Settings, tenant: str, thread: str) -> list[Turn]:
    """Return a thread's turns, oldest first."""
    async with services_of(settings, tenant) as services:
        await services.log.thread(tenant, thread)
        events = await services.log.events(tenant, thread)
    return turns_of(events)


async def state_at(settings: Settings, tenant: str, thread: str, at: int | None) -> dict[str, Any]:
    """Return the session as of an event, and what was known then."""
    async with services_of(settings, tenant) as services:
        return await past.state_at(services.log, services.knowledge, tenant, thread, at)


async def fork(settings: Settings, tenant: str, thread: str, at: int, *, user: str, effects: bool) -> str:
    """Make a fork and return its id."""
    async with services_of(settings, tenant) as services:
        return await services.forks.make(tenant, thread, services.new_id(), upto=at, user=user, rehearsal=not effects)


def show_turns(out: Console, turns: list[Turn], *, as_json: bool) -> None:
    """Print turns, a line each, or as JSON."""
    if as_json:
        out.print_json(json.dumps([asdict(turn) for turn in turns]))
        return
    show_rows(out, ("events", "said", "replied", "receipt of the last call"), [_row(turn) for turn in turns])


def _row(turn: Turn) -> tuple[str, ...]:
    said, replied = (" ".join(text.split())[:60] for text in (turn.said, turn.replied))
    return f"{turn.first}-{turn.last}", said, replied, turn.receipts[-1] if turn.receipts else ""
