"""Ask a model for something beside the reply: an extraction, a wording of the summary. The rules go on without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from dossier.adapters.model import Retry
from dossier.answer_form import problem_in
from dossier.application import PromptVersion
from dossier.errors import BudgetExceeded, ModelFailed
from dossier.extraction import by_model as extraction_by_model
from dossier.gathering import Gathered, items
from dossier.guards import refusal
from dossier.metering import Meter
from dossier.run import Step
from dossier.summaries import by_model as summary_by_model
from nodes.build_context import Maker, limit_in, made
from nodes.call_model import Asked, answered, guarded
from nodes.view import View
from state.events import EventBody, ModelCalled, Purpose, ReferenceResolved, UserMessageReceived
from state.log import Event


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is asked for, and how its answer is judged."""

    purpose: Purpose
    ordinal: int
    """Of its package and step: below those of the turn's replies."""
    prompt: PromptVersion
    form: type[BaseModel]
    """What an answer has to fit, beyond its prompt's schema."""


EXTRACTION = Task("extraction", -1, extraction_by_model.PROMPT, extraction_by_model.Extracted)
SUMMARY = Task("summary", -2, summary_by_model.PROMPT, summary_by_model.WrittenSummary)


@dataclass(frozen=True, slots=True)
class Beside:
    """Whom to ask, and what packages are made with; a model that is not set is not asked."""

    maker: Maker
    retry: Retry
    meter: Meter
    extractor: ChatOpenAI | None
    summariser: ChatOpenAI | None

    def model_for(self, task: Task) -> ChatOpenAI | None:
        """Return the model that was set for a task."""
        return self.extractor if task is EXTRACTION else self.summariser


async def ask_beside(view: View, task: Task, beside: Beside, turn: Sequence[Event], **shown: Any) -> str | None:
    """Return a model's answer in the form asked for; None where no model is set, or it gave no usable one.

    Each failure is on record; a step that is run again gets the recorded answer.

    Args:
        view: The turn.
        task: What is asked for.
        beside: Whom to ask.
        turn: The events of the turn: its message and what that refers to are shown.
        shown: What else is shown, as fields of `Gathered`.
    """
    model = beside.model_for(task)
    if model is None:
        return None
    maker, step = beside.maker, Step("call_model", task.ordinal)
    recorded = await maker.log.recorded(view.run, step, since=view.version)
    if recorded is None:
        try:
            bodies = await _asked(view, task, beside, model, _gathered(view, task, maker, turn, shown))
        except (ModelFailed, BudgetExceeded):
            return None
        if bodies is None:
            return None
        recorded = await maker.log.record(view.run, step, bodies, since=view.version)
    if refusal([event.body for event in recorded.own], "before_model", "after_model"):
        return None
    return next(event.body.text for event in recorded.own if isinstance(event.body, ModelCalled))


async def _asked(
    view: View, task: Task, beside: Beside, model: ChatOpenAI, gathered: Gathered
) -> list[EventBody] | None:
    """Return what came of asking; None if a limit leaves no room for it."""
    maker = beside.maker
    built = await maker.log.recorded(view.run, Step("build_context", task.ordinal), since=view.version)
    built = built or await made(view, task.ordinal, gathered, items(gathered), maker, purpose=task.purpose)
    if limit_in(built):
        return None
    prompt = await maker.packages.of_call(view.run, task.ordinal)
    asked = Asked(
        (model,),
        beside.retry,
        maker.profile,
        beside.meter,
        maker.counter,
        purpose=task.purpose,
        problem=lambda raw: problem_in(raw, task.form),
    )

    async def ask() -> ModelCalled:
        return await answered(view, maker.log, prompt, task.ordinal, asked, None)

    return await guarded(maker.app.guards, view, prompt, task.ordinal, ask)


def _gathered(view: View, task: Task, maker: Maker, turn: Sequence[Event], shown: Mapping[str, Any]) -> Gathered:
    said = [event for event in turn if isinstance(event.body, UserMessageReceived | ReferenceResolved)]
    return Gathered(
        principal=view.run.principal,
        thread=view.run.thread,
        prompt=task.prompt,
        turn=said,
        policies=maker.app.policies(view.run.principal),
        **shown,
    )
