"""Takes a lease, says "ready" and waits to be frozen; woken, tries to write by every way and says what came of it.

Arguments: database, thread, and `between` or `within` a transaction.
"""

import asyncio
import sys

from dossier.adapters.effects import Effects
from dossier.adapters.keys import Keys
from dossier.adapters.leases import Leases, fence
from dossier.adapters.log import Log
from dossier.adapters.pool import database
from dossier.adapters.saver import FencedSaver
from dossier.errors import DossierError
from dossier.run import Run, Step
from dossier.services import utc_now
from dossier.tools import ToolResult, args_hash
from state.principal import Principal
from tests.spine.filling import CALL, Words, config_of, context, message, tool


async def main(url: str, thread: str, place: str) -> None:
    officer = Principal(tenant="northgate", user="o.brandt", roles=("officer",))
    async with database(url, size=3, frozen_seconds=1.0) as db:
        leases = Leases(db, holder="frozen", seconds=1, heartbeat=0.3)
        run = Run(thread, "turn-1", officer, await leases.take(officer.tenant, thread))
        writes = {"log": log_writes, "checkpoint": saver_writes, "effect": effect_writes}
        if place == "within":
            await said("within", within(db, run))
        else:
            await frozen()
        for name, write in writes.items():
            await said(name, write(db, run))


async def frozen() -> None:
    """Give the parent time to stop this process; after it is woken, go on."""
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def said(name: str, write) -> None:
    try:
        await write
        print(f"{name}: written", flush=True)
    except DossierError as error:
        print(f"{name}: {error.code}", flush=True)


async def within(db, run: Run) -> None:
    async with db.write("test", run.tenant) as cursor:
        await fence(cursor, run.thread, run.token)
        await cursor.execute("INSERT INTO bodies (digest, body) VALUES ('frozen', 'frozen') RETURNING digest")
        await cursor.fetchone()
        await frozen()


async def log_writes(db, run: Run) -> None:
    log = Log(db, Keys(b"s" * 32, db), utc_now)
    await log.record(run, Step("late"), [message(run.principal, "late")], since=0)


async def saver_writes(db, run: Run) -> None:
    from langgraph.checkpoint.base import empty_checkpoint

    saver = FencedSaver(db, Leases(db, holder="frozen", seconds=1, heartbeat=0.3))
    await saver.aput(config_of(run), empty_checkpoint(), {"source": "loop", "step": 1}, {})  # pyright: ignore[reportArgumentType]


async def effect_writes(db, run: Run) -> None:
    async def tells(ctx, args):
        print("effect: done", flush=True)
        return ToolResult({})

    digest = args_hash("tell", {"words": "x"})
    await Effects(db).once(run, CALL, tool("none", tells), Words(words="x"), digest, context(run))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
