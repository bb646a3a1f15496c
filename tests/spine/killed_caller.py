"""Begins a call and stays in it: to be killed. Arguments: database, thread, idempotency, file to make."""

import asyncio
import sys
from pathlib import Path

from dossier.adapters.effects import Effects
from dossier.adapters.leases import Leases
from dossier.adapters.pool import database
from dossier.run import Run
from dossier.tools import args_hash
from state.principal import Principal
from tests.spine.filling import CALL, Words, context, tool


async def main(url: str, thread: str, idempotency: str, world: str) -> None:
    officer = Principal(tenant="northgate", user="o.brandt", roles=("officer",))

    async def stays(ctx, args):
        await asyncio.to_thread(Path(world).touch)
        await asyncio.sleep(600)

    async with database(url, size=2) as db:
        token = await Leases(db, holder="killed", seconds=1, heartbeat=0.3).take(officer.tenant, thread)
        run = Run(thread, "turn-1", officer, token)
        digest = args_hash("tell", {"words": "hello"})
        await Effects(db).once(run, CALL, tool(idempotency, stays), Words(words="hello"), digest, context(run))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
