"""A conversation by itself for a moment: its owner acts on it while no turn is open."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dossier.adapters.log import Log
from dossier.errors import ThreadBusy
from dossier.run import Run, Step
from service.desk import Desk
from state.events import EventBody, ThreadCreated
from state.principal import Principal


@dataclass(frozen=True, slots=True)
class Alone:
    """A conversation whose lease is held."""

    caller: Principal
    thread: str
    token: int
    seq: int
    log: Log

    async def record(self, name: str, key: str, bodies: Sequence[EventBody]) -> None:
        """Append what the owner does, once under a key."""
        first = [ThreadCreated(owner=self.caller)] if self.seq == 0 else []
        run = Run(self.thread, f"{name}:{key}", self.caller, self.token)
        await self.log.record(run, Step(name), [*first, *bodies], since=self.seq)


@asynccontextmanager
async def alone(here: Desk, caller: Principal, conversation: str) -> AsyncIterator[Alone]:
    """Hold a conversation of the caller's.

    Raises:
        NotFound: It is missing, or someone else's.
        ThreadBusy: A turn is open.
    """
    await here.reach.own(caller, conversation)
    leases = here.services.leases
    token = await leases.take(caller.tenant, conversation)
    async with leases.kept(caller.tenant, conversation, token):
        row = await here.reach.own(caller, conversation)
        if row.open_turn is not None:
            raise ThreadBusy("A turn is open.", hint="Let it end, or decide what waits.")
        yield Alone(caller, conversation, token, row.seq, here.services.log)
