"""What the user rules out: "don't assume X", "X was not caused by Y", "I never said X"."""

import re
from dataclasses import dataclass

from dossier.extraction.words import words


@dataclass(frozen=True, slots=True)
class RuledOut:
    """Words that must not be taken as true."""

    claim: str
    reason: str
    cause_of: str = ""
    """What the claim is no cause of, for "X was not caused by Y"."""


_RULED_OUT = "the user ruled it out"
_NEVER_SAID = "the user never said it"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # "don't assume that the leak came from the compressor", "we can't assume it"
    (
        re.compile(
            r"(?:please )?(?:do not|don['’]t|never|stop|(?:we|you) (?:can['’]?t|cannot|must not|should not)) "
            r"(?:just )?assum(?:e|ing)(?: that)? (?P<claim>.+)",
            re.I,
        ),
        _RULED_OUT,
    ),
    # "I never said the delivery was late"
    (
        re.compile(
            r"i (?:never|did not|didn['’]t) (?:say|said|claim|claimed|mention|mentioned)(?: that)? (?P<claim>.+)", re.I
        ),
        _NEVER_SAID,
    ),
    # "it is not true that the seal was broken"
    (re.compile(r"(?:it['’]s|it is) (?:not true|wrong|false|untrue) that (?P<claim>.+)", re.I), "the user denies it"),
    # "we have ruled out sabotage"
    (re.compile(r"(?:we|i)(?:['’]ve| have)? (?:already )?(?:ruled out|excluded) (?P<claim>.+)", re.I), _RULED_OUT),
)
# "the spoilage was not caused by the compressor" / "the power cut did not cause the spoilage"
_NOT_CAUSED = re.compile(
    r"(?P<what>[^,]{1,80}?) (?:(?:was|is|were|are) not|(?:was|is|were|are)n['’]t) "
    r"(?:caused by|due to|the result of|because of) "
    r"(?P<by>[^,]{1,80})",
    re.I,
)
_DID_NOT_CAUSE = re.compile(
    r"(?P<by>[^,]{1,80}?) (?:did not|didn['’]t|does not|doesn['’]t) cause (?P<what>[^,]{1,80})", re.I
)
_ARTICLE = re.compile(r"(?:the|a|an|this|that|our|its) ", re.I)
_VAGUE = words("that this it so anything something everything nothing much more any of")


def ruled_out(text: str) -> RuledOut | None:
    """Return what a clause rules out."""
    for form, reason in _FORMS:
        if (match := form.fullmatch(text)) and _says_something(match["claim"]):
            return RuledOut(match["claim"].strip(), reason)
    match = _NOT_CAUSED.fullmatch(text) or _DID_NOT_CAUSE.fullmatch(text)
    if match is None or not _says_something(match["by"]):
        return None
    return RuledOut(bare(match["by"]), "the user says it was not the cause", bare(match["what"]))


def _says_something(claim: str) -> bool:
    return any(word not in _VAGUE for word in claim.lower().split())


def bare(text: str) -> str:
    """Return a phrase without its article."""
    return _ARTICLE.sub("", text.strip(), count=1) if _ARTICLE.match(text.strip()) else text.strip()
