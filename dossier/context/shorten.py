"""Shorter forms of long items: a JSON result keeps the values that the conversation uses, a document its best sections.

The whole stays where it came from, under the item's id, and a package says beside each shortened item how much of it
is shown. Which form is shown is decided in packing; nothing here knows of a budget.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dossier.context.items import ContextItem, ItemKind
from dossier.context.json_text import Json, Reading, Writing, read
from dossier.context.prune import Keep, pruned
from dossier.context.sections import best_sections
from dossier.context.values import HINT, SIGNAL, Uses, Values, leaves, uses, values_of_json, values_of_text

SHORTENED_KINDS: frozenset[ItemKind] = frozenset({"tool_result", "retrieved_document"})
"""Kinds of which a part may be shown: long results of tools, long documents."""

LONG = 240
"""Characters from which an item is shortened at all."""

TEXT_WORTH = 10 * SIGNAL
"""Points of a document shown whole, beside the values in it."""

_LEAST_WORTH = (2 * SIGNAL, SIGNAL, HINT)
_SECTION_SHARES = (25, 50)
_NOTHING = "\u2026"


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
        if reading is None:
            return [*_rising(self._of_text(item), len(item.text)), self._part(item, item.text, None)]
        shorter = self._of_reading(item.text, reading)
        return [*_rising(shorter, len(item.text)), whole]

    def _values(self, text: str, reading: Reading | None) -> Values:
        if reading is None:
            return values_of_text(text, self.uses)
        return {**values_of_json(reading.args, self.uses), **values_of_json(reading.body, self.uses)}

    def _of_reading(self, text: str, reading: Reading) -> Iterator[Form]:
        writing = Writing(frozenset(text))
        total = _count(reading.args) + _count(reading.body)
        for least in _LEAST_WORTH:
            tightest = least == _LEAST_WORTH[0]
            args, body = (
                pruned(part, self._keeping(least), records=not tightest) for part in (reading.args, reading.body)
            )
            if tightest:
                yield self._form(reading, writing, args, None, total)
            yield self._form(reading, writing, args, body, total)
        whole = self._form(reading, writing, reading.args, reading.body, total)
        yield whole._replace(shown=None if whole.shown and whole.shown.startswith(f"{total} of") else whole.shown)

    def _form(self, reading: Reading, writing: Writing, args: Json, body: Json, total: int) -> Form:
        if reading.body is None:
            result = best_sections(reading.text, LONG, self.uses).text if len(reading.text) > LONG else reading.text
        else:
            result = _NOTHING if body is None else writing.write(body)
        call = f"{reading.name}({writing.write(args) if args is not None else _NOTHING}) -> " if reading.name else ""
        values = {**values_of_json(args, self.uses), **values_of_json(body, self.uses)}
        return Form(call + result, f"{_count(args) + _count(body)} of {total} values", values)

    def _keeping(self, least: int) -> Keep:
        return lambda value, name: self.uses.worth(value, name) >= least

    def _of_text(self, item: ContextItem) -> Iterator[Form]:
        for share in _SECTION_SHARES:
            part = best_sections(item.text, len(item.text) * share // 100, self.uses)
            yield self._part(item, part.text, f"{part.shown} of {part.total} parts")

    def _part(self, item: ContextItem, text: str, shown: str | None) -> Form:
        # The text itself is worth something, as much of it as is shown; no value begins with NUL.
        worth = TEXT_WORTH * len(text) // len(item.text)
        return Form(text, shown, {**values_of_text(text, self.uses), f"\0{item.id}": worth})


def _rising(forms: Iterator[Form], limit: int) -> Iterator[Form]:
    """Give the forms that are longer than the one before, and shorter than the whole."""
    longest = -1
    for form in forms:
        if longest < len(form.text) < limit:
            longest = len(form.text)
            yield form


def _count(value: Json) -> int:
    return sum(1 for _ in leaves(value))
