"""A summary while events are folded into it: texts with the events they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from state.summaries import Statement, Summary

EVENTS_LIMIT = 8
"""Events kept of a statement: its first ones and its last."""
ENTITIES_LIMIT = 12
RISKS_LIMIT = 8
TEXT_LIMIT = 300
"""Characters of a statement that quotes a message."""


class Lines:
    """Statements by their text, in first-seen order."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self._events = {s.text: s.events for s in statements}

    def add(self, text: str, seq: int) -> None:
        """Add a statement, or one more event that it rests on."""
        seqs = tuple(dict.fromkeys((*self._events.get(text, ()), seq)))
        self._events[text] = seqs if len(seqs) <= EVENTS_LIMIT else (*seqs[: EVENTS_LIMIT - 1], seq)

    def renew(self, text: str, seq: int) -> None:
        """Add a statement as the newest one."""
        before = self._events.pop(text, ())
        self._events[text] = before
        self.add(text, seq)

    def drop(self, which: Callable[[str], bool]) -> None:
        """Take out the statements whose text is so."""
        self._events = {text: seqs for text, seqs in self._events.items() if not which(text)}

    def reword(self, how: Callable[[str], str]) -> None:
        """Put each statement otherwise."""
        self._events = {how(text): seqs for text, seqs in self._events.items()}

    def forget(self, seqs: frozenset[int]) -> None:
        """Take out what rests on any of these events."""
        self._events = {text: on for text, on in self._events.items() if not seqs & set(on)}

    def statements(self, newest: int | None = None) -> tuple[Statement, ...]:
        """Return the statements, or only so many of the newest."""
        found = tuple(Statement(text=text, events=seqs) for text, seqs in self._events.items())
        return found if newest is None else found[-newest:]


@dataclass(slots=True)
class Draft:
    """The lists of a summary, open for change."""

    goal: Statement | None = None
    active_task: Statement | None = None
    request: Statement | None = None
    """The newest message: the goal, should another task begin with it."""
    decisions: Lines = field(default_factory=Lines)
    open_questions: Lines = field(default_factory=Lines)
    rejected: Lines = field(default_factory=Lines)
    entities: Lines = field(default_factory=Lines)
    risks: Lines = field(default_factory=Lines)

    @classmethod
    def of(cls, summary: Summary | None) -> Draft:
        """Start from the summary before."""
        if summary is None:
            return cls()
        return cls(
            goal=summary.goal,
            active_task=summary.active_task,
            decisions=Lines(summary.decisions),
            open_questions=Lines(summary.open_questions),
            rejected=Lines(summary.rejected_assumptions),
            entities=Lines(summary.entities),
            risks=Lines(summary.risk_notes),
        )

    def forget(self, seqs: frozenset[int]) -> None:
        """Take out what rests on erased events: a summary is personal data as they were."""
        for lines in (self.decisions, self.open_questions, self.rejected, self.entities, self.risks):
            lines.forget(seqs)
        for name in ("goal", "active_task", "request"):
            statement: Statement | None = getattr(self, name)
            if statement and seqs & set(statement.events):
                setattr(self, name, None)


def shortened(text: str) -> str:
    """Return a text as one line of limited length."""
    line = " ".join(text.split())
    return line if len(line) <= TEXT_LIMIT else line[: TEXT_LIMIT - 1].rstrip() + "…"
