"""A transport that runs an ASGI app in this process and streams its answer.

httpx's own ASGITransport gathers the whole body before it hands over the response, so nothing streams and no read
timeout can fire. This one hands over each body part as the app sends it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx2

from dossier.stopping import stopped

Message = MutableMapping[str, Any]
ASGIApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

_ENDED: Message = {"type": "ended"}


class InProcessTransport(httpx2.AsyncBaseTransport):
    """Serve each request by `app`; one task per request, cancelled when the response is closed early."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response as soon as the app has sent its head.

        Raises:
            httpx2.ReadTimeout: The app sent nothing for the request's read timeout.
            httpx2.ReadError: The app failed or returned before it sent a head.
        """
        exchange = _Exchange(self._app, request, await request.aread())
        head = await exchange.next_message()
        if head["type"] != "http.response.start":
            await exchange.aclose()
            raise httpx2.ReadError("The app ended without a response.", request=request) from exchange.failure
        return httpx2.Response(head["status"], headers=list(head.get("headers", [])), stream=exchange)


class _Exchange(httpx2.AsyncByteStream):
    def __init__(self, app: ASGIApp, request: httpx2.Request, body: bytes) -> None:
        self._request = request
        self._body: bytes | None = body
        self._timeout: float | None = request.extensions.get("timeout", {}).get("read")
        self._closed = asyncio.Event()
        self.failure: Exception | None = None
        # One slot, so that the app can't run ahead of its reader.
        self._messages: asyncio.Queue[Message] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(_scope(self._request), self._receive, self._messages.put)
        except Exception as failure:
            self.failure = failure
        await self._messages.put(_ENDED)

    async def _receive(self) -> Message:
        if self._body is None:
            await self._closed.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def next_message(self) -> Message:
        try:
            return await asyncio.wait_for(self._messages.get(), self._timeout)
        except TimeoutError as slow:
            await self.aclose()
            raise httpx2.ReadTimeout("The app sent nothing in time.", request=self._request) from slow
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self.next_message()
            if message is _ENDED:
                raise httpx2.RemoteProtocolError("The body was cut off.", request=self._request) from self.failure
            more = message.get("more_body", False)
            if body := message.get("body", b""):
                yield body

    async def aclose(self) -> None:
        self._closed.set()
        await stopped(self._task)


def _scope(request: httpx2.Request) -> Message:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(key.lower(), value) for key, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port or 80),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }
