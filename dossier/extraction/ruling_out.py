"""What the user rules out: "don't assume X", "X was not caused by Y", "I never said X"."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuledOut:
    """Words that must not be taken as true."""

    claim: str
    reason: str
    cause_of: str = ""
    """What the claim is no cause of, for "X was not caused by Y"."""


_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # "don't assume that the leak came from the compressor"
    (re.compile(r"(?:please )?(?:do not|don['’]t|never|stop) (?:just )?assum(?:e|ing)(?: that)? (?P<claim>.+)", re.I),
     "the user ruled it out"),
    (re.compile(r"(?:we|you) (?:can['’]?t|cannot|must not|shouldn['’]t|should not) assume(?: that)? (?P<claim>.+)", re.I),
     "the user ruled it out"),
    # "I never said the delivery was late"
    (re.compile(r"i (?:never|did not|didn['’]t) (?:say|said|claim|claimed|mention|mentioned)(?: that)? (?P<claim>.+)", re.I),
     "the user never said it"),
    # "it is not true that the seal was broken"
    (re.compile(r"(?:it['’]s|it is) (?:not true|wrong|false|untrue) that (?P<claim>.+)", re.I), "the user says it is not true"),
    # "we have ruled out sabotage"
    (re.compile(r"(?:we|i) (?:(?:have|['’]ve) )?(?:already )?(?:ruled out|rule out|excluded) (?P<claim>.+)", re.I),
     "the user ruled it out"),
)  # fmt: skip
# "the spoilage was not caused by the compressor" / "the power cut did not cause the spoilage"
_NOT_CAUSED = re.compile(
    r"(?P<what>[^,]{1,80}?) (?:(?:was|is|were|are) not|(?:was|is|were|are)n['’]t) (?:caused by|due to|the result of|because of) "
    r"(?P<by>[^,]{1,80})",
    re.I,
)
_DID_NOT_CAUSE = re.compile(
    r"(?P<by>[^,]{1,80}?) (?:did not|didn['’]t|does not|doesn['’]t) cause (?P<what>[^,]{1,80})", re.I
)
_ARTICLE = re.compile(r"(?:the|a|an|this|that|our|its) ", re.I)
_VAGUE = frozenset("that this it so anything something everything nothing much more any of".split())


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
