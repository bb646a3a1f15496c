"""Rules that find demonstratives, pronouns, definite descriptions and ids."""

from __future__ import annotations

import re

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.expletives import expletive
from dossier.references.reading import SKIP, Found, Reader
from dossier.references.words import is_plural

_ID = re.compile(r"(?=[^\d]*\d)(?=.*[A-Za-z])[A-Za-z]{1,8}[-_]?\d[\w-]*$")


def demonstrative(r: Reader, at: int) -> Found:
    """Find `this`, `that one`, `those X`, but not the conjunction or a verdict on the talk."""
    word = r.low(at)
    if word not in lx.DEMONSTRATIVES:
        return None
    plural = word in {"these", "those"}
    after = r.low(at + 1)
    noun_follows = r.joined(at + 1) and after not in SKIP
    if word in {"that", "those"} and after in {"who", "whose", "which", "of"}:
        return None
    cleft = word == "that" and r.low(at - 1) == "it" and r.low(at - 2) in {"is", "was"}
    if cleft or r.low(at - 1) in lx.SET_ASIDE or _verdict(r, at):
        return None
    size = lx.NUMBERS.get(after, 0) if plural else 0
    known = at + 2 < len(r.words) and (is_plural(r.low(at + 2)) or r.words[at + 2].stem in r.vocabulary)
    if size > 1 and (not r.joined(at + 2) or r.low(at + 2) in SKIP or not known):
        return r.phrase(at, at + 1, "demonstrative", plural=True, form=word, number=size), at + 2
    if noun_follows or after in {"one", "ones"}:
        return None if r.low(at - 1) == "all" else _pointing_noun(r, at, plural)
    if r.low(at - 1) in {"like", "all", "after", "before", "than"}:
        return None
    if word == "that" and _conjunction(r, at):
        return None
    return r.phrase(at, at, "demonstrative", plural=plural, form=word), at + 1


def _conjunction(r: Reader, at: int) -> bool:
    """Recognise the `that` of `I think that it`, `it was May that they`, `tell her this, and that it`."""
    before, after = r.low(at - 1), r.low(at + 1)
    opens = after in lx.CLAUSE_SUBJECTS
    if before in {"and", "but", "or"}:
        return opens and any(w.low in lx.TELLING for w in r.words[:at])
    if not r.joined(at):
        return False
    if before in _WHEN:
        return opens
    told = before in lx.VERB_BEFORE_CLAUSE or before not in SKIP
    return told and r.joined(at + 1) and (opens or after in _BE_AND_HAVE)


_BE_AND_HAVE = frozenset(["is", "are", "was", "were", "has", "have", "had", "'s"])
_WHEN = frozenset(["today", "yesterday", "tomorrow", "tonight", "now", "ago", "then", "here", "there"])


def _verdict(r: Reader, at: int) -> bool:
    """Recognise `that's fine`, `is that right`, `this is urgent`: said of the talk itself."""
    pos = at + 1
    if r.low(pos) == "about" and any(r.low(k) in {"what", "what's"} for k in range(at)):
        return True
    if r.low(pos) in _COMMENTS or _is_vague(r, pos):
        return True
    if r.low(pos) in {"'s", "is", "was", "'ll", "would", "will", "sounds", "looks", "seems", "makes"}:
        pos += 1
        while r.low(pos) in {"be", "not", "a", "all", "very", "so", "really", "just", "quite"} or r.low(pos) == "sense":
            if r.low(pos) == "all":
                return True
            pos += 1
        return (
            r.low(pos) in lx.VERDICTS
            or r.low(pos - 1) == "sense"
            or (r.low(at + 1) == "'s" and r.low(pos) in {"what", "a", "the", ""})
        )
    return r.low(at - 1) in {"is", "was"} and r.low(at + 1) in lx.VERDICTS


_COMMENTS = lx.word_set("helps happens sucks leaves means explains reminds settles depends figures said")
"""Verbs of what `that` says of the talk: that explains a lot."""


def _is_vague(r: Reader, at: int) -> bool:
    """Recognise `is the second time`: said of the situation, not of a thing."""
    words = [w.low for w in r.words[at : at + 5]]
    return (
        words[:1] in (["is"], ["was"], ["'s"])
        and bool(set(words[1:2]) & {"the", "a", "my"})
        and bool(set(words[2:]) & lx.VAGUE_NOUNS)
    )


def _pointing_noun(r: Reader, at: int, plural: bool) -> Found:
    word = r.low(at)
    first = at + 1 + (lx.NUMBERS.get(r.low(at + 1), 0) > 1 or r.low(at + 1) in {"very", "same", "other"})
    stop = r.noun_run(first)
    known = stop > first
    if not known:
        stop = first + 1 if first < len(r.words) and r.low(first) not in SKIP else first
    last = r.words[min(stop, len(r.words)) - 1]
    if not known and (last.low in lx.VAGUE_NOUNS or last.stem in lx.VAGUE_NOUNS):
        return None
    if last.low in lx.TIME_NOUNS or (last.low == "case" and r.low(at - 1) == "in"):
        return None
    if (
        not known
        and word == "that"
        and r.joined(at)
        and r.low(at - 1) not in SKIP
        and r.low(at - 1) not in _COMMON_VERBS
    ):
        return None
    if not known and (last.low.endswith("ly") or (word == "that" and r.low(at - 1) in lx.VERB_BEFORE_CLAUSE)):
        return None
    head, modifiers, many = r.describe(first, stop)
    if word == "that" and known and _told(r, at, stop, many):
        return None
    if not known and (many != plural):
        # `these make sense`: the word is a verb, the pointer stands alone.
        return r.phrase(at, at, "demonstrative", plural=plural, form=word), at + 1
    number = lx.NUMBERS.get(r.low(at + 1), 0)
    tail = r.tail_of(stop)
    return r.phrase(
        at,
        stop - 1,
        "demonstrative",
        head=head,
        modifiers=modifiers,
        plural=plural or many,
        form=word,
        **tail,
        number=number if number > 1 else 0,
    ), stop


