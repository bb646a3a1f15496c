"""Serve the endpoint until told to stop; turns that run are let end."""

import asyncio
import socket
from contextlib import nullcontext
from types import FrameType

import uvicorn

from cli.port import bound
from dossier.application import Application
from dossier.services import Services, open_services
from dossier.settings import Settings
from graphs.served import application
from service.desk import Desk
from service.endpoint import Open, create_app
from service.telemetry import log_lines


class Server(uvicorn.Server):
    """Opens the services before the app starts, and tells it at the first signal to take up nothing new."""

    _services: Services

    def __init__(self, settings: Settings, served: Application, *, opened: Open = open_services) -> None:
        self._settings, self._served, self._opened = settings, served, opened
        self._app = create_app(settings, served, opened=lambda *_: nullcontext(self._services))
        super().__init__(
            uvicorn.Config(
                self._app,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=settings.drain_seconds,
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
            )
        )

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        with self.capture_signals():
            # Not in the app's lifespan: the server tells of what fails there in a trace.
            async with self._opened(self._settings, self._served) as self._services:
                await self._serve(sockets)

    @property
    def desk(self) -> Desk:
        """Return what requests are handled with, once it has started."""
        return self._app.state.desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if desk := getattr(self._app.state, "desk", None):
            desk.turns.is_draining = True
        super().handle_exit(sig, frame)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve on an address.

    Raises:
        InvalidSettings: Nobody could sign in, or what is said could be read along.
        PortTaken: Another process listens there.
        Unavailable: The database is away.
    """
    settings.refuse_open_door(host)
    with bound(host, port) as address:
        log_lines()
        asyncio.run(Server(settings, application()).serve([address]))
