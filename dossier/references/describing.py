"""Definite descriptions and sameness: what the words of a noun phrase fit, and which of several is meant."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import meanings
from dossier.references import weights as w
from dossier.references.findings import Finding, nothing, tie
from dossier.references.nouns import Fit, describe
from dossier.references.phrase import Phrase
from dossier.references.possible import possible
from dossier.references.profiles import profile_of, superlative
from dossier.references.salience import ranked
from dossier.references.talk import Ids, Talk
from dossier.references.words import fold, tokens

_CHOSEN = frozenset(["tick", "select", "highlight", "mark", "check", "click", "pick", "chosen", "chose"])


def described(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve a noun phrase by its words; None for a definite whose noun nothing bears."""
    if phrase.form == "said":
        return _statement(talk, phrase)
    pool = _owned(talk, phrase, talk.things)
    fit = describe(talk, phrase, pool)
    if not fit.ids:
        return None if phrase.kind == "definite" or not talk.by_id else nothing("nothing of that kind has come up")
    if not fit.headed and phrase.kind == "definite" and (len(fit.ids) > 1 or _part_of(talk, phrase, fit)):
        return None
    chosen = _claimed(talk, phrase, fit)
    fit = replace(fit, ids=chosen, full=True) if chosen else fit
    clash = None if chosen else _clash(talk, phrase, fit)
    finding = clash or (_several(talk, phrase, fit) if phrase.plural else _single(talk, phrase, fit))
    return replace(finding, reach=fit.tail)


def _part_of(talk: Talk, phrase: Phrase, fit: Fit) -> bool:
    """Recognise `the inspection deadline`: an unknown noun that only the kind of a thing qualifies is no such thing."""
    fitting = [m for m in phrase.modifiers if any(talk.profiles[i].fits(m) for i in fit.ids)]
    return all(m in talk.profiles[i].type for m in fitting for i in fit.ids)


def _claimed(talk: Talk, phrase: Phrase, fit: Fit) -> Ids:
    """Return what is selected and fits, when the words say that it is selected."""
    claims = bool(_CHOSEN & {*phrase.modifiers, *phrase.tail})
    return tuple(i for i in talk.selection if i in fit.ids) if claims else ()


def _clash(talk: Talk, phrase: Phrase, fit: Fit) -> Finding | None:
    """Notice words that nothing fits, and a selection that the words claim and contradict."""
    if talk.selection and _CHOSEN & {*phrase.modifiers, *phrase.tail}:
        return tie(talk.ordered({*talk.selection, *fit.ids}), "what is selected is not what the words describe")
    others = tuple(i for i in talk.selection if i not in fit.ids)
    if (
        phrase.form in {"this", "these"}
        and len(others) == len(talk.selection) > 0
        and _one_type(talk, (*others, *fit.ids))
    ):
        return tie(talk.ordered({*others, *fit.ids}), "what is selected is not what the words describe")
    alien = [m for m in phrase.modifiers if not _known(talk, m)]
    if alien and not fit.full and fit.headed and talk.situation.risk != "read" and not _by_type(talk, phrase, fit):
        return nothing("nothing fits these words") if phrase.head else tie(fit.ids, "none of these fits the words")
    return None


def _one_type(talk: Talk, ids: Ids) -> bool:
    return len({talk.by_id[i].type for i in ids}) == 1


def _by_type(talk: Talk, phrase: Phrase, fit: Fit) -> bool:
    return any(phrase.head in talk.profiles[i].type for i in fit.ids)


def _known(talk: Talk, word: str) -> bool:
    return (
        any(word in s.stems for s in talk.sentences)
        or any(p.fits(word) for p in talk.profiles.values())
        or superlative(word) is not None
    )


def _owned(talk: Talk, phrase: Phrase, pool: Ids) -> Ids:
    """Let his and her narrow what they own, where a label or a property names a fitting person."""
    if phrase.form not in {"his", "her"}:
        return pool
    wanted = "m" if phrase.form == "his" else "f"
    owners = {i: owners_of(talk, i) for i in pool}
    return tuple(i for i in pool if not owners[i] or wanted in owners[i])


