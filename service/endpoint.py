"""The deployed endpoint: the gated graph over HTTP, one of any number of processes over one database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import Depends, FastAPI

from dossier.application import Application
from dossier.services import Services, open_services, time_ordered_id
from dossier.settings import Settings
from dossier.stopping import stopped
from graphs.assembly import turn_graph
from service import (
    approvals,
    consumption,
    context,
    conversations,
    forks,
    health,
    imports,
    memories,
    messages,
    past,
    receipts,
    what_if,
)
from service.body_limit import BodyLimit
from service.desk import desk_of
from service.exact import exact_query
from service.identity import Identifier
from service.pages import routes as pages
from service.problems import install
from service.request_id import RequestId
from service.sweeper import Sweeper
from service.telemetry import measure, metrics_page

Open = Callable[[Settings, Application], AbstractAsyncContextManager[Services]]

RESOURCES = (
    conversations,
    forks,
    past,
    messages,
    imports,
    context,
    approvals,
    receipts,
    what_if,
    memories,
    consumption,
)
TITLE = "Dossier"
ABOUT = "Conversations that must be right: messages, streamed replies, approvals, receipts."


def create_app(settings: Settings, application: Application, *, opened: Open = open_services) -> FastAPI:
    """Return the endpoint's app; its services open when it starts.

    Args:
        settings: Of this process.
        application: What is served.
        opened: Opens the services; for one with another model, such as a scripted one.

    Raises:
        InvalidSettings: Nobody could sign in.
    """
    identifier = Identifier(settings, application.people)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings, application) as services, services.streams.shared():
            desk = app.state.desk = desk_of(services, turn_graph(services), identifier)
            sweeping = asyncio.create_task(Sweeper(services, desk.turns).keep_sweeping())
            try:
                yield
            finally:
                await stopped(sweeping)
                await desk.turns.drain(settings.drain_seconds)

    app = FastAPI(
        title=TITLE,
        description=ABOUT,
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(RequestId, new_id=time_ordered_id)
    measure()
    app.add_api_route("/metrics", metrics_page, include_in_schema=False)
    install(app)
    app.include_router(health.router)
    for resource in RESOURCES:
        app.include_router(resource.router, dependencies=[Depends(exact_query)])
    app.include_router(pages.router)
    return app
