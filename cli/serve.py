"""Serve the endpoint until told to stop; turns that run are let end."""

from types import FrameType

import uvicorn
from fastapi import FastAPI

from dossier.settings import Settings
from graphs.served import application
from service.endpoint import create_app
from service.telemetry import log_lines


class _Server(uvicorn.Server):
    """Tells the app at the first signal, so that it takes up nothing new while connections end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if desk := getattr(self._app.state, "desk", None):
            desk.turns.is_draining = True
        super().handle_exit(sig, frame)


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve on an address.

    Raises:
        InvalidSettings: Nobody could sign in.
    """
    log_lines()
    app = create_app(settings, application())
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    _Server(config, app).run()
