"""Times that a request names, and how near to them something was said."""

import re
from calendar import monthrange
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in _MONTHS)
_NAMED = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? )?({_MONTH})\b(?: (\d{{1,2}})(?:st|nd|rd|th)?\b)?(?:,? (\d{{4}})\b)?"
)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_YEAR = re.compile(r"\b((?:19|20)\d{2})\b")
_AGO = re.compile(r"\b(\d+|a|an|one|two|three|four|five|six) (day|week|month|year)s? ago\b|\blast (week|month|year)\b")
_NUMBER = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_TOLD_AFTER = (14, 31)
"""Days after a time in which people mostly tell of it, and in which they may still."""


class Period(NamedTuple):
    """From one day to another, both included."""

    first: date
    last: date


def periods(text: str, years: Collection[int], now: date | None = None) -> tuple[Period, ...]:
    """Give the times that a text names.

    Args:
        text: A request.
        years: Those of the thread, for a month or day that is named without one.
        now: What `two weeks ago` is counted from; None leaves such times out.
    """
    plain = text.lower()
    found = [*_iso(plain), *_named(plain, sorted(years))] or [*_whole_years(plain)]
    return tuple(dict.fromkeys(found or (_relative(plain, now) if now else ())))


def nearness(asked: Collection[Period], day: date) -> float:
    """Give how well a day fits the times asked for, from 0 to 1; what was just after them may tell of them."""
    return max((_near(period, day) for period in asked), default=0.0)


def _near(period: Period, day: date) -> float:
    if period.first - timedelta(days=1) <= day <= period.last + timedelta(days=1):
        return 1.0
    soon, later = _TOLD_AFTER
    if period.last < day:
        after = (day - period.last).days
        return 0.6 if after <= soon else 0.3 if after <= later else 0.0
    return 0.3 if (period.first - day).days <= soon else 0.0


def _iso(text: str) -> Iterator[Period]:
    for year, month, day in _ISO.findall(text):
        if found := _date(int(year), int(month), int(day)):
            yield Period(found, found)


def _named(text: str, years: Collection[int]) -> Iterator[Period]:
    for before, name, after, year in _NAMED.findall(text):
        day = before or after
        # "may" and "mar" alone are rather a verb and a name.
        if name in ("may", "mar", "sep", "dec") and not (day or year or f"in {name}" in text or f"of {name}" in text):
            continue
        month = next(n for n, full in enumerate(_MONTHS, 1) if full.startswith(name.rstrip(".")))
        yield from _in_years([int(year)] if year else years, month, int(day) if day else None)


def _in_years(years: Collection[int], month: int, day: int | None) -> Iterator[Period]:
    for year in years:
        first, last = _date(year, month, day or 1), _date(year, month, day or monthrange(year, month)[1])
        if first and last:
            yield Period(first, last)


def _whole_years(text: str) -> Iterator[Period]:
    for year in _YEAR.findall(text):
        yield Period(date(int(year), 1, 1), date(int(year), 12, 31))


def _relative(text: str, now: date) -> Iterator[Period]:
    if re.search(r"\byesterday\b", text):
        yield Period(now - timedelta(days=1), now - timedelta(days=1))
    if re.search(r"\btoday\b", text):
        yield Period(now, now)
    for number, unit, last in _AGO.findall(text):
        days = _DAYS[last or unit]
        middle = now - timedelta(days=days * (int(number) if number.isdigit() else _NUMBER.get(number, 1)))
        yield Period(middle - timedelta(days=days // 2), middle + timedelta(days=days // 2))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
