"""The answer to a question that listed options: a number, a name, `neither`, a property."""

from __future__ import annotations

import re
from dataclasses import replace

from dossier.references import lexicon as lx
from dossier.references import weights as w
from dossier.references.candidates import Question
from dossier.references.findings import Finding, nothing, tie
from dossier.references.names import ids_meant
from dossier.references.nouns import extreme
from dossier.references.phrase import Kind, Phrase
from dossier.references.profiles import superlative
from dossier.references.talk import Ids, Talk
from dossier.references.words import Token, alike

_LEAD = frozenset(
    [
        "oh",
        "um",
        "er",
        "yes",
        "please",
        "sorry",
        "i",
        "mean",
        "meant",
        "the",
        "one",
        "ones",
        "that",
        "this",
        "with",
        "in",
        "on",
        "at",
        "from",
        "for",
        "of",
        "to",
        "a",
        "an",
        "it",
        "is",
        "'s",
        "would",
        "'d",
        "like",
        "take",
        "want",
        "make",
        "let",
        "us",
        "go",
        "'ll",
        "choose",
        "pick",
        "number",
        "no",
        "option",
        "nr",
        "my",
        "which",
        "think",
        "prefer",
        "just",
        "only",
        "not",
        "then",
        "and",
        "thanks",
        "thank",
        "you",
    ]
)
_NONE = frozenset(["neither", "none", "nothing", "nobody"])
_ALL = frozenset(["both", "all", "everything", "everyone", "either", "any"])
_COUNTS = frozenset(["two", "three", "four", "five", "six", "them"])
_BEFORE = frozenset(["the", "number", "no", "option", "not", "both", "all"])
_CLOSES = re.compile(
    r"\b(?:that|this)(?:['’]s| is| was|['’]ll be| will be) all\b|\b(?:is|was) (?:that|this) all\b", re.I
)
"""Ends the talk, or asks whether there is more; it chooses nothing."""
_MOST_WORDS = 8
"""A longer utterance is a new request, not an answer."""


Read = tuple[Kind, Finding]


def open_question(talk: Talk) -> Question | None:
    """Return the question that waits, or the one that the last turn put with a list."""
    if talk.situation.question:
        known = tuple(i for i in talk.situation.question.options if i in talk.by_id)
        return Question(talk.situation.question.turn, talk.situation.question.phrase, known) if known else None
    last = max(talk.situation.turns, key=lambda t: t.no, default=None)
    if not last or last.role != "assistant" or not last.text.rstrip().endswith("?") or len(talk.words) > 3:
        return None
    shown = tuple(i for x in talk.situation.lists if x.turn == last.no for i in x.ids if i in talk.by_id)
    return Question(last.no, "", tuple(dict.fromkeys(shown))) if len(shown) > 1 else None


def answer_words(talk: Talk, question: Question) -> list[tuple[Phrase, Finding]]:
    """Resolve the utterance as an answer; empty when it is none, so that it is read as a new request."""
    if not talk.words or len(talk.words) > _MOST_WORDS or _CLOSES.search(talk.situation.utterance):
        return []
    content = [t for t in talk.words if t.low not in _LEAD]
    read = _read_parts(talk, question.options) or _read(talk, question.options, content)
    if not read:
        return []
    kind, finding = read
    return [(_phrase(talk, content, kind), replace(finding, ids=_numbered(question, finding.ids)))]


def _numbered(question: Question, ids: Ids) -> Ids:
    return tuple(i for i in question.options if i in ids)


def _phrase(talk: Talk, content: list[Token], kind: Kind) -> Phrase:
    """Span the words that answer, with the article before them."""
    text = talk.situation.utterance
    first, last = (content[0], content[-1]) if content else (talk.words[0], talk.words[-1])
    before = next((t for t in talk.words if t.end + 1 == first.start and t.low in _BEFORE), first)
    return Phrase(text[before.start : last.end], before.start, last.end, kind)


