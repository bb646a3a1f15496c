"""What is too old to rely on: labelled, or left out, by a rule for its kind."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from dossier.context.items import ContextItem, ItemKind, LeftOut, Sifted
from dossier.context.units import by_unit

StaleRule = Literal["label", "leave_out"]

DEFAULT_RULES: Mapping[ItemKind, StaleRule] = MappingProxyType({"memory": "leave_out", "tool_result": "leave_out"})
"""Kinds not named here are labelled."""


def freshen(items: Iterable[ContextItem], now: datetime, rules: Mapping[ItemKind, StaleRule] = DEFAULT_RULES) -> Sifted:
    """Label what is stale, or leave it out; a unit goes as a whole, and what must fit is only labelled."""
    result = Sifted([], [])
    for unit in by_unit(_labelled(item, _stale_age(item, now)) for item in items):
        if any(_goes(item, rules) for item in unit) and not any(item.must_fit for item in unit):
            result.left_out.extend(LeftOut(item, "stale") for item in unit)
        else:
            result.kept.extend(unit)
    return result


def _labelled(item: ContextItem, age: str | None) -> ContextItem:
    return item if item.stale_age == age else replace(item, stale_age=age)


def _goes(item: ContextItem, rules: Mapping[ItemKind, StaleRule]) -> bool:
    return item.stale_age is not None and rules.get(item.kind, "label") == "leave_out"


def _stale_age(item: ContextItem, now: datetime) -> str | None:
    if item.stale_after is None:
        return None
    if item.as_of is None:
        return "unknown"
    age = now - item.as_of
    return _label(age) if age >= item.stale_after else None


def _label(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    if minutes < 120:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 2880 else f"{minutes // 1440}d"
