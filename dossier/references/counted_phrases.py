"""Rules that find ordinals, sameness, alternatives and sets."""

from __future__ import annotations

import re

from dossier.references import lexicon as lx
from dossier.references.phrase import Kind
from dossier.references.pointing_phrases import best_of
from dossier.references.reading import SKIP, Found, Reader


def ordinal(r: Reader, at: int) -> Found:
    """Find `the first one`, `the last two`, `No. 2`."""
    start, pos = at, at
    if r.low(pos) in {"the", "that", "this", "its", "their"}:
        pos += 1
    word = r.low(pos)
    if word in {"no", "number", "nr", "option", "item", "#", "row", "line"} or word.startswith("#"):
        return _numbered(r, at, pos)
    two_words = word in {"very", "second", "next"} and r.low(pos + 1) in {"last", "first"}
    count = -2 if two_words and word in {"second"} else lx.ORDINALS.get(r.low(pos + two_words), 0)
    form = r.low(pos + two_words)
    if r.low(pos) == "next" and r.low(pos + 1) == "to" and r.low(pos + 2) == "last":
        count, form, pos = -2, "last", pos + 2
    if word == "most" and r.low(pos + 1) == "recent":
        count, form, pos = -1, "newest", pos + 1
    elif word in {"middle", "central"}:
        count, form = 1, "middle"
    elif word in lx.NEWEST:
        count, form = -1, "newest"
    elif word in lx.OLDEST:
        count, form = 1, "oldest"
    elif word in {"next", "previous", "following", "preceding"}:
        count, form = (1 if word in {"next", "following"} else -1), "step"
    bare = start == pos
    if count and not bare and r.low(pos + 1) in lx.SUPERLATIVES and form not in {"step", "middle"}:
        stop = r.noun_run(pos + 2) if r.joined(pos + 2) else pos + 2
        head, modifiers, _ = r.describe(pos + 2, stop)
        by = (r.words[pos + 1].stem, *modifiers)
        return r.phrase(start, stop - 1, "ordinal", head=head, modifiers=by, number=count, form="ranked"), stop
    if not count or (bare and not _short_answer(r)) or _is_date(r, at, pos):
        return None
    return _counted(r, start, pos + two_words, count, form)


def _is_date(r: Reader, at: int, pos: int) -> bool:
    """Recognise `for the 5th`: a day of the month."""
    dated = r.low(pos)[:1].isdigit() and r.low(at - 1) in {
        "on",
        "for",
        "by",
        "until",
        "till",
        "from",
        "since",
        "before",
    }
    return dated and (not r.joined(pos + 1) or r.low(pos + 1) in SKIP)


def _short_answer(r: Reader) -> bool:
    return len([w for w in r.words if w.low not in {"please", "the", "one", "yes", "no", "oh", "um"}]) <= 1


def _counted(r: Reader, start: int, pos: int, count: int, form: str) -> Found:
    size = lx.NUMBERS.get(r.low(pos + 1), 0)
    noun = pos + 1 + (1 if size > 1 else 0)
    stop = r.noun_run(noun) if r.joined(noun) else noun
    after = r.low(stop)
    if stop == noun and r.joined(stop) and after not in SKIP:
        # An unknown word after it is a verb of the clause or a noun that no candidate bears.
        if after in lx.VAGUE_NOUNS or r.words[stop].stem in lx.VAGUE_NOUNS or after.isdigit():
            return None
        if size > 1 and not {w.low for w in r.words[:start]} & {"do", "did", "will", "can"}:
            return None
        if form in {"step", "newest", "oldest"} or not _verb_like(r, stop):
            return None
    if (after == "of" and r.low(stop + 1)[:3] in lx.MONTHS) or (_vague(r, noun) and stop == noun + 1):
        return None
    if after == "of" and r.low(stop + 1) in {"all", "its", "a"}:
        return None
    if after == "of" and r.low(stop + 1) in {"the", "these", "those", "my", "our", "your"}:
        whole = r.noun_run(stop + 2)
        noun, stop = (stop + 2, whole) if whole > stop + 2 else (noun, stop)
    head, modifiers, plural = r.describe(noun, stop)
    if form == "step" and stop == noun:
        return None
    kind: Kind = "set" if size > 1 else "ordinal"
    last = stop - 1 if size <= 1 or stop > noun else noun - 1
    phrase = r.phrase(
        start,
        last,
        kind,
        head=head,
        modifiers=modifiers,
        plural=plural or size > 1,
        number=size if size > 1 else count,
        form=form if kind == "ordinal" else ("first" if count > 0 else "last"),
        **r.tail_of(stop),
    )
    return phrase, max(stop, pos + 1)


