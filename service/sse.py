"""Server-sent events: frames as bytes, positions as event ids."""

import json
import re
from collections.abc import AsyncIterator

import structlog
from starlette.responses import StreamingResponse

from dossier.adapters.streams import Position
from dossier.errors import InvalidInput
from service.following import Frame
from service.problems import problem_of

_ID = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")
_log = structlog.get_logger(__name__)


def position_of(last_event_id: str) -> Position:
    """Return the position that a Last-Event-ID names.

    Raises:
        InvalidInput: It is none of ours.
    """
    if not last_event_id:
        return Position()
    if (found := _ID.fullmatch(last_event_id)) is None:
        raise InvalidInput("The Last-Event-ID is malformed.", hint="Send the id of the last event that came.")
    return Position(int(found[1]), int(found[2]))


def stream(frames: AsyncIterator[Frame]) -> StreamingResponse:
    """Return frames as a response that no proxy holds back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_bytes(frames), media_type="text/event-stream", headers=headers)


async def _bytes(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    try:
        async for frame in frames:
            yield _frame(frame)
    except Exception as error:  # the status is sent: what goes wrong now is told as an event
        told = problem_of(error)
        _log.warning("stream_broke", code=told.code, exc_info=error if told.status == 500 else None)
        yield _frame(Frame("problem", told.model_dump()))


def _frame(frame: Frame) -> bytes:
    if frame.event == "wait":
        return b": waiting\n\n"
    at = f"id: {frame.position.attempt}.{frame.position.seq}\n" if frame.position else ""
    return f"{at}event: {frame.event}\ndata: {json.dumps(frame.data)}\n\n".encode()
