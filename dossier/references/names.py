"""Names and ids of candidates in an utterance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.profiles import is_code
from dossier.references.talk import Ids, Talk
from dossier.references.words import Token, alike, distance, fold, tokens


@dataclass(frozen=True, slots=True)
class NameHit:
    """A stretch of the utterance that names candidates."""

    start: int
    end: int
    ids: Ids
    exact: bool


def find_names(talk: Talk) -> tuple[NameHit, ...]:
    """Return the names in the utterance in order; a name of several words is one hit."""
    hits: list[NameHit] = []
    whole = tuple(_whole_labels(talk))
    for at, word in enumerate(talk.words):
        if labels := [h for h in whole if h.start <= word.start < h.end]:
            hits += [h for h in labels if h not in hits]
            continue
        ids, exact = _bearers(talk, word)
        if not ids or _is_amount(talk, at) or _common(talk, at, ids):
            continue
        before = hits[-1] if hits else None
        both = tuple(i for i in before.ids if i in ids) if before else ()
        if before and both and not word.gap.strip(" .'\u2019s-") and word.start - before.end <= 3:
            hits[-1] = NameHit(before.start, word.end, both, before.exact and exact)
        else:
            hits.append(NameHit(word.start, word.end, ids, exact))
    return tuple(_with_title(talk, h) for h in hits)


def _whole_labels(talk: Talk) -> Iterator[NameHit]:
    """Yield where the utterance says a label of several words, or what stands before its first comma."""
    said = [w.low for w in talk.words]
    called: dict[tuple[str, ...], list[str]] = {}
    for i in talk.things:
        label = tuple(t.low for t in tokens(talk.by_id[i].label.partition(",")[0]))
        called.setdefault(label, []).append(i)
    for label, ids in called.items():
        for at in range(len(said) - len(label) + 1) if len(label) > 1 else ():
            unbroken = not any(t.breaks for t in talk.words[at + 1 : at + len(label)])
            if unbroken and tuple(said[at : at + len(label)]) == label:
                yield NameHit(talk.words[at].start, talk.words[at + len(label) - 1].end, tuple(ids), True)


def _common(talk: Talk, at: int, ids: Ids) -> bool:
    """Tell a common noun from a name: `before a scan`, `chess makes you patient` beside the Chess club."""
    word, before = talk.words[at], talk.words[at - 1].low if at else ""
    if not word.text.islower() or is_code(word.low) or any(talk.profiles[i].person for i in ids):
        return False
    part = all(len(tokens(talk.by_id[i].label.partition(",")[0])) > 1 for i in ids)
    return before in {"a", "an", "any", "another", "every"} or (part and word.text.isalpha())


def _is_amount(talk: Talk, at: int) -> bool:
    """Tell a short number that measures (`at 10`, `19 degrees`) from one that names (`who reviews 91?`)."""
    word = talk.words[at]
    if not word.text.isdigit() or len(word.text) > 2:
        return False
    before = talk.words[at - 1].low if at else ""
    after = talk.words[at + 1] if at + 1 < len(talk.words) else None
    counts = after is not None and not after.breaks and after.low not in lx.FUNCTION_WORDS
    return counts or before in lx.MEASURES


def _bearers(talk: Talk, word: Token) -> tuple[Ids, bool]:
    low = word.low
    if low in lx.FUNCTION_WORDS or low in lx.PRONOUNS or len(low) < 2:
        return (), True
    found = talk.named(low)
    if found:
        return found, True
    plain = low in lx.TIME_NOUNS | lx.VAGUE_NOUNS | lx.DEMONSTRATIVES | lx.ORDINALS.keys() or _spoken(talk, low)
    if plain or not talk.common.isdisjoint({low, word.stem}):
        return (), True
    return tuple(
        i for i in talk.things if any(alike(low, n) and _proper(talk, i, n) for n in talk.profiles[i].names)
    ), False


def _spoken(talk: Talk, low: str) -> bool:
    """Tell whether the word was used before, so that it is no misspelling."""
    return any(low in s.stems for s in talk.sentences)


def _proper(talk: Talk, i: str, name: str) -> bool:
    """Tell a proper name from a common noun that merely opens a label."""
    if talk.profiles[i].person or is_code(name):
        return True
    plain = {w for s in talk.situation.turns for w in s.text.replace(",", " ").replace(".", " ").split()}
    return name not in plain


def _with_title(talk: Talk, hit: NameHit) -> NameHit:
    """Let Mr, Ms or Dr before the name narrow it."""
    at = next(n for n, w in enumerate(talk.words) if w.start == hit.start)
    title = talk.words[at - 1].low if at else ""
    if title not in meanings.TITLES:
        return hit
    bearing = tuple(i for i in hit.ids if fold(talk.by_id[i].label).replace(".", "").split()[:1] == [title])
    gender = meanings.TITLES[title]
    fitting = bearing or tuple(i for i in hit.ids if not gender or talk.profiles[i].gender in (None, gender))
    return NameHit(talk.words[at - 1].start, hit.end, fitting or hit.ids, hit.exact)


def ids_meant(talk: Talk, written: str) -> Ids:
    """Return the candidates whose id, or a code in whose label, is written so (case does not matter)."""
    low = fold(written)
    by_id = tuple(i for i in talk.by_id if fold(i) == low)
    return by_id or tuple(i for i in talk.by_id if low in talk.profiles[i].names)


def looks_familiar(talk: Talk, written: str) -> bool:
    """Tell whether it has the letters of a known id before its digits."""
    return _letters(written) in {_letters(code) for i in talk.by_id for code in _codes(talk, i)}


def near_ids(talk: Talk, written: str) -> Ids:
    """Return the candidates whose id is one slip away."""
    low = fold(written)
    return tuple(
        i
        for i in talk.by_id
        if any(_letters(code) == _letters(low) and distance(fold(code), low, 1) == 1 for code in _codes(talk, i))
    )


def _codes(talk: Talk, i: str) -> Ids:
    """Return its id, and the words of its label that are shaped like one."""
    shaped = (n for n in talk.profiles[i].names if n[:1].isalpha() and any(c.isdigit() for c in n))
    return (i, *sorted(shaped))


def _letters(text: str) -> str:
    low = fold(text)
    return low[: next((n for n, c in enumerate(low) if c.isdigit()), len(low))]
