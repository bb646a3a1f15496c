"""What a turn costs when the graph is called in process: the measure for what the endpoint adds."""

import asyncio
import secrets
import time
from pathlib import Path

from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from graphs.served import application
from state.principal import Principal

CALLER = Principal(tenant="northgate", user="o.brandt", roles=("officer",))


async def cpu_per_turn(folder: Path, model_url: str, conversations: int, turns: int) -> float:
    """Return the milliseconds of processor time that a turn takes here, database and model not counted.

    The turns stream as the endpoint's do, on the same kind of event loop; as there, a turn of as many conversations at
    once is paid before.
    """
    settings = Settings(
        _env_file=None,
        database_url=None,
        data_dir=folder,
        openai_base_url=model_url,
        openai_api_key="none",
        model="slow",
        model_encoding="o200k_base",
        model_window=128_000,
        pool_size=20,
        lease_seconds=10,
        heartbeat_seconds=3,
    )
    async with open_services(settings, application()) as services:
        graph = turn_graph(services).acting_as(CALLER)
        await asyncio.gather(*(_talk(graph, 1) for _ in range(conversations)))
        began = time.process_time()
        await asyncio.gather(*(_talk(graph, turns) for _ in range(conversations)))
        return 1000 * (time.process_time() - began) / (conversations * turns)


async def _talk(graph: GatedGraph, turns: int) -> None:
    thread = f"load-{secrets.token_hex(8)}"
    for turn in range(turns):
        text = f"Say back mark-{secrets.token_hex(8)}, please."
        given = {"messages": [{"role": "user", "id": f"t{turn}", "content": text}]}
        async for _ in graph.astream(given, {"configurable": {"thread_id": thread}}, stream_mode=["tasks", "messages"]):
            pass
