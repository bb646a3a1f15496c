"""Choose what fits, by stated rules: what must fit, what is pinned, reserved shares, then the surplus."""

from collections.abc import Iterable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Literal, NamedTuple

from dossier.context.budget import SEGMENT_OF, SEGMENTS, PackingProfile, Segment
from dossier.context.items import ContextItem, ItemKind
from dossier.context.units import place
from dossier.errors import BudgetExceeded

PackedAs = Literal["critical", "pinned", "share", "surplus"]
_NEVER = datetime.min.replace(tzinfo=UTC)


class Candidate(NamedTuple):
    """An item and the exact tokens of its rendered block."""

    item: ContextItem
    tokens: int


class Packed(NamedTuple):
    """A candidate that is in, and by which rule."""

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


class _Unit(NamedTuple):
    rank: tuple[int, float, datetime, int]
    id: str
    kind: ItemKind
    must_fit: bool
    pinned: bool
    tokens: int
    members: list[Candidate]


def pack(
    candidates: Iterable[Candidate], profile: PackingProfile, budget_tokens: int, reserved_tokens: int = 0
) -> Packing:
    """Pack candidates into a budget; the same candidates in any order give the same packing.

    What must fit goes first. Then each segment fills its share, what is pinned before the rest; shares shrink in
    proportion where what must fit took more than its own. What segments do not use is one surplus, which goes to what
    is pinned, then to the best of what remains, whatever its segment. So a thread that knows much can't push out all
    evidence and turns. Rank: priority, score, recency, id.

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
    packing = Packing([], [], [member for n in sorted(over) for member in units[n].members])
    units = [unit for n, unit in enumerate(units) if n not in over] if over else units
    pinned = [unit for unit in units if unit.pinned and not unit.must_fit]
    others = [unit for unit in units if not unit.pinned and not unit.must_fit]
    spent: dict[Segment, int] = dict.fromkeys(SEGMENTS, 0)
    free = max(0, budget_tokens - reserved_tokens)
    for unit in units:
        if unit.must_fit:
            if unit.tokens > free:
                raise _does_not_fit(unit, free, budget_tokens)
            free -= _admit(packing, unit, "critical", spent)
    reserves, used = _reserves(profile, budget_tokens, free, spent), dict.fromkeys(SEGMENTS, 0)
    pinned, free = _fill_shares(packing, pinned, "pinned", reserves, used, free)
    others, free = _fill_shares(packing, others, "share", reserves, used, free)
    free = _fill(packing, pinned, "pinned", free, spent)
    _fill(packing, others, "surplus", free, spent)
    return packing


def without_last(packing: Packing, total: int, budget: int) -> Packing:
    """Take out the unit that was admitted last among those that need not fit.

    Raises:
        BudgetExceeded: Only items that must fit are left, and they cost `total`.
    """
    last = next((entry.item for entry in reversed(packing.included) if entry.packed_as != "critical"), None)
    if last is None:
        raise BudgetExceeded(f"What must be shown needs {total} tokens; the budget is {budget}.", hint="Raise it.")
    ids = {
        e.item.id for e in packing.included if e.item is last or (last.unit is not None and e.item.unit == last.unit)
    }
    return Packing(
        [entry for entry in packing.included if entry.item.id not in ids],
        packing.no_room + [Candidate(e.item, e.tokens) for e in packing.included if e.item.id in ids],
        packing.over_limit,
    )


def _units(candidates: Iterable[Candidate]) -> list[_Unit]:
    units: list[_Unit] = []
    joint: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        item, tokens = candidate
        if item.unit is None:
            units.append(_Unit(_rank(item), item.id, item.kind, item.must_fit, item.pinned, tokens, [candidate]))
        else:
            joint.setdefault(item.unit, []).append(candidate)
    units.extend(map(_joint_unit, joint.values()))
    return units


def _joint_unit(members: list[Candidate]) -> _Unit:
    members = sorted(members, key=lambda member: place(member.item))
    return _Unit(
        max(_rank(member.item) for member in members),
        members[0].item.id,
        members[0].item.kind,
        any(member.item.must_fit for member in members),
        any(member.item.pinned for member in members),
        sum(member.tokens for member in members),
        members,
    )


def _rank(item: ContextItem) -> tuple[int, float, datetime, int]:
    return (item.priority, item.score, item.as_of or _NEVER, item.position)


def _ranked(units: list[_Unit]) -> list[_Unit]:
    # Two stable sorts: the best first, and among equals the smallest id.
    return sorted(sorted(units, key=attrgetter("id")), key=attrgetter("rank"), reverse=True)


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
    return unit.kind == "recent_turn" and any(member.item.score > 0 for member in unit.members)


def _reserves(profile: PackingProfile, budget: int, free: int, spent: dict[Segment, int]) -> dict[Segment, int]:
    wanted: dict[Segment, int] = {s: max(0, budget * profile.shares[s] // 100 - spent[s]) for s in SEGMENTS}
    total = sum(wanted.values())
    return wanted if total <= free else {s: wanted[s] * free // total for s in SEGMENTS}


def _fill_shares(
    packing: Packing,
    units: list[_Unit],
    packed_as: PackedAs,
    reserves: dict[Segment, int],
    used: dict[Segment, int],
    free: int,
) -> tuple[list[_Unit], int]:
    rest: list[_Unit] = []
    for unit in units:
        segment = SEGMENT_OF[unit.kind]
        if used[segment] + unit.tokens <= reserves[segment]:
            free -= _admit(packing, unit, packed_as, used)
        else:
            rest.append(unit)
    return rest, free


def _fill(packing: Packing, units: list[_Unit], packed_as: PackedAs, free: int, spent: dict[Segment, int]) -> int:
    for unit in units:
        if unit.tokens <= free:
            free -= _admit(packing, unit, packed_as, spent)
        else:
            packing.no_room.extend(unit.members)
    return free


def _admit(packing: Packing, unit: _Unit, packed_as: PackedAs, spent: dict[Segment, int]) -> int:
    packing.included.extend(Packed(*member, packed_as) for member in unit.members)
    spent[SEGMENT_OF[unit.kind]] += unit.tokens
    return unit.tokens


def _does_not_fit(unit: _Unit, free: int, budget: int) -> BudgetExceeded:
    ids = ", ".join(repr(member.item.id) for member in unit.members)
    return BudgetExceeded(
        f"Item {ids} must be shown and needs {unit.tokens} tokens; {max(free, 0)} of the budget of {budget} are left.",
        hint="Raise the budget, or shorten the item.",
    )
