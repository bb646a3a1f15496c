"""The client: every call to a model goes through here.

Retries happen in this layer alone; the SDK's own are off, because they can't repeat a stream that broke. Another try is
made after a rate limit, a time-out, a lost or cut connection and a 5xx, and after nothing else. A repeated call starts
from the beginning: whoever shows tokens is told by `on_restart`. Tokens that LangGraph's "messages" stream has already
sent can't be taken back there; only complete answers are returned, so only complete answers can be stored.
"""

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from dossier.adapters import offline_model
from dossier.adapters.inprocess import ASGIApp, InProcessTransport
from dossier.adapters.json_schema import problems
from dossier.adapters.model_answer import ModelAnswer, read_answer
from dossier.adapters.model_errors import model_error
from dossier.adapters.model_stream import StreamingChat
from dossier.adapters.wire_messages import to_langchain
from dossier.errors import DossierError, ModelBadAnswer, ModelOverloaded, ModelUnreachable

if TYPE_CHECKING:
    from dossier.settings import Settings

OPENAI = "https://api.openai.com/v1"
_IN_PROCESS = "http://in-process.invalid/v1"
_ANSWER_TOKENS = 100_000
_LONGEST_TOKEN = 16
"""Characters: an answer with more for each token of its limit was not stopped by its endpoint."""
_backoff = wait_exponential_jitter(multiplier=0.5, max=8.0, jitter=0.5)

