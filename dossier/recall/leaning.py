"""Whether a request can be understood by itself."""

import re

from dossier.recall.terms import terms

_GOES_ON = re.compile(r"^\s*(?:and|but|so|also|then|or|because|yes|no|ok|okay|sure|right|exactly|why|how so)\b", re.I)
_POINTS = re.compile(
    r"\b(?:again|continue|go on|the same|this one|that one|the other one|both of them|as i said)\b", re.I
)
_ALONE = 1
"""Terms with which a request hardly says what it is about."""


def leans(text: str) -> bool:
    """Tell whether a request leans on what was said just before it."""
    return bool(terms(text).length <= _ALONE or _GOES_ON.search(text) or _POINTS.search(text))
