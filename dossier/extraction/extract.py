"""Read one user message: what it claims, corrects, rules out, decides and asks for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dossier.extraction import accepting, correcting, deciding, profile, remembering, ruling_out, stating
from dossier.extraction.asking import open_questions
from dossier.extraction.clauses import Clause, clauses
from dossier.extraction.entities import addresses
from dossier.extraction.held import Held
from dossier.extraction.subject import Subjects
from dossier.extraction.tasks import step_in
from state.events import ReferenceResolved, UserMessageReceived
from state.merge import ExtractedContext
from state.proposals import (
    Acceptance,
    CarefulChange,
    Correction,
    DecisionMade,
    FactClaim,
    ProfileHint,
    Rejection,
    TaskChange,
    fact_key,
)
from state.proposals import same_value as same


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a message comes to; nothing until it is proposed and validated."""

    facts: tuple[FactClaim, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    """What a yes takes of the assistant's last question."""
    corrections: tuple[Correction, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    decisions: tuple[DecisionMade, ...] = ()
    """Constraints are those with `constraint`."""
    profile: tuple[ProfileHint, ...] = ()
    memories: tuple[CarefulChange, ...] = ()
    """What the user asks to be remembered beyond the thread."""
    task: TaskChange | None = None
    context: ExtractedContext = field(default_factory=ExtractedContext)
    notes: tuple[str, ...] = ()
    """What was noticed and left out as doubtful."""


def extract(
    message: UserMessageReceived, resolved: Sequence[ReferenceResolved], held: Held, reply: str = ""
) -> Extraction:
    """Extract by rules; what is doubtful yields nothing, and no text makes it fail.

    Args:
        message: The user's message.
        resolved: What its vague phrases mean.
        held: What the thread holds before it.
        reply: What the assistant said before it.
    """
    parts = clauses(message.text)
    reading = _Reading(Subjects(resolved, held), message.principal.roles)
    for clause in parts:
        reading.read(clause)
    return Extraction(
        facts=tuple(reading.facts),
        acceptances=_taken(message.text, reply, held, reading),
        corrections=tuple(reading.corrections),
        rejections=tuple(reading.rejections),
        decisions=tuple(reading.decisions),
        profile=tuple(reading.profile),
        memories=tuple(reading.memories),
        task=reading.task,
        context=_context(message.text, resolved, reading, parts),
        notes=tuple(reading.notes),
    )


def _taken(text: str, reply: str, held: Held, reading: "_Reading") -> tuple[Acceptance, ...]:
    """Return what a yes takes, unless the same message says otherwise of it."""
    own = {said.key for said in (*reading.facts, *reading.corrections, *reading.rejections)}
    taken = accepting.accepted(text, reply, Subjects((), held)) if reply else None
    return (taken,) if taken and taken.key not in own else ()


def _context(
    text: str, resolved: Sequence[ReferenceResolved], reading: "_Reading", parts: tuple[Clause, ...]
) -> ExtractedContext:
    named = tuple(entity for reference in resolved for entity in reference.entities)
    return ExtractedContext(
        name=next((h.name for h in reversed(reading.profile) if h.name), None),
        topic=named[-1] if named else None,
        preferences={k: v for hint in reading.profile for k, v in hint.preferences.items()},
        entities=(*named, *addresses(text)),
        open_questions=open_questions(parts),
    )


class _Reading:
    """Reads the clauses of a message in order; one clause yields at most one thing of a sort."""

    def __init__(self, subjects: Subjects, teams: Sequence[str]) -> None:
        self._subjects = subjects
        self._teams = teams
        self._correcting = False
        self._lasting = False
        self.facts: list[FactClaim] = []
        self.corrections: list[Correction] = []
        self.rejections: list[Rejection] = []
        self.decisions: list[DecisionMade] = []
        self.profile: list[ProfileHint] = []
        self.memories: list[CarefulChange] = []
        self.task: TaskChange | None = None
        self.notes: list[str] = []

    def read(self, clause: Clause) -> None:
        opens = correcting.opens_correction(clause.text)
        sure, self._correcting = self._correcting or opens, opens
        clause = self._remembers(clause)
        self._step(clause)
        # What must not be done or assumed counts with all its conditions; the rest only when the user stands by it.
        if self._rules_out(clause) or self._limits(clause) or not clause.firm:
            return
        if not (self._decides(clause) or self._tells_of_user(clause)):
            self._states(clause, sure)

    def _remembers(self, clause: Clause) -> Clause:
        """Note what is asked to be remembered, and return what it says: that counts in this thread as well."""
        opened, self._lasting = self._lasting, remembering.opens(clause.text)
        found = remembering.asked(clause.text, opened=opened)
        if found is None or clause.asks or not (clause.firm or remembering.is_wish(clause.text)):
            return clause
        what = replace(clause, text=found.text, start=clause.start + found.at)
        about = tuple(f"{entity.type}:{entity.id}" for entity in self._subjects.named(clause, after=what.start))
        scope = self._scope(found.whose, replace(clause, text=clause.text[: found.at]))
        self.memories.append(
            CarefulChange(kind="memory", text=found.text, scope=scope, statement=clause.text, about=about)
        )
        return what

    def _scope(self, whose: remembering.Whose, before: Clause) -> str:
        """Name the team or the case that is meant; what can't be told stays open and fails the check of scopes."""
        if whose == "team" and len(self._teams) == 1:
            return f"team:{self._teams[0]}"
        case = self._subjects.entity(before) if whose == "case" else None
        return f"case:{case.id}" if case and case.type == "case" else whose

    def _rules_out(self, clause: Clause) -> bool:
        out = None if clause.asks else ruling_out.ruled_out(clause.text)
        if out is None:
            return False
        rejection = self._rejection(clause, out)
        if rejection not in self.rejections:
            self.rejections.append(rejection)
        return True

    def _rejection(self, clause: Clause, out: ruling_out.RuledOut) -> Rejection:
        stated = stating.state_of(out.claim) or stating.value_of(out.claim, sure=True)
        if out.cause_of:
            key, value = self._subjects.key(clause, f"cause of {out.cause_of}"), out.claim
        elif stated and not stated.denied:
            key, value = self._subjects.key(clause, stated.attribute), stated.value
        elif held := self._subjects.holding(clause, out.claim):
            key, value = held.key, held.value
        else:
            key, value = fact_key(self._subjects.entity(clause), "assumption"), out.claim
        return Rejection(key=key, value=value, reason=out.reason, statement=clause.text)

    def _limits(self, clause: Clause) -> bool:
        limit = None if clause.asks else deciding.constraint(clause.text)
        if limit:
            self.decisions.append(DecisionMade(text=limit, constraint=True, statement=clause.text))
        return bool(limit)

    def _decides(self, clause: Clause) -> bool:
        if made := deciding.decision(clause.text, self._subjects.named(clause)):
            self.decisions.append(DecisionMade(text=made, statement=clause.text))
            return True
        return False

    def _tells_of_user(self, clause: Clause) -> bool:
        name, preferences = profile.name_in(clause.text), profile.preferences_in(clause.text)
        if name or preferences:
            self.profile.append(ProfileHint(name=name, preferences=preferences, statement=clause.text))
        return bool(name or preferences)

    def _step(self, clause: Clause) -> None:
        step = step_in(clause.text)
        if step:
            about = self._subjects.entity(clause)
            entities = (f"{about.type}:{about.id}",) if about else ()
            self.task = TaskChange(step=step.name, only=step.only, entities=entities)

    def _states(self, clause: Clause, sure: bool) -> None:
        text = correcting.without_opening(clause.text)
        if pair := correcting.replaced(text):
            self._replace(clause, *pair)
        elif stated := stating.state_of(text) or stating.value_of(text, sure=sure):
            self._state(clause, stated, sure)

    def _replace(self, clause: Clause, attribute: str, new: str, old: str) -> None:
        held = self._subjects.holding(clause, old)
        named = attribute or correcting.kind_of(new)
        if held is None and named is None:
            self.notes.append(f"No fact holds {old!r}, which is corrected to {new!r}.")
            return
        key = held.key if held else self._subjects.key(clause, named or "")
        self.corrections.append(Correction(key=key, value=new, old=held.value if held else old, statement=clause.text))

    def _state(self, clause: Clause, stated: stating.Stated, sure: bool) -> None:
        key = self._subjects.key(clause, stated.attribute)
        held = self._subjects.held(key)
        if stated.denied:
            reason = "the user says it is not so"
            self.rejections.append(Rejection(key=key, value=stated.value, reason=reason, statement=clause.text))
        elif held and not same(held.value, stated.value) and (sure or stated.changed):
            self.corrections.append(Correction(key=key, value=stated.value, old=held.value, statement=clause.text))
        else:
            self.facts.append(_claimed(key, stated.value, clause))


def _claimed(key: str, value: str, clause: Clause) -> FactClaim:
    return FactClaim(key=key, value=value, trust="user_claimed", statement=clause.text)
