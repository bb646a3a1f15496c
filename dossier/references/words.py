"""Words of an utterance: tokens with offsets, stems, likeness of names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_CLITIC = r"(?:s|re|ve|ll|d|m|t)\b"
_TOKEN = re.compile(rf"['\u2019]{_CLITIC}|#?[^\W_]+(?:(?:[-_./:@]|['\u2019](?!{_CLITIC}))[^\W_]+)*")
_QUOTED = re.compile(
    r"\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“”]*[“”]|`[^`]*`|(?<!\w)'[^']+'(?!\w)"
    r"|\u2018[^\u2019]+\u2019(?!\w)"
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+|:\s+")
_IRREGULAR = {"people": "person", "men": "man", "women": "woman", "children": "child", "data": "data"}
_SOUNDS = (
    ("bh", "v"),
    ("mh", "v"),
    ("ph", "f"),
    ("gh", "g"),
    ("ck", "k"),
    ("tz", "s"),
    ("cz", "x"),
    ("tch", "x"),
    ("sch", "x"),
    ("ch", "x"),
    ("sh", "x"),
    ("q", "k"),
    ("w", "v"),
    ("z", "s"),
    ("dg", "j"),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its place in the utterance."""

    text: str
    start: int
    end: int
    gap: str
    """What stands between the word before and this one."""

    @property
    def low(self) -> str:
        """The word in lower case, accents removed."""
        return fold(self.text)

    @property
    def stem(self) -> str:
        """The word without its endings."""
        return stem(self.text)

    @property
    def breaks(self) -> bool:
        """Tell whether punctuation stands before the word."""
        return bool(self.gap.strip(" \t\"'“”\u2018\u2019("))


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Lower the case and drop accents."""
    flat = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    return "".join(c for c in flat if not unicodedata.combining(c)).lower()


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut the common English endings; words of the same family meet in one stem."""
    w = fold(word).removesuffix("'s")
    if w in _IRREGULAR:
        return _IRREGULAR[w]
    if any(c.isdigit() for c in w) or len(w) < 4:
        return w
    w = _without_plural(w)
    for ending, least in (("ing", 6), ("ed", 5)):
        if w.endswith(ending) and len(w) >= least:
            w = w.removesuffix(ending)
            w = w[:-1] if len(w) > 3 and w[-1] == w[-2] and w[-1] not in "sz" else w
            break
    return w.removesuffix("e") if len(w) > 3 else w


def _without_plural(w: str) -> str:
    if w.endswith("ies") and len(w) > 4:
        return w[:-3] + "y"
    if w.endswith(("sses", "xes", "ches", "shes")):
        return w[:-2]
    return w[:-1] if w.endswith("s") and not w.endswith(("ss", "us", "is")) else w


def is_plural(word: str) -> bool:
    """Guess the number of a noun from its form."""
    w = fold(word)
    return w in {"people", "men", "women", "children"} or (
        len(w) > 3 and w.endswith("s") and not w.endswith(("ss", "us", "is", "'s", "ics", "news"))
    )


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[Token, ...]:
    """Split a text into words; what stands in quotation marks is left out."""
    hidden = [m.span() for m in _QUOTED.finditer(text)]
    found: list[Token] = []
    end = 0
    for m in _TOKEN.finditer(text):
        if any(a <= m.start() < b for a, b in hidden):
            continue
        found.append(Token(m.group(), m.start(), m.end(), text[end : m.start()]))
        end = m.end()
    return tuple(found)


@lru_cache(maxsize=1024)
def sentences(text: str) -> tuple[str, ...]:
    """Split a text into sentences and half sentences."""
    return tuple(s for s in _SENTENCE.split(text) if s.strip())


@lru_cache(maxsize=4096)
def sound(word: str) -> str:
    """Reduce a name to how it may sound, so that a spelling by ear is found again."""
    w = re.sub(r"^si(?=[aeou])", "sh", re.sub(r"[^a-z]", "", fold(word)))
    for letters, heard in _SOUNDS:
        w = w.replace(letters, heard)
    w = re.sub(r"c(?=[eiy])", "s", w).replace("c", "k").replace("y", "i")
    head, tail = w[:1], re.sub(r"[aeiouh]", "", w[1:])
    return re.sub(r"(.)\1+", r"\1", ("a" if head in "aeiou" else head) + tail)


def distance(a: str, b: str, limit: int) -> int:
    """Count the edits between two words (a swap counts one), giving up above `limit`."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            cost = min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            new.append(cost)
        before, row = row, new
    return row[-1]


@lru_cache(maxsize=65536)
def alike(heard: str, name: str) -> bool:
    """Tell whether a word may be a misspelling of a name."""
    a, b = fold(heard), fold(name)
    if len(a) < 4 or len(b) < 4 or any(c.isdigit() for c in a + b):
        return False
    limit = 2 if min(len(a), len(b)) >= 8 else 1
    near = len(a) >= 5 and a[0] == b[0] and distance(a, b, limit) <= limit
    key = sound(a)
    return near or (len(key) >= 3 and key == sound(b))