OnToken = Callable[[str], Awaitable[None]]
OnRestart = Callable[[int, DossierError], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long to try again."""

    retries: int = 2
    """Further tries after the first."""
    longest_wait: float = 20.0
    """Seconds; an endpoint that asks for a longer wait is not tried again."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits between tries."""


def is_offline(settings: "Settings") -> bool:
    """Tell whether the built-in offline model answers: neither a key nor an endpoint is set."""
    return not settings.openai_api_key and not settings.openai_base_url


def chat_model(
    profile_name: str, settings: "Settings", *, app: ASGIApp | None = None, temperature: float | None = None
) -> ChatOpenAI:
    """Return the client of one model.

    Args:
        profile_name: The model's name on the wire; ignored by the offline model.
        settings: Key, endpoint, seconds for one call, answer reserve in tokens.
        app: An OpenAI-compatible app to call in this process, in the place of any endpoint.
        temperature: None leaves it to the endpoint.
    """
    if app is None and is_offline(settings):
        app, profile_name = offline_model.app, offline_model.NAME
    key = settings.openai_api_key if app is None else None
    model = StreamingChat(
        model=profile_name,
        api_key=key or SecretStr("none"),
        base_url=(settings.openai_base_url or OPENAI) if app is None else _IN_PROCESS,
        http_async_client=httpx2.AsyncClient(transport=InProcessTransport(app)) if app else None,
        streaming=True,
        stream_usage=True,
        timeout=settings.model_timeout,
        stream_chunk_timeout=None,
        max_retries=0,
        max_completion_tokens=settings.answer_reserve,
        temperature=temperature,
        openai_proxy=None,
    )
    if model.use_responses_api:
        # Unlike chat completions, that API keeps answers at the provider unless told otherwise.
        model.store = False
    return model


async def call(
    model: ChatOpenAI,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    *,
    on_token: OnToken | None = None,
    on_restart: OnRestart | None = None,
    response_schema: Mapping[str, Any] | None = None,
    config: RunnableConfig | None = None,
    retry: Retry | None = None,
) -> ModelAnswer:
    """Call the model until one complete answer has come.

    Args:
        model: From `chat_model`.
        messages: OpenAI-style messages.
        tools: OpenAI-style tools; empty for none.
        on_token: Told each piece of text as it comes, reasoning left out.
        on_restart: Told the number of the failed try and its error, before the call starts again.
        response_schema: A JSON schema that the answer's text must fit; its `title` names it.
        config: The node's runnable config, through which LangGraph streams tokens.
        retry: How to try again.

    Raises:
        ModelFailed: Or one of its kinds, by `model_error`.
    """
    retry = retry or Retry()

    async def told(state: RetryCallState) -> None:
        if on_restart is not None:
            await on_restart(state.attempt_number, _failure(state))

    tries = AsyncRetrying(
        sleep=retry.sleep,
        stop=stop_after_attempt(retry.retries + 1),
        retry=retry_if_exception(lambda failure: _is_worth_another_try(failure, retry)),
        wait=_wait,
        before_sleep=told,
        reraise=True,
    )
    return await tries(_call_in_time, model, messages, tools, on_token, response_schema, config)


async def _call_in_time(model: ChatOpenAI, *rest: Any) -> ModelAnswer:
    """Bound one whole try: the SDK's timeout is for each read, so a trickle would never end."""
    limit = asyncio.timeout(float(str(model.request_timeout)))
    try:
        async with limit:
            return await _call_once(model, *rest)
    except TimeoutError as slow:
        if not limit.expired():
            raise
        raise model_error(slow) from slow


async def _call_once(
    model: ChatOpenAI,
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    on_token: OnToken | None,
    schema: Mapping[str, Any] | None,
    config: RunnableConfig | None,
) -> ModelAnswer:
    source = model.astream(to_langchain(messages), config, **_options(model, tools, schema))
    chunks: list[AIMessageChunk] = []
    room = (model.max_tokens or _ANSWER_TOKENS) * _LONGEST_TOKEN
    async with aclosing(_chunks(source)) as stream:
        async for chunk in stream:
            chunks.append(chunk)
            room -= _size(chunk)
            if room < 0:
                raise ModelBadAnswer("The answer is longer than any that was asked for.", raw=str(_sum(chunks).text))
            if on_token is not None and (token := str(chunk.text)):
                await on_token(token)
    if not chunks:
        raise ModelBadAnswer("The model's stream was empty.", hint="Send the message again.")
    answer = read_answer(_sum(chunks))
    # Who asks for a tool has not answered yet.
    is_reply = not (answer.refusal or answer.tool_calls or answer.invalid_tool_calls)
    return _checked(answer, schema) if schema is not None and is_reply else answer


async def _chunks(source: AsyncIterator[AIMessageChunk]) -> AsyncGenerator[AIMessageChunk, None]:
    try:
        async for chunk in source:
            yield chunk
    except Exception as failure:
        error = model_error(failure)
        if error is failure:
            raise
        raise error from failure


def _size(chunk: AIMessageChunk) -> int:
    calls = (len(part["name"] or "") + len(part["args"] or "") for part in chunk.tool_call_chunks)
    return len(str(chunk.text)) + sum(calls)


def _sum(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    try:
        return chunks[0] + chunks[1:]
    except Exception as failure:
        raise model_error(failure) from failure


def _options(model: ChatOpenAI, tools: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None) -> dict[str, Any]:
    options: dict[str, Any] = {"tools": [dict(tool) for tool in tools]} if tools else {}
    if schema is None:
        return options
    shape = {"name": schema.get("title", "answer"), "schema": dict(schema), "strict": True}
    asked = {"response_format": {"type": "json_schema", "json_schema": shape}}
    # As a plain option the client would parse the answer itself, and lose it when it does not fit.
    return options | (asked if model.use_responses_api else {"extra_body": asked})


def _checked(answer: ModelAnswer, schema: Mapping[str, Any]) -> ModelAnswer:
    try:
        value = json.loads(answer.text)
        found = list(problems(value, schema))
    except (ValueError, RecursionError) as broken:
        told = str(broken) if isinstance(broken, ValueError) else "it is nested too deeply"
        raise ModelBadAnswer(f"The structured answer is no JSON: {told}.", raw=answer.text) from broken
    if found:
        raise ModelBadAnswer(f"The structured answer breaks its schema: {'; '.join(found[:5])}.", raw=answer.text)
    if not isinstance(value, dict):
        raise ModelBadAnswer("The structured answer is no JSON object.", raw=answer.text)
    return dataclasses.replace(answer, parsed=value)


def _is_worth_another_try(failure: BaseException, retry: Retry) -> bool:
    if isinstance(failure, ModelOverloaded):
        return (failure.retry_after or 0.0) <= retry.longest_wait
    return isinstance(failure, ModelUnreachable)


def _wait(state: RetryCallState) -> float:
    failure = _failure(state)
    asked = failure.retry_after if isinstance(failure, ModelOverloaded) else None
    return _backoff(state) if asked is None else asked


def _failure(state: RetryCallState) -> DossierError:
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, DossierError)
    return failure
