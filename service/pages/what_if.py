"""What the page of two tellings shows beside them: what was changed, and how the packages differ."""

from service.pages.receipt import View, view_of
from service.what_if import Change, Comparison


def beside(found: Comparison) -> View | None:
    """Return how the second package differs from the first; None when there is no second."""
    return view_of(found.after.receipt, found.before.receipt) if found.after.receipt else None


def told_of(change: Change) -> list[tuple[str, str]]:
    """Return what was changed, in words and item ids."""
    told = [("left out", item) for item in change.without]
    told += [("put in", item) for item in change.including]
    told += [("taken as too old", item) for item in change.stale]
    room = f"{change.budget} tokens" if change.budget else None
    named = (("room for", room), ("prompt", change.prompt), ("past turns by", change.strategy))
    return told + [(what, which) for what, which in named if which]
