"""The streaming client: ChatOpenAI without what it drops and with less than it lets through."""

from collections.abc import AsyncIterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI

from dossier.adapters.reasoning import ReasoningFilter
from dossier.errors import ModelBadAnswer

_REASONING_BLOCKS = frozenset({"reasoning", "thinking"})


class StreamingChat(ChatOpenAI):
    """ChatOpenAI that keeps the response id and a streamed refusal, which it drops, and streams no reasoning."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        choices = chunk.get("choices") or []
        if made is None or not choices:
            return made
        if refusal := choices[0]["delta"].get("refusal"):
            made.message.additional_kwargs["refusal"] = refusal
        if choices[0].get("finish_reason"):
            made.generation_info = {**(made.generation_info or {}), "id": chunk.get("id")}
        return made

    async def _astream(
        self, *args: Any, run_manager: AsyncCallbackManagerForLLMRun | None = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        # LangGraph streams what the manager is told, so it is told of what is left of a chunk.
        shown = ReasoningFilter()
        async for chunk in super()._astream(*args, run_manager=None, **kwargs):
            chunk = _without_reasoning(chunk, shown)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk
        if held := shown.rest():
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=held))
            if run_manager:
                await run_manager.on_llm_new_token(held, chunk=chunk)
            yield chunk


def _without_reasoning(chunk: ChatGenerationChunk, shown: ReasoningFilter) -> ChatGenerationChunk:
    if not isinstance(chunk.message, AIMessageChunk):
        raise ModelBadAnswer(f"The answer came in the role of {chunk.message.type!r}.")
    content = chunk.message.content
    if isinstance(content, str):
        kept: Any = shown.feed(content) if content else content
    else:
        kept = [block for block in map(lambda b: _block(b, shown), content) if block is not None]
    message = chunk.message.model_copy(update={"content": kept})
    return ChatGenerationChunk(message=message, generation_info=chunk.generation_info)


def _block(block: Any, shown: ReasoningFilter) -> Any:
    if not isinstance(block, dict):
        return shown.feed(block)
    if block.get("type") in _REASONING_BLOCKS:
        return None
    return {**block, "text": shown.feed(block["text"])} if isinstance(block.get("text"), str) else block
