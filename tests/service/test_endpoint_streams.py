"""A stream can be taken up at any replica; what is run again begins again; two replies are never spliced."""

import asyncio
from typing import Any

import httpx
import pytest

from dossier.adapters.approvals import Decided
from tests.service.conftest import ASK_NOTICE, Serve, Told, begin, say, text_of, told, until

WORDS = " ".join(f"w{n}" for n in range(30))
SLOW = {"kind": "text", "text": WORDS, "delay": 0.04}

pytestmark = pytest.mark.req("SV-3")


async def some(client: httpx.AsyncClient, method: str, path: str, texts: int, **more: Any) -> list[Told]:
    """Follow a stream until so many pieces of text have come, then lose the connection."""
    events: list[Told] = []
    async with client.stream(method, path, **more) as answer:
        assert answer.status_code == 200, await answer.aread()
        async for event in told(answer):
            events.append(event)
            if sum(e.event == "text" for e in events) == texts:
                break
    return events


async def rest(client: httpx.AsyncClient, path: str, **more: Any) -> list[Told]:
    async with client.stream("GET", path, **more) as answer:
        return [event async for event in told(answer)]


async def test_a_lost_stream_goes_on_at_another_replica_where_it_broke_off(serve: Serve) -> None:
    async with serve([SLOW]) as one, serve() as two:
        place = await begin(one.officer)
        first = await some(one.officer, "POST", f"{place}/messages", 5, json=say("Go", id="m1", stream=True))
        after = {"Last-Event-ID": str(first[-1].id)}
        second = await rest(two.officer, f"{place}/messages/m1/events", headers=after)

    assert [e.event for e in second if e.event not in ("text", "step")] == ["reply"]
    assert text_of([*first, *second]) == WORDS
    assert second[-1].data["message"]["text"] == WORDS


async def test_a_turn_that_was_cut_off_is_run_again_elsewhere_and_its_follower_forgets_the_first(serve: Serve) -> None:
    async with (
        serve([SLOW], sweep_seconds=3600) as one,
        serve([{"kind": "text", "text": "The second answer."}], sweep_seconds=0.2) as two,
    ):
        place = await begin(one.officer)
        first = await some(one.officer, "POST", f"{place}/messages", 5, json=say("Go", id="m1", stream=True))
        following = asyncio.create_task(
            rest(two.officer, f"{place}/messages/m1/events", headers={"Last-Event-ID": str(first[-1].id)})
        )
        await one.desk.turns.drain(0)
        second = await following
        retried = (await two.officer.post(f"{place}/messages", json={"text": "Go", "id": "m1"})).json()

    assert text_of(first) != ""
    assert [e.event for e in second].count("reset") == 1
    assert text_of([*first, *second]) == "The second answer."
    assert second[-1].data["message"]["text"] == retried["message"]["text"] == "The second answer."


async def test_a_model_that_breaks_off_and_answers_anew_resets_the_text(serve: Serve) -> None:
    script = [
        {"kind": "cut", "text": "A first answer that is lost", "after": 3},
        {"kind": "text", "text": "The real one."},
    ]
    async with serve(script) as replica:
        place = await begin(replica.officer)
        async with replica.officer.stream("POST", f"{place}/messages", json=say("Go", id="m1", stream=True)) as answer:
            events = [event async for event in told(answer)]

    assert "reset" in [e.event for e in events]
    assert text_of(events) == events[-1].data["message"]["text"] == "The real one."


async def test_reasoning_is_never_streamed(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "<think>hidden thoughts</think>Shown."}]) as replica:
        place = await begin(replica.officer)
        async with replica.officer.stream("POST", f"{place}/messages", json=say("Go", stream=True)) as answer:
            raw = (await answer.aread()).decode()

    assert "hidden" not in raw
    assert "Shown." in raw


async def test_the_same_message_sent_again_while_it_is_answered_follows_the_one_turn(serve: Serve) -> None:
    async with serve([SLOW]) as one, serve([{"kind": "text", "text": "Never said."}]) as two:
        place, message = await begin(one.officer), say("Go", id="m1")
        sent = [asyncio.create_task(one.officer.post(f"{place}/messages", json=message))]
        row = one.desk.services.log.thread

        async def is_open() -> bool:
            return (await row("northgate", place.rsplit("/", 1)[1])).open_turn == "m1"

        await until(is_open)
        sent += [asyncio.create_task(r.officer.post(f"{place}/messages", json=message)) for r in (one, two)]
        answers = [(await task).json() for task in sent]
        other = await two.officer.post(f"{place}/messages", json={**message, "text": "Other"})

    assert [answer["message"]["text"] for answer in answers] == [WORDS] * 3
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_a_failed_turn_is_told_as_a_problem_stays_open_and_the_retry_answers(serve: Serve) -> None:
    async with serve(
        [{"kind": "error", "status": 401}, {"kind": "text", "text": "Now."}], sweep_seconds=0.2
    ) as replica:
        place = await begin(replica.officer)
        failed = await replica.officer.post(f"{place}/messages", json=say("Go", id="m1"))
        await asyncio.sleep(1)  # a sweeper leaves alone what failed by itself
        again = (await replica.officer.get(f"{place}/messages/m1")).json()
        retried = (await replica.officer.post(f"{place}/messages", json=say("Go", id="m1"))).json()

    assert (failed.status_code, failed.json()["code"]) == (502, "model_key_refused")
    assert failed.headers["content-type"] == "application/problem+json"
    assert again["status"] == "working"
    assert (retried["status"], retried["message"]["text"]) == ("answered", "Now.")


@pytest.mark.req("AP-5")
async def test_a_turn_whose_approval_was_decided_but_not_gone_on_with_is_taken_up_by_a_sweeper(serve: Serve) -> None:
    async with serve([ASK_NOTICE, {"kind": "text", "text": "Done."}], sweep_seconds=0.2) as replica:
        place = await begin(replica.officer)
        asked = (
            await replica.officer.post(f"{place}/messages", json=say("Notify the licensee of C-1042", id="m1"))
        ).json()
        services, thread = replica.desk.services, place.rsplit("/", 1)[1]
        # Recorded, and then the process that would have gone on was gone.
        await services.approvals.decide("northgate", asked["approvals"][0], Decided("approved"), "s.okafor")

        async def reply() -> Any:
            found = (await replica.officer.get(f"/v1/conversations/{thread}/messages/m1")).json()
            return found if found["status"] == "answered" else None

        assert (await until(reply))["message"]["text"] == "Done."
