"""Spans of steps and of model calls."""

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from langchain_core.runnables import RunnableConfig
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Prompt
from dossier.adapters.profiles import ModelProfile
from dossier.errors import DossierError
from dossier.limits import BILLIONTHS
from dossier.run import Run
from dossier.telemetry import names
from dossier.telemetry.instruments import call_seconds, step_seconds, token_difference, token_usage
from state.model_events import Taken

_tracer = trace.get_tracer("dossier")
Step = Callable[..., Awaitable[Any]]


def traced(name: str, step: Step) -> Step:
    """Return a step that is a span and whose time is measured; an interrupt is no error."""

    async def run(state: Any, config: RunnableConfig) -> Any:
        began = time.perf_counter()
        with _spanned(f"step {name}", SpanKind.INTERNAL, {names.OURS + "step": name}):
            try:
                return await step(state, config)
            finally:
                step_seconds.record(time.perf_counter() - began, {"step": name})

    return run


class ModelSpan:
    """The span of one model call, on which its answer is noted."""

    def __init__(self, span: Span, profile: ModelProfile, estimated: int, *, content: bool) -> None:
        self._span = span
        self._profile = profile
        self._estimated = estimated
        self._content = content

    def answered(self, answer: ModelAnswer, taken: Taken) -> None:
        """Note what came: usage and cost, and the text if content may be traced."""
        told: dict[str, Any] = {
            names.RESPONSE_MODEL: answer.model,
            names.RESPONSE_ID: answer.response_id,
            names.FINISH_REASONS: [answer.finish_reason],
        }
        if usage := answer.usage:
            told |= {names.INPUT_TOKENS: usage.input, names.OUTPUT_TOKENS: usage.output}
            told[names.OURS + "token_difference"] = usage.input - self._estimated
            token_difference.record(abs(usage.input - self._estimated), {names.REQUEST_MODEL: self._profile.name})
            for kind, tokens in (("input", usage.input), ("output", usage.output)):
                token_usage.record(tokens, {names.TOKEN_TYPE: kind, names.REQUEST_MODEL: self._profile.name})
        if taken.spend is not None:
            told[names.OURS + "cost_usd"] = taken.spend / BILLIONTHS
        if self._content:
            told[names.OUTPUT_MESSAGES] = json.dumps([{"role": "assistant", "content": answer.text}])
        self._span.set_attributes(told)


@contextmanager
def model_call(
    run: Run, prompt: Prompt, profile: ModelProfile, estimated: int, *, content: bool
) -> Iterator[ModelSpan]:
    """Trace one model call: which package it was shown, under which versions and budget.

    Args:
        run: Whose call.
        prompt: What is sent.
        profile: Of the model.
        estimated: Tokens that are sent, as we count them.
        content: Put prompt and answer into the trace.
    """
    told = _told(run, prompt, profile, estimated)
    if content:
        told[names.INPUT_MESSAGES] = json.dumps(prompt.messages)
    began = time.perf_counter()
    with _spanned(f"chat {profile.name}", SpanKind.CLIENT, told) as span:
        try:
            yield ModelSpan(span, profile, estimated, content=content)
        finally:
            call_seconds.record(time.perf_counter() - began, {names.REQUEST_MODEL: profile.name})


def _told(run: Run, prompt: Prompt, profile: ModelProfile, estimated: int) -> dict[str, Any]:
    package = prompt.package
    head = package.header
    summaries = [entry.item.id for entry in package.items if entry.item.kind == "summary"]
    ours = {
        "tenant_id": run.tenant,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        "turn_id": run.turn,
        "context_package_id": head.id,
        "prompt_version": head.prompt_version,
        "model_profile": head.model_profile,
        "included": [entry.item.id for entry in package.items],
        "excluded": [excluded.id for excluded in package.exclusions],
        "token_budget": package.budget,
        "estimated_tokens": estimated,
        "retrieval_query_id": f"{run.thread}/{run.turn}",
        "summary_version": summaries[0] if summaries else "",
        "state_snapshot_version": head.snapshot_version,
        "policy_scope_hash": head.policy_version,
    }
    return {
        names.OPERATION: "chat",
        names.PROVIDER: "dossier.offline" if profile.offline else "openai",
        names.REQUEST_MODEL: profile.name,
        names.CONVERSATION: run.thread,
        names.OURS + "session_id": run.thread,
        **{names.OURS + name: value for name, value in ours.items()},
    }


@contextmanager
def _spanned(name: str, kind: SpanKind, attributes: dict[str, Any]) -> Iterator[Span]:
    options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
    with _tracer.start_as_current_span(name, kind=kind, attributes=attributes, **options) as span:
        try:
            yield span
        except DossierError as error:  # its code, and not its words: they may quote what was said
            span.set_attribute(names.ERROR_TYPE, error.code)
            span.set_status(StatusCode.ERROR, error.code)
            raise
