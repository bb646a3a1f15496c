"""Sets (both, all three, everything but) and alternatives (the other one, the rest, not that one)."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import weights as w
from dossier.references.counting import rows_meant
from dossier.references.findings import Finding, nothing, tie
from dossier.references.nouns import Fit, describe
from dossier.references.phrase import Phrase
from dossier.references.possible import done, possible
from dossier.references.talk import Ids, Talk


def pool_of(talk: Talk, phrase: Phrase) -> Ids:
    """Return the things a set or an alternative is taken from."""
    pool = talk.things
    if phrase.head or phrase.modifiers or phrase.tail:
        fit = describe(talk, phrase, pool)
        if fit.ids and (fit.headed or not phrase.head):
            if phrase.modifiers or fit.tail:
                return fit.ids
            group = talk.group(fit.ids)
            return group if len(group) > 1 else fit.ids
        if phrase.head:
            return ()
    chosen = talk.selection
    return chosen if len(chosen) > 1 and phrase.kind == "set" else talk.group(pool)


def whole(talk: Talk, phrase: Phrase, excepted: Finding | None = None) -> Finding | None:
    """Resolve a set; `excepted` is what the exception means, where it is a phrase of its own."""
    if phrase.form == "except":
        return _all_but(talk, phrase, excepted)
    if phrase.form == "those":
        return _of_which(talk, phrase)
    if phrase.form in {"first", "last"}:
        return _end_of_list(talk, phrase)
    pool = pool_of(talk, phrase)
    if phrase.form in {"neither", "none"} and _refuses(talk, phrase):
        return tie(talk.ordered(pool), "none of those offered")
    if phrase.form == "some" and pool and phrase.number != len(pool):
        if talk.situation.risk != "read":
            return tie(talk.ordered(pool), "it is open which of them")
        return Finding(talk.ordered(pool), w.GROUP, "some of those named together")
    if not pool:
        recent = talk.recent(talk.things)
        equal = _of_kind(talk, recent)
        if phrase.number and len(equal) == phrase.number:
            return Finding(talk.ordered(equal), w.TOPIC, "there are so many of that kind")
        return tie(talk.ordered(equal or recent), "it is open which are meant") if recent and phrase.number else None
    if phrase.number and len(pool) != phrase.number:
        able = possible(talk, pool)
        if len(able) == phrase.number:
            return Finding(talk.ordered(able), w.POSSIBLE, "those for which this is possible")
        return tie(talk.ordered(pool), f"{phrase.number} are meant, {len(pool)} fit")
    sure = w.WORDS if phrase.number or phrase.head or talk.group(pool) in talk.newest_lists else w.GROUP
    return Finding(
        talk.ordered(pool), sure, "all that were named together" if not phrase.head else "all that the words fit"
    )


def _of_which(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `those still open` among what was named together, else among all; None when nothing known is so."""
    for pool in (talk.group(talk.things), talk.things):
        fit = describe(talk, phrase, pool)
        if pool and fit.tail:
            return Finding(fit.ids, w.WORDS, "those of which it is true", reach=fit.tail)
    return None


def _of_kind(talk: Talk, recent: Ids) -> Ids:
    """Return all of the kind that was spoken of last, when it was one kind."""
    kinds = {talk.by_id[i].type for i in recent}
    return tuple(i for i in talk.things if talk.by_id[i].type in kinds) if len(kinds) == 1 else ()


def _refuses(talk: Talk, phrase: Phrase) -> bool:
    """Tell an answer that takes none of what was offered from a statement about all (`neither has replied`)."""
    last = max(talk.situation.turns, key=lambda t: t.no, default=None)
    offered = last is not None and last.role == "assistant" and last.text.rstrip().endswith("?")
    return offered and phrase.start == talk.words[0].start


def _end_of_list(talk: Talk, phrase: Phrase) -> Finding | None:
    rows = rows_meant(talk, phrase)
    if not rows or len(rows[0]) < phrase.number:
        return None if not rows else tie(rows[0], "the list is shorter than that")
    row = rows[0]
    part = row[: phrase.number] if phrase.form == "first" else row[-phrase.number :]
    return Finding(part, w.LISTED, f"the {phrase.form} {phrase.number} of what was shown")


def _all_but(talk: Talk, phrase: Phrase, excepted: Finding | None) -> Finding | None:
    if excepted and not excepted.ids:
        return excepted
    fit = Fit(excepted.ids, True, True) if excepted else describe(talk, phrase, talk.things)
    kinds = {talk.by_id[i].type for i in fit.ids}
    if not fit.ids or len(kinds) != 1:
        return None
    equal = tuple(i for i in talk.things if talk.by_id[i].type in kinds)
    shown = next((row for row in talk.lists if set(fit.ids) <= set(row)), None)
    left = tuple(i for i in (shown or talk.ordered(equal)) if i not in fit.ids)
    if len(fit.ids) > 1 and not phrase.plural:
        return tie(fit.ids, "the exception fits several")
    return (
        Finding(left, w.WORDS if fit.full else w.PARTIAL, "all but the one named")
        if left
        else nothing("nothing is left")
    )


def alternative(talk: Talk, phrase: Phrase, used: Ids) -> Finding | None:
    """Resolve what is left when the others are accounted for; `used` was meant earlier in this utterance."""
    pool = pool_of(talk, replace(phrase, kind="alternative"))
    if phrase.form == "not":
        pool = pool if len(pool) > 1 else talk.group(talk.things)
    inside = tuple(i for i in used if i in pool or _beside(talk, i, pool))
    if len(pool) < 2:
        pool = _same_kind(talk, phrase, used or talk.selection or pool)
        inside = tuple(i for i in used if i in pool)
    if len(pool) < 2:
        return nothing("there is no other one") if pool and phrase.head else None
    taken = inside or done(talk, pool) or _accounted(talk, pool)
    left = tuple(i for i in pool if i not in taken)
    if not taken and not phrase.plural:
        return tie(talk.ordered(pool), "it is open which one is the other")
    if phrase.number and phrase.number != len(left):
        return tie(talk.ordered(left), f"{phrase.number} are meant, {len(left)} are left")
    if phrase.plural:
        return (
            Finding(talk.ordered(left), w.REMAINDER, "all that are left")
            if taken and left
            else tie(talk.ordered(pool), "left from what is open")
        )
    able = possible(talk, left)
    if len(able) == 1:
        return Finding(able, w.REMAINDER, "the one that is left")
    return tie(talk.ordered(left), "more than one is left") if left else nothing("none is left")


def _beside(talk: Talk, i: str, pool: Ids) -> bool:
    return i in pool


def _same_kind(talk: Talk, phrase: Phrase, known: Ids) -> Ids:
    """Return all things of the kind of the one already meant, those of its list first."""
    kinds = {talk.by_id[i].type for i in known}
    equal = tuple(i for i in talk.things if talk.by_id[i].type in kinds)
    listed = next((row for row in talk.lists if set(known) & set(row)), ())
    if phrase.head:
        return tuple(i for i in equal if talk.profiles[i].named_by(phrase.head))
    return tuple(i for i in equal if i in listed) or talk.recent(equal) if len(equal) > 2 else equal


def _accounted(talk: Talk, pool: Ids) -> Ids:
    """Return what is selected, was singled out last, or was acted on last."""
    chosen = tuple(i for i in talk.selection if i in pool)
    if chosen:
        return chosen
    alone = talk.singled_out(pool)
    if alone:
        return (alone,)
    acted = next((a.target for a in talk.acts if a.target in pool), None)
    return (acted,) if acted else ()
