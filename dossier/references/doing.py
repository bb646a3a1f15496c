"""Repetition, undoing and continuation: phrases that mean an earlier act."""

from __future__ import annotations

import re
from dataclasses import replace

from dossier.references import lexicon as lx
from dossier.references import weights as w
from dossier.references.candidates import Act
from dossier.references.findings import Finding, nothing, tie
from dossier.references.phrase import Phrase
from dossier.references.talk import Ids, Talk, kin
from dossier.references.words import fold, stem

_PART_DONE = re.compile(r"^\d+\s*(?:of|/)\s*\d+")
_WORK = frozenset(["task", "job", "draft", "report", "summary", "list", "plan", "checklist", "document"])


def repeated(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `do that again`, `undo it` to an act and what it was done to."""
    if not talk.acts:
        return None
    objects = tuple(m for m in phrase.modifiers if m not in lx.UNDOING) if phrase.form == "undo" else ()
    if objects:
        meant = tuple(a for a in talk.acts if any(_about(talk, a, o) for o in objects))
        return _latest(talk, meant, phrase.plural) if meant else nothing("nothing of that kind was done")
    said = {x.stem for x in talk.words if not phrase.start <= x.start < phrase.end}
    named = tuple(a for a in talk.acts if phrase.form == "undo" and any(kin(s, n) for s in said for n in _nouns(a)))
    return _latest(talk, named or talk.acts, phrase.plural or " all" in phrase.text or "them" in phrase.text)


def _about(talk: Talk, act: Act, word: str) -> bool:
    return any(kin(word, n) for n in _nouns(act)) or talk.profiles[act.target].fits(word)


def act_named(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `that move`, `the tag` to acts whose name or argument has the noun; None when none has."""
    if not phrase.head:
        return None
    fitting = tuple(a for a in talk.acts if phrase.head in _nouns(a))
    if not fitting or any(phrase.head in p.type or phrase.head in p.label for p in talk.profiles.values()):
        return None
    return _latest(talk, fitting, phrase.plural)


def _nouns(act: Act) -> frozenset[str]:
    words = {stem(x) for x in fold(act.action).split("_")} | {stem(x) for k, _ in act.args for x in fold(k).split("_")}
    return frozenset(words)


def _latest(talk: Talk, acts: tuple[Act, ...], plural: bool) -> Finding:
    """Take the acts of the newest turn; one is meant by a singular."""
    newest = tuple(a for a in acts if a.turn == acts[0].turn)
    targets: Ids = tuple(dict.fromkeys(a.target for a in newest))
    names = {a.action for a in newest}
    action = acts[0].action if len(names) == 1 else None
    if len(newest) == 1 or (plural and action):
        return Finding(targets, w.SINGLE_ACT, "the last act", targets, action)
    return Finding((), w.TIE, "several things were done at once", targets)


def continued(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `continue` to what is under way."""
    underway = tuple(i for i in talk.things if _unfinished(talk, i))
    acts = tuple(a for a in talk.acts if _partial(a))
    if acts:
        return _latest(talk, acts, False)
    focus = tuple(i for i in talk.situation.focus if i in talk.by_id)
    recent = talk.recent(underway) if underway else ()
    if len(recent) == 1:
        return Finding(recent, w.POSSIBLE, "the only work under way")
    if recent:
        return tie(talk.ordered(recent), "several are under way")
    if len(focus) == 1:
        return Finding(focus, w.POSSIBLE, "the active task is about it")
    if talk.acts:
        last = _latest(talk, talk.acts, False)
        return replace(last, confidence=min(last.confidence, w.GUESS), reason="the last act, though it looks done")
    return nothing("nothing is under way") if talk.by_id else None


def _partial(act: Act) -> bool:
    args = {fold(k): v for k, v in act.args}
    done, total = args.get("done", ""), args.get("total", args.get("of", ""))
    return bool(done and total and done != total)


def _unfinished(talk: Talk, i: str) -> bool:
    c = talk.by_id[i]
    for key, value in c.attrs:
        if fold(key) in {"progress", "done", "step", "state", "status"}:
            low = fold(value)
            if (
                _PART_DONE.match(low)
                or low.rstrip("%") != low
                or any(x in low for x in ("half", "progress", "started", "paused", "under way"))
            ):
                return True
            if (
                fold(key) in {"done", "progress"}
                and low not in {"yes", "true", "all"}
                and set(fold(c.type).split("_")) & _WORK
            ):
                return True
    return False
