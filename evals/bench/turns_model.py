"""A model endpoint that answers at once what it was told to answer: it takes no time of its own."""

from collections.abc import Awaitable, Callable, Iterator

from dossier.adapters.inprocess import Message
from dossier.adapters.openai_wire import WireAnswer, WireCall, events
from evals.bench.turns_talk import Said

_HEADERS = [(b"content-type", b"text/event-stream")]
_USAGE = {"prompt_tokens": 1000, "completion_tokens": 40, "total_tokens": 1040}


class InstantModel:
    """An OpenAI-compatible app in this process that plays the answers of one turn at a time."""

    def __init__(self) -> None:
        self._waiting: list[WireAnswer] = []

    def prepare(self, turn: int, said: Said) -> None:
        """Lay out the answers of the next turn; those of the turn before that nobody asked for are dropped."""
        self._waiting = list(_answers(turn, said))

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        """Stream the next answer, whatever is asked."""
        while (await receive()).get("more_body"):
            pass
        answer = self._waiting.pop(0)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b"".join(events(answer, include_usage=True))})


def _answers(turn: int, said: Said) -> Iterator[WireAnswer]:
    made = {"model": "instant", "fingerprint": "instant", "usage": _USAGE}
    if said.looks_up:
        call = WireCall(f"call_{turn}", "get_case", f'{{"case_id": "{said.case}"}}')
        yield WireAnswer(f"instant-{turn}-look", calls=(call,), finish="tool_calls", **made)
    yield WireAnswer(f"instant-{turn}", pieces=(said.reply,), **made)
