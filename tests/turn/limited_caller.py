"""Talks in threads of its own, all at once, until a limit stops it.

Arguments: database, limits as JSON, threads, turns. Prints what became of its messages, as JSON.
"""

import asyncio
import json
import sys
import uuid
from collections import Counter

from casework.application import application
from dossier.errors import DossierError
from dossier.limits import Limits
from dossier.services import open_services
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from state.principal import Principal
from tests.conftest import desk_settings

OFFICER = Principal(tenant="northgate", user="o.brandt", roles=("officer",))


async def talk(graph: GatedGraph, turns: int, seen: Counter[str]) -> None:
    config = {"configurable": {"thread_id": str(uuid.uuid4())}}
    for turn in range(turns):
        said = {"messages": [{"role": "user", "id": f"m{turn}", "content": "What is the status of C-1042?"}]}
        try:
            await graph.acting_as(OFFICER).ainvoke(said, config)  # pyright: ignore[reportArgumentType]
            seen["ended"] += 1
        except DossierError as error:
            seen[error.code] += 1


async def main(url: str, limits: str, threads: int, turns: int) -> None:
    seen: Counter[str] = Counter()
    settings = desk_settings(url, limits=Limits.model_validate_json(limits))
    async with open_services(settings, application()) as services:
        graph = turn_graph(services)
        await asyncio.gather(*(talk(graph, turns, seen) for _ in range(threads)))
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
