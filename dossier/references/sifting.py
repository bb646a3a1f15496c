"""What becomes of the phrases of one utterance together: some only narrow, refuse or look ahead to another."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import lexicon as lx
from dossier.references.findings import Finding, nothing, tie
from dossier.references.names import NameHit
from dossier.references.phrase import Phrase, extended
from dossier.references.talk import Talk

Read = tuple[Phrase, Finding]
_NOMINAL = frozenset({"ordinal", "set", "definite", "alternative"})
_POLITE = lx.FUNCTION_WORDS | {"okay", "right", "great", "thanks", "kindly"}
_MARKS = " \t\"'“”‘’("


def sifted(talk: Talk, found: list[Read]) -> list[Read]:
    """Leave out what only narrows another phrase, what is refused without being clear, and what is said twice."""
    kept = [x for x in found if not _qualifies(x, found)]
    kept = [x for x in kept if not _refused(talk, x, kept)]
    return [x for at, x in enumerate(kept) if not any(_repeats(x, earlier) for earlier in kept[:at])]


def _repeats(x: Read, earlier: Read) -> bool:
    """Recognise the second `it` of one thing, and `their` beside `they`."""
    pronouns = x[0].kind == earlier[0].kind == "pronoun" and x[0].form == earlier[0].form
    return (pronouns or x[0].text.lower() == earlier[0].text.lower()) and (x[1].ids or x[1].options) == (
        earlier[1].ids or earlier[1].options
    )


def _refused(talk: Talk, x: Read, found: list[Read]) -> bool:
    """Recognise `not that one` beside `the glass one`: what is refused need not be asked about."""
    phrase, finding = x
    before = talk.situation.utterance[: phrase.start].rstrip(_MARKS).lower()
    refused = phrase.form == "not" or before.endswith((" not", ",not")) or before == "not"
    return refused and not finding.ids and len(found) > 1


def unknown_object(talk: Talk) -> list[Read]:
    """Find the object of an irreversible order that nothing known fits (`release the standing order`)."""
    if talk.situation.risk != "irreversible" or not talk.things:
        return []
    words = [w for w in talk.words if w.low not in _POLITE or w.low in {"the", "that", "this"}]
    if len(words) < 3 or words[0].low in {"the", "that", "this"} or words[1].low not in {"the", "that", "this"}:
        return []
    end = words[1]
    for word in talk.words[talk.words.index(words[1]) + 1 :]:
        if word.low in lx.FUNCTION_WORDS or word.breaks:
            break
        end = word
    if end is words[1]:
        return []
    text = talk.situation.utterance[words[1].start : end.end]
    phrase = Phrase(text, words[1].start, end.end, "definite", head=end.stem, form="the")
    return [(phrase, nothing("nothing of that kind has come up"))]


def _qualifies(x: Read, found: list[Read]) -> bool:
    """Tell whether an open phrase only narrows another: the second *of the trios*; *not that one*, the red one."""
    phrase, finding = x
    if finding.ids or not (phrase.kind == "name" or phrase.form in {"the", "not"}):
        return False
    settled = {i for p, f in found if p is not phrase and p.kind in _NOMINAL for i in f.ids or f.options}
    return (bool(settled & set(finding.options)) and any(f.ids for _, f in found)) or (
        phrase.kind == "name" and bool(settled & set(finding.options))
    )


def reaching(talk: Talk, phrase: Phrase, finding: Finding) -> Phrase:
    """Count in the words after the noun that took part."""
    reach = min(finding.reach, len(phrase.tail_ends))
    return extended(phrase, talk.situation.utterance, phrase.tail_ends[reach - 1], ()) if reach else phrase


def joined_by_name(talk: Talk, phrase: Phrase, finding: Finding, names: tuple[NameHit, ...]) -> tuple[Phrase, Finding]:
    """Hold a description against a name that follows it (`the draft, for Haldane`)."""
    text = talk.situation.utterance
    hit = next((n for n in names if n.start >= phrase.end and _short_link(text[phrase.end : n.start])), None)
    if phrase.kind != "definite" or not hit or not hit.exact or phrase.plural:
        return phrase, finding
    meant = finding.ids or finding.options
    both = set(hit.ids) & set(meant)
    wider = extended(phrase, text, hit.end, ())
    if both and len(hit.ids) == 1:
        return wider, finding
    alike = meant and {talk.by_id[i].type for i in meant} == {talk.by_id[i].type for i in hit.ids}
    if not both and alike:
        return wider, tie(talk.ordered({*meant, *hit.ids}), "description and name point to different ones")
    return phrase, finding


def _short_link(between: str) -> bool:
    words = between.replace(",", " ").split()
    return (
        len(words) <= 5
        and not set(words) & {"and", "or", "to", "into", "onto", "then", "but", "not"}
        and not set(between) & set(".;!?")
    )


def looking_ahead(talk: Talk, found: list[Read]) -> list[Read]:
    """Let a pronoun of an opening clause mean what the main clause names (`once you have it, pass the form on`)."""
    opening = talk.words[0].low if talk.words else ""
    if opening not in {"once", "when", "if", "after", "before", "as", "until"} or len(found) < 2:
        return found
    (first, _), (second, ahead) = found[0], found[1]
    if (
        first.kind == "pronoun"
        and first.form == "it"
        and second.kind in {"definite", "name", "id"}
        and len(ahead.ids) == 1
    ):
        found[0] = first, replace(ahead, reason="named in the main clause")
    return found
