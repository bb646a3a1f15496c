"""The graph that a server serves: the one module that joins graph, services and application.

A server reads langgraph.json and enters `checkpointer` once, before any request: that
opens the services. `turn` then hands out the graph over them, for each run and read.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, Self

from langchain_core.runnables import RunnableConfig

from casework.demonstration import demonstration
from casework.people import people
from dossier.adapters.saver import FencedSaver, reading_tenant
from dossier.application import Application
from dossier.errors import InvalidSettings, Unavailable
from dossier.services import Services, open_services
from dossier.settings import Settings, variable
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from state.principal import Principal

# The command line reaches the application through here.
__all__ = [
    "Live",
    "ServedSaver",
    "application",
    "checkpointer",
    "demonstration",
    "live",
    "people",
    "principal_from_server",
    "turn",
]

USER_KEY = "langgraph_auth_user"
"""Where a LangGraph server puts the user that it verified into a run's `configurable`."""


_NAMED_SO = "Name a function as package.module:function, in a package that Python finds."


def application(*parts: Any) -> Application:
    """Return the application that the settings name.

    Args:
        parts: Handed to the function that makes it.

    Raises:
        InvalidSettings: There is none of that name.
    """
    name = Settings().application
    try:
        make = resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidSettings(
            f"{variable('application')} names {name!r}, which can't be loaded: {error}.", hint=_NAMED_SO
        ) from error
    made = make(*parts) if callable(make) else None
    if not isinstance(made, Application):
        raise InvalidSettings(f"{variable('application')} names {name!r}, which makes no Application.", hint=_NAMED_SO)
    return made


@dataclass(frozen=True, slots=True)
class Live:
    """What this process serves."""

    services: Services
    graph: GatedGraph


_live: Live | None = None


class ServedSaver(FencedSaver):
    """A saver that also knows for whom a server's worker reads, after a run of theirs."""

    def _for_read(self, config: RunnableConfig | None) -> Self:
        # What the door verified comes first: a request can put anything into a read's config.
        if reading_tenant.get() is not None or (caller := principal_from_server(config or {})) is None:
            return super()._for_read(config)
        bound = reading_tenant.set(caller.tenant)
        try:
            return super()._for_read(config)
        finally:
            reading_tenant.reset(bound)


@asynccontextmanager
async def checkpointer() -> AsyncIterator[ServedSaver]:
    """Open the services of this process, and yield what a server stores checkpoints with.

    Raises:
        Unavailable: They are open already: one event loop serves.
    """
    global _live
    if _live is not None:
        raise Unavailable("The services of this process are open already.", hint="Serve from one event loop.")
    settings, app = await asyncio.to_thread(lambda: (Settings(), application()))
    async with open_services(settings, app) as services:
        _live = Live(services, turn_graph(services, identify=principal_from_server))
        try:
            yield ServedSaver(services.db, services.leases)
        finally:
            _live = None


def live() -> Live:
    """Return what this process serves.

    Raises:
        Unavailable: The server has not started, or is stopping.
    """
    if _live is None:
        raise Unavailable("The services are not open.", hint="Start the server with `make dev`.")
    return _live


def turn() -> GatedGraph:
    """Return the served graph; langgraph.json names this function."""
    return live().graph


def principal_from_server(config: RunnableConfig) -> Principal | None:
    """Return the user that the server verified for a run, or None."""
    return principal_of((config.get("configurable") or {}).get(USER_KEY))


def principal_of(user: Any) -> Principal | None:
    """Return whom a server's user object stands for, or None.

    The server's own object only: a mapping is what a client can send.
    """
    tenant, name = getattr(user, "tenant", None), getattr(user, "user", None)
    if isinstance(user, dict) or not isinstance(tenant, str) or not isinstance(name, str):
        return None
    return Principal(tenant=tenant, user=name, roles=tuple(getattr(user, "roles", ())))
