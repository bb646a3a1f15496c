"""What others hold after a user's turn: the latest value that the user said, and with what they accepted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evals.bench.updates_format import Dialog, Frame, gold_of

_SAYS, _TAKES, _OFFERS = ("INFORM", "SELECT"), ("AFFIRM", "SELECT"), ("OFFER", "CONFIRM")
LATEST, ACCEPTED = "latest user value", "latest user value, accepted offers"


@dataclass
class _Held:
    """What one peer holds, by service and slot."""

    accepts: bool
    values: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    offered: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def hear(self, role: str, frame: Frame) -> None:
        service = frame.service
        if role != "user":
            self.offered[service] = dict(_values(frame, _OFFERS))
            return
        if self.accepts and {act[0] for act in frame.acts} & set(_TAKES):
            self.values[service] |= self.offered.pop(service, {})
        self.values[service] |= _values(frame, _SAYS)


def peers(dialogs: Sequence[Dialog]) -> dict[str, dict[str, float]]:
    """Return the share of user frames of which each peer holds all that is annotated, in percent."""
    return {
        name: {"all_right": _all_right(dialogs, accepts=accepts)}
        for name, accepts in ((LATEST, False), (ACCEPTED, True))
    }


def _all_right(dialogs: Sequence[Dialog], *, accepts: bool) -> float:
    rights = [right for dialog in dialogs for right in _rights(dialog, _Held(accepts))]
    return round(100 * sum(rights) / len(rights), 2) if rights else 0.0


def _rights(dialog: Dialog, held: _Held) -> list[bool]:
    found: list[bool] = []
    for turn in dialog.turns:
        for frame in turn.frames:
            held.hear(turn.role, frame)
        if turn.role == "user":
            found += [_fits(held.values[frame.service], gold_of(frame)) for frame in turn.frames]
    return found


def _fits(have: Mapping[str, str], gold: Mapping[str, Sequence[str]]) -> bool:
    return have.keys() == gold.keys() and all(value in gold[name] for name, value in have.items())


def _values(frame: Frame, acts: Sequence[str]) -> dict[str, str]:
    told = [(slot, values) for name, slot, values, *_ in frame.acts if name in acts]
    return {slot: values[0] for slot, values in told if slot and slot != "intent" and values}
