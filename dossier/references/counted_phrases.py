"""Rules that find ordinals: places in a list, numbers and letters."""

from __future__ import annotations

import re

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.phrase import Kind
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
    if count > 0 or word == "next":
        from_end = _from_end(r, pos)
        count, form, pos = (-max(count, 2), "end", from_end) if from_end else (count, form, pos)
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
    if count and not bare and r.low(pos + 1) in meanings.SUPERLATIVES and form not in {"step", "middle"}:
        stop = r.noun_run(pos + 2) if r.joined(pos + 2) else pos + 2
        head, modifiers, _ = r.describe(pos + 2, stop)
        by = (r.words[pos + 1].stem, *modifiers)
        return r.phrase(start, stop - 1, "ordinal", head=head, modifiers=by, number=count, form="ranked"), stop
    if not count or (bare and not short_answer(r)) or _is_date(r, at, pos):
        return None
    return _counted(r, start, pos + two_words, count, form)


def _from_end(r: Reader, pos: int) -> int:
    """Return the index of the last word of `second to last`, `third from the end`; 0 if it is none."""
    link, end = r.low(pos + 1), pos + 2 + (r.low(pos + 2) == "the")
    return end if link in {"to", "from"} and r.low(end) in {"last", "end", "bottom"} else 0


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


def short_answer(r: Reader) -> bool:
    """Tell whether the utterance says little else."""
    return len([w for w in r.words if w.low not in {"please", "the", "one", "yes", "no", "oh", "um"}]) <= 1


def _counted(r: Reader, start: int, pos: int, count: int, form: str) -> Found:
    size = lx.NUMBERS.get(r.low(pos + 1), 0)
    noun = pos + 1 + (1 if size > 1 else 0)
    stop = r.noun_run(noun) if r.joined(noun) else noun
    if stop == noun + 1 and _is_predicate(r, start, noun):
        stop = noun
        return r.phrase(start, pos, "ordinal", number=count, form=form), stop
    after = r.low(stop)
    if stop == noun and r.joined(stop) and after not in SKIP:
        # An unknown word after it is a verb of the clause or a noun that no candidate bears.
        if after in lx.VAGUE_NOUNS or r.words[stop].stem in lx.VAGUE_NOUNS or after.isdigit():
            return None
        if size > 1 and not {w.low for w in r.words[:start]} & {"do", "did", "will", "can"}:
            return None
        if form in {"step", "newest", "oldest"} or not _verb_like(r, stop):
            return None
    if (after == "of" and r.low(stop + 1)[:3] in meanings.MONTHS) or (_vague(r, noun) and stop == noun + 1):
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


def _is_predicate(r: Reader, start: int, at: int) -> bool:
    """Recognise `why was the second refused`: what ends the clause says what was done to it."""
    ends = at + 1 == len(r.words) or r.words[at + 1].breaks
    return ends and r.low(at).endswith("ed") and any(w.low in lx.AUXILIARIES for w in r.words[:start])


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
    spelled = 0 if r.vocabulary & {r.words[mark].stem} else lx.NUMBERS.get(low, 0)
    number = int(low) if low.isdigit() and len(low) < 9 else ord(low) - 96 if re.fullmatch("[b-h]", low) else spelled
    form = "number" if low.isdigit() or spelled else "letter"
    return (
        (r.phrase(at, mark, "ordinal", head=r.words[head].stem, number=number, form=form), mark + 1) if number else None
    )
