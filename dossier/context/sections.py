"""The parts of a long text that bear on what the conversation uses, in their own order, with gaps marked."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from dossier.context.values import Uses, words

GAP = "[\u2026]"
_BREAKS = (re.compile(r"\n[ \t]*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?;])[ \t]+"))
_FEWEST = 4
_LONG_WORD = 4


class Part(NamedTuple):
    """What is left of a text."""

    text: str
    shown: int
    """Sections that are shown."""
    total: int
    """Sections of the whole."""


def best_sections(text: str, most: int, used: Uses) -> Part:
    """Give the first section, which says what the text is, and those that hold most of what the conversation uses.

    A section is a paragraph; where there are few, a line, then a sentence.

    Args:
        text: The whole.
        most: Characters that the result should have; the first section is given anyhow, cut if it is longer.
        used: What the conversation uses.
    """
    sections = _sections(text)
    if len(sections[0]) > most:
        return Part(f"{sections[0][:most]}\n{GAP}", 0, len(sections))
    chosen, left = {0}, most - len(sections[0])
    for n in sorted(range(1, len(sections)), key=lambda n: (-_bearing(sections[n], used), n)):
        if len(sections[n]) + len(GAP) <= left:
            chosen.add(n)
            left -= len(sections[n]) + len(GAP)
    return Part(_joined(sections, chosen), len(chosen), len(sections))


def _sections(text: str) -> list[str]:
    found = [text]
    for gap in _BREAKS:
        found = [part for part in gap.split(text) if part.strip()]
        if len(found) >= _FEWEST:
            break
    return found or [text]


def _bearing(section: str, used: Uses) -> float:
    said = [word for word in words(section) if len(word) >= _LONG_WORD and used.places.get(word, 0) > 1]
    return len(said) / (1 + len(section) // 80)


def _joined(sections: Sequence[str], chosen: set[int]) -> str:
    lines: list[str] = []
    for n, section in enumerate(sections):
        if n in chosen:
            lines.append(section)
        elif lines[-1] != GAP:
            lines.append(GAP)
    return "\n".join(lines)
