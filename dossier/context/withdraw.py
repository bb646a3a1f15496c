"""What is known to be no longer true never comes back as a fact."""

from collections.abc import Collection, Iterable, Mapping

from dossier.context.items import ContextItem, ItemKind, LeftOut, Sifted
from dossier.context.units import by_unit

CLAIMING_KINDS: frozenset[ItemKind] = frozenset({"decision", "confirmed_fact", "memory"})
"""Kinds whose text is shown as true."""


def normalised(text: str) -> str:
    """Give the text with its white space made even, to tell what says the same."""
    return " ".join(text.split())


def withdraw(items: Iterable[ContextItem]) -> Sifted:
    """Leave out claims that were superseded, or that say what a rejected assumption says; a unit goes as a whole."""
    units = by_unit(items)
    visible = {item.id for unit in units for item in unit}
    rejected = {normalised(item.text): item.id for unit in units for item in unit if item.kind == "rejected_assumption"}
    result = Sifted([], [])
    for unit in units:
        if reasons := [reason for item in unit if (reason := _reason(item, rejected, visible))]:
            result.left_out.extend(LeftOut(item, reasons[0]) for item in unit)
        else:
            result.kept.extend(unit)
    return result


def _reason(item: ContextItem, rejected: Mapping[str, str], visible: Collection[str]) -> str | None:
    if item.kind not in CLAIMING_KINDS:
        return None
    if by := dict(item.metadata).get("superseded_by"):
        # What the reader may not see is not named either.
        return f"superseded by {by}" if by in visible else "superseded"
    by = rejected.get(normalised(item.text))
    return f"rejected by {by}" if by else None
