"""Items that belong together: a tool call and its result, a citation and the text it supports."""

from collections.abc import Iterable

from dossier.context.items import KINDS, ContextItem
from dossier.errors import InvalidInput

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def place(item: ContextItem) -> tuple[int, int, str]:
    """Give an item's place in a package, before units are drawn together."""
    return (_RANK[item.kind], item.position, item.id)


def by_unit(items: Iterable[ContextItem]) -> list[list[ContextItem]]:
    """Group items by unit, each group in order and the groups by their first member; an item without one is alone."""
    groups: dict[str, list[ContextItem]] = {}
    alone: list[list[ContextItem]] = []
    for item in items:
        if item.unit is None:
            alone.append([item])
        else:
            groups.setdefault(item.unit, []).append(item)
    for members in groups.values():
        members.sort(key=place)
    return sorted([*alone, *groups.values()], key=lambda members: place(members[0]))


def refuse_torn_units(items: Iterable[ContextItem]) -> None:
    """Refuse an item that stands in two units: no choice could keep both together.

    Raises:
        InvalidInput: Names the item and its units.
    """
    seen: dict[str, str] = {}
    for item in items:
        if item.unit is None:
            continue
        if (first := seen.setdefault(item.id, item.unit)) != item.unit:
            raise InvalidInput(
                f"Context item {item.id!r} is in two units: {min(first, item.unit)!r}, {max(first, item.unit)!r}.",
                hint="Give an item one unit wherever it is gathered.",
            )
