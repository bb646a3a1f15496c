"""Rules that find sameness, alternatives and sets."""

from __future__ import annotations

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.counted_phrases import ordinal, short_answer
from dossier.references.pointing_phrases import best_of
from dossier.references.reading import NEGATIVE, SKIP, Found, Reader
from dossier.references.words import is_plural


def sameness(r: Reader, at: int) -> Found:
    """Find `the same X`."""
    pos = at + (r.low(at) in {"the", "that", "this"})
    if r.low(pos) not in {"same", "selfsame", "identical"}:
        return None
    stop = r.noun_run(pos + 1) if r.joined(pos + 1) else pos + 1
    if stop == pos + 1:
        return None
    head, modifiers, plural = r.describe(pos + 1, stop)
    return r.phrase(
        at, stop - 1, "sameness", head=head, modifiers=modifiers, plural=plural, form="same", **r.tail_of(stop)
    ), stop


def alternative(r: Reader, at: int) -> Found:
    """Find `the other one`, `the rest`, `not that one`."""
    if r.low(at) == "not" and r.low(at + 1) in lx.DEMONSTRATIVES | {"the"}:
        stop = r.noun_run(at + 2)
        if r.low(at + 1) != "the" and (stop > at + 2 or at == 0):
            head, modifiers, plural = r.describe(at + 2, stop)
            return r.phrase(
                at, max(stop - 1, at + 1), "alternative", head=head, modifiers=modifiers, plural=plural, form="not"
            ), stop
        if r.low(at + 1) == "the" and stop > at + 2 and at == 0:
            head, modifiers, plural = r.describe(at + 2, stop)
            return r.phrase(
                at, stop - 1, "alternative", head=head, modifiers=modifiers, plural=plural, form="not"
            ), stop
        return None
    the = r.low(at) in {"the", "my", "our", "that", "those", "these"}
    word = r.low(at + 1)
    if not the or word not in {"other", "others", "remaining", "rest", "remainder", "alternative"}:
        return None
    if word in {"others", "rest", "remainder"} and (
        r.low(at + 2) != "of" or r.low(at + 3) in {"them", "those", "these"}
    ):
        return r.phrase(at, at + 1, "alternative", plural=True, form="other"), at + 2
    if word in {"rest", "remainder"}:
        noun = at + 3 + (r.low(at + 3) == "the")
        stop = r.noun_run(noun)
        head, modifiers, _ = r.describe(noun, stop)
        return (
            (r.phrase(at, stop - 1, "alternative", head=head, modifiers=modifiers, plural=True, form="other"), stop)
            if stop > noun
            else None
        )
    noun = at + 2
    size = lx.NUMBERS.get(r.low(noun), 0)
    noun += size > 1
    if r.words[noun].stem in lx.VAGUE_NOUNS | {"hand", "side", "day"} if noun < len(r.words) else False:
        return None
    least = (
        noun + 1
        if r.joined(noun) and r.low(noun) not in SKIP and not size and r.low(noun).endswith(meanings.PERSON_ENDINGS)
        else noun
    )
    stop = r.noun_run(noun, least) if r.joined(noun) else noun
    head, modifiers, plural = r.describe(noun, stop)
    return r.phrase(
        at,
        stop - 1,
        "alternative",
        head=head,
        modifiers=modifiers,
        plural=plural or size > 1,
        number=size,
        form="other",
    ), stop


_EVERYONE = frozenset(["those", "everyone", "everybody", "everything", "anyone", "all"])
_ADVERBS = frozenset(["still", "already", "not", "yet"])


def restricted(r: Reader, at: int) -> Found:
    """Find `those who accepted`, `everything still open`, `those that aren't`: a set by what is true of it."""
    after = r.low(at + 1)
    if r.low(at) not in _EVERYONE or after not in _ADVERBS | {"who", "that", "which"} or not r.joined(at + 1):
        return None
    tail = r.tail_of(at + 1, opened=True)
    if not tail["tail_ends"]:
        return None
    last = max(n for n, w in enumerate(r.words) if w.end <= tail["tail_ends"][-1])
    rest = all(word in NEGATIVE for word in tail["tail"])
    if rest:
        return r.phrase(at, last, "alternative", plural=True, form="other"), last + 1
    tail["restricts"] = True
    return r.phrase(at, at, "set", plural=True, form="those", **tail), last + 1


def set_of(r: Reader, at: int) -> Found:
    """Find `both`, `all three`, `the two X`, `everything but X`."""
    word, after = r.low(at), r.low(at + 1)
    if word in {"them", "they"} and after in {"both", "all"}:
        number = 2 if after == "both" else 0
        return r.phrase(at, at + 1, "set", plural=True, number=number, form="all"), at + 2
    if word in {"everything", "everyone", "everybody", "all"} and (but := _exception(r, at + 1)):
        return _without(r, at, but)
    if word in _SOME and after == "of" and r.low(at + 2) in {"them", "those", "these", "the"}:
        return _some_of(r, at)
    if word == "the" and lx.NUMBERS.get(after, 0) > 1:
        return _sized(r, at, at + 1)
    if word in {"both", "all", "either", "neither", "each", "none"}:
        return _quantified(r, at, word)
    return None


