"""Shorter forms of long items: a JSON result keeps the values that the conversation uses, a document its best sections.

The whole stays where it came from, under the item's id, and a package says beside each shortened item how much of it
is shown. Which form is shown is decided in packing; nothing here knows of a budget.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from dossier.context.items import ContextItem, ItemKind
from dossier.context.json_text import Json, More, Reading, Writing, read
from dossier.context.sections import best_sections
from dossier.context.values import HINT, SIGNAL, Uses, Values, leaves, names_a_thing, uses, values_of_json, values_of_text

SHORTENED_KINDS: frozenset[ItemKind] = frozenset({"tool_result", "retrieved_document"})
"""Kinds of which a part may be shown: long results of tools, long documents."""

LONG = 240
"""Characters from which an item is shortened at all."""

_LEAST_WORTH = (2 * SIGNAL, SIGNAL, HINT)
_SECTION_SHARES = (25, 50)
_NOTHING = "\u2026"
Keep: TypeAlias = Callable[[str, str], bool]
"""Whether a value under a name is kept."""


_TALKING_KINDS: frozenset[ItemKind] = frozenset({"current_request", "task_state", "recent_turn", "tool_result"})


_VALUED_KINDS = SHORTENED_KINDS | {"current_request", "recent_turn"}


class Form(NamedTuple):
    """One way to show an item."""

    text: str
    shown: str | None
    """How much of the whole it shows, such as `12 of 40 values`; None if all."""
    values: Values
    """What it shows that may be needed."""


def shortener(items: Iterable[ContextItem]) -> "Shortener":
    """Give what shortens these items, by what they use together."""
    texts = [item.text for item in items if item.kind in _TALKING_KINDS]
    return Shortener(uses(texts, [reading for text in texts if (reading := read(text))]))


@dataclass(frozen=True, slots=True)
class Shortener:
    """Gives the forms in which an item can be shown."""

    uses: Uses
    """What the conversation uses."""

    def forms(self, item: ContextItem) -> list[Form]:
        """Give the forms of an item, the shortest first and the whole, as it is known, last."""
        if item.kind not in _VALUED_KINDS:
            return [Form(item.text, None, {})]
        reading = read(item.text) if item.kind == "tool_result" else None
        whole = Form(item.text, None, self._values(item.text, reading))
        if len(item.text) < LONG or item.kind not in SHORTENED_KINDS:
            return [whole]
        shorter = self._of_json(item.text, reading) if reading else self._of_text(item.text)
        return [*_rising(shorter, len(item.text)), whole]

    def _values(self, text: str, reading: Reading | None) -> Values:
        if reading is None:
            return values_of_text(text, self.uses)
        return {**values_of_json(reading.args, self.uses), **values_of_json(reading.body, self.uses)}

    def _of_json(self, text: str, reading: Reading) -> Iterator[Form]:
        writing, given = Writing(frozenset(text)), values_of_json(reading.args, self.uses)
        total = _count(reading.body)
        yield Form(reading.head + _NOTHING, f"0 of {total} values", given)
        for least in _LEAST_WORTH:
            kept = _pruned(reading.body, lambda value, name, least=least: self.uses.worth(value, name) >= least)
            if kept is not None:
                values = {**given, **values_of_json(kept, self.uses)}
                yield Form(reading.head + writing.write(kept), f"{_count(kept)} of {total} values", values)
        yield Form(reading.head + writing.write(reading.body), None, self._values(text, reading))

    def _of_text(self, text: str) -> Iterator[Form]:
        for share in _SECTION_SHARES:
            part = best_sections(text, len(text) * share // 100, self.uses)
            yield Form(part.text, f"{part.shown} of {part.total} parts", values_of_text(part.text, self.uses))


def _rising(forms: Iterator[Form], limit: int) -> Iterator[Form]:
    """Give the forms that are longer than the one before, and shorter than the whole."""
    longest = -1
    for form in forms:
        if longest < len(form.text) < limit:
            longest = len(form.text)
            yield form


def _pruned(value: Json, keep: Keep, name: str = "") -> Json:
    """Give the JSON with the values that are kept, and what they stand in; None if there are none."""
    if isinstance(value, dict):
        inner = {key: _pruned(one, keep, key) for key, one in value.items()}
        kept = {k: {} if v is None else v for k, v in inner.items() if v is not None or _is_kept_key(k, keep)}
        return kept or None
    if isinstance(value, list):
        same = _alike(value, keep)
        elements = [one for one in (_pruned(one, same, name) for one in value) if one is not None]
        gone = len(value) - len(elements)
        return [*elements, More(str(gone))] if elements and gone else elements or None
    return value if isinstance(value, str) and value and keep(str(value), name) else None


def _alike(rows: list[Json], keep: Keep) -> Keep:
    """Give the rule for rows that stand in one list: what one of them keeps, all that keep anything keep."""
    records = [row for row in rows if isinstance(row, dict)]
    if len(records) < 2:
        return keep
    kept = {n for row in records for n, v in row.items() if isinstance(v, str) and v and keep(str(v), n)}
    some = [row for row in records if any(isinstance(v, str) and v and keep(str(v), n) for n, v in row.items())]
    shown = {(n, str(v)) for row in some for n, v in row.items() if n in kept and isinstance(v, str)}
    return lambda value, name: (name, value) in shown or keep(value, name)


def _is_kept_key(key: str, keep: Keep) -> bool:
    return names_a_thing(key) and keep(key, "")


def _count(value: Json) -> int:
    return sum(1 for _ in leaves(value))
