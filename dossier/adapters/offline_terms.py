"""Words, stems, sentences and their weights, as the offline model compares them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from dossier.adapters.offline_reading import Block, plain_text

_WORD = re.compile(r"[^\W_]+(?:[-./'\u2019][^\W_]+)*")
# Initials and common abbreviations end no sentence.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<![\s(][A-Z]\.)(?<!\b(?:Mr|Ms|Dr|No)\.)(?<!\bMrs\.)(?<!\b(?:e\.g|i\.e)\.)\s+|\n+"
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_STOP = """
a about again all also am an and any are as at be been but by can could did do does for from give had has have
he her here him his how i i'm if in into is it it's its just let like me my no not now of on or our out please
shall she should so some tell than that the their them then there these they this those to too up us very was
we were what what's when where which who whom why will with would yes you your
"""
_IRREGULAR = {
    "found": "find",
    "sent": "send",
    "paid": "pay",
    "said": "say",
    "held": "hold",
    "wrote": "write",
    "kept": "keep",
}
STOP_WORDS = frozenset(_STOP.split())
_ASKING = "say mention state describe explain know think happen new"


def words(text: str) -> list[str]:
    """Return the lower-case words; `C-1042` is one."""
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.lower())]


def stem(word: str) -> str:
    """Return a crude English stem: plural, -ing, -ed, final e and y."""
    word = word.removesuffix("'s")
    word = _IRREGULAR.get(word, word)
    if any(letter.isdigit() for letter in word):
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) >= 3 and re.search("[aeiouy]", bare):
            word = bare[:-1] if bare[-1] == bare[-2] and bare[-1] not in "lsz" else bare
    if word.endswith("y"):
        return word[:-1] + "i"
    return word.removesuffix("e") if len(word) > 3 else word


def stems(text: str) -> list[str]:
    """Return the stems of all words, in order."""
    return [stem(word) for word in words(text)]


ASKING = frozenset(stem(word) for word in _ASKING.split())
"""Stems that ask for an answer and are seldom in it."""


def terms(text: str) -> frozenset[str]:
    """Return the stems that carry meaning."""
    return frozenset(stem(word) for word in words(text) if word not in STOP_WORDS)


def alike(one: str, other: str) -> bool:
    """Tell whether two stems are forms of one word: `summaris` and `summari`."""
    return one == other or (min(len(one), len(other)) >= 4 and (one.startswith(other) or other.startswith(one)))


def sentences(text: str) -> list[str]:
    """Return the sentences and list items, JSON read as sentences."""
    parts = (_BULLET.sub("", part).strip() for part in _SENTENCE_END.split(plain_text(text)))
    return [part for part in parts if _WORD.search(part)]


def weights(blocks: Iterable[Block]) -> Mapping[str, float]:
    """Return each term's inverse document frequency over the blocks; an unknown term weighs the most."""
    sets = [terms(plain_text(block.text)) for block in blocks]
    counts = Counter(term for found in sets for term in found)
    return _Weights({t: math.log(1 + len(sets) / n) for t, n in counts.items()}, math.log(2 + len(sets)))


class _Weights(dict[str, float]):
    def __init__(self, known: Mapping[str, float], unknown: float) -> None:
        super().__init__(known)
        self._unknown = unknown

    def __missing__(self, term: str) -> float:
        return self._unknown


def coverage(wanted: frozenset[str], text: str, weight: Mapping[str, float]) -> float:
    """Return the share, 0 to 1, of the wanted terms' weight that the text has."""
    # Sorted, since a float sum depends on its order and a set's order on the process.
    total = sum(weight[term] for term in sorted(wanted))
    return sum(weight[term] for term in sorted(wanted & terms(plain_text(text)))) / total if total else 0.0


def shortened(sentence: str, limit: int = 240) -> str:
    """Cut a long sentence at a word."""
    return sentence if len(sentence) <= limit else sentence[:limit].rsplit(" ", 1)[0] + " …"
