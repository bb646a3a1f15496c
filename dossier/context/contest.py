"""Who comes first among equals: what adds most for its tokens.

Items of the same priority and score contend. What one of them adds is how recent it is, and those of its values that
nothing shown so far holds; so what repeats is penalised. The greedy choice by gain per token, with gains computed again
only when they come up, is that of Leskovec et al. 2007 (Cost-effective outbreak detection in networks): gains only fall
as more is shown, so an old one is an upper bound.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

from dossier.context.values import SIGNAL, Values

RECENCY, HALF_AGE = 2 * SIGNAL, 8
"""What the newest of the equals has for being so, in points of value, and the place at which half of it is left."""


class Shown:
    """The values that are shown so far, each with the most that showing it was worth."""

    __slots__ = ("_worth",)

    def __init__(self) -> None:
        self._worth: dict[str, int] = {}

    def new(self, values: Values) -> int:
        """Give what the values would add."""
        had = self._worth.get
        return sum(worth - had(value, 0) for value, worth in values.items() if worth > had(value, 0))

    def add(self, values: Values) -> None:
        """Take the values as shown."""
        for value, worth in values.items():
            if worth > self._worth.get(value, 0):
                self._worth[value] = worth


class Contender:
    """What can be shown in one of several forms, or not at all."""

    __slots__ = ("age", "id", "level", "size", "sizes", "values")

    def __init__(self, id: str, sizes: Sequence[int], values: Sequence[Values]) -> None:
        self.id = id
        self.sizes = sizes
        """Tokens of each form, the shortest first."""
        self.values = values
        """What each form shows."""
        self.level = -1
        """The form that is shown; -1 is none."""
        self.size = 0
        """Tokens of the form that is shown."""
        self.age = 0
        """Place among the equals, the newest first."""

    def gain(self, level: int, shown: Shown) -> float:
        """Give what showing a longer form adds, in points a token."""
        recency = RECENCY * HALF_AGE / (HALF_AGE + self.age) if self.level < 0 else 0.0
        new = shown.new(self.values[level]) if self.values[level] else 0
        return (recency + new) / max(1, self.sizes[level] - self.size)


C = TypeVar("C", bound=Contender)


def contest(equals: Sequence[C], shown: Shown, admit: Callable[[C, int], bool], is_full: Callable[[], bool]) -> None:
    """Offer the forms of the contenders, the one that adds most for its tokens first, until none adds anything.

    Args:
        equals: In any order; their ages are set.
        shown: What is shown so far; whoever admits adds to it.
        admit: Shows a contender in a longer form, or refuses for want of room.
        is_full: Tells that there is room for none of them any more.
    """
    heap = [
        (-contender.gain(level, shown), contender.id, level, contender.level, contender)
        for contender in equals
        for level in range(contender.level + 1, len(contender.sizes))
    ]
    heapify(heap)
    while heap and not is_full():
        bound, id, level, before, contender = heappop(heap)
        if bound == 0:
            return
        if contender.level != before:
            continue
        gain = contender.gain(level, shown) if contender.values[level] else -bound
        if gain < -bound:
            heappush(heap, (-gain, id, level, before, contender))
        elif admit(contender, level):
            for longer in range(level + 1, len(contender.sizes)):
                heappush(heap, (-contender.gain(longer, shown), id, longer, level, contender))
