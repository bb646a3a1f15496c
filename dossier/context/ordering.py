"""The order in which a package shows its items: that of the kinds, with units kept together."""

from collections.abc import Iterable

from dossier.context.items import ContextItem
from dossier.context.units import by_unit


def order(items: Iterable[ContextItem]) -> list[ContextItem]:
    """Order by kind, then position, then id; a unit stands where its first member belongs.

    Instructions, policy and authority come first and the output contract last, whatever else is there, so that the
    head stays the same from turn to turn.
    """
    return [item for unit in by_unit(items) for item in unit]
