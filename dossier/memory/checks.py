"""The seven checks that a memory passes before it is kept; the first that it fails refuses it, with the reason."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from dossier.memory.held import LIFETIME, expiry, owner_of
from dossier.recall.terms import terms
from state.proposals import plain

CheckName = Literal["relevance", "stability", "consent", "sensitivity", "source", "expiry", "scope"]

LONGEST = 500
"""Characters."""
MOST = 200
"""Memories of one person's reach: beyond them something has to be forgotten first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What might be remembered, and all that it is judged by."""

    text: str
    scope: str
    """`user`, `tenant`, `team:<role>` or `case:<id>`."""
    now: datetime
    asked: bool = False
    """The user's own words ask for it."""
    approved: bool = False
    """A human looked at it and agreed."""
    permitted: frozenset[str] = frozenset()
    """Scopes for which policy lets a user's words be kept."""
    inferred: bool = False
    """It rests on what was only concluded, and policy does not allow that."""
    about: tuple[str, ...] = ()
    """`type:id` of the things that it speaks of."""
    known: tuple[str, ...] = ()
    """What is remembered already."""


class Refusal(NamedTuple):
    """The check that was failed, and why."""

    check: CheckName
    reason: str


def judge(candidate: Candidate) -> Refusal | None:
    """Return the first check that a candidate fails, None if it passes all seven."""
    for name, failing in CHECKS.items():
        if reason := failing(candidate):
            return Refusal(name, reason)
    return None


def _relevance(candidate: Candidate) -> str | None:
    said = set(terms(candidate.text).counts)
    if not said:
        return "It says nothing that could matter later."
    if len(candidate.text) > LONGEST:
        return f"It is longer than {LONGEST} characters: a document, not a memory."
    if any(plain(candidate.text) == plain(text) for text in candidate.known):
        return "It is remembered already."
    return f"{MOST} things are remembered: forget something first." if len(candidate.known) >= MOST else None


_PASSING = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|right now|at the moment|currently|for now|just now|this time|"
    r"(?:this|next|last) (?:morning|afternoon|evening|week|weekend|month|monday|tuesday|wednesday|thursday|friday)|"
    r"(?:i['’]m|i am|we['’]re|we are|feel|feeling) (?:so |very |really |a bit )?(?:tired|hungry|busy|sick|ill|late|"
    r"bored|angry|sad|happy|lost|confused|away|in a hurry|on (?:vacation|holiday|leave)))\b",
    re.IGNORECASE,
)


def _stability(candidate: Candidate) -> str | None:
    found = _PASSING.search(candidate.text)
    return f"{found.group()!r} passes." if found else None


_OTHERS = re.compile(r"\b(?:he|she|him|his|her|hers|they|them|their)\b", re.IGNORECASE)


def _consent(candidate: Candidate) -> str | None:
    if not (candidate.asked or candidate.approved):
        return "Nobody asked for it to be remembered."
    if not candidate.approved and _OTHERS.search(candidate.text):
        return "It is about someone else, who was not asked."
    return None


_SENSITIVE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "a secret",
            r"\b(?:pass(?:word|code|phrase)|pin(?: code| number)?|(?:api|private)[ -]?key|access token|cvv)\b",
        ),
        ("a number that identifies", r"\b(?:\d[ -]?){8,}\d\b|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,}"),
        (
            "health",
            r"\b(?:pregnan\w+|diagnos\w+|disease|illness|cancer|depress(?:ion|ed)|disab(?:led|ility)|hiv|"
            r"medication|therapy|diabet\w+|epilep\w+|autis\w+|allerg\w+|surgery)\b",
        ),
        (
            "belief or politics",
            r"\b(?:religio\w+|muslim|christian|jewish|hindu|buddhist|catholic|atheist|church|mosque|synagogue|"
            r"(?:trade|labou?r) union|political party|vote[sd]? for)\b",
        ),
        ("origin or orientation", r"\b(?:ethnic\w*|racial|gay|lesbian|bisexual|transgender|sexual orientation)\b"),
        ("a criminal record", r"\b(?:criminal record|convict(?:ed|ion)|arrested|on parole)\b"),
    )
)


def _sensitivity(candidate: Candidate) -> str | None:
    # Not the words themselves: the reason stands in a log.
    found = next((name for name, pattern in _SENSITIVE if pattern.search(candidate.text)), None)
    return f"It holds what is too sensitive to keep: {found}." if found else None


_RIGHTS = re.compile(
    r"\b(?:ignore|bypass|override|disregard|circumvent|without (?:asking|(?:an? |any |my )?approvals?)|no approvals?|"
    r"pre-?approved|(?:am|['’]m|is|are|be) (?:allowed|permitted|authori[sz]ed|entitled|approved|an? admin\w*)|"
    r"(?:may|can|must) (?:approve|decide)|system prompt|my (?:role|tenant) is)\b",
    re.IGNORECASE,
)


def _source(candidate: Candidate) -> str | None:
    if candidate.inferred:
        return "It rests on what was only concluded."
    if found := _RIGHTS.search(candidate.text):
        return f"{found.group()!r}: what may be done comes from policies, not from what is said."
    said = set(terms(candidate.text).counts)
    # What a model writes down of a memory that it was shown says nothing new.
    if not candidate.asked and any(said <= set(terms(text).counts) for text in candidate.known):
        return "It was recalled, not said anew."
    return None


_UNTIL = re.compile(r"\b(?:until|till)\b", re.IGNORECASE)
_DAY = re.compile(r"\b(?:until|till)\s+\d{4}-\d{2}-\d{2}\b", re.IGNORECASE)


def _expiry(candidate: Candidate) -> str | None:
    if _UNTIL.search(candidate.text) and not _DAY.search(candidate.text):
        return "It ends at a time that is no date: say until YYYY-MM-DD."
    try:
        ends = expiry(candidate.text, candidate.now)
    except ValueError:
        return "It ends on a day that does not exist."
    if ends <= candidate.now:
        return "It is over already."
    return f"Nothing is kept for more than {LIFETIME.days} days." if ends > candidate.now + LIFETIME else None


def _scope(candidate: Candidate) -> str | None:
    if owner_of(candidate.scope, tenant="-", user="-") is None:
        return f"{candidate.scope!r} is no scope: user, tenant, team:<role> or case:<id>."
    if not candidate.approved and candidate.scope not in candidate.permitted:
        return f"No policy lets this user's words be kept for {candidate.scope!r}."
    if candidate.about:
        return f"It is about {candidate.about[0]}: what is known of that belongs to its own records."
    return None


CHECKS: Mapping[CheckName, Callable[[Candidate], str | None]] = MappingProxyType(
    {
        "consent": _consent,
        "source": _source,
        "scope": _scope,
        "sensitivity": _sensitivity,
        "stability": _stability,
        "expiry": _expiry,
        "relevance": _relevance,
    }
)
"""In the order they are tried: may it be kept at all comes before is it worth it."""
