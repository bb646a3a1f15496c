"""Limits on model calls, tool calls, tokens and spend, by turn, thread, user and tenant."""

import asyncio
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.adapters.script import Call, CallTools, Say
from dossier.errors import InvalidSettings, LimitReached, RateLimited
from dossier.limits import BILLIONTHS, Amounts, Limits, Used, amounts_of, refuse_beyond
from state import events as e
from state.model_events import LimitScope, Quantity, UsageLimitReached

SCOPES: tuple[LimitScope, ...] = get_args(LimitScope)
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
NOTE = Call("add_note", {"case_id": "C-1042", "text": "again"})
NOTES = "SELECT text FROM casework.notes"

amounts = st.builds(Amounts, *(st.integers(0, 20) for _ in QUANTITIES))
limits_of_all = st.fixed_dictionaries(
    {
        scope: st.fixed_dictionaries({}, optional={name: st.integers(1, 20) for name in QUANTITIES if name != "spend"})
        for scope in SCOPES
    }
).map(Limits.model_validate)


def limited(scope: str, **limit: float) -> dict[str, Any]:
    return {scope: limit}


@pytest.mark.req("UP-8")
@given(limits_of_all, st.lists(amounts, min_size=4, max_size=4), amounts)
def test_calls_are_refused_exactly_when_a_limit_leaves_no_room(
    limits: Limits, used: list[Amounts], adding: Amounts
) -> None:
    def is_over(scope: LimitScope, taken: Amounts) -> bool:
        limit = limits.of(scope)
        return any(
            (
                adding.model_calls and limit.model_calls and taken.model_calls + adding.model_calls > limit.model_calls,
                adding.model_calls and limit.tokens and taken.tokens >= limit.tokens,
                adding.tool_calls and limit.tool_calls and taken.tool_calls + adding.tool_calls > limit.tool_calls,
            )
        )

    rows = [Used(scope, taken, 60) for scope, taken in zip(SCOPES, used, strict=True)]
    over = [row.scope for row in rows if is_over(row.scope, row.amounts)]
    try:
        refuse_beyond(limits, rows, adding)
    except LimitReached as refused:
        assert refused.reached is not None
        assert refused.reached.scope == over[0]
        assert isinstance(refused, RateLimited) == (over[0] in ("user", "tenant"))
    else:
        assert over == []


@pytest.mark.req("UP-8", "ST-4")
async def test_a_turn_that_has_made_its_model_calls_ends_and_the_thread_goes_on(open_desk):
    script = [CallTools(calls=(NOTE,)), CallTools(calls=(NOTE,)), Say(text="Here again.")]
    async with open_desk(script, limits=limited("turn", model_calls=2)) as desk:
        result = await desk.say("Go on for ever.")
        reached, ended = await desk.last(UsageLimitReached), await desk.last(e.TurnEnded)
        next_one = await desk.say("And now?")
        verdict = await desk.services.verifier.verify("northgate", desk.thread)

        assert result["messages"][-1]["content"] == (
            "I stopped here: The limit of this turn, 2 model calls, is reached. Nothing further was done."
        )
        assert reached == UsageLimitReached(scope="turn", quantity="model_calls", limit=2, used=2, ordinal=2)
        assert ended.outcome == "limit_reached"
        assert len(await desk.rows(NOTES)) == 2
        assert next_one["messages"][-1]["content"] == "Here again."
        assert verdict.status == "intact"


@pytest.mark.req("UP-8")
async def test_of_the_calls_of_one_answer_as_many_run_as_a_limit_leaves_room_for(open_desk):
    notes = tuple(Call("add_note", {"case_id": "C-1042", "text": f"note {n}"}) for n in range(3))
    async with open_desk(
        [CallTools(calls=notes), Say(text="Two stand.")], limits=limited("user", tool_calls=2)
    ) as desk:
        await desk.say("Add three notes.")

        assert [row["text"] for row in await desk.rows(NOTES)] == ["note 0", "note 1"]
        refused = await desk.of(e.ToolCallRejected)
        assert [(one.call.index, one.code) for one in refused] == [(2, "limit_reached")]
        told = "add_note did not run: limit_reached: The limit of this user for today, 2 tool calls, is reached."
        assert told in [text for _, text in await desk.shown("tool_result")]
        assert (await desk.last(e.TurnEnded)).outcome == "answered"


@pytest.mark.req("UP-8")
@pytest.mark.parametrize(
    ("scope", "limit", "code"),
    [
        ("thread", {"tokens": 15}, "limit_reached"),
        ("thread", {"model_calls": 1}, "limit_reached"),
        ("user", {"tokens": 15}, "rate_limited"),
        ("tenant", {"spend": 15 * 1e-6}, "rate_limited"),
    ],
)
async def test_a_message_for_which_nothing_is_left_is_refused_and_nothing_is_stored(open_desk, scope, limit, code):
    prices = {"dossier-offline": (1.0, 1.0)}
    script = [Say(text="Yes."), Say(text="Again.")]
    async with open_desk(script, limits={scope: limit}, model_prices=prices) as desk:
        await desk.say("Hello.")
        before = await desk.events()
        with pytest.raises(LimitReached) as refused:
            await desk.say("Hello again.")
        again = await desk.say("Hello.", id=before[0].header.turn or "")

        assert refused.value.code == code
        assert await desk.events() == before
        assert again["messages"][-1]["content"] == "Yes."
        left = datetime.now(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1) - datetime.now(UTC)
        if isinstance(refused.value, RateLimited):
            assert abs(refused.value.retry_after - left.total_seconds()) < 60