def _told(r: Reader, at: int, stop: int, many: bool) -> bool:
    """Recognise the conjunction: `that records are needed`, `tell him that evidence is missing`."""
    verb_follows = r.joined(stop) and r.low(stop) in lx.AUXILIARIES
    telling = any(w.low in lx.TELLING for w in r.words[:at])
    return verb_follows and (many or (telling and at > 0 and r.low(at - 1) not in lx.OPENS_CLAUSE))


_COMMON_VERBS = frozenset(
    [
        "was",
        "is",
        "send",
        "open",
        "close",
        "show",
        "cancel",
        "remove",
        "delete",
        "drop",
        "move",
        "pay",
        "approve",
        "reject",
        "undo",
        "print",
        "sign",
        "book",
        "change",
        "update",
        "email",
        "call",
    ]
)


def pronoun(r: Reader, at: int) -> Found:
    """Find personal pronouns that stand for something, and `his X`."""
    word = r.low(at)
    if word not in lx.PRONOUNS or (lx.PRONOUNS[word] == "it" and expletive(r, at)):
        return None
    if (word == "they" and at == 0 and r.low(1) in {"say", "reckon"}) or (word in lx.POSSESSIVES and _bound(r, at)):
        return None
    if word in lx.POSSESSIVES and r.joined(at + 1) and r.low(at + 1) not in SKIP:
        stop = r.noun_run(at + 1)
        if stop > at + 1:
            head, modifiers, plural = r.describe(at + 1, stop)
            return r.phrase(at, stop - 1, "definite", head=head, modifiers=modifiers, plural=plural, form=word), stop
    form = lx.PRONOUNS[word]
    return r.phrase(at, at, "pronoun", plural=form == "they", form=form), at + 1


_ARTICLES = frozenset(["the", "a", "an", "every", "each", "no", "some"])


def _bound(r: Reader, at: int) -> bool:
    """Recognise `the vendor changed their prices`: whose it is was named in the same clause, and is no candidate."""
    if not r.joined(at + 1) or r.low(at + 1) in SKIP or r.low(at - 1) in lx.PREPOSITIONS:
        return False
    for n in range(at - 2, 0, -1):
        if r.words[n + 1].breaks or r.words[n].stem in r.vocabulary:
            return False
        if is_plural(r.low(n)) and r.low(n - 1) in lx.OPENS_CLAUSE:
            return True
        if r.low(n - 1) in _ARTICLES and r.low(n) not in SKIP | lx.VAGUE_NOUNS:
            opens = n == 1 or r.words[n - 1].breaks or r.low(n - 2) in lx.OPENS_CLAUSE | lx.AUXILIARIES | {"like"}
            return opens and not r.words[n].text[:1].isupper()
    return False


def possessive(r: Reader, at: int) -> Found:
    """Find `Nora's form`: the owner's name is one of the words that describe it."""
    owner = r.low(at)
    if r.low(at + 1) != "'s" or owner in SKIP or owner in {"let", "what", "who", "how", "where", "when"}:
        return None
    known = r.words[at].stem in r.vocabulary
    stop = r.noun_run(at + 2, at + 2 + (known and r.joined(at + 2) and r.low(at + 2) not in SKIP))
    if stop == at + 2 or not r.words[at].text[:1].isupper():
        return None
    if stop > at + 3 and at == 0 and r.words[stop - 1].stem not in r.vocabulary:
        stop -= 1  # At the start of a sentence what follows the noun is its verb.
    head, modifiers, plural = r.describe(at + 2, stop)
    described = (*modifiers, r.words[at].stem)
    return r.phrase(at, stop - 1, "definite", head=head, modifiers=described, plural=plural, form="owned"), stop


def definite(r: Reader, at: int) -> Found:
    """Find `the X` where candidates bear the noun."""
    if r.low(at) not in {"the", "my", "our", "your"}:
        return None
    stop = r.noun_run(at + 1) if r.joined(at + 1) else at + 1
    if stop == at + 1:
        return best_of(r, at)
    last = r.words[stop - 1]
    if last.low == "one" and r.joined(stop) and r.low(stop) in lx.VAGUE_NOUNS | {"hand"}:
        return None
    if last.low in lx.TIME_NOUNS and stop == at + 2:
        return None
    head, modifiers, plural = r.describe(at + 1, stop)
    return r.phrase(
        at, stop - 1, "definite", head=head, modifiers=modifiers, plural=plural, form="the", **r.tail_of(stop)
    ), stop


def best_of(r: Reader, at: int) -> Found:
    """Find `the cheapest`, `the most expensive` without a noun."""
    degree = r.low(at + 1) in {"most", "least"}
    word = at + 1 + degree
    after = r.low(word + 1)
    if (
        r.low(at) != "the"
        or r.low(word) not in meanings.SUPERLATIVES
        or not (after in SKIP | {""} or r.words[word + 1].breaks)
    ):
        return None
    rest = ("least", r.words[word].stem) if r.low(at + 1) == "least" else (r.words[word].stem,)
    return r.phrase(at, word, "definite", modifiers=rest, form="the", **r.tail_of(word + 1)), word + 1


def identifier(r: Reader, at: int) -> Found:
    """Find words shaped like an id."""
    if _ID.match(r.words[at].text):
        return r.phrase(at, at, "id", form=r.low(at)), at + 1
    return None
