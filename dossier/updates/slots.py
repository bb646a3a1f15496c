"""Which values a yes takes over, and which go from one task to the next: a policy that proposes, and decides nothing.

- What the user states counts, and the newest statement wins.
- What the assistant offers or asks to confirm stays on the table until it is taken, replaced by what the user states,
  or turned down. A question ("from Long Beach?") is off the table with the next answer, an offer with a no.
- Of an offer, a yes takes the slots by which the task goes on: those that it needs. An offer that fills none of these
  and has no name is identified by what the user could have said of it.
- A wish for "any" gives way to an offer that is taken, not to a detail that is confirmed.
- A task that is begun takes over what an earlier one, the newest first, says of the same kind of thing: the place, the
  number of people, the address to go to. A date is taken over once an act is asked for, if the task needs one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from state.bodies import EntityRef
from state.facts import Fact
from state.proposals import Acceptance, CarryOver, FactClaim, fact_key

SlotKind = Literal["place", "origin", "address", "party", "date"]
Claim = FactClaim | Acceptance | CarryOver

ANY = "dontcare"
"""The value of a slot whose user does not mind."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a task wants to know, as its application declares it."""

    task: str
    name: str
    kind: SlotKind | None = None
    """Values of one kind may go from task to task."""
    stated: bool = False
    """A user can set it."""
    needed: bool = False
    """The assistant asks for it, or has it confirmed, before it acts."""
    names: bool = False
    """It says how a thing is called."""
    counts: bool = False
    """It is a number of something."""

    @property
    def key(self) -> str:
        """Return the key of its fact."""
        return slot_key(self.task, self.name)


Slots = Mapping[tuple[str, str], Slot]
"""By task and name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that the assistant named."""

    slot: Slot
    value: str
    how: Literal["offer", "confirmation", "question", "shown"]


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said of one task in one turn."""

    task: str
    words: str
    values: tuple[tuple[Slot, str], ...] = ()
    takes: Literal["offers", "all"] | None = None
    """A choice among offers, or a yes to everything on the table."""
    declines: bool = False
    acts: bool = False
    """An act is asked for that was not asked for before."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is on the table, and which tasks were spoken of."""

    offers: tuple[Offer, ...] = ()
    shown: tuple[Offer, ...] = ()
    """Addresses that were named, for whoever wants to go there."""
    tasks: tuple[str, ...] = ()
    """Newest first."""

    @property
    def offered(self) -> frozenset[tuple[str, str]]:
        """Return key and value of all that the assistant named: what invariants judge by."""
        return frozenset((offer.slot.key, offer.value) for offer in (*self.offers, *self.shown))


def slot_key(task: str, name: str) -> str:
    """Return the key of a slot's fact."""
    return fact_key(EntityRef(type="task", id=task), name)


def put(table: Table, named: Sequence[Offer]) -> Table:
    """Put what the assistant named in one turn about one task on the table; the newest value of a slot counts."""
    taken = [offer for offer in named if offer.how in ("confirmation", "question")]
    offers = _newest((*table.offers, *taken, *_identifying([o for o in named if o.how == "offer"])))
    return replace(table, offers=offers, shown=_newest((*table.shown, *(o for o in named if o.slot.kind == "address"))))


def _identifying(offers: Sequence[Offer]) -> list[Offer]:
    if any(offer.slot.needed or offer.slot.names for offer in offers):
        return [offer for offer in offers if offer.slot.needed]
    return [offer for offer in offers if offer.slot.stated and not offer.slot.counts]


def _newest(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    return tuple({offer.slot.key: offer for offer in offers}.values())


def heard(table: Table, said: Said, slots: Slots, facts: Sequence[Fact]) -> tuple[Claim, ...]:
    """Return what the user's words come to, to be proposed by rule in this order.

    Args:
        table: What is on the table.
        said: What the user said.
        slots: All that tasks want to know.
        facts: The live facts.
    """
    held = {fact.key: fact.value for fact in facts}
    stated = [
        FactClaim(key=slot.key, value=value, trust="user_claimed", statement=said.words) for slot, value in said.values
    ]
    own = {claim.key for claim in stated}
    taken = [
        Acceptance(key=offer.slot.key, value=offer.value, statement=said.words)
        for offer in table.offers
        if offer.slot.key not in own and _takes(said, offer, held.get(offer.slot.key))
    ]
    filled = {*held, *own, *(claim.key for claim in taken)}
    gaps = [slot for slot in slots.values() if _is_gap(slot, said, table) and slot.key not in filled]
    carried = [found for slot in gaps if (found := _carried(slot, said, table, slots, held))]
    return (*taken, *stated, *carried)


def _takes(said: Said, offer: Offer, held: str | None) -> bool:
    if offer.slot.task != said.task or said.takes is None or (held == ANY and offer.how != "offer"):
        return False
    return said.takes == "all" or offer.how != "question"


def _is_gap(slot: Slot, said: Said, table: Table) -> bool:
    if slot.task != said.task or slot.kind is None or not slot.stated:
        return False
    if slot.kind == "date":
        return slot.needed and said.acts and said.task in table.tasks
    return said.task not in table.tasks


def _carried(gap: Slot, said: Said, table: Table, slots: Slots, held: Mapping[str, str]) -> CarryOver | None:
    for task in table.tasks:
        shown = {offer.slot.key: offer.value for offer in table.shown}
        alike = [slot.key for slot in slots.values() if slot.task == task != gap.task and slot.kind == gap.kind]
        for source in (*(key for key in alike if key in held), *(key for key in alike if key not in held)):
            value = held.get(source, shown.get(source))
            if value is not None and value != ANY:
                return CarryOver(key=gap.key, source=source, value=value, statement=said.words)
    return None


def cleared(table: Table, said: Said) -> Table:
    """Return the table after the user's words: what was answered is off it."""
    own = {slot.key for slot, _ in said.values}
    offers = tuple(offer for offer in table.offers if offer.slot.task != said.task or _stays(offer, said, own))
    tasks = (said.task, *(task for task in table.tasks if task != said.task))
    return replace(table, offers=offers, tasks=tasks)


def _stays(offer: Offer, said: Said, own: set[str]) -> bool:
    answered = said.takes is not None or offer.slot.key in own or offer.how == "question"
    return not answered and not (said.declines and offer.how == "offer")