@pytest.mark.req("UP-8")
async def test_a_turn_goes_by_what_its_own_calls_took_and_another_thread_is_not_held_to_it(open_desk):
    script = [CallTools(calls=(NOTE,)), Say(text="Fresh.")]
    async with open_desk(script, limits=limited("turn", tokens=15)) as desk:
        await desk.say("Add a note.")
        assert (await desk.last(UsageLimitReached)).quantity == "tokens"
        assert (await desk.say("And now?"))["messages"][-1]["content"] == "Fresh."


@pytest.mark.req("UP-8", "UP-4")
async def test_a_model_that_reads_beside_the_reply_is_not_asked_beyond_the_limit(open_desk):
    endpoint = {"extraction_model": "gpt-4o-mini", "openai_api_key": "none"}
    async with open_desk([Say(text="Noted.")], limits=limited("turn", model_calls=1), **endpoint) as desk:
        await desk.say("Case C-1042 is urgent.")

        assert len(desk.model.requests) == 1
        assert (await desk.last(e.TurnEnded)).outcome == "answered"
        assert (await desk.last(UsageLimitReached)).ordinal == -1


@pytest.mark.req("UP-8", "CX-6")
async def test_an_endpoint_that_reports_no_usage_is_counted_here(open_desk):
    async with open_desk([Say(text="Four plain words here.", usage=None)], limits=limited("thread", spend=1)) as desk:
        await desk.say("Hello.")
        (prompt,) = await desk.prompts()
        called = await desk.last(e.ModelCalled)
        said = desk.services.counter.count("Four plain words here.")
        assert called.taken.tokens == prompt.package.total_tokens + said
        assert called.taken.spend == 0


@pytest.mark.req("UP-8", "UP-6")
async def test_an_answer_that_could_not_be_used_counts_too(open_desk):
    script = [Say(text="", finish="stop"), Say(text="Yes.")]
    async with open_desk(script) as desk:
        await desk.say("Hello.")
        (failed,) = await desk.of(e.ModelCallFailed)
        used = await desk.services.usage.used("northgate", "o.brandt", desk.thread)
        total = failed.taken.tokens + (await desk.last(e.ModelCalled)).taken.tokens
        assert failed.taken.tokens > 0
        assert {one.scope: one.amounts.tokens for one in used} == dict.fromkeys(("thread", "user", "tenant"), total)


@pytest.mark.req("UP-8")
async def test_a_limit_on_spend_needs_to_know_the_price(open_desk):
    unknown: dict[str, Any] = {"model": "mine", "openai_base_url": "http://127.0.0.1:9/v1"}
    unknown |= {"model_encoding": "o200k_base", "model_window": 8_000, "limits": limited("tenant", spend=5)}
    with pytest.raises(InvalidSettings) as refused:
        async with open_desk([], **unknown):
            pass
    assert (refused.value.message, refused.value.hint) == (
        "DOSSIER_LIMITS limits spend, but the price of 'mine' is not known.",
        'Set DOSSIER_MODEL_PRICES, such as {"mine": [0.5, 1.5]}: US dollars for a million tokens of prompts and of '
        "answers.",
    )
    unknown["model_prices"] = {"mine": (0.5, 1.5)}
    async with open_desk([Say(text="Yes.")], **unknown) as desk:
        await desk.say("Hello.")
        assert (await desk.last(e.ModelCalled)).taken.spend == (10 * 500 + 5 * 1_500)


@pytest.mark.req("UP-8", "PE-6")
async def test_two_processes_together_make_exactly_the_calls_that_are_left(database_url, open_case_desk):
    limits = json.dumps({"user": {"model_calls": 11}, "tenant": {"tokens": 10**9}})
    command = [sys.executable, "-m", "tests.turn.limited_caller", database_url, limits, "6", "3"]
    processes = [await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE) for _ in range(2)]
    told = [json.loads((await process.communicate())[0]) for process in processes]
    seen = sum((Counter(one) for one in told), Counter())

    assert seen.total() == 36
    assert seen["rate_limited"] > 0
    with psycopg.connect(database_url) as conn:
        rows = conn.execute("SELECT thread_id FROM dossier.threads").fetchall()
    async with open_case_desk() as services:
        logs = [await services.log.events("northgate", thread) for (thread,) in rows]
        used = {one.scope: one.amounts for one in await services.usage.used("northgate", "o.brandt")}
    counted = amounts_of(event.body for log in logs for event in log)
    assert counted.model_calls == 11
    assert used == {"user": counted, "tenant": counted}


@pytest.mark.req("UP-8")
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_limit_says_itself_in_words(quantity: Quantity) -> None:
    limits = Limits.model_validate({"tenant": {quantity: 0.25 if quantity == "spend" else 7}})
    used = Amounts(**dict.fromkeys(QUANTITIES, BILLIONTHS))
    with pytest.raises(RateLimited) as refused:
        refuse_beyond(limits, [Used("tenant", used, 90)], Amounts(model_calls=1, tool_calls=1))
    what = {
        "model_calls": "7 model calls",
        "tool_calls": "7 tool calls",
        "tokens": "7 tokens",
        "spend": "0.25 US dollars",
    }
    assert refused.value.message == f"The limit of this tenant for today, {what[quantity]}, is reached."
    assert (refused.value.hint, refused.value.retry_after) == (
        "Wait for tomorrow (UTC), or have the limit raised.",
        90,
    )
