"""Build the package of one model call: the one function that joins the steps."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from dossier.context.answers import answers, lacks, most_lacking
from dossier.context.authorise import authorise
from dossier.context.budget import SEGMENT_OF, SEGMENTS, PackingProfile
from dossier.context.deduplicate import deduplicate
from dossier.context.freshness import StaleRule, freshen
from dossier.context.items import OWN_PREFIX, ContextItem, ItemKind, Scope, Sifted
from dossier.context.ordering import order
from dossier.context.package import ContextPackage, Exclusion, IncludedItem, PackageHeader
from dossier.context.packing import Candidate, Packed, Sized, pack
from dossier.context.render import Message, arranged, render_block
from dossier.context.shorten import Form, shortener
from dossier.context.withdraw import withdraw
from dossier.context.wording import block_of
from dossier.errors import InvalidInput, PackageIncomplete

_REQUIRED: tuple[ItemKind, ...] = ("policy", "current_request")
_EXCLUSION_FIELDS = attrgetter("id", "kind", "tokens", "reason")


@dataclass(frozen=True, slots=True)
class Build:
    """How packages are made: all that does not come from the conversation."""

    profile: PackingProfile
    """Shares and limits."""
    budget: int
    """Tokens that the rendered messages may take."""
    count: Callable[[str], int]
    """Tokens of a text; cached by the caller."""
    count_messages: Callable[[list[Message]], int]
    """Tokens of whole messages, overhead and tool schemas included."""
    rules: Mapping[ItemKind, StaleRule]
    """What to do with stale items, such as `freshness.DEFAULT_RULES`."""


@dataclass(frozen=True, slots=True)
class BuiltPackage:
    """A package, the messages that it renders to, and what only an auditor may know was there."""

    package: ContextPackage
    messages: list[Message]
    hidden: tuple[ContextItem, ...]


def build_package(
    items: Iterable[ContextItem],
    build: Build,
    header: PackageHeader,
    *,
    key: str,
    now: datetime,
    allowed: Callable[[Scope], bool],
    unavailable: Collection[str] = (),
) -> BuiltPackage:
    """Authorise, freshen, deduplicate, pack, order and render.

    Args:
        items: All that was gathered, in any order, scored.
        build: Profile, budget, counters, rules.
        header: Names and versions for the record.
        key: The thread's delimiter key, 16 to 64 hex digits.
        now: The time by which freshness is judged, aware.
        allowed: Whether the principal may see a scope.
        unavailable: Optional sources that failed.

    Raises:
        PackageIncomplete: Policy or current request is missing.
        BudgetExceeded: What must be shown does not fit.
        InvalidInput: An item, or the key, breaks its rule.
    """
    visible, hidden = authorise(items, allowed)
    _refuse(visible, now)
    sifted = _sift(visible, now, build.rules)
    settled = _settle(sifted, build, header.tenant, key, unavailable)
    sifted_out = [_exclusion(measure(item, key, build.count), reason) for item, reason in sifted.left_out]
    package = ContextPackage(
        header=header,
        built_at=now.astimezone(UTC),
        profile=build.profile.name,
        budget=build.budget,
        total_tokens=settled.total,
        segment_tokens=_by_segment(settled),
        items=settled.items,
        exclusions=tuple(sorted([*sifted_out, *settled.exclusions], key=_EXCLUSION_FIELDS)),
    )
    return BuiltPackage(package, settled.messages, tuple(hidden))


class _Settled(NamedTuple):
    items: tuple[IncludedItem, ...]
    exclusions: list[Exclusion]
    messages: list[Message]
    total: int


def _refuse(visible: list[ContextItem], now: datetime) -> None:
    if now.utcoffset() is None:
        raise InvalidInput("The time of a package has no zone.", hint="Give an aware datetime.")
    if own := [item.id for item in visible if item.id.startswith(OWN_PREFIX)]:
        raise InvalidInput(f"Ids {own} belong to the context engine.", hint=f"Do not begin ids with {OWN_PREFIX!r}.")
    kinds = {item.kind for item in visible}
    if missing := [kind for kind in _REQUIRED if kind not in kinds]:
        raise PackageIncomplete(
            f"The package has no {' and no '.join(missing)}, so no model is called.",
            hint="Check that the source was gathered and that its scope is allowed.",
        )


def _sift(visible: list[ContextItem], now: datetime, rules: Mapping[ItemKind, StaleRule]) -> Sifted:
    fresh, stale = freshen(visible, now, rules)
    standing, withdrawn = withdraw(fresh)
    distinct, repeated = deduplicate(standing)
    return Sifted(distinct, [*stale, *withdrawn, *repeated])


def _settle(sifted: Sifted, build: Build, tenant: str, key: str, unavailable: Collection[str]) -> _Settled:
    """Pack, then render and count for real; should the whole cost more than its parts, pack again with that less."""
    gone = [left for left in sifted.left_out if not left.reason.startswith("duplicate")]
    state = partial(answers, withdrawn=gone, unavailable=unavailable, scope=Scope(tenant, "tenant", "context"))
    frame = build.count_messages(_frame(sifted.kept, key))
    reserved = frame + measure(state(most_lacking(sifted.kept)), key, build.count).tokens
    measure_once = _Measuring(key, build.count)
    candidates = _measured(sifted.kept, measure_once)
    while True:
        packing = pack(candidates, build.profile, build.budget, reserved)
        statement = state(lacks(sifted.kept, [entry.item for entry in packing.included]))
        items = _in_order([*packing.included, Packed(statement, measure_once.tokens(statement), "critical")])
        messages = arranged(((entry.item.kind, measure_once.rendered(entry.item)) for entry in items), key)
        total = build.count_messages(messages)
        if total <= build.budget:
            no_room = [_exclusion(candidate, "budget") for candidate in packing.no_room]
            over_limit = [_exclusion(candidate, "limit") for candidate in packing.over_limit]
            return _Settled(items, no_room + over_limit, messages, total)
        reserved += total - build.budget


def measure(item: ContextItem, key: str, count: Callable[[str], int]) -> Candidate:
    """Give an item with the exact tokens of its rendered block, delimiters included."""
    return Candidate(item, count(render_block(block_of(item), key)))


class _Measuring:
    """Renders what may be shown, each item and form of it once."""

    def __init__(self, key: str, count: Callable[[str], int]) -> None:
        self._key = key
        self._count = count
        self._rendered: dict[tuple[str, str], str] = {}

    def tokens(self, item: ContextItem) -> int:
        """Give the exact tokens of an item's block; a second item of its id has another text."""
        return self._count(self.rendered(item))

    def rendered(self, item: ContextItem) -> str:
        """Give an item's block."""
        name = item.id, item.text
        if (text := self._rendered.get(name)) is None:
            text = self._rendered[name] = render_block(block_of(item), self._key)
        return text