_SOME = frozenset(["one", "some", "any", "several", "two", "three", "four", "half", "most"])
_TWO_WORDS = frozenset([("apart", "from"), ("other", "than"), ("aside", "from"), ("save", "for"), ("except", "for")])


def _exception(r: Reader, at: int) -> int:
    """Return the index of the last word that opens an exception here (`apart from`), 0 if none does."""
    if (r.low(at), r.low(at + 1)) in _TWO_WORDS:
        return at + 1
    return at if r.low(at) in {"but", "except", "excluding", "besides", "bar", "minus"} else 0


def _some_of(r: Reader, at: int) -> Found:
    """Find `one of them`: some of a group, and it is open which."""
    stop = _of_them(r, at + 1)
    if stop <= at + 2:
        return None
    head, modifiers, _ = r.describe(at + 3, stop)
    number = lx.NUMBERS.get(r.low(at), 0)
    return r.phrase(at, stop - 1, "set", head=head, modifiers=modifiers, plural=True, number=number, form="some"), stop


def _without(r: Reader, at: int, but: int) -> Found:
    """Find `everything but X`; head and modifiers are those of X."""
    noun = but + 1
    inner = ordinal(r, noun) or best_of(r, noun)
    if inner:
        return r.phrase(at, inner[1] - 1, "set", plural=True, form="except", inner=inner[0]), inner[1]
    noun += r.low(noun) in {"the", "that", "this"}
    stop = r.noun_run(noun)
    if stop == noun:
        return None
    head, modifiers, plural = r.describe(noun, stop)
    return r.phrase(at, stop - 1, "set", head=head, modifiers=modifiers, plural=plural, form="except"), stop


def _of_them(r: Reader, at: int) -> int:
    """Return the index after `of them`, `of the X`, or `at`."""
    if r.low(at) != "of" or r.low(at + 1) not in {"them", "these", "those", "the", "you"}:
        return at
    return r.noun_run(at + 2, at + 2) if r.low(at + 1) != "them" else at + 2


def _sized(r: Reader, at: int, number: int) -> Found:
    if r.low(number + 1) == "o'clock":
        return None
    size = lx.NUMBERS[r.low(number)]
    noun = number + 1
    stop = r.noun_run(noun) if r.joined(noun) else noun
    stop = _of_them(r, stop) if stop == noun else stop
    chosen_from = r.low(at - 1) == "of" and r.low(at - 2) in {"which", "one", "either", "neither", "each", "none"}
    if stop == noun and r.joined(noun) and is_plural(r.low(noun)) and not chosen_from:
        return None
    first = noun + (2 if r.low(noun) == "of" else 0)
    head, modifiers, _ = r.describe(first, stop)
    tail = r.tail_of(stop)
    return r.phrase(
        at, stop - 1, "set", head=head, modifiers=modifiers, plural=True, number=size, form="all", **tail
    ), stop


def _quantified(r: Reader, at: int, word: str) -> Found:
    pos = at + 1
    if word in {"each", "none"} and r.low(pos) != "of":
        return None
    if word in {"both", "either", "neither"}:
        stop = _of_them(r, pos)
        noun = pos + (r.low(pos) in {"the", "these", "those", "my", "our"})
        if stop == pos and r.joined(noun):
            stop = r.noun_run(noun, pos)
        joined_pair = any(w.low in {"and", "or", "nor"} for w in r.words[pos : pos + 5])
        if stop == pos and (
            joined_pair
            or r.low(pos) in lx.PREPOSITIONS
            or (r.joined(pos) and r.low(pos) not in SKIP and at > 0 and word != "both")
        ):
            return None
        head, modifiers, _ = r.describe(noun if r.low(pos) != "of" else pos + 2, stop)
        return r.phrase(at, stop - 1, "set", head=head, modifiers=modifiers, plural=True, number=2, form=word), stop
    size = lx.NUMBERS.get(r.low(pos), 0)
    pos += size > 1
    pos += size <= 1 and r.low(pos) in {"the", "these", "those", "my", "our"}
    size = size or lx.NUMBERS.get(r.low(pos), 0)
    pos += size > 1 and lx.NUMBERS.get(r.low(pos), 0) == size
    stop = _of_them(r, pos)
    if stop == pos:
        stop = r.noun_run(pos) if r.joined(pos) else pos
    if stop > pos and (but := _exception(r, stop)):
        return _without(r, at, but)
    if stop == pos and size <= 1 and not (word == "all" and short_answer(r)):
        return None
    head, modifiers, _ = r.describe(pos + (2 if r.low(pos) == "of" else 0), stop)
    return r.phrase(
        at, stop - 1, "set", head=head, modifiers=modifiers, plural=True, number=size if size > 1 else 0, form="all"
    ), stop
