"""Corrections: "it was the 14th, not the 12th", "that's wrong: the temperature was 9 degrees"."""

import re

# "Actually ...", "Sorry, ...", "No, ...": what follows replaces what was held.
_OPENING = re.compile(
    r"(?:actually|correction|in fact|i was wrong|my mistake|i made a mistake|i misspoke|sorry|(?:no|wait)(?=[,:])|"
    r"on second thought)\b[,:]?\s*",
    re.I,
)
_WRONG = re.compile(
    r"(?:no,? )?(?:that['’]s|that is|that was|this is|it['’]s|you['’]re|you are|which is)\s+"
    r"(?:(?:simply |just |still )?(?:wrong|incorrect|mistaken|false)|not (?:right|correct|true))",
    re.I,
)
# "it was the 14th, not the 12th" / "the inspection date is the 14th and not the 12th"
_NEW_NOT_OLD = re.compile(
    r"(?:i meant|(?:it|that|this)(?:['’]s|\s+(?:is|was|should be|has to be))|"
    r"the (?P<attribute>[\w '’-]{1,40}?)\s+(?:is|was|are|were))\s+"
    r"(?P<new>[^,]{1,60}?)(?:,| and| rather)\s+(?:not|than)\s+(?P<old>[^,]{1,60})",
    re.I,
)
# "not the 12th but the 14th" reaches this as one clause only with a comma: "not the 12th, the 14th"
_NOT_OLD_NEW = re.compile(
    r"(?:(?:it|that)(?:['’]s| is| was) not|(?:it|that) (?:wasn|isn)['’]t|not)\s+(?P<old>[^,]{1,60}?),\s+"
    r"(?:it (?:was|is)|it['’]s|but)?\s*(?P<new>[^,]{1,60})",
    re.I,
)
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("temperature", re.compile(r"-?\d+(?:[.,]\d+)?\s*(?:°|degrees?\b)", re.I)),
    ("time", re.compile(r"\d{1,2}[:.]\d{2}\b|\d{1,2}\s*(?:am|pm|o['’]clock)\b|noon|midnight", re.I)),
    ("amount", re.compile(r"[€$£]\s*\d|\d[\d.,]*\s*(?:euros?|eur|dollars?|usd|pounds?|gbp)\b", re.I)),
    (
        "date",
        re.compile(
            r"(?:the )?\d{1,2}(?:st|nd|rd|th)\b|\d{4}-\d\d-\d\d|"
            r"(?:next |on )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|"
            r"(?:january|february|march|april|june|july|august|september|october|november|december)\b|\d{1,2} may\b",
            re.I,
        ),
    ),
)


def opens_correction(text: str) -> bool:
    """Tell whether the clause says that something held is wrong, or starts to put it right."""
    return bool(_OPENING.match(text) or _WRONG.fullmatch(text))


def without_opening(text: str) -> str:
    """Return the clause after "actually", "sorry", "no"."""
    while match := _OPENING.match(text):
        text = text[match.end() :]
    return text


def replaced(text: str) -> tuple[str, str, str] | None:
    """Return (attribute or "", new value, old value) of a clause that names both."""
    match = _NEW_NOT_OLD.fullmatch(text) or _NOT_OLD_NEW.fullmatch(text)
    if match is None:
        return None
    attribute = (match.groupdict().get("attribute") or "").lower()
    return attribute, match["new"].strip(), match["old"].strip()


def kind_of(value: str) -> str | None:
    """Guess the attribute from the form of a value: a date, time, amount or temperature."""
    return next((kind for kind, form in _KINDS if form.match(value)), None)
