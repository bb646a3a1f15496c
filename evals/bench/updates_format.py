"""Annotated task dialogues (SGD's form) as what the update path takes: slots, offers, what the user said."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dossier.updates.slots import Offer, Said, Slot, SlotKind, Slots

_KINDS: tuple[tuple[SlotKind, frozenset[str]], ...] = (
    ("origin", frozenset({"from", "origin"})),
    ("party", frozenset({"travelers", "passengers", "riders", "seats", "people", "guests", "adults", "party"})),
    ("address", frozenset({"address"})),
    ("place", frozenset({"city", "location", "area", "destination", "to", "where"})),
    ("date", frozenset({"date"})),
)
"""The words of a slot's name that tell its kind, the first that fits."""
_ADDRESS = re.compile(r"\d+ ")
_HOW = {"OFFER": "offer", "CONFIRM": "confirmation", "REQUEST": "question"}

Act = tuple[str, str, list[str], list[Any]]
"""Act, slot, values, canonical values."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What was said of one service."""

    service: str
    acts: list[Act]
    intent: str | None = None
    state: dict[str, list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a dialogue."""

    n: int
    role: str
    text: str
    frames: list[Frame]


@dataclass(frozen=True, slots=True)
class Dialog:
    """One line of a file."""

    dialog: str
    services: list[str]
    turns: list[Turn]


@dataclass
class _Seen:
    """How a slot is used in a file's acts."""

    stated: bool = False
    needed: bool = False
    addresses: int = 0
    values: int = 0


def slots_of(dialogs: Iterable[Dialog]) -> Slots:
    """Return what the services want to know, as the acts of all dialogues show it.

    The files carry no schema, so it is read off: who states a slot, who asks for it, what its values look like. The
    gold states are not looked at.
    """
    seen: defaultdict[tuple[str, str], _Seen] = defaultdict(_Seen)
    for dialog in dialogs:
        for turn in dialog.turns:
            for frame in turn.frames:
                for act in frame.acts:
                    _note(seen, turn.role, frame.service, act)
    return {key: _slot(*key, use) for key, use in sorted(seen.items())}


def _note(seen: dict[tuple[str, str], _Seen], role: str, service: str, act: Act) -> None:
    name, slot, values = act[0], act[1], act[2]
    if not slot or slot == "intent":
        return
    use = seen[service, slot]
    use.values += len(values)
    use.addresses += sum(bool(_ADDRESS.match(value)) for value in values)
    use.stated |= role == "user" and bool(values) and name in ("INFORM", "SELECT")
    use.needed |= role == "assistant" and name in ("REQUEST", "CONFIRM")


def _slot(service: str, name: str, use: _Seen) -> Slot:
    words = frozenset(name.lower().split("_"))
    kind: SlotKind | None = next((kind for kind, telling in _KINDS if words & telling), None)
    if kind == "place" and 2 * use.addresses > use.values:
        kind = "address"
    return Slot(
        task=service,
        name=name,
        kind=kind,
        stated=use.stated,
        needed=use.needed,
        names=bool(words & {"name", "title"}),
        counts="number" in words,
    )


def offers_of(frame: Frame, slots: Slots) -> tuple[Offer, ...]:
    """Return the values that the assistant names: one a slot, or none can be meant."""
    found: list[Offer] = []
    for name, slot, values, *_ in frame.acts:
        if slot and slot != "intent" and len(values) == 1:
            how: Any = _HOW.get(name, "shown")
            found.append(Offer(slots[frame.service, slot], values[0], how))
    return tuple(found)


@dataclass
class Reader:
    """Reads the user's frames of one dialogue, in order."""

    slots: Slots
    _intents: dict[str, str | None] = field(default_factory=dict)

    def said(self, frame: Frame, text: str) -> Said:
        """Return what a frame says."""
        service, names = frame.service, {act[0] for act in frame.acts}
        other = frame.intent != self._intents.get(service)
        self._intents[service] = frame.intent
        return Said(
            task=service,
            words=text,
            values=tuple(
                (self.slots[service, slot], values[0])
                for name, slot, values, *_ in frame.acts
                if name in ("INFORM", "SELECT") and slot and values
            ),
            takes="all" if "AFFIRM" in names else "offers" if "SELECT" in names else None,
            declines="NEGATE" in names,
            acts=other and bool(names & {"INFORM_INTENT", "AFFIRM_INTENT"}),
        )


def gold_of(frame: Frame) -> Mapping[str, Sequence[str]]:
    """Return the annotated state: any of a slot's values is right."""
    return frame.state or {}
