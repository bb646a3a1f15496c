"""A bar of tokens by segment against the budget."""

from collections.abc import Mapping

from rich.text import Text

WIDTH = 40
_STYLES = {
    "frame": "bright_black",
    "system": "blue",
    "contract": "cyan",
    "request": "magenta",
    "task": "yellow",
    "turns": "green",
    "evidence": "red",
    "tools": "bright_magenta",
}


def segment_bar(segments: Mapping[str, int], budget: int) -> Text:
    """Return two lines: the bar, and what its colours mean.

    Args:
        segments: Tokens by segment.
        budget: Tokens that the package might have taken.
    """
    used = sum(segments.values())
    bar, legend = Text("["), Text(" ")
    for name, style in _STYLES.items():
        tokens = segments.get(name, 0)
        bar.append("█" * _cells(tokens, budget), style)
        if tokens:
            legend.append(" ■ ", style).append(f"{name} {tokens}")
    bar.append("·" * max(0, WIDTH - len(bar.plain) + 1), "bright_black")
    bar.append(f"] {used} of {budget} tokens")
    return Text("\n").join([bar, legend])


def _cells(tokens: int, budget: int) -> int:
    return 0 if tokens == 0 else max(1, round(WIDTH * tokens / budget))
