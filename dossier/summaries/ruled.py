"""What was rejected, found again in free text."""

from __future__ import annotations

from dataclasses import dataclass

from dossier.extraction.clauses import clauses
from dossier.extraction.held import Held
from state.proposals import plain

_SHORTEST = 6
"""Characters of a value to look for: a short one ("12") would forbid half of all sentences."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """Values that must not be assumed."""

    out: tuple[str, ...]

    @classmethod
    def of(cls, held: Held) -> Ruled:
        """Return the rejected values in force that are long enough to be recognised."""
        values = (plain(r.value) for r in held.rejections)
        return cls(tuple(value for value in values if len(value) >= _SHORTEST))

    def says(self, text: str) -> bool:
        """Tell whether a text holds one of them."""
        said = plain(text)
        return any(value in said for value in self.out)

    def cut(self, text: str) -> str:
        """Return a text without the clauses that hold one of them."""
        if not self.says(text):
            return text
        return "; ".join(clause.text for clause in clauses(text) if not self.says(clause.text))
