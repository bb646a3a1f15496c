"""Ordinals: which list is counted in, and which end `last` means."""

from __future__ import annotations

from dataclasses import replace

from dossier.references import meanings
from dossier.references import weights as w
from dossier.references.findings import Finding, nothing, tie
from dossier.references.nouns import describe, direction, extreme_amount
from dossier.references.phrase import Phrase
from dossier.references.profiles import time_of
from dossier.references.talk import Ids, Talk


def count(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve an ordinal; None when there is nothing to count in."""
    if phrase.form == "ranked":
        return _ranked(talk, phrase)
    rows = rows_meant(talk, phrase)
    if not rows:
        fit = describe(talk, phrase, talk.things)
        known = phrase.head and fit.headed and len(fit.ids) > 1 and phrase.form != "step"
        return tie(talk.ordered(fit.ids), "no order was shown to count in") if known else None
    if phrase.form == "step":
        return _step(talk, phrase, rows[0])
    if phrase.form in {"newest", "oldest"}:
        return _by_time(talk, phrase, rows[0])
    if phrase.form == "middle":
        return _middle(rows[0])
    picks = tuple(dict.fromkeys(row[_index(phrase.number)] for row in rows if _within(row, phrase.number)))
    if not picks:
        return nothing(f"no list has a place {phrase.number}")
    if len(picks) > 1:
        return tie(picks, "more than one list has that place")
    if phrase.form in {"last", "final"}:
        return _last(talk, rows[0])
    listed = any(set(rows[0]) <= set(ids) for ids in talk.lists)
    return Finding(
        picks, w.LISTED if listed else w.TEXT_ORDER, f"place {phrase.number} of {len(rows[0])} in what was shown last"
    )


def _ranked(talk: Talk, phrase: Phrase) -> Finding | None:
    """Resolve `the second cheapest`: the place in the order of an amount."""
    by, *rest = phrase.modifiers
    rows = rows_meant(talk, replace(phrase, modifiers=tuple(rest), form=""))
    amounts = {i: extreme_amount(talk, by, i) for i in (rows[0] if rows else ())}
    known = sorted({a for a in amounts.values() if a is not None}, reverse=direction(by) == meanings.MORE)
    if not known or None in amounts.values() or not _within(tuple(map(str, known)), phrase.number):
        return tie(tuple(amounts), "they can't be put in that order") if amounts else None
    picks = tuple(i for i, a in amounts.items() if a == known[_index(phrase.number)])
    return Finding(picks, w.WORDS, "its place by amount") if len(picks) == 1 else tie(picks, "several are equal")


def _middle(row: Ids) -> Finding:
    half = len(row) // 2
    if len(row) % 2:
        return Finding((row[half],), w.LISTED, f"the middle of {len(row)}")
    return tie(row[half - 1 : half + 1], f"{len(row)} have no middle one")


def rows_meant(talk: Talk, phrase: Phrase) -> tuple[Ids, ...]:
    """Return the rows to count in: one, or several when the newest turn showed several and the words do not choose."""
    newest = _narrowed(talk, phrase, talk.newest_lists)
    others = _narrowed(talk, phrase, tuple(ids for ids in talk.lists if ids not in talk.newest_lists))
    hint = _hints(talk, phrase)
    if hint:
        for rows in (newest, others):
            named = tuple(r for r in rows if set(r) & hint)
            if named:
                return tuple(tuple(i for i in r if i in hint) if len(set(r) & hint) > 1 else r for r in named)
    return newest or others[:1] or _spoken(talk, phrase)


def _narrowed(talk: Talk, phrase: Phrase, rows: tuple[Ids, ...]) -> tuple[Ids, ...]:
    """Keep of each row what the noun and the modifiers fit."""
    if not phrase.head and not phrase.modifiers and not phrase.tail:
        return rows
    found: list[Ids] = []
    for row in rows:
        fit = describe(talk, phrase, row)
        keep = fit.ids if fit.headed else ()
        ordered = tuple(i for i in row if i in keep)
        if ordered and (fit.full or not phrase.modifiers):
            found.append(ordered if len(ordered) > 1 or not phrase.tail else row)
    return tuple(found)


def _hints(talk: Talk, phrase: Phrase) -> set[str]:
    """Return the candidates that the rest of the utterance speaks of by a word shared within one list."""
    outside = {t.stem for t in talk.words if not phrase.start <= t.start < phrase.end}
    hinted: set[str] = set()
    for row in talk.lists:
        for word in sorted(outside):
            fits = {
                i
                for i in row
                if word in talk.profiles[i].label | talk.profiles[i].traits or word in talk.profiles[i].type
            }
            elsewhere = {
                i
                for i in talk.things
                if word in talk.profiles[i].label | talk.profiles[i].traits | talk.profiles[i].type
            } - set(row)
            if len(fits) > 1 and not elsewhere:
                hinted |= fits
    return hinted


def _spoken(talk: Talk, phrase: Phrase) -> tuple[Ids, ...]:
    """Without a list, count in the order in which things were named together."""
    fit = describe(talk, phrase, talk.things)
    if phrase.head and not fit.headed:
        return ()
    row = talk.group(fit.ids)
    return (row,) if row else ()


def _within(row: Ids, number: int) -> bool:
    return 1 <= abs(number) <= len(row)


def _index(number: int) -> int:
    return number - 1 if number > 0 else number


def _times(talk: Talk, row: Ids) -> list[tuple[int, ...]] | None:
    """Return the time of each, None when one has none or they are not comparable."""
    keys = [time_of(talk.by_id[i]) for i in row]
    known = [k for k in keys if k is not None]
    alike = len({k[0] if k[0] < 3 else 3 for k in known}) == 1
    return known if len(known) == len(row) and alike else None


def _last(talk: Talk, row: Ids) -> Finding:
    times = _times(talk, row)
    if times and max(times) != times[-1]:
        latest = row[times.index(max(times))]
        return tie((latest, row[-1]), "the last in the list is not the latest in time")
    if not times and _newest_first(talk):
        return tie(tuple(dict.fromkeys((row[0], row[-1]))), "the list begins with the newest, so last has two readings")
    return Finding(row[-1:], w.LISTED, "last of what was shown")


def _newest_first(talk: Talk) -> bool:
    last = max((x.turn for x in talk.situation.lists), default=-1)
    said = {s for x in talk.sentences if abs(x.turn - last) <= 1 for s in x.stems}
    return (bool(said & {"newest", "latest"}) and bool(said & {"first", "top"})) or (
        "recent" in said and "first" in said
    )


def _by_time(talk: Talk, phrase: Phrase, row: Ids) -> Finding:
    times = _times(talk, row)
    if times:
        best = max(times) if phrase.form == "newest" else min(times)
        picks = tuple(i for i, t in zip(row, times, strict=True) if t == best)
        if len(picks) == 1:
            return Finding(picks, w.LISTED, "by its date")
        return tie(picks, "several have that date")
    return Finding((row[0],), w.WORDS, "the only one") if len(row) == 1 else tie(row, "no dates are known")


def _step(talk: Talk, phrase: Phrase, row: Ids) -> Finding:
    """Go one on or back from the row's member that was spoken of last."""
    here = [i for i in talk.selection if i in row] or [i for i in (talk.singled_out(row),) if i]
    at = row.index(here[0]) + phrase.number if len(here) == 1 else -1
    if not here:
        return (
            Finding(row[:1], w.RECENT, "none has been taken yet, so the first")
            if phrase.number > 0
            else tie(row, "no place to go back from")
        )
    return (
        Finding((row[at],), w.POSSIBLE, "beside the one just spoken of")
        if 0 <= at < len(row)
        else nothing("the list ends there")
    )
