"""The answer of a turn that has ended, in the shape of a stream."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage

NODE = "update_state"
"""The step that ends a turn."""


def answer_from_log(values: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a finished run would end with, for each stream mode that shows an answer.

    Args:
        values: The graph's output channels as the turn left them.
        options: Of `astream`: stream_mode, subgraphs and version are honoured.
    """
    asked = options.get("stream_mode") or "values"
    several = not isinstance(asked, str)
    modes: Sequence[str] = list(asked) if several else [asked]
    for mode in modes:
        for data in _shown(mode, values or {}):
            yield _shaped(mode, data, several=several, options=options)


def _shown(mode: str, values: Mapping[str, Any]) -> list[Any]:
    if mode == "values":
        return [dict(values)]
    if mode == "updates":
        return [{NODE: dict(values)}]
    if mode == "messages":
        last = [message for message in values.get("messages", ())[-1:] if message["type"] == "ai"]
        return [(AIMessage(m["content"], id=m["id"]), {"langgraph_node": NODE}) for m in last]
    return []


def _shaped(mode: str, data: Any, *, several: bool, options: Mapping[str, Any]) -> Any:
    if options.get("version") == "v2":
        return {"type": mode, "ns": (), "data": data, **({"interrupts": ()} if mode == "values" else {})}
    parts: tuple[Any, ...] = ((),) if options.get("subgraphs") else ()
    parts += (mode,) if several else ()
    return (*parts, data) if parts else data
