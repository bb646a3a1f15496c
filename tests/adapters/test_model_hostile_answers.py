"""Whatever an endpoint sends, the client gives one whole answer or an error with a code, and no reasoning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.adapters.model import Retry, call, chat_model
from dossier.adapters.script import Call, CallTools, Garble, Item, Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import ModelFailed
from dossier.settings import Settings
from tests.adapters.hostile_answers import ALL

KINDS = {f"{group}_{name}": item for group, items in ALL.items() for name, item in items.items()}


async def no_wait(seconds: float) -> None:
    pass


async def outcome(item: Item) -> str:
    """Return the error's code, or how the answer ended."""
    given = Settings(_env_file=None, model="m", openai_base_url="http://127.0.0.1:9/v1")  # pyright: ignore[reportCallIssue]
    model = chat_model("m", given, app=ScriptedModel([item, item, item]))
    try:
        answer = await call(model, [{"role": "user", "content": "Hi"}], [], retry=Retry(retries=2, sleep=no_wait))
    except ModelFailed as failed:
        assert failed.code != "model_failed" or failed.message
        return failed.code
    assert answer.text or answer.refusal or answer.tool_calls or answer.invalid_tool_calls
    assert "think>" not in answer.text.lower()
    return answer.finish_reason


def test_the_corpus_holds_at_least_a_hundred_kinds():
    assert len(KINDS) >= 100


@pytest.mark.req("UP-6", "UP-1", "UP-2")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_hostile_answer_is_whole_or_an_error_with_a_code(kind: str):
    assert await outcome(KINDS[kind])


@pytest.mark.req("UP-6", "UP-2")
@settings(max_examples=60, deadline=None)
@given(
    st.builds(Garble, body=st.text(max_size=200).map(lambda text: f"data: {text}\n\n"))
    | st.builds(Say, text=st.text(max_size=80), chunk_size=st.integers(0, 5))
    | st.builds(lambda name, args: CallTools(calls=(Call(name, args),)), st.text(max_size=9), st.text(max_size=40))
)
async def test_no_answer_of_any_text_breaks_the_client(item: Item):
    try:
        "".join(str(getattr(item, name, "")) for name in ("text", "body")).encode()
    except UnicodeEncodeError:
        return
    assert await outcome(item)
