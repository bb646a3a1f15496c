"""What was taken of the limits: of a conversation, and today by a user and their tenant."""

from typing import Any

from rich.console import Console
from rich.table import Table

from cli.opening import services_of
from dossier.limits import BILLIONTHS, NONE, Limits, Used
from dossier.settings import Settings

_COLUMNS = ("model_calls", "tool_calls", "tokens", "spend")


async def taken(settings: Settings, tenant: str, user: str, thread: str) -> list[Used]:
    """Return what was taken; what has taken nothing is left out."""
    async with services_of(settings, tenant) as services:
        return await services.usage.used(tenant, user, thread)


def show(out: Console, used: list[Used], limits: Limits | None) -> None:
    """Print a table: what was taken, of how much."""
    table = Table("", "model calls", "tool calls", "tokens", "US dollars")
    for one in used:
        limit = (limits or NONE).of(one.scope)
        cells = [_of(_plain(one)[name], getattr(limit, name)) for name in _COLUMNS]
        table.add_row(one.scope if one.scope == "thread" else f"{one.scope}, today", *cells)
    out.print(table if used else "Nothing was taken.")


def plain(used: list[Used]) -> dict[str, dict[str, Any]]:
    """Return what was taken by scope; spend in US dollars."""
    return {one.scope: _plain(one) for one in used}


def _plain(one: Used) -> dict[str, Any]:
    return {name: getattr(one.amounts, name) for name in _COLUMNS} | {"spend": one.amounts.spend / BILLIONTHS}


def _of(taken: float, limit: float | None) -> str:
    return f"{taken:g}" if limit is None else f"{taken:g} of {limit:g}"
