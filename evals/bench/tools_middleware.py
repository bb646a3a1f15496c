"""LangChain's own middleware for long tool histories, where the extra `peers` is installed.

`ClearToolUsesEdit` puts a placeholder in the place of all but the newest tool results once the messages are longer than
the budget. It does not see to it that they then fit, so what is left is trimmed, as its guides advise.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from langchain_core.messages import BaseMessage, ToolMessage

from dossier.adapters.wire_messages import to_langchain
from evals.bench.tools_data import Message

NAME = "langchain ClearToolUsesEdit, then trim_messages"
_MODULE = "langchain.agents.middleware.context_editing"


def cleared(wire: Callable[[Message], dict[str, object]]) -> Callable[[Sequence[Message], int], list[Message]] | None:
    """Return what clears old results from messages that are over a budget; None where LangChain is not installed.

    Args:
        wire: Gives a message as the chat completions API has it.
    """
    try:
        edit: Any = import_module(_MODULE).ClearToolUsesEdit
    except ModuleNotFoundError:
        return None

    def clear(history: Sequence[Message], budget: int) -> list[Message]:
        messages: list[BaseMessage] = to_langchain([wire(message) for message in history])
        whole = sum(message.tok for message in history)
        edit(trigger=budget).apply(messages, count_tokens=lambda _: whole)
        return [_edited(message, now) for message, now in zip(history, messages, strict=True)]

    return clear


def _edited(message: Message, now: BaseMessage) -> Message:
    is_cleared = isinstance(now, ToolMessage) and "context_editing" in now.response_metadata
    return message.model_copy(update={"content": str(now.content), "tok": 0}) if is_cleared else message
