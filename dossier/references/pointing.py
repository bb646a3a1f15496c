"""Pronouns, demonstratives, definite descriptions, sameness: one thing (or group) by words, selection, topic."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import meanings
from dossier.references import weights as w
from dossier.references.findings import Finding, nothing, tie
from dossier.references.nouns import Fit, describe
from dossier.references.phrase import Phrase
from dossier.references.possible import possible
from dossier.references.profiles import profile_of, superlative
from dossier.references.salience import likeliest
from dossier.references.talk import Ids, Talk
from dossier.references.words import fold, tokens

_CHOSEN = frozenset(["tick", "select", "highlight", "mark", "check", "click", "pick", "chosen", "chose"])


def pronoun(talk: Talk, phrase: Phrase, used: tuple[Ids, ...] = ()) -> Finding | None:
    """Resolve it, he, she, they; `used` is what earlier phrases of the utterance mean."""
    if not talk.things:
        return None
    if phrase.form == "they" and used and len(used[-1]) > 1:
        return Finding(used[-1], w.TOPIC, "named before in the same sentence")
    if phrase.form == "it" and (near := _in_utterance(talk, used)):
        return near
    if owned := _belonging(talk, phrase):
        return one(talk, owned, phrase.text)
    people = tuple(i for i in talk.things if talk.profiles[i].person)
    things = tuple(i for i in talk.things if not talk.profiles[i].person)
    if phrase.form == "it":
        return one(talk, things, "it")
    if phrase.form == "they":
        return _they(talk, phrase, used)
    wanted: meanings.Gender = "m" if phrase.form == "he" else "f"
    genders = {i: talk.profiles[i].gender or _spoken_gender(talk, i) for i in people}
    sure = tuple(i for i in people if genders[i] == wanted)
    maybe = tuple(i for i in people if genders[i] is None)
    newest = max((talk.by_id[i].last_turn for i in sure), default=0)
    sure += tuple(i for i in maybe if sure and talk.by_id[i].last_turn >= newest)
    return one(talk, sure or maybe, phrase.form)


def _belonging(talk: Talk, phrase: Phrase) -> Ids:
    """Return what `hers`, or `his` at the end of a clause, may mean: things that name an owner."""
    ends = talk.situation.utterance[phrase.end :].strip()[:1] in {"", *".,;!?"}
    owner = {"hers": "f", "his": "m" if ends else None}.get(fold(phrase.text))
    return tuple(i for i in talk.things if owner in _owners(talk, i)) if owner else ()


def _they(talk: Talk, phrase: Phrase, used: tuple[Ids, ...]) -> Finding | None:
    """Choose a group beside what was named one by one: `he` is none of `them`, nor is the `it` that they get."""
    single = {ids[0] for ids in used if len(ids) == 1}
    finding = many(talk, tuple(i for i in talk.things if i not in single or talk.profiles[i].person))
    alone = {i for i in single if talk.profiles[i].person}
    before = {t.low for t in talk.words if t.start < phrase.start}
    return None if finding and alone & {*finding.ids} and before & {"he", "she"} else finding


def _in_utterance(talk: Talk, used: tuple[Ids, ...]) -> Finding | None:
    """Take the one thing that the same utterance named before."""
    named = tuple(dict.fromkeys(ids[0] for ids in used if len(ids) == 1 and not talk.profiles[ids[0]].person))
    if len(named) == 1:
        return Finding(named, w.TOPIC, "named before in the same sentence")
    return Finding(named[:1], w.GUESS, "one of those named before in the same sentence", named) if named else None


def _spoken_gender(talk: Talk, i: str) -> meanings.Gender | None:
    """Read the gender from he or she where only this person was spoken of."""
    found: set[meanings.Gender] = set()
    alone = False
    for s in talk.sentences:
        people = [c for c in s.ids if talk.profiles[c].person]
        if people:
            alone = people == [i]
        if alone:
            found |= {"m"} if s.stems & {"he", "him", "his"} else set()
            found |= {"f"} if s.stems & {"she", "her", "hers"} else set()
    return next(iter(found)) if len(found) == 1 else None


def one(talk: Talk, pool: Ids, word: str) -> Finding:
    """Choose one of a pool by selection, possibility and topic."""
    if not pool:
        return nothing(f"nothing that {word!r} could mean has come up")
    able = possible(talk, pool)
    chosen = tuple(i for i in talk.selection if i in able)
    if len(chosen) == 1:
        return Finding(chosen, w.SELECTED, "it is selected")
    if len(chosen) > 1:
        return tie(chosen, "several are selected")
    if len(able) == 1:
        return Finding(able, w.TOPIC, "the only one it can mean")
    offered = talk.offered(able)
    if offered:
        return Finding((offered,), w.TOPIC, "it was offered, and the answer is about that", able)
    topic = talk.recent(able)
    if len(topic) == 1:
        return _topic(talk, topic[0], able)
    focus = tuple(i for i in talk.situation.focus if i in topic)
    if len(focus) == 1:
        return Finding(focus, w.RECENT, "the active task is about it", topic)
    return _ranked(talk, topic, word)


def _topic(talk: Talk, topic: str, pool: Ids) -> Finding:
    rivals = tuple(i for i in talk.proposed(pool) if i != topic)
    if rivals and talk.situation.risk != "read":
        return Finding((topic,), w.RECENT, "spoken of last, but this was proposed for another", (*rivals, topic))
    return Finding((topic,), w.TOPIC, "the last exchange is about it")


def _ranked(talk: Talk, equal: Ids, words: str) -> Finding:
    """Let the fitted ranking decide between what the rules find equal, where it is sure."""
    best = likeliest(talk, words, equal)
    if best and best[1] >= w.RANKED_FROM:
        return Finding((best[0],), w.RECENT, "the talk so far speaks for it", equal)
    return tie(equal, "several fit equally")


def many(talk: Talk, pool: Ids) -> Finding | None:
    """Choose a group: what is selected, else what was shown or named together last."""
    chosen = tuple(i for i in talk.selection if i in pool)
    if len(chosen) > 1:
        return Finding(chosen, w.SELECTED, "they are selected")
    group = talk.group(pool)
    if group:
        return Finding(group, w.GROUP if not _whole_list(talk, group) else w.TOPIC, "named together last")
    if len(chosen) == 1:
        return Finding(chosen, w.RECENT, "it is selected")
    recent = talk.recent(pool)
    if len(recent) == 1 and (talk.profiles[recent[0]].person or _is_organisation(talk, recent[0])):
        return Finding(recent, w.RECENT, "the last exchange is about them alone")
    kinds = {talk.by_id[i].type for i in recent}
    equal = tuple(i for i in pool if talk.by_id[i].type in kinds)
    if len(kinds) == 1 and len(equal) > 1:
        return Finding(talk.ordered(equal), w.GUESS, "all of the kind spoken of last")
    if len(kinds) > 1 and talk.situation.risk == "read":
        return None  # Things of several kinds are no `they`: whoever is meant was never named.
    return tie(recent, "several fit") if recent else nothing("nothing was named together")


def _is_organisation(talk: Talk, i: str) -> bool:
    return not meanings.ORGANISATIONS.isdisjoint(fold(talk.by_id[i].type).split("_"))


def _whole_list(talk: Talk, group: Ids) -> bool:
    return len(talk.newest_lists) == 1 and group == talk.newest_lists[0]


def demonstrative(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve this, that, these, those, alone or with a noun."""
    if not talk.by_id:
        return None
    if not phrase.head and not phrase.modifiers:
        return _counted(talk, phrase) if phrase.plural else one(talk, talk.things, phrase.form)
    return described(talk, phrase)


def _counted(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `these`, and `these two` to a group of two."""
    finding = many(talk, talk.things)
    if not phrase.number or not finding or not finding.ids:
        return finding
    if len(finding.ids) == phrase.number:
        return replace(finding, confidence=max(finding.confidence, w.TOPIC))
    return tie(finding.ids, f"{phrase.number} are meant, {len(finding.ids)} were named")


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
    owners = {i: _owners(talk, i) for i in pool}
    return tuple(i for i in pool if not owners[i] or wanted in owners[i])


def _owners(talk: Talk, i: str) -> frozenset[meanings.Gender]:
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
    return _ranked(talk, able, phrase.text) if phrase.kind == "demonstrative" else tie(able, "the words fit several")


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
