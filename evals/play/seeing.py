"""What one step brought about, as expectations look at it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters.approvals import Approval
from dossier.adapters.packages import Prompt
from evals.play.place import Place, Told
from evals.play.records import Known
from state import events as e
from state.log import Event


@dataclass(frozen=True, slots=True)
class Seen:
    """The thread and the world after a step."""

    told: Told
    events: tuple[Event, ...]
    """Of this step; at the end all of the thread."""
    prompts: list[Prompt]
    session: Mapping[str, Any]
    known: Known
    waiting: Sequence[Approval]
    cases: Mapping[str, Mapping[str, Any]]
    effects: Mapping[str, int]
    requests: Sequence[Mapping[str, Any]]
    """What a scripted model received in this step."""

    def of(self, kind: type[e.Body]) -> list[Any]:
        """Return the bodies of a type, in order."""
        return [event.body for event in self.events if isinstance(event.body, kind)]


async def look(place: Place, thread: str, told: Told, *, after: int, requests: int, tools: Sequence[str]) -> Seen:
    """Return what is there after a step.

    Args:
        place: Where it was done.
        thread: In which thread.
        told: What the client was told.
        after: The last event before the step.
        requests: How many requests the model had received before it.
        tools: Those whose effects are asked about.
    """
    events = await place.records.events(thread, after)
    last = events[-1].seq if events else after
    return Seen(
        told=told,
        events=events,
        prompts=await place.records.prompts(events),
        session=await place.session(thread) or {},
        known=await place.records.known(thread, last),
        waiting=await place.records.waiting(thread),
        cases=await place.records.cases(),
        effects=await place.records.effects(thread, tools),
        requests=list(place.requests[requests:]),
    )


def plain(body: e.EventBody | None) -> dict[str, Any]:
    """Return an event's body as JSON data; nothing of an erased one."""
    return {} if body is None else json.loads(body.model_dump_json())


def at(data: Any, path: str) -> Any:
    """Return what is at a dotted path; numbers are places in lists.

    Raises:
        LookupError: There is nothing.
    """
    for part in path.split("."):
        if isinstance(data, Sequence) and not isinstance(data, str):
            data = data[int(part)] if part.lstrip("-").isdigit() else _missing(part)
        elif isinstance(data, Mapping):
            data = data[part]
        else:
            _missing(part)
    return data


def _missing(part: str) -> Any:
    raise LookupError(part)
