"""What `langgraph dev` gets beside its own routes: our errors as answers, and threads that outlive a crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from langgraph_runtime_inmem.database import connect
from langgraph_runtime_inmem.ops import Threads
from langgraph_sdk import get_client
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dossier.adapters.queries import load
from dossier.adapters.saver import reading_tenant
from dossier.errors import DossierError
from graphs.served import live
from service.access import OWNER, TENANT

GRAPH = "turn"

_SQL = load("service", "sql/threads.sql")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Give the server the rows of threads that it lost, or had not brought up to date, when it was killed.

    When it is told to stop, let the steps that run end: it leaves this before it cancels its runs.
    """
    for tenant in {principal.tenant for principal in live().services.app.people.values()}:
        await _restore(tenant)
    yield
    with suppress(TimeoutError):  # what takes longer is cancelled, and gone on with by the next message
        async with asyncio.timeout(live().services.settings.drain_seconds):
            await live().graph.drain()


class ClosedRoutes:
    """Hides routes that the server opens to anyone: rows without authorisation, truncation, deployment."""

    CLOSED = ("/internal", "/deploy")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self.CLOSED):
            await JSONResponse({"detail": "Not Found"}, status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """Answer with an error's own status and code."""
    assert isinstance(error, DossierError)
    return JSONResponse({"detail": str(error), **error.model_dump()}, status_code=error.status)


async def _restore(tenant: str) -> None:
    """Create what is missing through the loopback client, which skips authorisation; what is there stays."""
    async with live().services.db.read(tenant) as cursor:
        await cursor.execute(_SQL["kept"])
        rows = await cursor.fetchall()
    client = get_client()
    for row in rows:
        if _is_uuid(row["thread_id"]):
            marks = {TENANT: tenant, OWNER: row["user_id"], "graph_id": GRAPH}
            kept = await client.threads.create(thread_id=row["thread_id"], metadata=marks, if_exists="do_nothing")
            changed = datetime.fromisoformat(str(kept.get("state_updated_at") or kept["updated_at"]))
            if kept["values"] is None or changed < row["updated_at"]:
                await _bring_up_to_date(tenant, row["thread_id"])


async def _bring_up_to_date(tenant: str, thread: str) -> None:
    """Let a row show the thread's newest state: its status and values stand in lists and inboxes.

    No route of the server does that without a run, so this calls what the server itself calls after one.
    """
    bound = reading_tenant.set(tenant)
    try:
        state = await live().graph.aget_state({"configurable": {"thread_id": thread}})
    finally:
        reading_tenant.reset(bound)
    tasks = [{"id": task.id, "interrupts": list(task.interrupts)} for task in state.tasks]
    async with connect() as rows:
        shown: Any = {"next": list(state.next), "values": state.values, "tasks": tasks}
        await Threads.set_status(cast(Any, rows), UUID(thread), shown, None)


def _is_uuid(thread: str) -> bool:
    """Return whether a LangGraph server can know a thread by this id; other doors take any."""
    try:
        return str(UUID(thread)) == thread
    except ValueError:
        return False


app = Starlette(
    lifespan=lifespan, middleware=[Middleware(ClosedRoutes)], exception_handlers={DossierError: answer_error}
)
