"""The prompts of the same conversation as others build them: all messages (add_messages), or the newest that fit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages
from langgraph.graph import add_messages

from dossier.adapters.tokens import TokenCounter
from evals.bench.turns_talk import Said, said

Prompts = Sequence[str]
"""One text a model call, in the order in which a provider compares."""


def peers(turns: int, instruction: str, tools: Sequence[Any], budget: int, counter: TokenCounter) -> dict[str, Prompts]:
    """Return the prompts of each peer, by name.

    Args:
        turns: Of the conversation.
        instruction: The system message.
        tools: As the model is offered them.
        budget: Tokens of messages that trimming keeps.
        counter: Of the encoding.
    """
    head = json.dumps(list(tools), ensure_ascii=False)
    histories = _histories(turns)

    def tokens(messages: list[BaseMessage]) -> int:
        return sum(counter.count(str(message.content)) + 4 for message in messages)

    def trimmed(history: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
        return trim_messages(history, max_tokens=budget, strategy="last", token_counter=tokens)

    def prompt(messages: Sequence[BaseMessage]) -> str:
        return "\n".join([head, *(f"{m.type}\n{m.content}" for m in [SystemMessage(instruction), *messages])])

    return {
        "langgraph, add_messages": [prompt(history) for history in histories],
        f"trim_messages(last, {budget})": [prompt(trimmed(history)) for history in histories],
    }


def _histories(turns: int) -> list[list[BaseMessage]]:
    """Return the messages before each model call."""
    messages: Any = []
    found: list[list[BaseMessage]] = []
    for turn in range(1, turns + 1):
        here = said(turn)
        messages = add_messages(messages, [HumanMessage(here.text, id=f"m{turn}")])
        found.append(list(messages))
        if here.looks_up:
            messages = add_messages(messages, _looked_up(turn, here))
            found.append(list(messages))
        messages = add_messages(messages, [AIMessage(here.reply, id=f"r{turn}")])
    return found


def _looked_up(turn: int, here: Said) -> list[Any]:
    call = {"id": f"c{turn}", "name": "get_case", "args": {"case_id": here.case}}
    result: Mapping[str, str] = {"case": here.case, "status": "under_review"}
    return [
        AIMessage("", id=f"a{turn}", tool_calls=[call]),
        ToolMessage(json.dumps(result), id=f"t{turn}", tool_call_id=call["id"]),
    ]
