"""What waits for people, and who decides in whose place."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console

from cli.opening import services_of
from cli.rows import show_rows
from dossier.adapters.approvals import Approval
from dossier.adapters.delegations import Delegation
from dossier.settings import Settings
from state.principal import Principal


async def waiting(settings: Settings, tenant: str, *, limit: int, offset: int) -> list[Approval]:
    """Return what waits in the threads of a tenant, oldest first."""
    async with services_of(settings, tenant) as services:
        return await services.approvals.inbox(tenant, limit=limit, offset=offset)


async def delegate(settings: Settings, giver: Principal, to: str, *, seconds: float, reason: str) -> Delegation:
    """Let someone decide in another's place for a time; the operator vouches for who gives it."""
    async with services_of(settings, giver.tenant) as services:
        return await services.delegations.grant(giver, to, seconds=seconds, reason=reason)


def show(out: Console, approvals: Sequence[Approval], *, as_json: bool) -> None:
    """Print what waits: what, for whom, since when, until when."""
    if as_json:
        out.print_json(json.dumps([_plain(one) for one in approvals]))
        return
    if not approvals:
        out.print("Nothing waits.")
        return
    heads = ("what", "for", "since", "until", "approved by", "thread", "approval")
    show_rows(out, heads, [_row(one) for one in approvals])


def _row(one: Approval) -> tuple[str, ...]:
    said = ", ".join(vote.decided_by for vote in one.votes) or "nobody"
    times = _minute(one.requested_at), _minute(one.expires_at)
    yes = f"{said} ({len(one.votes)} of {one.approvers})"
    return one.description or one.tool, one.requested_by, *times, yes, one.thread, one.id


def _minute(time: datetime) -> str:
    return time.isoformat(sep=" ", timespec="minutes")


def _plain(one: Approval) -> dict[str, Any]:
    return {
        "approval": one.id,
        "thread": one.thread,
        "turn": one.turn,
        "about": one.about,
        "tool": one.tool,
        "effect": one.effect,
        "args": dict(one.args),
        "description": one.description,
        "requested_by": one.requested_by,
        "requested_at": one.requested_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
        "approvers": one.approvers,
        "approved_by": [vote.decided_by for vote in one.votes],
        "interrupt": one.interrupt_id,
    }
