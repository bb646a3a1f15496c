"""How an item is put to the model: what its header says, and that nothing sounds surer than it is."""

from datetime import datetime

from dossier.context.block import Block
from dossier.context.items import INSTRUCTING_KINDS, ContextItem

_CONFIRMED = ("system_verified", "tool_observed", "authored")
_CLAIMS = ("confirmed_fact", "memory", "decision")
_HERE = "thread"
_SAID = ("current_request", "recent_turn")


def block_of(item: ContextItem) -> Block:
    """Give the block that shows an item."""
    return Block(tuple((name, value) for name, value in _attributes(item) if value), _text(item))


def _attributes(item: ContextItem) -> list[tuple[str, str | None]]:
    # The system role vouches for what instructs, and the role of a speaker for what was said.
    plain = item.kind in INSTRUCTING_KINDS or (item.kind in _SAID and item.trust != "untrusted")
    # A time in an instruction would change the head of the prompt, which providers cache.
    untimed = item.kind in INSTRUCTING_KINDS and not item.stale_age
    return [
        ("id", item.id),
        ("kind", _kind(item)),
        ("trust", None if plain else item.trust),
        ("source", None if plain or item.source == _HERE else item.source),
        ("as_of", _time(item.as_of) if item.as_of and not untimed else None),
        ("stale", "true" if item.stale_age else None),
        ("age", item.stale_age),
        ("role", None if item.kind == "tool_result" and item.role == "tool" else item.role),
        ("shown", item.shown),
        ("corrected", dict(item.metadata).get("corrected") if item.kind == "recent_turn" else None),
    ]


def _time(time: datetime) -> str:
    return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _kind(item: ContextItem) -> str:
    if item.kind == "confirmed_fact" and item.trust not in _CONFIRMED:
        return "unconfirmed_fact"
    return item.kind


def _text(item: ContextItem) -> str:
    if item.kind == "rejected_assumption":
        return f"rejected: {item.text}"
    if item.kind in _CLAIMS and item.trust == "model_inferred":
        return f"inferred: {item.text}"
    return item.text
