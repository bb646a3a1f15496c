"""Decisions and constraints: "use the second one", "don't change the status", "as decided, we keep it"."""

import re
from collections.abc import Sequence

from dossier.extraction.tasks import step_in
from dossier.extraction.words import words
from state.events import EntityRef

# "don't change the status": the imperative at the head of a clause.
_FORBIDS = re.compile(r"(?:and |also |please |so )*(?:do not|don['’]t|never) (?:ever )?(?P<act>[a-z]+\b.*)", re.I)
_NO_CONSTRAINT = words(
    "been had seen gone got give quit say worry know think understand forget mind care see remember have want need get "
    "like believe be hesitate bother "
    "assume feel let laugh ask tell you we i i'm even just really recall agree"
)
_PRESENT = words("proceed exceed succeed feed embed speed")
# "If the licensee calls, don't tell them": the condition is part of the limit.
_IF_NOT = re.compile(
    r"(?:if|when|whenever|unless|once|in case|until)\b.{1,160}?,? (?:please )?"
    r"(?:do not|don['’]t|never) (?:ever )?(?P<act>[a-z]+\b.*)",
    re.I,
)
_MUST_NOT = re.compile(r"(?:you|we) (?:must not|may not|mustn['’]t) (?P<act>[a-z]+\b.*)", re.I)
# "without changing the status"
_WITHOUT = re.compile(r".*\b(?P<limit>without (?:[a-z]+ing)\b.{1,80})", re.I)
# "leave the status as it is", "keep the status unchanged"
_LEAVE = re.compile(
    r"(?:please )?(?P<limit>(?:leave|keep) .{1,60}? (?:as (?:it is|is|they are)|unchanged|untouched|alone))", re.I
)
# "as decided, we keep the licence open", "we decided to keep it", "let's go with plan B"
_DECIDED = (
    re.compile(r"as (?:we )?(?:decided|agreed)(?: (?:before|earlier|yesterday|last time))?,? (?P<what>.+)", re.I),
    re.compile(r"(?:i|we)(?:['’]ve| have)? (?:decided|agreed) (?P<what>(?:to|on|that|against) .+)", re.I),
    re.compile(r"(?:the|our|my) decision (?:is|was)(?: to)? (?P<what>.+)", re.I),
    re.compile(
        r"(?:ok(?:ay)?,? |so )?(?:let['’]s|let us|we['’]ll|i['’]ll|we will|i will) "
        r"(?P<what>(?:go with|choose|stick with) .+)",
        re.I,
    ),
)
# "Use the second one": only together with a resolved reference.
_CHOOSES = re.compile(
    r"(?:ok(?:ay)?,? |yes,? |then |so |please |and |let['’]s |we['’]ll |i['’]ll |we will |i will )*"
    r"(?P<verb>use|take|choose|pick|select|go with|go for|stick with|prefer) .+",
    re.I,
)


def constraint(text: str) -> str | None:
    """Return what the clause forbids, as a rule to keep."""
    forbids = _FORBIDS.fullmatch(text) or _MUST_NOT.fullmatch(text)
    if forbids:
        act = forbids["act"]
        return None if _idle(act) else f"do not {act}"
    if (limited := _IF_NOT.fullmatch(text)) and not _idle(limited["act"]):
        return text
    # "Redo it without changing the status" limits the step; "dancing without worrying" limits nothing.
    limits = _LEAVE.fullmatch(text) or (_WITHOUT.fullmatch(text) if step_in(text) else None)
    return limits["limit"] if limits else None


def _idle(act: str) -> bool:
    # "Never tried it" tells, "never try it" forbids.
    verb = act.split()[0].lower().rstrip(",")
    return verb in _NO_CONSTRAINT or (verb.endswith("ed") and verb not in _PRESENT)


def decision(text: str, named: Sequence[EntityRef]) -> str | None:
    """Return what the clause decides; a choice needs what it names."""
    if (match := _CHOOSES.fullmatch(text)) and named:
        return f"{match['verb'].lower()} {_listed(named)}"
    for form in _DECIDED:
        if match := form.fullmatch(text):
            return match["what"].strip()
    return None


def _listed(named: Sequence[EntityRef]) -> str:
    labels = [entity.label or entity.id for entity in named]
    return " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
