"""What a rehearsal changes about a package, to see whether it would have mattered."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dossier.context.items import ContextItem
from dossier.errors import InvalidInput

_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Alteration:
    """One or more changes, by item id."""

    without: frozenset[str] = frozenset()
    """As if the sources had not given these."""
    shown: frozenset[str] = frozenset()
    """In the package whatever else has to give way for them."""
    stale: frozenset[str] = frozenset()
    """As if these were too old to rely on."""
    budget: int | None = None
    """Tokens that the package may take; None leaves it."""
    prompt: str | None = None
    """The prompt's version, `v2`, or another kind's, `research@v1`; None leaves it."""
    strategy: str | None = None
    """How past turns are chosen, by name; None leaves it."""

    @property
    def ids(self) -> frozenset[str]:
        """Return every item that it names."""
        return self.without | self.shown | self.stale


NOTHING = Alteration()


def refuse_unknown(items: Iterable[ContextItem], alteration: Alteration) -> None:
    """Refuse to change what is not there.

    Raises:
        InvalidInput: It names an item that was not gathered, or that the user may not see: the two look alike.
    """
    if missing := sorted(alteration.ids - {item.id for item in items}):
        raise InvalidInput(
            f"There is no item {', '.join(missing)} here.", hint="`dossier receipt show` lists the items of a package."
        )


def alter(items: Iterable[ContextItem], alteration: Alteration, now: datetime) -> list[ContextItem]:
    """Return the items as changed; what it names and is not there is passed over."""
    return [_altered(item, alteration, now) for item in items if item.id not in alteration.without]


def _altered(item: ContextItem, alteration: Alteration, now: datetime) -> ContextItem:
    if item.id in alteration.shown:
        item = replace(item, critical=True, priority=100)
    if item.id in alteration.stale:
        item = replace(item, as_of=now - _MOMENT, stale_after=_MOMENT)
    return item