def _measured(items: Collection[ContextItem], measuring: _Measuring) -> list[Candidate]:
    """Give the items with the tokens of each form in which they can be shown."""
    forms_of = shortener(items).forms
    return [_candidate(item, forms_of(item), measuring) for item in items]


def _candidate(item: ContextItem, forms: Sequence[Form], measuring: _Measuring) -> Candidate:
    tokens = measuring.tokens(item)
    shorter: list[Sized] = []
    for form in forms[:-1]:
        shown = replace(item, text=form.text, shown=form.shown)
        size = measuring.tokens(shown)
        if (shorter[-1].tokens if shorter else 0) < size < tokens:
            shorter.append(Sized(shown, size, form.values))
    return Candidate(item, tokens, forms[-1].values, tuple(shorter))


def _frame(items: Collection[ContextItem], key: str) -> list[Message]:
    """Give the messages with no block in them: what every package of these items pays."""
    messages = [*arranged((), key), {"role": "user", "content": ""}]
    if any(item.kind == "output_contract" for item in items):
        messages.append({"role": "system", "content": ""})
    return messages


def _in_order(packed: list[Packed]) -> tuple[IncludedItem, ...]:
    by_id = {entry.item.id: entry for entry in packed}
    return tuple(IncludedItem(*by_id[item.id]) for item in order(entry.item for entry in packed))


def _by_segment(settled: _Settled) -> tuple[tuple[str, int], ...]:
    tokens: dict[str, int] = dict.fromkeys(SEGMENTS, 0)
    for entry in settled.items:
        tokens[SEGMENT_OF[entry.item.kind]] += entry.tokens
    return (*tokens.items(), ("frame", settled.total - sum(tokens.values())))


def _exclusion(candidate: Candidate, reason: str) -> Exclusion:
    return Exclusion(candidate.item.id, candidate.item.kind, candidate.tokens, reason)
