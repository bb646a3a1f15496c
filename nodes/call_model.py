"""Ask the model: the only place that calls one, with a stored package and nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.constants import TAG_NOSTREAM

from dossier.adapters.log import Log
from dossier.adapters.model import Retry, call
from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Packages, Prompt
from dossier.adapters.profiles import ModelProfile
from dossier.adapters.tokens import TokenCounter, count_messages
from dossier.cleaning import clean, cleaned
from dossier.context.repair import RAW_LIMIT, second_attempt
from dossier.errors import ModelBadAnswer, ModelFailed, ModelOverloaded, ModelUnreachable
from dossier.guards import Guard, ModelReply, ModelRequest, consult, guards_at, refusal
from dossier.metering import Meter
from dossier.reply_form import departures
from dossier.run import Step
from dossier.telemetry.spans import model_call
from nodes.view import View, after, view_of
from state.channels import Channels, Message
from state.events import CallRef, EventBody, ModelCalled, ModelCallFailed, Purpose, ToolRequest
from state.model_events import Taken


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask, and for what."""

    models: Sequence[ChatOpenAI]
    """The first one answers; the next is a fallback that an operator set, for when it can't be reached."""
    retry: Retry
    profile: ModelProfile
    meter: Meter
    counter: TokenCounter
    purpose: Purpose = "reply"
    problem: Callable[[str], str | None] = lambda text: None
    """Says what is wrong with an answer that has the form, None for nothing."""
    trace_content: bool = False
    """Put prompt and answer into the trace."""


async def call_model(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    packages: Packages,
    models: Sequence[ChatOpenAI],
    retry: Retry,
    guards: Sequence[Guard],
    profile: ModelProfile,
    meter: Meter,
    counter: TokenCounter,
    tool_loop_limit: int,
    trace_content: bool = False,
) -> dict[str, Any]:
    """Send the package that was built last, and record the answer.

    Raises:
        ModelFailed: The endpoint refused or broke; the failure is on record and the turn can be taken up again.
    """
    view = view_of(state, config)
    step = Step("call_model", view.ordinal)
    recorded = await log.recorded(view.run, step, since=view.version)
    if recorded is None:
        prompt = await packages.of_call(view.run, view.ordinal)
        quietly = _unstreamed(config) if guards_at(guards, "after_model") else config
        asked = Asked(models, retry, profile, meter, counter, trace_content=trace_content)

        async def ask() -> ModelCalled:
            return await answered(view, log, prompt, view.ordinal, asked, quietly)

        bodies = await guarded(guards, view, prompt, view.ordinal, ask)
        recorded = await log.record(view.run, step, bodies, since=view.version)
    if refusal([event.body for event in recorded.own], "before_model", "after_model"):
        return after(view, recorded, turn={"ordinal": view.ordinal, "route": "refused"})
    body = next(event.body for event in recorded.own if isinstance(event.body, ModelCalled))
    wants_tools = bool(body.tool_calls)
    route = ("tools" if view.ordinal < tool_loop_limit else "limit") if wants_tools else "reply"
    return after(view, recorded, turn={"ordinal": view.ordinal, "route": route}, messages=[_message(view, body)])


async def guarded(
    guards: Sequence[Guard], view: View, prompt: Prompt, ordinal: int, ask: Callable[[], Awaitable[ModelCalled]]
) -> list[EventBody]:
    """Return what the guards ruled, and the answer unless they let none be asked for."""
    who, at = view.run.principal, CallRef(ordinal=ordinal, index=0)
    offered = [tool["function"]["name"] for tool in prompt.tools]
    ruled = await consult(guards, "before_model", ModelRequest(prompt.messages, offered), who, at)
    if refusal(ruled, "before_model"):
        return [*ruled]
    called = await ask()
    return [
        *ruled,
        called,
        *await consult(guards, "after_model", ModelReply(called.text, called.tool_calls), who, at),
    ]


def _unstreamed(config: RunnableConfig) -> RunnableConfig:
    """Return a config under which no token is shown: what is out can't be refused any more."""
    return {**config, "tags": [*(config.get("tags") or []), TAG_NOSTREAM]}


