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


async def test_what_is_misspelt_or_of_another_type_is_refused_not_passed_over(serve: Serve) -> None:
    async with serve() as replica:
        await prepared(replica.url)
        officer = replica.officer
        statuses = [
            (await officer.get("/v1/conversations?ofset=1")).status_code,
            (await officer.get("/v1/conversations?user=")).status_code,
            (await officer.post("/v1/conversations/0/fork", json={"effects": 1})).status_code,
            (await officer.post("/v1/conversations/0/context", json={"max_messages": True})).status_code,
            (await officer.post("/v1/conversations/0/context", json={"max_messages": "5"})).status_code,
            (await officer.post("/v1/conversations/0/context", json={"max_messages": 5.0})).status_code,
        ]

    assert statuses == [422, 422, 422, 422, 422, 200]
