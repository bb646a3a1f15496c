"""Pronouns and demonstratives: one thing, or a group, by selection, possibility and topic."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import meanings
from dossier.references import weights as w
from dossier.references.describing import described, owners_of
from dossier.references.findings import Finding, nothing, tie
from dossier.references.phrase import Phrase
from dossier.references.possible import possible
from dossier.references.salience import ranked
from dossier.references.talk import Ids, Talk
from dossier.references.words import fold


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
    return tuple(i for i in talk.things if owner in owners_of(talk, i)) if owner else ()


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
    return ranked(talk, topic, word)


def _topic(talk: Talk, topic: str, pool: Ids) -> Finding:
    rivals = tuple(i for i in talk.proposed(pool) if i != topic)
    if rivals and talk.situation.risk != "read":
        return Finding((topic,), w.RECENT, "spoken of last, but this was proposed for another", (*rivals, topic))
    return Finding((topic,), w.TOPIC, "the last exchange is about it")


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
