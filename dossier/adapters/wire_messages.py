"""Plain OpenAI-style messages as LangChain messages; the client turns them back into the same wire messages."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.tool import invalid_tool_call, tool_call

from dossier.errors import InvalidInput


def to_langchain(messages: Sequence[Mapping[str, Any]]) -> list[BaseMessage]:
    """Convert messages of the roles system, user, assistant and tool.

    The arguments of tool calls are parsed and written again by the client, so their blanks may differ on the wire.

    Raises:
        InvalidInput: A message has another role.
    """
    return [_message(message) for message in messages]


def _message(message: Mapping[str, Any]) -> BaseMessage:
    content, name = message.get("content") or "", message.get("name")
    match message.get("role"):
        case "system":
            return SystemMessage(content=content, name=name)
        case "user":
            return HumanMessage(content=content, name=name)
        case "assistant":
            return _assistant(content, message.get("tool_calls") or [])
        case "tool":
            return ToolMessage(content=content, tool_call_id=message["tool_call_id"])
        case role:
            raise InvalidInput(f"A message can't have the role {role!r}.", hint="Use system, user, assistant or tool.")


def _assistant(content: Any, calls: Sequence[Mapping[str, Any]]) -> AIMessage:
    message = AIMessage(content=content)
    for call in calls:
        name, raw = call["function"]["name"], call["function"]["arguments"]
        try:
            message.tool_calls.append(tool_call(id=call["id"], name=name, args=json.loads(raw)))
        except ValueError as broken:
            message.invalid_tool_calls.append(invalid_tool_call(id=call["id"], name=name, args=raw, error=str(broken)))
    return message
