"""What a clause is about, so that its fact gets a key."""

import re
from collections.abc import Sequence

from dossier.extraction.clauses import Clause
from dossier.extraction.held import Held
from state.events import EntityRef, ReferenceResolved
from state.facts import Fact
from state.proposals import fact_key, plain

_NO_SUBJECT = frozenset({"email", "url", "turn"})


class Subjects:
    """Finds the entity that a clause is about, and the key that its attribute already has."""

    def __init__(self, resolved: Sequence[ReferenceResolved], held: Held) -> None:
        self._resolved = [r for r in resolved if r.entities]
        self._facts = held.facts
        self._main = _main(held)

    def entity(self, clause: Clause) -> EntityRef | None:
        """Return what the clause names, else what the message named before it, else the topic."""
        inside = self.named(clause)
        if len(inside) == 1:
            return inside[0]
        before = [r.entities[0] for r in self._resolved if r.end <= clause.start and len(r.entities) == 1]
        # A document that was named in passing is not what "urgent" is said of, the case before it is.
        fitting = [e for e in before if self._main is None or e.type == self._main.type]
        return fitting[-1] if fitting else self._main

    def named(self, clause: Clause, *, after: int = 0) -> tuple[EntityRef, ...]:
        """Return what the clause's own words refer to, those that end after an offset in the message."""
        inside = [r for r in self._resolved if clause.start <= r.start and after < r.end <= clause.end]
        return tuple(dict.fromkeys(e for r in inside for e in r.entities if e.type not in _NO_SUBJECT))

    def key(self, clause: Clause, attribute: str) -> str:
        """Return the key of the attribute: the entity's, else the one under which another kind of thing has it."""
        about = self.entity(clause)
        key = fact_key(about, self._own(clause, attribute))
        # "The temperature was 9 degrees" beside a report means the case's temperature, beside another case it does not.
        alike = [f.key for f in self._facts if f.key.rpartition("/")[2] == key.rpartition("/")[2]]
        others = len(alike) == 1 and (about is None or not alike[0].startswith(f"{about.type}:"))
        return alike[0] if others and about == self._main and not self.named(clause) else key

    def _own(self, clause: Clause, attribute: str) -> str:
        """Return the attribute without the thing it is of: "status of C-1042" and "C-1042's status" are its status."""
        for reference in self._resolved:
            if not clause.start <= reference.start <= reference.end <= clause.end:
                continue
            for name in (reference.phrase, *(entity.id for entity in reference.entities)):
                of = rf"\s+(?:of|for|in|on)\s+(?:the\s+)?{re.escape(name)}$|^{re.escape(name)}['’]s?\s+"
                attribute = re.sub(of, "", attribute, flags=re.IGNORECASE) or attribute
        return attribute

    def held(self, key: str) -> Fact | None:
        """Return the live fact of a key."""
        return next((f for f in self._facts if f.key == key), None)

    def holding(self, clause: Clause, value: str) -> Fact | None:
        """Return the one fact whose value holds these words; the clause's entity goes first."""
        words = f" {_bare(value)} "
        found = [f for f in self._facts if words in f" {_bare(f.value)} "]
        own = [f for f in found if f.key.startswith(fact_key(self.entity(clause), "x").rpartition("/")[0] + "/")]
        best = own or found
        return best[0] if len(best) == 1 else None


def _bare(text: str) -> str:
    return plain(text).removeprefix("the ").removeprefix("a ").removeprefix("an ")


def _main(held: Held) -> EntityRef | None:
    focus = [e for e in held.focus if e.type not in _NO_SUBJECT]
    kind, _, name = held.task.entities[0].partition(":") if held.task and held.task.entities else ("", "", "")
    of_task = EntityRef(type=kind, id=name) if name else None
    if of_task is None:
        return focus[0] if focus else None
    return next((e for e in focus if e.type == of_task.type), of_task)
