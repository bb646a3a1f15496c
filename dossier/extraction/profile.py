"""Hints about the user, from their own words only: a name, a preference."""

import re

from dossier.extraction.words import words
from dossier.references.lexicon import TIME_NOUNS

_WORD = r"[^\W\d_]+(?:[-'’][^\W\d_]+)*"
# "I'm Anna Kowalska", "my name is Anna", "call me Anna": then a stop, or words that can follow a name.
_NAMED = re.compile(
    rf"(?:(?:hi|hello|hey|yes|so|and)[,!]?\s+)?(?:i['’]m|i am|my name is|my name['’]s|"
    r"(?:you can |please )?call me)\s+"
    rf"(?:(?:Dr|Mr|Mrs|Ms|Prof)\.?\s+)?(?P<name>{_WORD}(?:\s+{_WORD}){{0,3}}?)"
    rf"(?:(?:,|\s+(?:from|and|here|by the way|with|at)\b).*)?",
    re.I,
)
_PARTICLES = words("van der den de la le von zu da di du dos del bin ibn al el ter ten y")
# What "I'm ..." says of people with a capital letter and is no name.
_NO_NAME = words(
    "tired sorry sure fine ok okay good great back here ready done afraid happy glad sad ill sick late busy lost "
    "confused german french polish english british american irish italian spanish dutch danish swedish norwegian "
    "finnish greek turkish russian ukrainian chinese japanese korean indian austrian swiss belgian canadian "
    "australian european african asian portuguese czech hungarian romanian bulgarian croatian serbian brazilian "
    "mexican christian muslim jewish hindu buddhist catholic protestant vegan vegetarian gay monday tuesday "
    "wednesday thursday friday saturday sunday january february march april may june july august september "
    "october november december head chief senior junior lead inspector director manager officer nurse doctor "
    "lawyer engineer teacher student assistant deputy acting owner admin ceo cto cfo hr it i you we not the a an "
    "in on at of for with very so too just still also going trying working looking asking writing calling new now "
    "using from back tomorrow today later when if as and but or to about only never always asap dr mr mrs ms prof"
)
# "I prefer an aisle seat to a window seat", "I'd prefer short answers"
_PREFERS = re.compile(
    r"(?:i|we)(?:['’]d| would)? (?:always |usually |generally )?prefer (?:an? |the |my )?"
    rf"(?P<what>{_WORD}(?:\s+{_WORD}){{0,3}}?)(?:\s+(?:over|to|rather|instead|if|when|for|please)\b.*)?",
    re.I,
)
_NO_PREFERENCE = words("to not that it this you")
_LANGUAGE = re.compile(
    r"(?i:(?:please )?(?:always )?(?:answer|reply|write|respond|speak)(?: to)?(?: me)?(?: always)? in) "
    r"(?P<language>[A-Z][a-z]+)(?: please)?"
)
_LENGTH = re.compile(
    r"(?:please )?(?:always )?(?:keep (?:it|your answers|answers|replies|your replies) (?P<a>short|brief|concise)|"
    r"i like (?P<b>short|brief|concise|detailed|long) (?:answers|replies))",
    re.I,
)


def name_in(text: str) -> str | None:
    """Return the name that the user gives as theirs."""
    match = _NAMED.fullmatch(text)
    if match is None:
        return None
    words = match["name"].split()
    # "I'm Anna's colleague": the name is not the user's; "I'M TIRED": capitals say nothing.
    if any(_is_no_name(w) for w in words) or not (words[0][0].isupper() and words[-1][0].isupper()):
        return None
    return " ".join(words)


def _is_no_name(word: str) -> bool:
    low = word.lower()
    shouted = len(word) > 1 and word.isupper()
    common = low in _NO_NAME or not (word[0].isupper() or low in _PARTICLES)
    return shouted or common or low.endswith(("'s", "’s"))


def preferences_in(text: str) -> dict[str, str]:
    """Return what the user prefers, by what it is about."""
    found: dict[str, str] = {}
    if match := _LANGUAGE.fullmatch(text):
        found["language"] = match["language"]
    if match := _LENGTH.fullmatch(text):
        found["length"] = (match["a"] or match["b"]).lower()
    if (match := _PREFERS.fullmatch(text)) and match["what"].split()[0].lower() not in _NO_PREFERENCE | TIME_NOUNS:
        found[match["what"].split()[-1].lower()] = match["what"]
    return found
