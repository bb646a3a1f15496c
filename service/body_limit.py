"""Refuses bodies that are too large, before they are read whole: the framework's own limit answers in plain text."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import answer, problem


class BodyLimit:
    """Counts a request's bytes as they come; a stated length is only believed when it is too large."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if stated.isdigit() and int(stated) > self._limit:
            await self._refuse(scope, receive, send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, is_over, has_begun = 0, False, False

        async def counting() -> Message:
            nonlocal size, is_over
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                is_over = True
                raise ClientDisconnect
            return message

        async def noting(message: Message) -> None:
            nonlocal has_begun
            if is_over and not has_begun:
                return  # whatever the app makes of the break, the answer is the limit's
            has_begun = True
            await send(message)

        try:
            await self._app(scope, counting, noting)
        except ClientDisconnect:
            if not is_over:
                raise
        if is_over and not has_begun:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = problem(413, "too_large", f"The body is larger than {self._limit} bytes.", "Send less at once.")
        await answer(told, {"Connection": "close"})(scope, receive, send)