def owners_of(talk: Talk, i: str) -> frozenset[meanings.Gender]:
    """Return the gender of whom its label names with a title, where it is no person itself."""
    if talk.profiles[i].person:
        return frozenset()
    titles: list[meanings.Gender | None] = [meanings.TITLES.get(t.low) for t in tokens(talk.by_id[i].label)]
    return frozenset(title for title in titles if title)


def _single(talk: Talk, phrase: Phrase, fit: Fit) -> Finding:
    sure = w.WORDS if fit.full and fit.headed else w.PARTIAL
    if len(fit.ids) == 1:
        return Finding(fit.ids, sure, "the words fit this one only", fit.ids)
    able = possible(talk, fit.ids)
    if len(able) == 1:
        return Finding(able, min(sure, w.POSSIBLE), "the only one for which this is possible", able)
    chosen = tuple(i for i in talk.selection if i in able)
    if len(chosen) == 1:
        return Finding(chosen, w.SELECTED, "the words fit several, this one is selected")
    topic = talk.recent(able)
    rivals = tuple(i for i in talk.proposed(able) if i not in topic)
    if len(topic) == 1 and not (rivals and talk.situation.risk != "read"):
        return Finding(topic, w.RECENT, "the words fit several, this one was spoken of last", able)
    return ranked(talk, able, phrase.text) if phrase.kind == "demonstrative" else tie(able, "the words fit several")


def _several(talk: Talk, phrase: Phrase, fit: Fit) -> Finding:
    chosen = tuple(i for i in talk.selection if i in fit.ids)
    if phrase.kind == "demonstrative" and chosen:
        return Finding(chosen, w.SELECTED, "they are selected")
    ids = fit.ids
    if not phrase.modifiers and not fit.tail:
        ids = talk.group(fit.ids) or fit.ids
    if phrase.number and len(ids) != phrase.number:
        return tie(fit.ids, f"{phrase.number} are meant, {len(ids)} fit")
    if phrase.tail and not fit.tail and (phrase.restricts or not phrase.head):
        return Finding(ids, w.GUESS, "all of the kind, what restricts them is not known")
    return Finding(ids, w.WORDS if fit.full else w.PARTIAL, "all that the words fit")


def _statement(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `what I said about X` to the turn."""
    turns = tuple(i for i, c in talk.by_id.items() if fold(c.type) in meanings.TURN_TYPES)
    if not turns:
        return None
    about = [m for m in phrase.modifiers if any(profile_of(talk.by_id[i]).fits(m) for i in turns)]
    fits = tuple(i for i in turns if all(talk.profiles[i].fits(m) for m in about))
    if about and len(fits) == 1:
        return Finding(fits, w.WORDS, "the turn about that")
    return Finding(fits, w.WORDS, "the only such turn") if len(turns) == 1 else tie(fits or turns, "several turns fit")


def same(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `the same X` to the X that was in use last."""
    fit = describe(talk, phrase, talk.things)
    if not fit.ids or (phrase.head and not fit.headed):
        return None
    if phrase.plural and len(fit.ids) > 1 and not _is_mass(talk, phrase):
        return _several(talk, phrase, fit)
    topic = talk.recent(fit.ids)
    used = tuple(a.target for a in talk.acts if a.target in fit.ids)[:1]
    if len(topic) == 1:
        return Finding(topic, w.WORDS if len(fit.ids) == 1 else w.PARTIAL, "the one named last", fit.ids)
    return (
        Finding(used, w.PARTIAL, "the one used last", topic) if used else tie(topic, "several were named side by side")
    )


def _is_mass(talk: Talk, phrase: Phrase) -> bool:
    """Tell a plural that names one thing (terms, glasses) by a type that is itself written so."""
    return any(fold(talk.by_id[i].type).endswith("s") for i in talk.things if phrase.head in talk.profiles[i].type)