def _read_parts(talk: Talk, options: Ids) -> Read | None:
    """Read `1 and 3`, `not the first, the second`: every part must choose one."""
    parts: list[list[Token]] = [[]]
    for t in talk.words:
        if t.breaks or t.low in {"and", "or", "but"}:
            parts.append([])
        if t.low not in {"and", "or", "but"}:
            parts[-1].append(t)
    wanted = [p for p in parts if not any(t.low == "not" for t in p)]
    reads = [
        r for p in wanted if (content := [t for t in p if t.low not in _LEAD]) and (r := _read(talk, options, content))
    ]
    if len(parts) < 2 or not reads or any(not f.ids for _, f in reads):
        return None
    ids = {i for _, f in reads for i in f.ids}
    return ("set" if len(ids) > 1 else reads[0][0]), Finding(tuple(ids), w.ANSWER, "each named among those offered")


def _read(talk: Talk, options: Ids, content: list[Token]) -> Read | None:
    lows = {t.low for t in content}
    if lows & _NONE:
        return "set", nothing("none of those offered")
    if lows and lows <= _ALL | _COUNTS and lows & _ALL:
        meant_all = len(options) in {lx.NUMBERS.get(x, len(options)) for x in lows} and not lows & {"either", "any"}
        fits = meant_all and not ("both" in lows and len(options) != 2)
        return "set", Finding(options, w.ANSWER, "all of those offered") if fits else tie(
            options, "it is open how many"
        )
    for reader in (_by_id, _by_place, _by_words):
        read = reader(talk, options, content)
        if read:
            return read
    return None


def _by_id(talk: Talk, options: Ids, content: list[Token]) -> Read | None:
    for t in content:
        ids = tuple(i for i in ids_meant(talk, t.text) if i in options)
        if len(ids) == 1 and not t.low.isdigit():
            return "id", Finding(ids, w.EXACT_ID, "named by its id")
    return None


def _by_place(talk: Talk, options: Ids, content: list[Token]) -> Read | None:
    if len(content) != 1:
        return None
    low = content[0].low.lstrip("#")
    place = int(low) if low.isdigit() else lx.ORDINALS.get(low) or lx.NUMBERS.get(low)
    if place is None and re.fullmatch("[b-h]", low):
        place = ord(low) - 96
    if not place:
        return None
    if 1 <= abs(place) <= len(options):
        return "ordinal", Finding(
            (options[place - 1 if place > 0 else place],), w.ANSWER, f"answer {low} of {len(options)}"
        )
    named = tuple(i for i in options if low in {*talk.profiles[i].label, *talk.profiles[i].traits})
    if len(named) == 1:
        return "name", Finding(named, w.ANSWER, "the only one with that number")
    return "ordinal", tie(options, "there is no such number")


def _by_words(talk: Talk, options: Ids, content: list[Token]) -> Read | None:
    left, used = options, 0
    all_of_them = any(t.low in {"both", "all"} for t in content)
    content = [t for t in content if t.low not in _ALL | _COUNTS]
    for t in content:
        if superlative(t.stem):
            fits = extreme(talk, t.stem, options)
        else:
            fits = tuple(i for i in options if talk.profiles[i].fits(t.stem)) or tuple(
                i for i in options if any(alike(t.low, n) for n in talk.profiles[i].names)
            )
        both = tuple(i for i in left if i in fits)
        used += bool(fits)
        left = both if fits else left
    if not used or used * 2 < len(content):
        return None
    negated = any(t.low == "not" for t in talk.words)
    meant = tuple(i for i in options if i not in left) if negated else left
    if len(meant) > 1 and all_of_them:
        return "set", Finding(meant, w.ANSWER, "all options that fit")
    if len(meant) == 1:
        return ("alternative" if negated else "definite"), Finding(meant, w.ANSWER, "the only option that fits")
    return "definite", tie(meant or options, "the answer fits several options" if meant else "the answer fits none")
