"""What of a run a client is shown: the step it is at, and the answer's text as it comes."""

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessageChunk

from dossier.adapters.streams import Chunk

_MODEL_STEP = "call_model"


class Shown:
    """Turns LangGraph's stream of one run into chunks.

    Text of another answer than before (the model is asked again, or a broken stream begins anew) is announced by a
    `reset`: what was shown of the one before is to be forgotten.
    """

    def __init__(self) -> None:
        self._answer: str | None = None

    def of(self, mode: str, data: Any) -> Iterator[Chunk]:
        """Yield what one part of the stream shows."""
        if mode != "tasks":
            yield from self._token(*data)
        elif "input" in data:
            yield {"event": "step", "step": data["name"]}

    def _token(self, message: Any, metadata: dict[str, Any]) -> Iterator[Chunk]:
        if not isinstance(message, AIMessageChunk) or metadata.get("langgraph_node") != _MODEL_STEP:
            return
        if message.id != self._answer:
            if self._answer is not None:
                yield {"event": "reset"}
            self._answer = message.id
        if text := str(message.text):
            yield {"event": "text", "text": text}
