"""Resolve the references of an utterance, or say which one has to be asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dossier.references import weights as w
from dossier.references.answers import answer_words, open_question
from dossier.references.candidates import Situation
from dossier.references.counting import count
from dossier.references.describing import described, same
from dossier.references.doing import act_named, continued, repeated
from dossier.references.findings import Finding, nothing, tie
from dossier.references.grouping import alternative, whole
from dossier.references.names import NameHit, find_names, ids_meant, looks_familiar, near_ids
from dossier.references.nouns import headed, vocabulary
from dossier.references.phrase import Kind, Phrase
from dossier.references.phrases import find_phrases
from dossier.references.pointing import demonstrative, pronoun
from dossier.references.profiles import is_code
from dossier.references.sifting import Read, joined_by_name, looking_ahead, reaching, sifted, unknown_object
from dossier.references.talk import Ids, Talk


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A phrase with what it means, or with what has to be asked."""

    phrase: str
    start: int
    """Offset of its first character in the utterance."""
    end: int
    """Offset after its last character."""
    kind: Kind
    entity_type: str | None
    """Type of what it means; None when that is open or mixed."""
    ids: Ids
    """Candidate ids; empty when it must be asked."""
    action: str | None
    """The earlier act it means, for repetition and continuation."""
    confidence: float
    """0 to 1; see `weights`."""
    reason: str
    answer: Literal["resolve", "ask"]
    options: Ids
    """Candidate ids to offer, in the order to number them; empty when nothing fits."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """All references of one utterance."""

    references: tuple[ResolvedReference, ...]
    ask: ResolvedReference | None
    """The first one that must be asked about."""


def resolve(situation: Situation) -> Resolution:
    """Resolve every reference of the utterance; deterministic, whatever the order of the candidates."""
    talk = Talk(situation)
    found = _answer(talk) or _phrases(talk)
    references = tuple(_decide(talk, phrase, finding) for phrase, finding in found)
    return Resolution(references, next((r for r in references if r.answer == "ask"), None))


def _answer(talk: Talk) -> list[Read]:
    question = open_question(talk)
    return answer_words(talk, question) if question else []


def _phrases(talk: Talk) -> list[Read]:
    names = find_names(talk)
    phrases = find_phrases(talk.situation.utterance, vocabulary(talk))
    found: list[Read] = []
    for phrase, hit in sorted(
        [*((p, None) for p in phrases), *((_name_phrase(talk, n), n) for n in names)], key=_place
    ):
        if found and phrase.start < found[-1][0].end:
            continue
        used = tuple(f.ids for _, f in found if f.ids and f.confidence > w.GUESS)
        finding = _named(talk, hit) if hit else _find(talk, phrase, used)
        if finding:
            found.append(joined_by_name(talk, reaching(talk, phrase, finding), finding, names))
    return looking_ahead(talk, sifted(talk, found)) or unknown_object(talk)


def _place(x: tuple[Phrase, object]) -> tuple[int, bool]:
    return x[0].start, x[1] is not None


def _name_phrase(talk: Talk, hit: NameHit) -> Phrase:
    return Phrase(talk.situation.utterance[hit.start : hit.end], hit.start, hit.end, "name")


def _find(talk: Talk, phrase: Phrase, used: tuple[Ids, ...]) -> Finding | None:
    match phrase.kind:
        case "id":
            return _identified(talk, phrase)
        case "ordinal":
            return _counted(talk, phrase)
        case "pronoun":
            return pronoun(talk, phrase, used)
        case "sameness":
            return same(talk, phrase)
        case "set":
            return whole(talk, phrase, _find(talk, phrase.inner, used) if phrase.inner else None)
        case "alternative":
            return alternative(talk, phrase, tuple(i for ids in used for i in ids))
        case "repetition":
            return repeated(talk, phrase)
        case "continuation":
            return continued(talk, phrase)
        case "demonstrative":
            return act_named(talk, phrase) or demonstrative(talk, phrase)
        case _:
            return act_named(talk, phrase) or described(talk, phrase)


def _identified(talk: Talk, phrase: Phrase) -> Finding | None:
    ids = ids_meant(talk, phrase.text)
    if len(ids) == 1:
        return Finding(ids, w.EXACT_ID, "named by its id")
    if ids:
        return tie(talk.ordered(ids), "several bear this code")
    if not looks_familiar(talk, phrase.text):
        return None
    near = near_ids(talk, phrase.text)
    return tie(talk.ordered(near), "unknown id, one slip away from these") if near else nothing("unknown id")


def _counted(talk: Talk, phrase: Phrase) -> Finding | None:
    """Count in a list, unless a candidate bears the number in its id or label (`case 1055`)."""
    if phrase.form != "number" or not phrase.head:
        return count(talk, phrase)
    if not any(p.named_by(phrase.head) for p in talk.profiles.values()):
        return None
    digits = str(phrase.number)
    pool = headed(talk, phrase.head, talk.things)
    fits = tuple(i for i in pool if digits in re.findall(r"\d+", i) or digits in talk.profiles[i].label)
    if len(fits) == 1:
        return Finding(fits, w.EXACT_ID, "it bears this number")
    return tie(talk.ordered(fits), "several bear this number") if fits else count(talk, phrase)


def _named(talk: Talk, hit: NameHit) -> Finding:
    if not hit.exact and is_code(talk.situation.utterance[hit.start : hit.end]):
        return tie(hit.ids, "no such code, one slip away from these")
    if len(hit.ids) == 1:
        sure = w.NAME if hit.exact else w.SOUNDS
        return Finding(hit.ids, sure, "named" if hit.exact else "the only name that is near", hit.ids)
    chosen = tuple(i for i in talk.selection if i in hit.ids)
    if len(chosen) == 1:
        return Finding(chosen, w.SELECTED, "of this name, this one is selected", hit.ids)
    people = tuple(i for i in hit.ids if talk.profiles[i].person)
    if len(people) == 1:
        return Finding(people, w.PARTIAL, "the one person of this name", talk.ordered(hit.ids))
    recent = talk.recent(hit.ids)
    if len(recent) == 1:
        return Finding(recent, w.RECENT, "of this name, this one was spoken of last", talk.ordered(hit.ids))
    return tie(talk.ordered(hit.ids), "several bear this name")


def _decide(talk: Talk, phrase: Phrase, finding: Finding) -> ResolvedReference:
    """Hold the finding against the threshold of the risk; only candidates come out."""
    ids = tuple(i for i in finding.ids if i in talk.by_id)
    sure = bool(ids or finding.action) and finding.confidence >= w.THRESHOLDS[talk.situation.risk]
    options = talk.ordered({*ids, *finding.options}) if not sure else ()
    kept = ids if sure else ()
    types = {talk.by_id[i].type for i in kept or options}
    return ResolvedReference(
        phrase=phrase.text,
        start=phrase.start,
        end=phrase.end,
        kind=phrase.kind,
        entity_type=next(iter(types)) if len(types) == 1 else None,
        ids=kept,
        action=finding.action if sure else None,
        confidence=finding.confidence,
        reason=finding.reason,
        answer="resolve" if sure else "ask",
        options=options,
    )
