"""One tool call from its request to its end: who asked, who decided, what came of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from cli.inspect import plain_events, show_events
from cli.opening import services_of
from dossier.errors import NotFound
from dossier.services import Services
from dossier.settings import Settings
from state import events as e
from state.log import Event

_ENDS = {
    "tool_call_completed": "it ran",
    "tool_call_failed": "it failed",
    "tool_call_rejected": "it did not run",
    "human_approval_expired": "nobody decided in time",
}


@dataclass(frozen=True, slots=True)
class Trail:
    """A call, and the events that are about it, in order."""

    thread: str
    events: tuple[Event, ...]

    @property
    def name(self) -> str:
        return next(str(name) for event in self.events if (name := getattr(event.body, "name", None)))

    @property
    def requested_by(self) -> str | None:
        """Who waited for a decision; None where the call needed none."""
        asked = [event.body for event in self.events if isinstance(event.body, e.HumanApprovalRequested)]
        return asked[0].requested_by if asked else None

    @property
    def decided(self) -> list[dict[str, str]]:
        """Who said what, and in whose place."""
        said = {e.HumanApprovalGranted: "approved", e.HumanApprovalEdited: "edited", e.HumanApprovalDenied: "denied"}
        return [
            {"by": body.decided_by, "said": said[type(body)], "on_behalf_of": body.on_behalf_of or ""}
            for event in self.events
            if isinstance(body := event.body, e.HumanApprovalGranted | e.HumanApprovalEdited | e.HumanApprovalDenied)
        ]

    @property
    def outcome(self) -> str:
        """What came of it, in words."""
        ends = [_ENDS[event.header.type] for event in self.events if event.header.type in _ENDS]
        return ends[-1] if ends else "it has not run"

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "thread": self.thread,
            "tool": self.name,
            "requested_by": self.requested_by,
            "decided": self.decided,
            "outcome": self.outcome,
            "events": plain_events(self.events),
        }


async def trail(settings: Settings, tenant: str, thread: str | None, call: str) -> Trail:
    """Return what happened to a call.

    Args:
        settings: From the environment.
        tenant: Whose call.
        thread: Where it was made; None if the call is named by its approval.
        call: The id of its approval, or in a thread the number of one of its events: `38`, as in `tool:38`.

    Raises:
        NotFound: The tenant has no such call.
    """
    async with services_of(settings, tenant) as services:
        place = await (_of_approval(services, tenant, call) if thread is None else _at(services, tenant, thread, call))
        events = await services.log.turn(tenant, place[0], place[1])
    return Trail(place[0], tuple(event for event in events if getattr(event.body, "call", None) == place[2]))


def show_trail(out: Console, found: Trail, *, as_json: bool) -> None:
    """Print who decided a call and what came of it, then its events; or all as JSON."""
    if as_json:
        out.print_json(json.dumps(found.plain()))
        return
    out.print(f"{found.name}: {_decided(found)}; {found.outcome}.", markup=False, soft_wrap=True)
    show_events(out, found.events, as_json=False)


def _decided(found: Trail) -> str:
    if found.requested_by is None:
        return "no decision was asked for"
    said = [
        f"{one['said']} by {one['by']}" + (f" for {one['on_behalf_of']}" if one["on_behalf_of"] else "")
        for one in found.decided
    ]
    return f"asked for by {found.requested_by}, {', '.join(said) or 'decided by nobody'}"


_Place = tuple[str, str, e.CallRef]


async def _of_approval(services: Services, tenant: str, name: str) -> _Place:
    found = await services.approvals.get(tenant, name)
    return found.thread, found.turn, e.CallRef(ordinal=found.ordinal, index=found.index)


async def _at(services: Services, tenant: str, thread: str, name: str) -> _Place:
    await services.log.thread(tenant, thread)
    number = name.removeprefix("tool:")
    if not number.isdecimal():
        approval = await services.approvals.find(tenant, thread, name)
        return await _of_approval(services, tenant, approval.id)
    seq = int(number)
    events: Sequence[Event] = await services.log.events(tenant, thread, after=seq - 1, upto=seq)
    call = getattr(events[0].body, "call", None) if events else None
    turn = events[0].header.turn if events else None
    if call is None or turn is None:
        raise NotFound(f"Event {number} is about no call.", hint=f"dossier log {thread} lists the events.")
    return thread, turn, call
