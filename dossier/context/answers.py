"""Say outright what a package does not hold, so that the model need not guess.

A package answers seven questions: who asks, with what authority; what the task is; what has been decided; which facts
matter; what is stale, unsafe or out of scope; what form the answer has; what must not be assumed. Each is answered by
items of one kind, the fifth by labels and this item; where there are none, this item says so.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from dossier.context.items import OWN_PREFIX, ContextItem, ItemKind, LeftOut, Scope

ANSWERS_ID = f"{OWN_PREFIX}answers"
ANSWERING_KINDS: tuple[ItemKind, ...] = (
    "authority",
    "task_state",
    "decision",
    "confirmed_fact",
    "output_contract",
    "rejected_assumption",
)
_NAMED = 5
_LAST = 2**31
_PLAIN_ID = re.compile(r"[\w:#/.@-]{1,80}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a package does not hold."""

    absent: frozenset[ItemKind]
    """Answering kinds of which nothing was gathered."""
    no_room: frozenset[ItemKind]
    """Answering kinds that were gathered, but of which nothing fitted."""
    marked_stale: bool
    """Whether an item that is shown is labelled as stale."""


def lacks(candidates: Collection[ContextItem], shown: Collection[ContextItem]) -> Lacks:
    """Tell what the shown items lack, given all that could have been shown."""
    had = {item.kind for item in candidates}
    got = {item.kind for item in shown}
    return Lacks(
        absent=frozenset(kind for kind in ANSWERING_KINDS if kind not in had),
        no_room=frozenset(kind for kind in ANSWERING_KINDS if kind in had and kind not in got),
        marked_stale=any(item.stale_age for item in shown),
    )


def most_lacking(candidates: Collection[ContextItem]) -> Lacks:
    """Tell what could be lacking at most, so that room for the statement can be kept."""
    sure = lacks(candidates, [item for item in candidates if item.must_fit])
    return replace(sure, marked_stale=any(item.stale_age for item in candidates))


def answers(lacking: Lacks, withdrawn: Collection[LeftOut], unavailable: Collection[str], scope: Scope) -> ContextItem:
    """Give the item that states what a package lacks.

    Args:
        lacking: What is not shown.
        withdrawn: Items left out as stale, superseded or rejected.
        unavailable: Optional sources that failed.
        scope: Who the statement belongs to.
    """
    lines = [
        _line("None recorded", [kind for kind in ANSWERING_KINDS if kind in lacking.absent]),
        _line("No room for", [kind for kind in ANSWERING_KINDS if kind in lacking.no_room]),
        _line("Stale or withdrawn", _withdrawn(lacking.marked_stale, withdrawn)),
        _line("Unavailable", sorted(unavailable)),
    ]
    return ContextItem(
        id=ANSWERS_ID,
        kind="task_state",
        text="\n".join(line for line in lines if line),
        source="context",
        trust="authored",
        scope=scope,
        priority=100,
        critical=True,
        reason="states what the package lacks",
        position=_LAST,
    )


def _line(label: str, values: Sequence[str]) -> str:
    return f"{label}: {', '.join(values)}." if values else ""


def _withdrawn(marked_stale: bool, withdrawn: Collection[LeftOut]) -> list[str]:
    ids = sorted({left.item.id for left in withdrawn})
    # An id that is more than a plain name could carry words, and this block is trusted.
    named = [item_id for item_id in ids if _PLAIN_ID.fullmatch(item_id)][:_NAMED]
    more = [f"{len(ids) - len(named)} more"] if len(ids) > len(named) else []
    labelled = ["see marks"] if marked_stale else []
    return [*labelled, *(f"{name} (not shown)" for name in named + more)] or ["none"]
