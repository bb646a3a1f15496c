"""The OpenAPI document is exact: a fuzzer finds no answer that it does not tell of."""

import asyncio

import pytest

from evals.endpoint.api import fuzzed, prepared
from tests.service.conftest import Serve

pytestmark = pytest.mark.req("SV-3")


async def test_the_fuzzer_finds_no_undocumented_answer_and_no_fault(serve: Serve) -> None:
    async with serve(messages_per_minute=1_000_000) as replica:
        await prepared(replica.url)
        headers = ["-H", "Authorization: Bearer officer"]
        made, report = await asyncio.to_thread(
            fuzzed, replica.url, headers, examples=1, phases="examples,coverage,fuzzing"
        )

    assert report == ""
    assert made > 150
