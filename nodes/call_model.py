"""Ask the model: the only place that calls one, with a stored package and nothing else."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.constants import TAG_NOSTREAM

from dossier.adapters.log import Log
from dossier.adapters.model import Retry, call
from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Packages, Prompt
from dossier.adapters.profiles import ModelProfile
from dossier.cleaning import clean, cleaned
from dossier.errors import ModelFailed
from dossier.guards import Guard, ModelReply, ModelRequest, consult, guards_at, refusal
from dossier.run import Step
from dossier.telemetry.spans import model_call
from nodes.view import View, after, view_of
from state.channels import Channels, Message
from state.events import CallRef, EventBody, ModelCalled, ModelCallFailed, ToolRequest


async def call_model(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    packages: Packages,
    model: ChatOpenAI,
    retry: Retry,
    guards: Sequence[Guard],
    profile: ModelProfile,
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

        async def ask() -> ModelAnswer:
            with model_call(view.run, prompt, profile, content=trace_content) as span:
                answer = await _asked(view, log, prompt, model, retry, quietly)
                span.answered(answer)
            return answer

        bodies = await _guarded(guards, view, prompt, ask)
        recorded = await log.record(view.run, step, bodies, since=view.version)
    if refusal([event.body for event in recorded.own], "before_model", "after_model"):
        return after(view, recorded, turn={"ordinal": view.ordinal, "route": "refused"})
    body = next(event.body for event in recorded.own if isinstance(event.body, ModelCalled))
    wants_tools = bool(body.tool_calls)
    route = ("tools" if view.ordinal < tool_loop_limit else "limit") if wants_tools else "reply"
    return after(view, recorded, turn={"ordinal": view.ordinal, "route": route}, messages=[_message(view, body)])


async def _guarded(
    guards: Sequence[Guard], view: View, prompt: Prompt, ask: Callable[[], Awaitable[ModelAnswer]]
) -> list[EventBody]:
    """Return what the guards ruled, and the answer unless they let none be asked for."""
    who, at = view.run.principal, CallRef(ordinal=view.ordinal, index=0)
    offered = [tool["function"]["name"] for tool in prompt.tools]
    ruled = await consult(guards, "before_model", ModelRequest(prompt.messages, offered), who, at)
    if refusal(ruled, "before_model"):
        return [*ruled]
    called = _called(await ask(), prompt, view.ordinal)
    return [
        *ruled,
        called,
        *await consult(guards, "after_model", ModelReply(called.text, called.tool_calls), who, at),
    ]


def _unstreamed(config: RunnableConfig) -> RunnableConfig:
    """Return a config under which no token is shown: what is out can't be refused any more."""
    return {**config, "tags": [*(config.get("tags") or []), TAG_NOSTREAM]}


async def _asked(
    view: View, log: Log, prompt: Prompt, model: ChatOpenAI, retry: Retry, config: RunnableConfig
) -> ModelAnswer:
    try:
        return await call(model, prompt.messages, prompt.tools, config=config, retry=retry)
    except ModelFailed as error:
        await _record_failure(view, log, prompt, error)
        raise


async def _record_failure(view: View, log: Log, prompt: Prompt, error: ModelFailed) -> None:
    turn = await log.turn(view.run.tenant, view.run.thread, view.run.turn)
    failures = sum(1 for event in turn if event.header.type == "model_call_failed")
    body = ModelCallFailed(
        package_id=prompt.package.header.id, ordinal=view.ordinal, code=error.code, detail=clean(error.message)
    )
    await log.record(view.run, Step("model_failure", failures), [body], since=view.version)


def _called(answer: ModelAnswer, prompt: Prompt, ordinal: int) -> ModelCalled:
    calls = [ToolRequest(id=c.id, name=clean(c.name), args=cleaned(c.args)) for c in answer.tool_calls]
    # A call whose arguments are no object can't be run; the review refuses it by name.
    calls += [ToolRequest(id=c.id, name=clean(c.name), args={"": clean(c.raw)}) for c in answer.invalid_tool_calls]
    return ModelCalled(
        package_id=prompt.package.header.id,
        model=answer.model,
        offline=answer.offline,
        ordinal=ordinal,
        response_id=answer.response_id,
        text=clean(answer.text),
        tool_calls=tuple(calls),
        finish_reason=answer.finish_reason,
        input_tokens=answer.usage.input if answer.usage else None,
        output_tokens=answer.usage.output if answer.usage else None,
    )


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
    return await call(model, prompt.messages, prompt.tools, config=None, retry=retry)
