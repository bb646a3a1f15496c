"""The answer of a turn that has ended, in the shape of a stream."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def answer_from_log(values: Mapping[str, Any] | None, options: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what a finished run would end with, for each stream mode that shows state.

    Args:
        values: The graph's output channels as the turn left them.
        options: Of `astream`: stream_mode, subgraphs and version are honoured.
    """
    asked = options.get("stream_mode") or "values"
    several = isinstance(asked, Sequence) and not isinstance(asked, str)
    for mode in asked if several else [asked]:
        data = {"values": values, "updates": {"update_state": values}}.get(mode)
        if data is not None:
            yield _shaped(mode, data, several=several, options=options)


def _shaped(mode: str, data: Any, *, several: bool, options: Mapping[str, Any]) -> Any:
    if options.get("version") == "v2":
        return {"type": mode, "ns": (), "data": data, **({"interrupts": ()} if mode == "values" else {})}
    parts: tuple[Any, ...] = ((),) if options.get("subgraphs") else ()
    parts += (mode,) if several else ()
    return (*parts, data) if parts else data
