"""A yes to what the assistant asked: "Shall I note that the hearing is on 3 June?" "Yes, please."."""

import re

from dossier.extraction import stating
from dossier.extraction.clauses import Clause, clauses
from dossier.extraction.subject import Subjects
from state.proposals import Acceptance

_POLITE = r"(?:please(?: do)?|do|it is|that['’]?s (?:it|right|correct)|exactly|correct|right|thanks|thank you|sure)"
_YES = re.compile(
    r"(?:yes|yeah|yep|ok(?:ay)?|sure|correct|right|exactly|agreed|indeed|please do|go ahead|do (?:it|so|that))"
    rf"(?:[, ]+(?:{_POLITE}|go ahead|do (?:it|so|that)))*",
    re.IGNORECASE,
)
_TURNS = re.compile(r"\b(?:no|not|but|except|actually|instead|rather|wait)\b|n['’]t\b", re.IGNORECASE)
_NOTE = r"(?:note|record|write down|put down|assume|take it|keep in mind|go on the basis|work on the basis)"
_OFFERS = (
    re.compile(rf"(?:shall|should|may|can|could) I (?:then |now |also )?{_NOTE}(?:,)? that (?P<what>\S.*)", re.I),
    re.compile(
        r"(?:do I understand (?:you )?(?:correctly|rightly)|is it (?:right|correct|true)) that (?P<what>\S.*)", re.I
    ),
    re.compile(r"(?P<what>\S.*), (?:is (?:that|this) (?:right|correct|so)|right|correct|yes)", re.I),
)
_QUESTION = re.compile(r"[^.!?\n]+\?")


def says_yes(message: str) -> bool:
    """Tell whether a message begins with a plain yes and takes nothing of it back."""
    said = clauses(message)
    return bool(said) and bool(_YES.fullmatch(said[0].text.strip(" .!"))) and not _TURNS.search(message)


def accepted(message: str, reply: str, subjects: Subjects) -> Acceptance | None:
    """Return what a yes takes: the one fact that the reply asked to note or to confirm; None if there is none or more.

    Args:
        message: The user's.
        reply: What the assistant said last.
        subjects: What the conversation is about.
    """
    if not says_yes(message):
        return None
    asked = [what for question in _QUESTION.findall(reply) if (what := _offered(question.strip(" ?\n")))]
    stated = stating.state_of(asked[0]) or stating.value_of(asked[0], sure=True) if len(asked) == 1 else None
    if stated is None or stated.denied:
        return None
    key = subjects.key(Clause(asked[0], 0, asks=False), stated.attribute)
    return Acceptance(key=key, value=stated.value, statement=message.strip())


def _offered(question: str) -> str | None:
    return next((found["what"] for form in _OFFERS if (found := form.fullmatch(question))), None)