def _vague(r: Reader, at: int) -> bool:
    """Tell a noun of time or of a set phrase, unless candidates are of that kind."""
    low = r.low(at)
    return low in lx.TIME_NOUNS or (low in lx.VAGUE_NOUNS and r.words[at].stem not in r.vocabulary)


def _verb_like(r: Reader, at: int) -> bool:
    """Guess that a word after a bare ordinal is the verb: the clause asks with do/will or the word ends in s or ed."""
    before = {w.low for w in r.words[:at]}
    return bool(before & {"does", "do", "did", "will", "can", "could", "would", "should"}) or r.low(at).endswith(
        ("s", "ed")
    )


def _numbered(r: Reader, start: int, pos: int) -> Found:
    word = r.low(pos)
    if word.startswith("#") and word[1:].isdigit():
        count, last = int(word[1:]), pos
    elif r.low(pos + 1).isdigit() or (word in {"number", "option"} and r.low(pos + 1) in lx.NUMBERS):
        count, last = int(r.low(pos + 1)) if r.low(pos + 1).isdigit() else lx.NUMBERS[r.low(pos + 1)], pos + 1
    elif word in {"option", "item", "row", "line"} and re.fullmatch("[a-h]", r.low(pos + 1)) and _is_letter(r, pos + 1):
        count, last = ord(r.low(pos + 1)) - 96, pos + 1
    else:
        return None
    if word in {"line", "row", "item"} and r.low(last + 1) in {"of", "in", "on"}:
        return None
    if not 1 <= count <= 50 or (word == "no" and "." not in r.words[last].gap and r.words[pos].text != "No"):
        return None
    return r.phrase(start, last, "ordinal", number=count, form="number"), last + 1


def _is_letter(r: Reader, at: int) -> bool:
    """Tell a row's letter from the article: nothing that an article could belong to follows."""
    return r.low(at) != "a" or r.low(at + 1) in SKIP | {""} or r.words[at + 1].breaks


def lettered(r: Reader, at: int) -> Found:
    """Find `job b`, `case 3`, `cases 1 and 3` (the second number as a phrase of its own)."""
    head, mark = at, at + 1
    if r.low(at).isdigit() and r.low(at - 1) in {"and", "or", "&"} and r.low(at - 2).isdigit():
        head, mark = at - 3, at
    if (
        head < 0
        or r.words[head].stem not in r.vocabulary
        or not (r.joined(mark) or r.words[min(mark, len(r.words) - 1)].gap == " #")
    ):
        return None
    low = r.low(mark).lstrip("#")
    number = int(low) if low.isdigit() and len(low) < 9 else ord(low) - 96 if re.fullmatch("[b-h]", low) else 0
    form = "number" if low.isdigit() else "letter"
    return (
        (r.phrase(at, mark, "ordinal", head=r.words[head].stem, number=number, form=form), mark + 1) if number else None
    )


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
        if r.joined(noun) and r.low(noun) not in SKIP and not size and r.low(noun).endswith(lx.PERSON_ENDINGS)
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


def set_of(r: Reader, at: int) -> Found:
    """Find `both`, `all three`, `the two X`, `everything but X`."""
    word, after = r.low(at), r.low(at + 1)
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
    size = lx.NUMBERS[r.low(number)]
    noun = number + 1
    stop = r.noun_run(noun) if r.joined(noun) else noun
    stop = _of_them(r, stop) if stop == noun else stop
    chosen_from = r.low(at - 1) == "of" and r.low(at - 2) in {"which", "one", "either", "neither", "each", "none"}
    if stop == noun and r.joined(noun) and r.low(noun) not in SKIP and not chosen_from:
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
    if stop == pos and size <= 1 and not (word == "all" and _short_answer(r)):
        return None
    head, modifiers, _ = r.describe(pos + (2 if r.low(pos) == "of" else 0), stop)
    return r.phrase(
        at, stop - 1, "set", head=head, modifiers=modifiers, plural=True, number=size if size > 1 else 0, form="all"
    ), stop
