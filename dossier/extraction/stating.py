"""Statements: which attribute a clause gives which value."""

import re
from dataclasses import dataclass

from dossier.extraction.words import words


@dataclass(frozen=True, slots=True)
class Stated:
    """An attribute and the value it is said to have, or not to have."""

    attribute: str
    value: str
    denied: bool = False
    changed: bool = False
    """The words themselves say that it was otherwise before."""


# One word of a state, its attribute, and how the opposite is called.
_STATES: dict[str, tuple[str, str]] = {
    "urgent": ("urgency", "not urgent"),
    "time-critical": ("urgency", "not time-critical"),
    "confidential": ("confidentiality", "not confidential"),
    "public": ("confidentiality", "not public"),
    "mandatory": ("obligation", "not mandatory"),
    "optional": ("obligation", "not optional"),
}
_SAME_AS = {"no rush": "not urgent", "no hurry": "not urgent"}
_STATE = "|".join(_STATES)
# "Not urgent" / "it's no longer urgent" / "the case is now very urgent"
_IS_STATE = re.compile(
    rf"(?:(?:it|this|that|(?:the|this|that|my|our) [\w -]{{1,40}}?)(?:\s+(?:is|was)|\s+has become|['’]s)\s+)?"
    rf"(?P<now>now\s+|suddenly\s+)?(?P<not>not\s+|no longer\s+|not\s+\w+\s+)?"
    rf"(?:really |very |that |so )?(?P<state>{_STATE})"
    rf"(?P<after>\s+(?:now|any ?more|after all|for (?:me|us)))?", re.I,
)  # fmt: skip
_IS_NOT_STATE = re.compile(
    rf"(?:it|this|that|the [\w -]{{1,40}}?) (?:isn|wasn)['’]t (?:really |very |that )?(?P<state>{_STATE})"
    rf"(?P<after> any ?more| now)?",
    re.I,
)
# "New evidence makes it urgent"
_MAKES_STATE = re.compile(
    rf"(?P<cause>.{{0,80}}?)\b(?:makes?|made|renders?)\s+(?:it|this|that|(?:the|this|that) [\w -]{{1,40}}?)\s+"
    rf"(?P<not>no longer |not )?(?P<state>{_STATE})(?P<after> now)?",
    re.I,
)
# "The cold store's temperature was 9 degrees", "our budget is 700 euros"
_IS = re.compile(
    r"(?:the|our|my)\s+(?P<attribute>[^\W\d_][\w'’-]*(?:\s+[^\W\d_][\w'’-]*){0,4}?)\s+"
    r"(?:(?P<be>is|was|are|were|will be)(?P<now>\s+now)?|(?P<cut>isn|wasn|aren|weren)['’]t)(?P<not>\s+not)?\s+"
    r"(?P<value>\S.{0,80})",
    re.I,
)
_NO_ATTRIBUTE = words(
    "problem question point thing idea answer reason fact rest one ones first second third last other others next "
    "truth issue plan goal matter best worst way trouble only same latter former who that which"
)
_OPEN_VALUE = re.compile(r"(?:to|from|of|about|like|for|with|that|why|what|how|because|when|where|who|\w+ing)\b", re.I)
_BEFORE_HEAD = re.compile(r"^(?:(?:on|at|in|the|next|about) )+")
# "the sign was a precaution, I had a great time": more than a value.
_RUNS_ON = re.compile(r",(?! \d)|\b(?:and|so|but|because|while|i|you|we)\b", re.I)
_NUMBER_WORDS = words("two three four five six seven eight nine ten eleven twelve twenty thirty hundred")


def state_of(text: str) -> Stated | None:
    """Read a clause that gives one of the known states: urgent, confidential and their opposites."""
    text = _SAME_AS.get(text.lower(), text)
    match = _IS_NOT_STATE.fullmatch(text)
    if match:
        return _state(match, denied=True, changed=bool(match["after"]))
    if match := _IS_STATE.fullmatch(text):
        changed = bool(match["now"] or match["after"]) or (match["not"] or "").lower().startswith("no longer")
        return _state(match, denied=bool(match["not"]), changed=changed)
    if match := _MAKES_STATE.fullmatch(text):
        return _state(match, denied=bool(match["not"]), changed=True)
    return None


def _state(match: re.Match[str], *, denied: bool, changed: bool) -> Stated:
    attribute, opposite = _STATES[match["state"].lower()]
    return Stated(attribute, opposite if denied else match["state"].lower(), changed=changed)


def value_of(text: str, *, sure: bool) -> Stated | None:
    """Read "the X is Y".

    Args:
        text: A whole clause.
        sure: The user is correcting or ruling out, so that any short value will do; otherwise it
            must be a number, a name or a date, since "the report is nice" states nothing.
    """
    match = _IS.fullmatch(text)
    if match is None or set(match["attribute"].lower().split()) & _NO_ATTRIBUTE:
        return None
    value = match["value"].strip().rstrip(",")
    if _OPEN_VALUE.match(value) or _RUNS_ON.search(value):
        return None
    if len(value.split()) > 8 or not (sure or _is_definite(value)):
        return None
    return Stated(match["attribute"].lower(), value, bool(match["not"] or match["cut"]), bool(match["now"]))


def _is_definite(value: str) -> bool:
    head = _BEFORE_HEAD.sub("", value).split()[0]
    return head[0].isupper() or head.lower() in _NUMBER_WORDS or any(c.isdigit() for c in value)
