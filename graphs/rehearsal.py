"""What if: a turn again, in a fork in which nothing takes effect, with one thing about its package changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters.packages import Prompt
from dossier.context.alter import Alteration
from dossier.errors import BudgetExceeded, InvalidInput, NotFound, PackageIncomplete
from dossier.services import Services
from graphs.assembly import turn_graph
from state import events as e
from state.log import Event


@dataclass(frozen=True, slots=True)
class Told:
    """One telling of a turn."""

    thread: str
    prompt: Prompt | None
    """Of its first model call; None when no package could be made."""
    reply: str
    calls: tuple[str, ...]
    """Tools that the model asked for, with arguments."""
    refused: str = ""
    """Code and message of why no package could be made."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A turn as it was, and as it would have been."""

    before: Told
    after: Told


async def what_if(services: Services, tenant: str, package_id: str, alteration: Alteration) -> Compared:
    """Tell a turn again with its first package altered; the original stays as it is.

    The message is sent for the person who sent it, to a fork of the thread from before the turn.

    Args:
        services: Open ones.
        tenant: Of the package.
        package_id: Of the turn's first model call.
        alteration: What is changed.

    Raises:
        NotFound: No such package is stored, or its message was erased; or there is no such prompt or strategy.
        InvalidInput: The package is not of the turn's first call, or the alteration names an item that was not
            gathered or that the user may not see.
        LimitReached: Nothing is left of what the thread, its user or the tenant may take.
        DossierError: Something that the turn needs is away, such as its model.
    """
    prompt = await services.packages.by_id(tenant, package_id)
    header = prompt.package.header
    events = await services.log.turn(tenant, header.session, header.turn)
    before = _told(header.session, events, prompt)
    first = next(event.body.package_id for event in events if isinstance(event.body, e.ContextPackageBuilt))
    if first != package_id:
        raise InvalidInput("A turn is told again from its first model call.", hint=f"Take {first}.")
    body = next((event.body for event in events if isinstance(event.body, e.UserMessageReceived)), None)
    if body is None:
        raise NotFound("The message of this turn was erased.", hint="Take a package of another turn.")
    await services.usage.refuse_spent(body.principal, header.session)
    graph = turn_graph(services, alteration=alteration).acting_as(body.principal)
    fork = await services.forks.make(
        tenant, header.session, services.new_id(), upto=events[0].seq - 1, user=body.principal.user
    )
    given: Any = {"messages": [{"role": "user", "content": body.text, "id": body.message_id}]}
    refused = ""
    try:
        await graph.ainvoke(given, {"configurable": {"thread_id": fork}})
    except (BudgetExceeded, PackageIncomplete) as error:
        refused = f"{error.code}: {error.message}"
    again = await services.log.turn(tenant, fork, header.turn)
    return Compared(before, _told(fork, again, await _first_prompt(services, tenant, again), refused))


async def _first_prompt(services: Services, tenant: str, events: Sequence[Event]) -> Prompt | None:
    built = [event.body.package_id for event in events if isinstance(event.body, e.ContextPackageBuilt)]
    return await services.packages.by_id(tenant, built[0]) if built else None


def _told(thread: str, events: Sequence[Event], prompt: Prompt | None, refused: str = "") -> Told:
    bodies = [event.body for event in events]
    replies = [body.text for body in bodies if isinstance(body, e.AssistantResponseGenerated)]
    asked = [call for body in bodies if isinstance(body, e.ModelCalled) for call in body.tool_calls]
    calls = tuple(f"{call.name} {_args(call.args)}" for call in asked)
    return Told(thread, prompt, replies[-1] if replies else "", calls, refused)


def _args(args: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(args.items()))
