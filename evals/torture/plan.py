"""Which kill comes next: the point that was hit least, in a scenario where it was hit least."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from evals.torture.slots import Kill

EACH = 3
"""Kills at least at each point and side."""
LIVES = 5
"""Kills at most in one run."""


class Planned(NamedTuple):
    """A run to make."""

    scenario: str
    kills: list[Kill]


class Plan:
    """Hands out runs until every point has its hits; used by several threads."""

    def __init__(self, traces: Mapping[str, Sequence[str]], *, each: int, faults: int) -> None:
        """Plan from undisturbed runs.

        Args:
            traces: The points that each scenario hits, in order.
            each: How often every point and side must end a process.
            faults: How many kills there must be in all.
        """
        self._traces = {name: list(trace) for name, trace in traces.items()}
        self._after: dict[str, Planned] = {}
        self._each = each
        self._faults = faults
        self._tried: Counter[str] = Counter()
        self._tried_in: Counter[tuple[str, str]] = Counter()
        self._runs: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.hits: Counter[str] = Counter()
        self.points = {point for trace in traces.values() for point in trace}

    def next(self) -> Planned | None:
        """Return the next run, or None when enough were made."""
        with self._lock:
            wanting = [point for point in sorted(self.points) if self._wants(point)]
            if not wanting and sum(self.hits.values()) >= self._faults:
                return None
            point = min(wanting or sorted(self.points), key=lambda p: (self._tried[p], p))
            planned = self._after[point] if point in self._after else self._kill(point)
            self._runs[planned.scenario] += 1
            for killed, _ in planned.kills:
                self._tried[killed] += 1
                self._tried_in[planned.scenario, killed] += 1
            return planned

    def note(self, planned: Planned, lives: Sequence[Sequence[str]], killed: Sequence[str]) -> None:
        """Take note of where processes ended, and of points that only a kill brings out."""
        with self._lock:
            self.hits.update(killed)
            for number, hits in enumerate(lives):
                for point in set(hits) - self.points:
                    self.points.add(point)
                    self._after[point] = Planned(planned.scenario, [*planned.kills[:number], (point, 1)])

    def _wants(self, point: str) -> bool:
        # A planned kill may miss its point: after each miss it is tried again, for a while.
        return self.hits[point] < self._each and self._tried[point] < 6 * self._each

    def _kill(self, point: str) -> Planned:
        fitting = [name for name, trace in self._traces.items() if point in trace]
        scenario = min(fitting, key=lambda name: (self._tried_in[name, point], self._runs[name], name))
        trace = self._traces[scenario]
        places = [place for place, hit in enumerate(trace) if hit == point]
        nth = self._tried[point] % len(places)
        later = [hit for hit in dict.fromkeys(trace[places[nth] + 1 :]) if hit != point]
        more = sorted(later, key=lambda hit: (self._tried[hit], trace.index(hit)))[: LIVES - 1]
        return Planned(scenario, [(point, nth + 1), *((hit, 1) for hit in sorted(more, key=trace.index))])
