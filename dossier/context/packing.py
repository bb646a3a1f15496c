"""Choose what fits, by stated rules: what must fit, what is pinned, reserved shares, then the surplus."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from operator import attrgetter
from types import MappingProxyType
from typing import Literal, NamedTuple

from dossier.context.budget import SEGMENT_OF, SEGMENTS, PackingProfile, Segment
from dossier.context.contest import Contender, Shown, contest
from dossier.context.items import ContextItem, ItemKind
from dossier.context.units import place
from dossier.context.values import Values
from dossier.errors import BudgetExceeded

PackedAs = Literal["critical", "pinned", "share", "surplus"]
_NEVER = datetime.min.replace(tzinfo=UTC)
_NO_VALUES: Values = MappingProxyType({})
_NO_FORM = (_NO_VALUES,)


class Sized(NamedTuple):
    """An item as one of its forms shows it, with the exact tokens of its rendered block."""

    item: ContextItem
    tokens: int
    values: Values = _NO_VALUES
    """What it shows that a later step may need, with what that is worth."""


class Candidate(NamedTuple):
    """An item and the exact tokens of its rendered block."""

    item: ContextItem
    tokens: int
    values: Values = _NO_VALUES
    """What it shows that a later step may need, with what that is worth."""
    shorter: tuple[Sized, ...] = ()
    """Forms with fewer tokens, the shortest first."""


class Packed(NamedTuple):
    """A candidate that is in, as it is shown, and by which rule."""

    item: ContextItem
    tokens: int
    packed_as: PackedAs


class Packing(NamedTuple):
    """What became of each candidate."""

    included: list[Packed]
    """In the order in which they were admitted."""
    no_room: list[Candidate]
    """Left out by the budget."""
    over_limit: list[Candidate]
    """Left out by a limit of their kind."""


class _Unit(Contender):
    """Candidates that are in or out together."""

    __slots__ = (
        "as_of",
        "kind",
        "members",
        "must_fit",
        "packed_as",
        "pinned",
        "position",
        "priority",
        "score",
        "segment",
    )

    def __init__(self, members: Sequence[Candidate]) -> None:
        item, tokens, values, shorter = members[0]
        if len(members) == 1:
            forms = _forms(members) if shorter else ((tokens,), (values,) if values else _NO_FORM)
            self.priority, self.score, self.position = item.priority, item.score, item.position
            self.as_of = item.as_of or _NEVER
            self.must_fit, self.pinned = item.must_fit, item.pinned
        else:
            forms, items = _forms(members), [member.item for member in members]
            ranks = ((i.priority, i.score, i.as_of or _NEVER, i.position) for i in items)
            self.priority, self.score, self.as_of, self.position = max(ranks)
            self.must_fit, self.pinned = any(i.must_fit for i in items), any(i.pinned for i in items)
        super().__init__(item.id, *forms)
        self.members = members
        self.kind: ItemKind = item.kind
        self.segment: Segment = SEGMENT_OF[item.kind]
        self.packed_as: PackedAs = "surplus"

    @property
    def step(self) -> int:
        """The fewest tokens that showing more of it can take."""
        return min(more - less for less, more in pairwise((self.size, *self.sizes[self.level + 1 :])))

    @property
    def complete(self) -> int:
        """The shortest form that leaves nothing out."""
        depth = max(sum(1 for form in member.shorter if form.item.shown is None) for member in self.members)
        return len(self.sizes) - 1 - depth

    def shown(self) -> list[Packed]:
        """Give the members in the form that was admitted."""
        depth = len(self.sizes) - 1 - self.level
        forms = (m.shorter[max(0, len(m.shorter) - depth)] if depth and m.shorter else m for m in self.members)
        return [Packed(form.item, form.tokens, self.packed_as) for form in forms]


def pack(
    candidates: Iterable[Candidate], profile: PackingProfile, budget_tokens: int, reserved_tokens: int = 0
) -> Packing:
    """Pack candidates into a budget; the same candidates in any order give the same packing.

    What must fit goes first, in its shortest form. Then come longer forms of what must fit, what is pinned, the rest.
    Each segment is sure of its share, less what of it must fit: nobody else may take it as long as there is something
    to fill it with. What is sure to nobody is the surplus, and goes to whoever ranks best; so a thread that knows much
    can't push out all evidence and turns. Shares shrink in proportion where what must fit took more than its own. At
    last, what could not be filled goes to whatever still fits, and shortened items are restored to the whole.
    Rank: priority, score, and among equals what adds most for its tokens (see `contest`), then id.

    Args:
        candidates: Measured items, each id once.
        profile: Shares and limits.
        budget_tokens: All tokens of the call's input.
        reserved_tokens: Tokens of the budget that no candidate may use, such as message overhead.

    Raises:
        BudgetExceeded: An item that must fit does not.
    """
    units = _ranked(_units(candidates))
    over = _over_limit(units, profile)
    kept = [unit for n, unit in enumerate(units) if n not in over] if over else units
    musts = [unit for unit in kept if unit.must_fit]
    pinned = [unit for unit in kept if unit.pinned and not unit.must_fit]
    others = [unit for unit in kept if not unit.pinned and not unit.must_fit]
    filling = _Filling(max(0, budget_tokens - reserved_tokens))
    for unit in musts:
        if not filling.admit(unit, 0):
            raise _does_not_fit(unit, filling.free, budget_tokens)
    growing = [unit for unit in musts if len(unit.sizes) > 1]
    filling.reserve(profile, budget_tokens, [*growing, *pinned, *others])
    for _ in range(2):
        filling.fill(growing)
        filling.fill(pinned)
        filling.fill(others)
        filling.release()
    filling.restore()
    return Packing(
        [packed for unit in filling.admitted for packed in unit.shown()],
        [member for unit in kept if unit.level < 0 for member in unit.members],
        [member for n in sorted(over) for member in units[n].members],
    )


class _Filling:
    """The room that is left, and what was admitted."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.admitted: list[_Unit] = []
        self._shown = Shown()
        self._share: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self._demand: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self._spent: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self._sure: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
        self._sure_of_all = 0

    def reserve(self, profile: PackingProfile, budget: int, units: Iterable[_Unit]) -> None:
        """From here on each segment is sure of its share, as far as the units can fill it."""
        wanted: dict[Segment, int] = {s: max(0, budget * profile.shares[s] // 100 - self._spent[s]) for s in SEGMENTS}
        total = max(1, sum(wanted.values()))
        self._share = wanted if total <= self.free else {s: wanted[s] * self.free // total for s in SEGMENTS}
        for unit in units:
            self._demand[unit.segment] += unit.sizes[-1] - unit.size
        self._sure = {s: min(self._share[s], self._demand[s]) for s in SEGMENTS}
        self._sure_of_all = sum(self._sure.values())

    def release(self) -> None:
        """From here on anything may use all that is left."""
        self._sure, self._sure_of_all = dict.fromkeys(SEGMENTS, 0), 0
        self._demand = dict.fromkeys(SEGMENTS, 0)

    def room(self, segment: Segment) -> int:
        """Give the tokens that a unit of the segment may take: what is left, but for what others are sure of."""
        return self.free - self._sure_of_all + self._sure[segment]

    def admit(self, unit: _Unit, level: int) -> bool:
        """Show a unit in a longer form, if there is room for it."""
        more, segment = unit.sizes[level] - unit.size, unit.segment
        if more > self.room(segment):
            return False
        if unit.level < 0:
            unit.packed_as = _rule(unit, more <= self._share[segment])
            self.admitted.append(unit)
        unit.level, unit.size = level, unit.sizes[level]
        self.free -= more
        self._spent[segment] += more
        self._share[segment] = max(0, self._share[segment] - more)
        self._demand[segment] = max(0, self._demand[segment] - more)
        sure = min(self._share[segment], self._demand[segment])
        self._sure_of_all += sure - self._sure[segment]
        self._sure[segment] = sure
        if unit.values[level]:
            self._shown.add(unit.values[level])
        return True

    def fill(self, units: Sequence[_Unit]) -> None:
        """Admit ranked units as far as there is room, equals by what they add."""
        room = {segment: self.room(segment) for segment in SEGMENTS}
        fitting = [
            unit
            for unit in units
            if (unit.sizes[0] <= room[unit.segment] if unit.level < 0 else unit.level + 1 < len(unit.sizes))
        ]
        least = min((unit.sizes[0] if len(unit.sizes) == 1 else unit.step for unit in fitting), default=0)
        start, total = 0, len(fitting)
        while start < total and self.free >= least:
            first, end = fitting[start], start + 1
            while end < total and (fitting[end].score, fitting[end].priority) == (first.score, first.priority):
                end += 1
            if end > start + 1 or len(first.sizes) > 1:
                contest(fitting[start:end], self._shown, self.admit, lambda: self.free < least)
            else:
                self.admit(first, 0)
            start = end

    def restore(self) -> None:
        """Complete what is shown in part, then show it as it stood; both as far as there is room."""
        for whole in (lambda unit: unit.complete, lambda unit: len(unit.sizes) - 1):
            for unit in self.admitted:
                any(self.admit(unit, level) for level in range(whole(unit), unit.level, -1))


def _rule(unit: _Unit, within_share: bool) -> PackedAs:
    if unit.must_fit or unit.pinned:
        return "critical" if unit.must_fit else "pinned"
    return "share" if within_share else "surplus"


def _units(candidates: Iterable[Candidate]) -> list[_Unit]:
    units: list[_Unit] = []
    joint: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.item.unit is None:
            units.append(_Unit((candidate,)))
        else:
            joint.setdefault(candidate.item.unit, []).append(candidate)
    units.extend(_Unit(sorted(members, key=lambda member: place(member.item))) for members in joint.values())
    return units


def _forms(members: Sequence[Candidate]) -> tuple[Sequence[int], Sequence[Values]]:
    """Give tokens and values of a unit's forms; a member that has fewer forms stays at its shortest for longer."""
    sizes, values = [], []
    for depth in range(max(len(member.shorter) for member in members), -1, -1):
        forms = [m.shorter[max(0, len(m.shorter) - depth)] if depth and m.shorter else m for m in members]
        sizes.append(sum(form.tokens for form in forms))
        values.append({value: worth for form in forms for value, worth in form.values.items()})
    return sizes, values


def _ranked(units: list[_Unit]) -> list[_Unit]:
    # The best first, and among equals the smallest id: stable sorts by one thing each are faster than one by all.
    units.sort(key=attrgetter("id"))
    for name in ("position", "as_of", "score", "priority"):
        units.sort(key=attrgetter(name), reverse=True)
    for newer, unit in pairwise(units):
        if unit.score == newer.score and unit.priority == newer.priority:
            unit.age = newer.age + 1
    return units


def _over_limit(units: list[_Unit], profile: PackingProfile) -> set[int]:
    """Give the places of units beyond the newest turns, or the best of another kind; recalled turns do not count."""
    bound: dict[ItemKind, list[int]] = {kind: [] for kind in profile.limits}
    for n, unit in enumerate(units):
        if unit.kind in bound and not unit.must_fit and not unit.pinned and not _is_recalled_turn(unit):
            bound[unit.kind].append(n)
    if turns := bound.get("recent_turn"):
        turns.sort(key=lambda n: place(units[n].members[-1].item), reverse=True)
    return {n for kind, places in bound.items() for n in places[profile.limits[kind] :]}


def _is_recalled_turn(unit: _Unit) -> bool:
    return unit.kind == "recent_turn" and (unit.score > 0 or any(member.item.score > 0 for member in unit.members))


def _does_not_fit(unit: _Unit, free: int, budget: int) -> BudgetExceeded:
    ids = ", ".join(repr(member.item.id) for member in unit.members)
    return BudgetExceeded(
        f"Item {ids} must be shown and needs {unit.sizes[0]} tokens; {free} of the budget of {budget} are left.",
        hint="Raise the budget, or shorten the item.",
    )
