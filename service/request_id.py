"""Names every request, so that a log line, a trace and a client's report can be told to be about the same."""

import re
from collections.abc import Callable

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GOOD = re.compile(rb"[A-Za-z0-9._-]{1,64}")
HEADER = "x-request-id"


class RequestId:
    """Takes a client's X-Request-ID if it is well-formed, else makes one; answers with it."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str]) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bind the id while the request is handled."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER.encode()), b"")
        request_id = given.decode() if _GOOD.fullmatch(given) else self._new_id()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, named)
