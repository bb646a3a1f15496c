"""Goes on with what a crash cut off, and takes away what has served its time."""

import asyncio
from typing import NoReturn

import structlog

from dossier.adapters.sweeps import CutOff
from dossier.errors import DossierError
from dossier.services import Services
from dossier.telemetry.instruments import approvals_waiting, oldest_approval, turns_stuck
from service.turns import Turns

AT_ONCE = 4
BATCH = 20
STUCK_SECONDS = 300.0
_log = structlog.get_logger(__name__)


class Sweeper:
    """Sweeps again and again; on many replicas at once, since a turn can be held by one only."""

    def __init__(self, services: Services, turns: Turns) -> None:
        self._services = services
        self._turns = turns

    async def keep_sweeping(self) -> NoReturn:
        """Sweep every so often; what goes wrong is logged and tried again."""
        while True:
            await asyncio.sleep(self._services.settings.sweep_seconds)
            try:
                await self.sweep()
            except DossierError as error:
                _log.warning("sweep_failed", code=error.code)

    async def sweep(self) -> int:
        """Take up turns that were cut off, wait for their ends, tidy; return how many there were."""
        settings = self._services.settings
        found = await self._services.sweeps.cut_off(grace=settings.sweep_seconds, limit=BATCH)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(cut_off: CutOff) -> None:
            async with gate:
                await self._resume(cut_off)

        await asyncio.gather(*(one(cut_off) for cut_off in found))
        standing = await self._services.sweeps.tidied(seconds=settings.stream_seconds, stuck_after=STUCK_SECONDS)
        turns_stuck.set(standing.stuck)
        approvals_waiting.set(standing.waiting)
        oldest_approval.set(standing.oldest)
        return len(found)

    async def _resume(self, cut_off: CutOff) -> None:
        try:
            await self._turns.resume(*cut_off)
            _log.info("turn_resumed", thread=cut_off.thread, turn=cut_off.turn)
        except DossierError as error:  # another replica has it, or it fails again: its stream says how
            _log.info("turn_not_resumed", thread=cut_off.thread, turn=cut_off.turn, code=error.code)
