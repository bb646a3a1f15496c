"""Recalled turns as context items, each with what has been corrected since it was said."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dossier.adapters.projection import Row
from dossier.adapters.recall import Learned, Remembered
from dossier.context.items import ContextItem, Scope, Speaker, TrustLevel
from dossier.context.outdated import Outdated
from dossier.recall.rank import Recalled
from state.facts import Fact

IMPORTED = "import"
"""The source of what was said elsewhere and brought in."""
_SHOWN = 200
"""Characters of a correction beside a turn; the fact itself may say more."""


def with_recalled(newest: Iterable[ContextItem], remembered: Remembered, scope: Scope) -> list[ContextItem]:
    """Give the turns to offer: the newest, scored where recall found them too, and the recalled.

    Args:
        newest: Items of the newest turns.
        remembered: What was recalled, best first.
        scope: Of the thread.
    """
    found = {one.turn.id: one for one in remembered.turns}
    newest = list(newest)
    known = {item.id for item in newest}
    scored = [
        replace(item, score=found[item.id].score, reason=found[item.id].reason) if item.id in found else item
        for item in newest
    ]
    recalled = [_item(one, scope) for one in remembered.turns if one.turn.id not in known]
    return _corrected([*scored, *recalled], remembered)


def _corrected(items: list[ContextItem], remembered: Remembered) -> list[ContextItem]:
    """Say beside each turn what no longer holds of what it taught or repeats."""
    since, holds = _since(remembered.learned), {(one.seq, one.key) for one in remembered.learned if not one.corrected}
    outdated = Outdated(remembered.withdrawn)
    marked: list[ContextItem] = []
    for item in items:
        repeated = [one for one in outdated.repeated_in(item.text) if (item.position, one.key) not in holds]
        also = [_says(one.key, one.now, one.version) for one in repeated]
        lines = dict.fromkeys([*since.get(item.position, ()), *also])
        told = (("corrected", "; ".join(lines)),) if lines else ()
        marked.append(replace(item, metadata=(*item.metadata, *told)) if told else item)
    return marked


def _item(one: Recalled, scope: Scope) -> ContextItem:
    by_user = one.turn.speaker == "user"
    trust: TrustLevel = "untrusted" if one.turn.is_imported else "user_claimed" if by_user else "model_inferred"
    return ContextItem(
        id=one.turn.id,
        kind="recent_turn",
        text=one.turn.text,
        source=IMPORTED if one.turn.is_imported else "thread",
        trust=trust,
        scope=scope,
        score=one.score,
        as_of=one.turn.at,
        reason=one.reason,
        position=one.turn.seq,
        role=speaker_of(one.turn.speaker),
        events=(str(one.turn.seq),),
    )


def speaker_of(role: str) -> Speaker:
    """Return as whose words something is shown: what a system or tool said elsewhere is data here."""
    return role if role in ("user", "assistant") else "tool"  # pyright: ignore[reportReturnType]


def learned_facts(remembered: Remembered) -> list[Row[Fact]]:
    """Give what holds now of what the recalled turns taught, however long ago."""
    live = {one.version: Row(one.version, one.now) for one in remembered.learned if one.now and one.version}
    return list(live.values())


def _since(learned: Sequence[Learned]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for one in learned:
        if one.corrected:
            found[one.seq].append(_says(one.key, one.now and one.now.value, one.version))
    return found


def _says(key: str, now: str | None, version: int | None) -> str:
    return f"{key}: no longer held" if now is None else f"{key} = {now}"[:_SHOWN] + f" (fact:{version})"
