"""A step as a reader of the report sees it: what was said, shown and changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dossier.adapters.packages import Prompt
from evals.play.place import Told
from evals.play.results import PlayedStep, ShownItem, ShownPackage
from evals.play.seeing import Seen, plain
from state import events as e
from state.log import Event

_NOISE = (
    *("version", "hash", "updated_at", "created_at", "last_response_id", "open_turn", "schema_version"),
    *("thread", "tenant", "user", "since_summary_turns", "since_summary_tokens", "cleared_seq"),
)
"""Fields of the session that change with every turn, or never."""
_TEXT, _GIST = 1_200, 160
Before = Mapping[str, str]
"""What was held before a step, by path."""
_MOST_EVENTS = 60


def played_step(
    number: int, kind: str, who: str, said: str, note: str, told: Told, seen: Seen, before: Before
) -> PlayedStep:
    """Return a step without its checks."""
    return PlayedStep(
        number=number,
        kind=kind,
        who=who,
        said=said,
        reply=told.reply or "",
        refused=f"{told.error}: {told.detail}" if told.error else "",
        waits=tuple(f"{a.tool} {dict(a.args)}" for a in seen.waiting),
        note=note,
        events=tuple((event.seq, event.header.type, gist(event)) for event in seen.events[-_MOST_EVENTS:]),
        packages=tuple(map(shown_package, seen.prompts[-3:])),
        changes=tuple(_changes(before, state_of(seen))),
    )


def shown_package(prompt: Prompt) -> ShownPackage:
    """Return a package in the form of the report."""
    package = prompt.package
    return ShownPackage(
        id=package.header.id,
        budget=package.budget,
        tokens=package.total_tokens,
        segments=package.segment_tokens,
        included=tuple(
            ShownItem(one.item.id, one.item.kind, one.tokens, one.item.text[:_TEXT], one.packed_as)
            for one in package.items
        ),
        excluded=tuple(ShownItem(one.id, one.kind, one.tokens, why=one.reason) for one in package.exclusions),
    )


def gist(event: Event) -> str:
    """Return what an event says, in a line."""
    match event.body:
        case None:
            text = "erased"
        case e.UserMessageReceived() | e.AssistantResponseGenerated():
            text = event.body.text
        case e.ReferenceResolved():
            text = f"“{event.body.phrase}” is {', '.join(one.id for one in event.body.entities) or event.body.action}"
        case e.ClarificationRequested():
            text = f"“{event.body.phrase}”: {', '.join(option.id for option in event.body.options)}"
        case e.FactConfirmed():
            text = f"{event.body.fact.key} = {event.body.fact.value} ({event.body.fact.trust})"
        case e.AssumptionRejected():
            text = f"{event.body.assumption.key} = {event.body.assumption.value}"
        case _:
            text = _fields(plain(event.body))
    return " ".join(text.split())[:_GIST]


def _fields(body: Mapping[str, Any]) -> str:
    kept = ("name", "code", "text", "proposal", "invariant", "reason", "outcome", "decided_by", "tokens", "model")
    return ", ".join(f"{name} {body[name]}" for name in kept if body.get(name) not in (None, "", ()))


def state_of(seen: Seen) -> dict[str, str]:
    """Return what is held of a thread and of the world, by path, what matters most first."""
    found = {f"fact {key}": f"{value} ({trust})" for key, (value, trust) in seen.known.facts.items()}
    found |= {f"ruled out {text}": "yes" for text in seen.known.rejected}
    found |= {f"decided {text}": "yes" for text in seen.known.decisions}
    found |= cases_of(seen.cases)
    return found | {f"session {path}": value for path, value in _leaves(seen.session, "") if not _is_noise(path)}


def cases_of(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return how cases stand, by path."""
    return {f"case {id}": f"{row['status']} (version {row['version']})" for id, row in cases.items()}


def _changes(before: Before, after: Before) -> Iterator[tuple[str, str, str]]:
    for path in dict.fromkeys([*after, *before]):
        old, new = before.get(path, ""), after.get(path, "")
        if old != new:
            yield path, old, new


def _is_noise(path: str) -> bool:
    return path.split(".")[0] in _NOISE


def _leaves(data: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, Mapping) and data:
        for name, value in data.items():
            yield from _leaves(value, f"{path}.{name}" if path else str(name))
    elif isinstance(data, Sequence) and not isinstance(data, str):
        yield path, "; ".join(_short(value) for value in data)
    elif data is not None:
        yield path, str(data)


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("id") or value.get("name") or value.get("action") or value.get("turn") or dict(value))
    return str(value)
