"""Look at what is stored: threads' logs and verdicts."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.opening import services_of
from cli.rows import show_rows
from dossier.adapters.verify import Verdict
from dossier.services import open_services
from dossier.settings import Settings
from graphs.served import application
from state.log import Event
from state.principal import Principal

_MARKS = {"intact": "green", "erased": "yellow", "broken": "red", "truncated": "red", "rewritten": "red"}


async def migrate(settings: Settings) -> None:
    """Open and close the services, which migrates."""
    async with open_services(settings, application()):
        pass


async def verify(settings: Settings, tenant: str, thread: str) -> Verdict:
    """Return the verdict on a thread's log."""
    async with services_of(settings, tenant) as services:
        return await services.verifier.verify(tenant, thread)


async def events(settings: Settings, tenant: str, thread: str) -> tuple[Event, ...]:
    """Return a thread's events."""
    async with services_of(settings, tenant) as services:
        await services.log.thread(tenant, thread)
        return await services.log.events(tenant, thread)


async def holding(settings: Settings, tenant: str, thread: str | None, item: str) -> list[tuple[str, str, str]]:
    """Return what `Packages.holding` finds; an item of a thread itself, such as `fact:12`, only with the thread."""
    async with services_of(settings, tenant) as services:
        if thread is not None:
            await services.log.thread(tenant, thread)
        return await services.packages.holding(tenant, item, thread=thread)


async def erase(settings: Settings, tenant: str, by: str, thread: str, reason: str) -> str:
    """Erase a thread and return the erasure's id."""
    async with services_of(settings, tenant) as services:
        return await services.eraser.erase(Principal(tenant=tenant, user=by), thread, reason=reason)


def show_verdict(out: Console, thread: str, verdict: Verdict) -> None:
    """Print a verdict in one line."""
    where = f" at event {verdict.at}" if verdict.at else ""
    detail = f": {verdict.detail}" if verdict.detail else ""
    erased = f", {verdict.erased} of them erased" if verdict.erased else ""
    text = Text.assemble((verdict.status, _MARKS[verdict.status]), f"{where}{detail} ({verdict.events} events{erased})")
    out.print(f"Log of {thread}:", text)


def show_holding(out: Console, found: Sequence[tuple[str, str, str]], *, as_json: bool) -> None:
    """Print packages that showed an item, one line each or as JSON."""
    if as_json:
        out.print_json(json.dumps([dict(zip(("package", "thread", "turn"), row, strict=True)) for row in found]))
        return
    if not found:
        out.print("No package showed it.")
        return
    show_rows(out, ("package", "thread", "turn"), found)


def show_events(out: Console, events: Sequence[Event], *, as_json: bool) -> None:
    """Print events, one line each or as JSON."""
    rows = plain_events(events)
    if as_json:
        out.print_json(json.dumps(rows))
        return
    for row in rows:
        said = "erased" if row["body"] is None else json.dumps(row["body"], ensure_ascii=False)
        line = f"{row['seq']:>5}  {row['at']}  {row['type']:<30} {said}"
        out.print(line, markup=False, no_wrap=True, overflow="ellipsis")


def plain_events(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return events as JSON holds them."""
    return [
        {
            "seq": event.seq,
            "at": event.header.at.isoformat(timespec="seconds"),
            "type": event.header.type,
            "turn": event.header.turn,
            "body": event.body.model_dump(mode="json", exclude={"type"}) if event.body else None,
        }
        for event in events
    ]
