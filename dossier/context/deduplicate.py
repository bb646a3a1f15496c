"""The same thing gathered twice is shown once."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dossier.context.items import ContextItem, LeftOut, Sifted
from dossier.context.units import by_unit, refuse_torn_units
from dossier.context.withdraw import normalised

_NEVER = datetime.min.replace(tzinfo=UTC)


def deduplicate(items: Iterable[ContextItem]) -> Sifted:
    """Keep the best of each id, then the best of each kind and text.

    Priority decides, then the newest, then the smallest id. The copy that stays takes over what the others were
    owed: must fit, pinned, priority, score. Units are compared whole. Turns are told apart by id alone, since two
    people may both say yes.

    Raises:
        InvalidInput: An item stands in two units.
    """
    items = list(items)
    refuse_torn_units(items)
    singles, same_id = _keep_best([[item] for item in items], lambda unit: unit[0].id)
    units, same_text = _keep_best(by_unit(i for unit in singles for i in unit), lambda unit: tuple(map(_saying, unit)))
    return Sifted([item for unit in units for item in unit], same_id + same_text)


def _keep_best(
    units: list[list[ContextItem]], signature: Callable[[list[ContextItem]], Hashable]
) -> tuple[list[list[ContextItem]], list[LeftOut]]:
    groups: dict[Hashable, list[list[ContextItem]]] = {}
    for unit in units:
        groups.setdefault(signature(unit), []).append(unit)
    kept: list[list[ContextItem]] = []
    left_out: list[LeftOut] = []
    for group in groups.values():
        if len(group) == 1:
            kept.append(group[0])
            continue
        best, *others = sorted(group, key=lambda unit: [_merit(item) for item in unit])
        kept.append([_heir(copies) for copies in zip(best, *others, strict=True)])
        left_out += [LeftOut(a, f"duplicate of {b.id}") for unit in others for a, b in zip(unit, best, strict=True)]
    return kept, left_out


def _saying(item: ContextItem) -> tuple[str, str]:
    return (item.kind, item.id if item.kind == "recent_turn" else normalised(item.text))


def _merit(item: ContextItem) -> tuple[bool, int, timedelta, str, str]:
    # A copy outside its unit would tear the unit, so the copy inside comes first; repr makes the order total.
    return (item.unit is None, -item.priority, _NEVER - (item.as_of or _NEVER), item.id, repr(item))


def _heir(copies: tuple[ContextItem, ...]) -> ContextItem:
    return replace(
        copies[0],
        critical=any(item.critical for item in copies),
        pinned=any(item.pinned for item in copies),
        priority=max(item.priority for item in copies),
        score=max(item.score for item in copies),
    )
