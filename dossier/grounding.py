"""What a message refers to: from the thread's state to resolved references or a question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dossier.application import KnownEntity
from dossier.references.candidates import Act, Candidate, Question, Risk, ShownList, Situation, Turn
from dossier.references.questions import question_for
from dossier.references.resolve import Resolution, ResolvedReference, resolve
from dossier.tools import Tool
from state import events as e
from state.log import Event
from state.session import Session

_WORD = re.compile(r"[a-z]+")
_GRAVITY: dict[Risk, int] = {"read": 0, "write": 1, "irreversible": 2}


@dataclass(frozen=True, slots=True)
class Grounding:
    """What is known when a message comes in."""

    session: Session
    turn: str
    recent: Sequence[Event]
    """Messages, replies and mentions, oldest first, this turn's message included."""
    known: Sequence[KnownEntity]
    """Only what the user may see."""
    tools: Sequence[Tool]


@dataclass(frozen=True, slots=True)
class Grounded:
    """A message with what its references mean by the rules."""

    grounding: Grounding
    received: e.UserMessageReceived
    situation: Situation
    resolution: Resolution


def read_references(grounding: Grounding) -> Grounded:
    """Resolve the message's references by the rules."""
    received = next(
        event.body
        for event in reversed(grounding.recent)
        if event.header.turn == grounding.turn and isinstance(event.body, e.UserMessageReceived)
    )
    situation = _situation(grounding, received)
    return Grounded(grounding, received, situation, resolve(situation))


def ground(grounded: Grounded) -> list[e.EventBody]:
    """Return what was resolved and mentioned, and the question if one has to be asked."""
    grounding, received, situation = grounded.grounding, grounded.received, grounded.situation
    resolution = grounded.resolution
    refs = {known.ref.id: known.ref for known in grounding.known}
    resolved = [r for r in resolution.references if r.answer == "resolve"]
    bodies: list[e.EventBody] = [_resolved(r, refs) for r in resolved]
    mentioned = tuple(dict.fromkeys(refs[i] for r in resolved for i in r.ids))
    if mentioned:
        bodies.append(e.EntitiesMentioned(entities=mentioned, by="user"))
    if resolution.ask is not None:
        bodies.append(_asked(resolution.ask, situation, refs, grounding, received))
    return bodies


def _situation(grounding: Grounding, received: e.UserMessageReceived) -> Situation:
    session = grounding.session
    turns, mentions = _turns(grounding)
    in_play = _in_play(grounding, received.text, mentions)
    return Situation(
        utterance=received.text,
        risk=_risk(received.text, grounding.tools),
        turn=_number(session.turns),
        candidates=tuple(_candidate(known, mentions.get(known.ref.id, ())) for known in in_play),
        lists=tuple(ShownList(_number(shown.turn), tuple(x.id for x in shown.entries)) for shown in session.lists),
        acts=tuple(Act(_number(act.turn), act.action, act.target) for act in session.acts if act.target),
        turns=turns,
        selection=tuple(entity.id for entity in received.selection),
        focus=_focus(grounding),
        question=_question(session),
    )


def _focus(grounding: Grounding) -> tuple[str, ...]:
    """Return what the conversation is about, and what belongs to it: the documents of a case."""
    about = [entity.id for entity in grounding.session.focus]
    belonging = [known.ref.id for known in grounding.known if set(about) & set(known.attributes.values())]
    return tuple(dict.fromkeys([*about, *belonging]))


def _in_play(grounding: Grounding, text: str, mentions: Mapping[str, object]) -> list[KnownEntity]:
    """Leave out what belongs to something else than the conversation is about, unless it is named or came up.

    When it is about a case, "the report" is a report of this case, and "the licensee" is its licensee.
    """
    about = {entity.id: entity.type for entity in grounding.session.focus}
    types, said = set(about.values()), text.casefold()
    elsewhere = {known.ref.id for known in grounding.known if known.ref.type in types and known.ref.id not in about}
    owners = {value for known in grounding.known if known.ref.id in about for value in known.attributes.values()}
    owning_types = {known.ref.type for known in grounding.known if known.ref.id in owners}
    return [
        known
        for known in grounding.known
        if known.ref.type in types
        or known.ref.id in mentions
        or known.ref.id.casefold() in said
        or (
            known.ref.id in owners if known.ref.type in owning_types else not elsewhere & set(known.attributes.values())
        )
    ]


def _turns(grounding: Grounding) -> tuple[tuple[Turn, ...], dict[str, tuple[int, ...]]]:
    """Number the recent turns as the thread counts them, and say when each thing came up."""
    starts = [event.header.turn for event in grounding.recent if isinstance(event.body, e.UserMessageReceived)]
    numbers = {turn: grounding.session.turns - len(starts) + place for place, turn in enumerate(starts, start=1)}
    said: list[Turn] = []
    mentions: dict[str, tuple[int, ...]] = {}
    for event in grounding.recent:
        number = _number(numbers.get(event.header.turn, 0))
        if isinstance(event.body, e.UserMessageReceived) and event.header.turn != grounding.turn:
            said.append(Turn(number, "user", event.body.text))
        elif isinstance(event.body, e.AssistantResponseGenerated):
            said.append(Turn(number, "assistant", event.body.text))
        elif isinstance(event.body, e.EntitiesMentioned) and event.body.by == "user":
            for entity in event.body.entities:
                mentions[entity.id] = (*mentions.get(entity.id, ()), number)
    return tuple(said), mentions


def _number(turn: int) -> int:
    return max(turn, 0)


def _candidate(known: KnownEntity, mentions: tuple[int, ...]) -> Candidate:
    return Candidate(
        id=known.ref.id,
        type=known.ref.type,
        label=known.ref.label,
        attrs=tuple(sorted(known.attributes.items())),
        first_turn=min(mentions, default=0),
        last_turn=max(mentions, default=0),
        mentions=len(mentions),
        sources=("recent_turn",) if mentions else ("known",),
    )


def _question(session: Session) -> Question | None:
    asked = session.question
    if asked is None:
        return None
    return Question(_number(session.turns - 1), asked.phrase, tuple(option.id for option in asked.options))


def _risk(text: str, tools: Sequence[Tool]) -> Risk:
    """Return the gravest effect of a tool whose verb the message names."""
    words = set(_WORD.findall(text.lower()))
    named: list[Risk] = ["read", *(tool.effect for tool in tools if tool.name.split("_")[0] in words)]
    return max(named, key=_GRAVITY.__getitem__)


def _resolved(reference: ResolvedReference, refs: dict[str, e.EntityRef]) -> e.ReferenceResolved:
    return e.ReferenceResolved(
        phrase=reference.phrase,
        start=reference.start,
        end=reference.end,
        entities=tuple(refs[i] for i in reference.ids),
        action=reference.action,
        confidence=reference.confidence,
        reason=reference.reason,
    )


def _asked(
    reference: ResolvedReference,
    situation: Situation,
    refs: dict[str, e.EntityRef],
    grounding: Grounding,
    received: e.UserMessageReceived,
) -> e.ClarificationRequested:
    waiting = grounding.session.question
    return e.ClarificationRequested(
        phrase=reference.phrase,
        question=question_for(reference, situation),
        options=tuple(e.Option(**refs[i].model_dump()) for i in reference.options),
        request=waiting.request if waiting else received.text,
    )
