import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.adapters.tokenizer_files import Encoding
from dossier.adapters.tokens import count_messages, is_exact, token_counter
from dossier.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]

# Of OpenAI's cookbook, with the usage that the endpoint reported there.
JARGON = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant "
        "that translates corporate jargon into plain English.",
    },
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth "
        "to touch base on opportunities for increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
WEATHER = [
    {"role": "system", "content": "You are a helpful assistant that can answer to questions about the weather."},
    {"role": "user", "content": "What's the weather like in San Francisco?"},
]
WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
                "unit": {
                    "type": "string",
                    "description": "The unit of temperature to return",
                    "enum": ["celsius", "fahrenheit"],
                },
            },
            "required": ["location"],
        },
    },
}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "view", "arguments": '{"case": "C-1042"}'}}],
}


@pytest.mark.req("CX-6")
@pytest.mark.parametrize(("encoding", "usage"), [("cl100k_base", 129), ("o200k_base", 124)])
def test_messages_count_as_the_endpoint_reported(encoding: Encoding, usage: int) -> None:
    counter = token_counter(encoding)

    assert (count_messages(JARGON, [], counter), is_exact(JARGON, [], counter)) == (usage, True)


@pytest.mark.req("CX-6")
@pytest.mark.parametrize(("encoding", "usage"), [("cl100k_base", 105), ("o200k_base", 101)])
def test_a_tool_schema_is_an_estimate_that_meets_the_reported_usage(encoding: Encoding, usage: int) -> None:
    counter = token_counter(encoding)

    assert count_messages(WEATHER, [WEATHER_TOOL], counter) == usage
    assert not is_exact(WEATHER, [WEATHER_TOOL], counter)


def test_text_blocks_count_as_their_text_and_tool_calls_as_name_and_arguments() -> None:
    counter = token_counter("o200k_base")
    blocks = [{"role": "user", "content": [{"type": "text", "text": "What is"}, {"type": "text", "text": " C-1042?"}]}]
    whole = [{"role": "user", "content": "What is C-1042?"}]
    call = counter.count("view") + counter.count('{"case": "C-1042"}')

    assert count_messages(blocks, [], counter) == count_messages(whole, [], counter)
    assert count_messages([CALL], [], counter) == 3 + 3 + counter.count("assistant") + 3 + call
    assert not is_exact([CALL], [], counter)


def test_nested_and_alternative_schemas_are_counted() -> None:
    counter = token_counter("o200k_base")

    def tool(**properties: object) -> dict[str, object]:
        return {
            "type": "function",
            "function": {"name": "f", "parameters": {"type": "object", "properties": properties}},
        }

    sizes = [
        count_messages([], [tool(**properties)], counter)
        for properties in (
            {},
            {"a": {"type": "object"}},
            {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
            {"a": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "string"}}}}},
            {"a": {"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "null"}], "title": "A or not"}},
        )
    ]

    assert sizes == sorted(set(sizes))


@pytest.mark.req("CX-6")
@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_special_tokens_are_counted_as_the_text_they_are(encoding: Encoding) -> None:
    assert token_counter(encoding).count("<|endoftext|>") == 7


@given(st.lists(st.text(max_size=40), max_size=30))
def test_a_repeated_count_is_the_first_one(texts: list[str]) -> None:
    counter = token_counter("o200k_base")

    assert [counter.count(text) for text in texts] == [counter.count(text) for text in texts]
    assert counter.count("") == 0


def test_many_threads_get_the_same_counts() -> None:
    counter = token_counter("cl100k_base")
    texts = [f"case C-{number} is open" for number in range(200)] * 3
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(counter.count, texts))

    assert together == [counter.count(text) for text in texts]


COUNT = "from dossier.adapters.tokens import token_counter; print(token_counter('cl100k_base').count('one two three'))"


def start(folder: Path) -> subprocess.Popen[str]:
    # No resolver, no proxy: a download would fail.
    environment = {"TIKTOKEN_CACHE_DIR": str(folder), "HTTPS_PROXY": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", COUNT], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.req("CX-6")
def test_first_starts_at_once_need_no_network_and_leave_one_whole_file(tmp_path: Path) -> None:
    processes = [start(tmp_path / "cache") for _ in range(3)]

    assert [process.communicate()[0] for process in processes] == ["3\n"] * 3
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (tmp_path / "cache").iterdir()]
    assert digests == ["223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"]


def test_a_damaged_cache_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4").write_bytes(b"half")

    assert start(tmp_path).communicate()[0] == "3\n"


def test_a_cache_folder_that_can_not_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    token_counter.cache_clear()
    with pytest.raises(Unavailable) as refused:
        token_counter("cl100k_base")

    assert refused.value.hint == "Set TIKTOKEN_CACHE_DIR to a folder that this account may write."


@pytest.mark.req("CX-6")
@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="\n\r\t </>'aS1\u00e9\u2019\u4e2d.-_\u2028\u0085\u00a0", max_size=30), st.text(max_size=8))
def test_counting_in_parts_counts_what_the_encoding_has(before: str, after: str) -> None:
    text = f"{before}\n<<{after}\n<<{before}"
    for encoding in ("o200k_base", "cl100k_base"):
        whole = tiktoken.get_encoding(encoding).encode_ordinary(text)
        assert token_counter(encoding).count(text) == len(whole)
