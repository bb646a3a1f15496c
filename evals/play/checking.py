"""Expectations held against what was seen: each is a check of its own, so that a report can show it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from evals.play.checking_packages import package_checks
from evals.play.expecting import Asks, Event, Events, Expect, Reply, Summary
from evals.play.results import Check
from evals.play.seeing import Seen, at, plain
from state import events as e

_LONG = 300


def check(expect: Expect, seen: Seen, start: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """Return one check for each thing that is expected; prose is left to a judge.

    Args:
        expect: What must hold.
        seen: What there is.
        start: The cases as they stood when the scenario began.
    """
    return [*_client(expect, seen), *_state(expect, seen), *_world(expect, seen, start)]


def held(what: str, holds: bool, instead: object = "") -> Check:
    """Return a check that passed, or failed with what was there instead."""
    text = str(instead)
    return Check(what, "passed" if holds else "failed", "" if holds else text[:_LONG])


def contains(text: str, part: str) -> bool:
    """Tell whether a text holds a part, whatever their case and blanks."""
    return " ".join(part.lower().split()) in " ".join(text.lower().split())


def _client(expect: Expect, seen: Seen) -> Iterator[Check]:
    told = seen.told
    if expect.error is not None:
        yield held(f"is refused with {expect.error}", told.error == expect.error, told.error or told.reply or "went on")
    elif told.error is not None:
        yield held("goes through", False, f"{told.error}: {told.detail}")
    if expect.reply is not None:
        yield from _reply(expect.reply, told.reply or "")
    if expect.waits is not None:
        tools = [approval.tool for approval in seen.waiting]
        yield held(f"waits: {', '.join(expect.waits) or 'nothing'}", tools == list(expect.waits), tools)
    if expect.asks is not None:
        yield from _asks(expect.asks, seen)
    if expect.outcome is not None:
        outcomes = [ended.outcome for ended in seen.of(e.TurnEnded)]
        yield held(f"ends as {expect.outcome}", outcomes[-1:] == [expect.outcome], outcomes)
    if expect.model_calls is not None:
        made = len(seen.requests) or len(seen.of(e.ModelCalled))
        yield held(f"calls the model {expect.model_calls} times", made == expect.model_calls, f"{made} times")


def _reply(reply: Reply, text: str) -> Iterator[Check]:
    for part in reply.contains:
        yield held(f"replies with {part!r}", contains(text, part), text)
    for part in reply.lacks:
        yield held(f"does not reply with {part!r}", not contains(text, part), text)
    if reply.matches is not None:
        yield held(f"replies like {reply.matches!r}", re.search(reply.matches, text, re.S) is not None, text)
    if reply.equals is not None:
        yield held(f"replies exactly {reply.equals!r}", text == reply.equals, text)


def _asks(asks: Asks, seen: Seen) -> Iterator[Check]:
    asked = seen.of(e.ClarificationRequested)
    last = asked[-1] if asked else None
    what = f"asks about {asks.phrase!r}" if asks.phrase else "asks back"
    yield held(what, last is not None and asks.phrase in (None, last.phrase), last.phrase if last else "no question")
    if asks.options is not None:
        offered = [option.id for option in last.options] if last else []
        yield held(f"offers {', '.join(asks.options)}", offered == list(asks.options), offered)


def _state(expect: Expect, seen: Seen) -> Iterator[Check]:
    for phrase, ids in expect.resolved.items():
        meant = {r.phrase.lower(): [entity.id for entity in r.entities] for r in seen.of(e.ReferenceResolved)}
        yield held(f"takes {phrase!r} to mean {', '.join(ids)}", meant.get(phrase.lower()) == list(ids), meant)
    for path, value in expect.snapshot.items():
        yield _at(path, value, seen.session)
    for key, fact in expect.facts.items():
        have = seen.known.facts.get(key)
        if fact is None:
            yield held(f"holds nothing of {key}", have is None, have)
        else:
            right = have is not None and have[0] == fact.value and fact.trust in (None, have[1])
            yield held(f"holds {key} = {fact.value}" + (f" ({fact.trust})" if fact.trust else ""), right, have)
    if expect.rejected is not None:
        yield held(
            "rules out: " + "; ".join(expect.rejected), seen.known.rejected == expect.rejected, seen.known.rejected
        )
    if expect.decisions is not None:
        yield held(
            "decided: " + "; ".join(expect.decisions), seen.known.decisions == expect.decisions, seen.known.decisions
        )
    if expect.summary is not None:
        yield from _summary(expect.summary, seen)
    if expect.events is not None:
        yield from _events(expect.events, seen)
    if expect.package is not None:
        yield from package_checks(expect.package, seen.prompts, held)


def _at(path: str, value: Any, session: Mapping[str, Any]) -> Check:
    try:
        have = at(session, path)
    except (LookupError, ValueError):
        return held(f"session {path} = {value!r}", value is None, "nothing is there")
    return held(f"session {path} = {value!r}", have == value, repr(have))


def _summary(summary: Summary, seen: Seen) -> Iterator[Check]:
    made = seen.of(e.SummaryGenerated)
    if summary.refreshed is not None:
        what = "makes a summary" if summary.refreshed else "makes no summary"
        yield held(what, bool(made) == summary.refreshed, [one.reason for one in made])
    if summary.reason is not None:
        yield held(f"makes a summary because of {summary.reason}", summary.reason in [m.reason for m in made], made)
    text = str(plain(made[-1])["summary"]) if made else ""
    for part in summary.contains:
        yield held(f"the summary says {part!r}", contains(text, part), text or "no summary was made")
    for part in summary.lacks:
        yield held(f"the summary does not say {part!r}", bool(made) and not contains(text, part), text or "no summary")


def _events(events: Events, seen: Seen) -> Iterator[Check]:
    have = [(event.header.type, plain(event.body)) for event in seen.events]
    types = [kind for kind, _ in have]
    for one in events.has:
        near = [body for kind, body in have if kind == one.type]
        yield held(f"event {_named(one)}", any(_fits(one, *pair) for pair in have), near or types)
    for one in events.lacks:
        yield held(f"no event {_named(one)}", not any(_fits(one, *pair) for pair in have), one.type)
    for kind, number in events.count.items():
        yield held(f"{number} times {kind}", types.count(kind) == number, f"{types.count(kind)} times")
    if events.order:
        rest = iter(types)
        yield held("in order: " + ", ".join(events.order), all(kind in rest for kind in events.order), types)


def _named(one: Event) -> str:
    return one.type + (f" with {one.where}" if one.where else "")


def _fits(one: Event, kind: str, body: Mapping[str, Any]) -> bool:
    def same(path: str, value: Any) -> bool:
        try:
            return at(body, path) == value
        except (LookupError, ValueError):
            return False

    return kind == one.type and all(same(path, value) for path, value in one.where.items())


def _world(expect: Expect, seen: Seen, start: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    for tool, times in expect.effects.items():
        yield held(f"{tool} took effect {times} times", seen.effects[tool] == times, f"{seen.effects[tool]} times")
    for case, status in expect.status.items():
        have = seen.cases.get(case, {}).get("status")
        yield held(f"{case} is {status}", have == status, have)
    for case in expect.unchanged:
        yield held(f"{case} is as it was", seen.cases.get(case) == start.get(case), seen.cases.get(case))
