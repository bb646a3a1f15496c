"""Who may see what, decided by scope before anything is scored or counted."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from dossier.context.items import ContextItem, Scope
from dossier.context.units import by_unit


class Authorised(NamedTuple):
    """The items that may be shown, and those that only an auditor may know of."""

    visible: list[ContextItem]
    hidden: list[ContextItem]


def authorise(items: Iterable[ContextItem], allowed: Callable[[Scope], bool]) -> Authorised:
    """Keep the items whose scope is allowed; a unit with one hidden member is hidden whole.

    Args:
        items: Candidates, in any order.
        allowed: Asked once for each distinct scope. Anything but True means no.
    """
    units = by_unit(items)
    # A forgotten await would be truthy, so only True itself opens a scope.
    verdicts = {scope: allowed(scope) is True for scope in dict.fromkeys(i.scope for unit in units for i in unit)}
    result = Authorised([], [])
    for unit in units:
        open_to_user = all(verdicts[item.scope] for item in unit)
        (result.visible if open_to_user else result.hidden).extend(unit)
    return result