async def answered(
    view: View, log: Log, prompt: Prompt, ordinal: int, asked: Asked, config: RunnableConfig | None
) -> ModelCalled:
    """Return a complete answer, for its caller to record; each failure before it is on record.

    A model that can't be reached gives way to its fallback. One that answered what can't be used is shown the error,
    once.

    Raises:
        ModelFailed: No model gave a usable answer.
    """
    waiting, messages, repaired = list(asked.models), prompt.messages, False
    while True:
        model = waiting[0]
        try:
            estimated = count_messages(messages, prompt.tools, asked.counter, prompt.schema)
            with model_call(view.run, prompt, asked.profile, estimated, content=asked.trace_content) as span:
                answer = await call(
                    model, messages, prompt.tools, config=config, retry=asked.retry, response_schema=prompt.schema
                )
                taken = asked.meter.answered(model.model_name, prompt, answer)
                span.answered(answer, taken)
            if wrong := asked.problem(answer.text):
                raise ModelBadAnswer(wrong, raw=answer.text)
            called = _called(answer, prompt, ordinal, model.model_name, asked.purpose, taken)
            return called.model_copy(update={"repaired": repaired, "estimated_tokens": estimated})
        except ModelFailed as error:
            await _record_failure(view, log, _failed(error, prompt, ordinal, model.model_name, asked))
            if isinstance(error, ModelOverloaded | ModelUnreachable) and len(waiting) > 1:
                waiting.pop(0)
            elif isinstance(error, ModelBadAnswer) and error.repairable and not repaired:
                messages, repaired = second_attempt(prompt.messages, clean(error.raw), clean(error.message)), True
            else:
                raise


async def _record_failure(view: View, log: Log, body: ModelCallFailed) -> None:
    turn = await log.turn(view.run.tenant, view.run.thread, view.run.turn)
    failures = sum(1 for event in turn if event.header.type == "model_call_failed")
    await log.record(view.run, Step("model_failure", failures), [body], since=view.version)


def _failed(error: ModelFailed, prompt: Prompt, ordinal: int, model: str, asked: Asked) -> ModelCallFailed:
    return ModelCallFailed(
        package_id=prompt.package.header.id,
        ordinal=ordinal,
        code=error.code,
        detail=clean(error.message),
        model=model,
        purpose=asked.purpose,
        raw=clean(error.raw[:RAW_LIMIT]) if isinstance(error, ModelBadAnswer) else "",
        taken=asked.meter.failed(model, prompt, error),
    )


def _called(
    answer: ModelAnswer, prompt: Prompt, ordinal: int, model: str, purpose: Purpose, taken: Taken
) -> ModelCalled:
    calls = [ToolRequest(id=c.id, name=clean(c.name), args=cleaned(c.args)) for c in answer.tool_calls]
    # A call whose arguments are no object can't be run; the review refuses it by name.
    calls += [ToolRequest(id=c.id, name=clean(c.name), args={"": clean(c.raw)}) for c in answer.invalid_tool_calls]
    return ModelCalled(
        package_id=prompt.package.header.id,
        model=clean(answer.model) or model,
        offline=answer.offline,
        ordinal=ordinal,
        response_id=clean(answer.response_id),
        # A refusal is what the model says, and the user is shown it.
        text=clean(answer.text or answer.refusal or ""),
        tool_calls=tuple(calls),
        finish_reason="refusal" if answer.refusal else clean(answer.finish_reason),
        input_tokens=answer.usage.input if answer.usage else None,
        output_tokens=answer.usage.output if answer.usage else None,
        purpose=purpose,
        taken=taken,
        departures=_departures(answer, prompt),
    )


def _departures(answer: ModelAnswer, prompt: Prompt) -> tuple[str, ...]:
    """Return where a reply departs from the contract that it was shown; a schema was held to where it arrived."""
    contract = [entry.item.text for entry in prompt.package.items if entry.item.kind == "output_contract"]
    is_reply = prompt.schema is None and not answer.refusal and not answer.tool_calls
    return departures("\n".join(contract), answer.text) if is_reply else ()


def _message(view: View, body: ModelCalled) -> Message:
    """Return the answer for the window: LangGraph's clients show text and calls."""
    calls = [{"id": c.id, "name": c.name, "args": c.args, "type": "tool_call"} for c in body.tool_calls]
    return {
        "type": "ai",
        "id": f"{view.run.turn}/{body.ordinal}",
        "content": body.text,
        **({"tool_calls": calls} if calls else {}),
    }


async def call_again(prompt: Prompt, *, model: ChatOpenAI, retry: Retry) -> ModelAnswer:
    """Ask again with a stored package, outside any turn: nothing is recorded, no call of the answer runs.

    Raises:
        ModelFailed: The endpoint refused or broke.
    """
    return await call(model, prompt.messages, prompt.tools, config=None, retry=retry, response_schema=prompt.schema)
