"""A summary that a model wrote: kept as far as it rests on events and loses nothing."""

from collections.abc import Callable, Container
from dataclasses import dataclass

from dossier.extraction.held import Held
from dossier.summaries.ruled import Ruled
from state.summaries import Statement, Summary


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be recorded, and what was left out of it."""

    summary: Summary
    dropped: tuple[str, ...]
    """Statements with the reason why they were left out."""


def validated(written: Summary, *, known_seqs: Container[int], held: Held, baseline: Summary) -> Checked:
    """Check a written summary against the one made by rule from the same events.

    Decisions, rejected assumptions, the active task and how far it goes are the rule's: a model can neither lose nor
    invent them. What is open is the rule's and the model's. The rest is the model's as far as it
    names events that exist and does not say what was rejected; where nothing is left, the rule's.

    Args:
        written: By a model.
        known_seqs: Sequence numbers that the thread's log has, without erased ones.
        held: What the thread holds.
        baseline: The summary made by rule.
    """
    sieve = _Sieve(known_seqs, held)
    goal = sieve.kept((written.goal,) if written.goal else ())
    opened = sieve.kept(_beside(written.open_questions, baseline.open_questions))
    entities, risks = sieve.kept(written.entities), sieve.kept(written.risk_notes)
    sieve.recorded("decision", written.decisions, baseline.decisions)
    sieve.recorded("rejected assumption", written.rejected_assumptions, baseline.rejected_assumptions)
    summary = baseline.model_copy(
        update={
            "goal": goal[0] if goal else baseline.goal,
            "open_questions": (*baseline.open_questions, *opened),
            "entities": entities or baseline.entities,
            "risk_notes": risks or baseline.risk_notes,
        }
    )
    return Checked(summary, tuple(sieve.dropped))


def _beside(written: tuple[Statement, ...], baseline: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """Return what is written beyond the baseline; on the same events it is the same, in other words."""
    covered = {seq for statement in baseline for seq in statement.events}
    return tuple(s for s in written if not s.events or not set(s.events) <= covered)


class _Sieve:
    """Lets statements through that may stand, and notes the others."""

    def __init__(self, known_seqs: Container[int], held: Held) -> None:
        self._known = known_seqs
        self._ruled = Ruled.of(held)
        self.dropped: list[str] = []

    def kept(self, statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
        """Return the statements that rest on events and say nothing rejected."""
        grounded = self._only(statements, self._rests, "rests on no known event")
        return self._only(grounded, lambda s: not self._ruled.says(s.text), "says what was rejected")

    def recorded(self, kind: str, written: tuple[Statement, ...], baseline: tuple[Statement, ...]) -> None:
        """Note what is written as recorded and is not."""
        events = {seq for statement in baseline for seq in statement.events}
        self._only(written, lambda s: bool(s.events) and set(s.events) <= events, f"is no recorded {kind}")

    def _only(
        self, statements: tuple[Statement, ...], passes: Callable[[Statement], bool], why: str
    ) -> tuple[Statement, ...]:
        self.dropped += [f"{s.text}: {why}" for s in statements if not passes(s)]
        return tuple(s for s in statements if passes(s))

    def _rests(self, statement: Statement) -> bool:
        return bool(statement.events) and all(seq in self._known for seq in statement.events)
