"""Serve the graph with `langgraph dev`, once what it stands on is known to be there."""

import asyncio
import os
import sys
from pathlib import Path

from cli.port import bound
from dossier.errors import Unavailable
from dossier.services import open_services
from dossier.settings import Settings
from graphs.served import application

_OPTIONS = ("--no-browser", "--no-reload", "--n-jobs-per-worker", "10")


def serve(settings: Settings, host: str, port: int) -> None:
    """Become the development server.

    That server takes another port in silence when one is taken, and tells of a database that is away in a trace:
    so both are tried here first.

    Raises:
        InvalidSettings: What is said could be read along.
        PortTaken: Another process listens there.
        Unavailable: The server is not installed, or what it needs is away.
    """
    settings.refuse_open_door(host)
    program = Path(sys.executable).with_name("langgraph")
    if not program.exists():
        raise Unavailable("LangGraph's development server is not installed.", hint="Start it with: make dev")
    bound(host, port).close()
    asyncio.run(_opened(settings))
    os.execv(program, [str(program), "dev", "--host", host, "--port", str(port), *_OPTIONS])


async def _opened(settings: Settings) -> None:
    async with open_services(settings, application()):
        pass
