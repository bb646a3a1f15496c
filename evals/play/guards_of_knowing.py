"""Guards of what is remembered: references, facts, decisions, summaries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dossier.adapters.log import Log, Recorded
from dossier.adapters.projection import KnowledgeReader, Known
from dossier.adapters.queries import Statement
from dossier.run import Run, Step
from dossier.services import Services
from evals.play.guards import Guard
from state import events as e
from state.events import EventBody


class _Editing(Log):
    """Records something else than it is given."""

    def edited(self, bodies: Sequence[EventBody]) -> Sequence[EventBody]:
        return bodies

    async def record(
        self,
        run: Run,
        step: Step,
        bodies: Sequence[EventBody],
        *,
        since: int,
        also: Sequence[Statement] = (),
    ) -> Recorded:
        return await super().record(run, step, self.edited(bodies), since=since, also=also)


class _Guessing(_Editing):
    """Takes the first of what should be asked about."""

    def edited(self, bodies: Sequence[EventBody]) -> Sequence[EventBody]:
        return [_guess(body) if isinstance(body, e.ClarificationRequested) else body for body in bodies]


def _guess(asked: e.ClarificationRequested) -> e.ReferenceResolved:
    first = tuple(e.EntityRef(type=o.type, id=o.id, label=o.label) for o in asked.options[:1])
    return e.ReferenceResolved(
        phrase=asked.phrase, start=0, end=len(asked.phrase), entities=first, confidence=0.5, reason="the first"
    )


def _without(*types: str) -> type[_Editing]:
    class Lossy(_Editing):
        def edited(self, bodies: Sequence[EventBody]) -> Sequence[EventBody]:
            return [body for body in bodies if body.type not in types]

    return Lossy


class _Polishing(_Editing):
    """Lets summaries say what sounds well, and drops what was decided."""

    def edited(self, bodies: Sequence[EventBody]) -> Sequence[EventBody]:
        return [_polished(body) if isinstance(body, e.SummaryGenerated) else body for body in bodies]


def _polished(made: e.SummaryGenerated) -> e.SummaryGenerated:
    smooth = {"decisions": (), "rejected_assumptions": ()}
    return made.model_copy(update={"summary": made.summary.model_copy(update=smooth)})


class _Believing(_Editing):
    """Takes what the model says for what is known."""

    def edited(self, bodies: Sequence[EventBody]) -> Sequence[EventBody]:
        return [made for body in bodies for made in (body, *_believed(body))]


def _believed(body: EventBody) -> list[EventBody]:
    return [e.ProfileHinted(name="Olga")] if isinstance(body, e.AssistantResponseGenerated) else []


class _Amnesia(KnowledgeReader):
    """Knows no decisions and no facts of earlier turns."""

    async def known(self, *_: Any, **__: Any) -> Known:
        return Known([], [], [])

    async def rejections(self, *_: Any, **__: Any) -> list[Any]:
        return []


def _logging(kind: type[Log]) -> Any:
    def swapped(services: Services) -> Services:
        return replace(services, log=kind(services.db, services.keys, services.now))

    return swapped


def _amnesia(services: Services) -> Services:
    return replace(services, knowledge=_Amnesia(services.db))


def _any_name(text: str) -> str | None:
    """Take whatever follows "I'm" for a name."""
    words = text.replace("’", "'").split()
    return words[1] if len(words) > 1 and words[0].lower() in ("i'm", "i") else None


def _never_due(*_: Any, **__: Any) -> None:
    return None


def _nothing_learned(remembered: object) -> list[object]:
    return []


def _everywhere(text: str, **_: Any) -> str:
    return text


GUARDS = (
    Guard(name="asking", about="what is unclear is asked about", services_without=_logging(_Guessing)),
    Guard(
        name="resolving",
        about="vague phrases are resolved",
        services_without=_logging(_without("reference_resolved", "clarification_requested")),
    ),
    Guard(
        name="supersession",
        about="what was corrected is no longer held",
        services_without=_logging(_without("fact_superseded", "assumption_rejected")),
    ),
    Guard(
        name="decisions",
        about="what was decided is kept",
        services_without=_logging(_without("decision_recorded")),
    ),
    Guard(
        name="facts",
        about="what the user states and tools show is kept",
        services_without=_logging(_without("fact_confirmed")),
    ),
    Guard(
        name="rejections",
        about="what was ruled out is kept as ruled out",
        services_without=_logging(_without("assumption_rejected")),
    ),
    Guard(
        name="memory",
        about="what is held reaches later packages",
        services_without=_amnesia,
        patches={"dossier.sources:learned_facts": _nothing_learned},
    ),
    Guard(name="summary keeps", about="summaries lose no decision", services_without=_logging(_Polishing)),
    Guard(name="summary due", about="summaries are made in time", patches={"dossier.closing:due": _never_due}),
    Guard(name="model claims", about="what the model says is no fact", services_without=_logging(_Believing)),
    Guard(
        name="invariants",
        about="a change that breaks a rule is refused",
        patches={"dossier.updates.decide:breach": lambda proposal, situation: None},
    ),
    Guard(
        name="names",
        about="a name is taken only from words that give one",
        patches={"dossier.extraction.profile:name_in": _any_name},
    ),
    Guard(
        name="reasoning",
        about="reasoning text is kept nowhere",
        patches={
            "dossier.adapters.model_answer:without_reasoning": _everywhere,
            "dossier.adapters.model_stream:_without_reasoning": lambda chunk, shown: chunk,
        },
    ),
)
