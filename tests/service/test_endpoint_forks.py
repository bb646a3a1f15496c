"""Forks and rehearsals over REST: the origin stays as it is, nothing takes effect, and they go with their origin."""

import httpx
import pytest

from tests.service.conftest import ASK_NOTICE, Serve, begin, say


async def told(client: httpx.AsyncClient, place: str) -> list[str]:
    return [message["text"] for message in (await client.get(f"{place}/messages")).json()["messages"]]


@pytest.mark.req("SV-6")
async def test_a_fork_shares_what_came_before_and_goes_its_own_way(serve: Serve) -> None:
    script = [{"kind": "text", "text": text} for text in ("One.", "Two.", "Other.")]
    async with serve(script) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        for id_ in ("m1", "m2"):
            await officer.post(f"{place}/messages", json={"id": id_, "text": f"Say {id_}."})
        made = [await officer.post(f"{place}/fork", json={"id": "f", "before": "m2"}) for _ in range(2)]
        other = await officer.post(f"{place}/fork", json={"id": "f", "after": "m2"})
        await officer.post("/v1/conversations/f/messages", json={"id": "m2", "text": "Say something else."})
        whole = (await officer.post(f"{place}/fork", json={})).json()
        listed = [
            {row["id"] for row in (await officer.get(f"/v1/conversations{query}")).json()["conversations"]}
            for query in ("", "?rehearsals=included")
        ]
        said = [await told(officer, f"/v1/conversations/{id_}") for id_ in (place.rsplit("/", 1)[1], "f", whole["id"])]

    assert [answer.status_code for answer in (*made, other)] == [201, 200, 409]
    assert made[0].json()["rehearsal"] and made[0].json()["forked_from"].startswith(place.rsplit("/", 1)[1] + ":")
    assert said == [
        ["Say m1.", "One.", "Say m2.", "Two."],
        ["Say m1.", "One.", "Say something else.", "Other."],
        ["Say m1.", "One.", "Say m2.", "Two."],
    ]
    assert listed[1] - listed[0] == {"f", whole["id"]}


@pytest.mark.req("SV-6", "AP-4")
async def test_in_a_rehearsal_nothing_waits_for_approval_and_in_a_promoted_fork_it_does(serve: Serve) -> None:
    script = [{"kind": "text", "text": "Hello."}, ASK_NOTICE, {"kind": "text", "text": "It did not run."}, ASK_NOTICE]
    async with serve(script) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        await officer.post(f"{place}/messages", json=say("Hello"))
        stands = []
        for effects in (False, True):
            fork = (await officer.post(f"{place}/fork", json={"effects": effects})).json()["id"]
            answer = await officer.post(f"/v1/conversations/{fork}/messages", json=say("Notify the licensee of C-1042"))
            stands.append(answer.json()["status"])

    assert stands == ["answered", "waiting"]


@pytest.mark.req("SV-6", "SV-4")
async def test_a_fork_of_what_is_not_there_or_at_no_one_place_is_refused(serve: Serve) -> None:
    async with serve([ASK_NOTICE]) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        await officer.post(f"{place}/messages", json=say("Notify the licensee of C-1042", id="m1"))
        wanted = [{"before": "no"}, {"before": "m1", "after": "m1"}, {"after": "m1"}, {"before": "m1"}]
        statuses = [(await officer.post(f"{place}/fork", json=body)).status_code for body in wanted]
        overseer = (await replica.supervisor.post(f"{place}/fork", json={})).status_code

    assert (statuses, overseer) == ([404, 400, 400, 201], 404)


@pytest.mark.req("CX-13", "SV-6")
async def test_what_if_shows_both_tellings_to_owner_and_overseer_and_changes_nothing(serve: Serve) -> None:
    async with serve() as replica:
        officer, place = replica.officer, await begin(replica.officer)
        await officer.post(f"{place}/messages", json=say("What is the status of C-1042?"))
        package = (await officer.get(f"{place}/receipts")).json()["calls"][0]["package"]
        head = (await replica.desk.services.log.thread("northgate", place.rsplit("/", 1)[1])).head
        change = {"without": ["case:C-1042"], "stale": ["doc:IR-77#5"]}
        both = [
            (await client.post(f"/v1/receipts/{package}/what-if", json=change)).json()
            for client in (officer, replica.supervisor)
        ]
        small = (await officer.post(f"/v1/receipts/{package}/what-if", json={"budget": 600})).json()
        unknown = await officer.post(f"/v1/receipts/{package}/what-if", json={"without": ["doc:NONE"]})
        later = both[0]["after"]["receipt"]["package"]
        again = await officer.post(f"/v1/receipts/{later}/what-if", json={})
        still = (await replica.desk.services.log.thread("northgate", place.rsplit("/", 1)[1])).head

    for found in both:
        shown = [{item["id"] for item in found[name]["receipt"]["included"]} for name in ("before", "after")]
        assert shown[0] - shown[1] == {"case:C-1042"}
        assert "[case:C-1042]" in found["before"]["reply"] and "[case:C-1042]" not in found["after"]["reply"]
    assert (small["after"]["receipt"], small["after"]["refused"][:15]) == (None, "budget_exceeded")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid_input")
    assert again.json()["after"]["receipt"]["included"] != []
    assert still == head


@pytest.mark.req("SV-6", "UP-8")
async def test_what_a_rehearsal_takes_counts_for_the_tenant(serve: Serve) -> None:
    async with serve(limits={"tenant": {"tokens": 5_000}}) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        await officer.post(f"{place}/messages", json=say("What is the status of C-1042?"))
        package = (await officer.get(f"{place}/receipts")).json()["calls"][0]["package"]
        answers = [await officer.post(f"/v1/receipts/{package}/what-if", json={}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 429]


@pytest.mark.req("PR-2", "SV-6")
async def test_with_a_conversation_go_its_rehearsals_and_theirs(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "Yes."}]) as replica:
        officer = replica.officer
        await officer.post("/v1/conversations", json={"id": "a"})
        await officer.post("/v1/conversations", json={"id": "a:1"})
        await officer.post("/v1/conversations/a/messages", json=say("Remember heliotrope."))
        for origin, fork in (("a", "b"), ("b", "c"), ("a:1", "d")):
            await officer.post(f"/v1/conversations/{origin}/fork", json={"id": fork})
        await officer.post("/v1/conversations/a/fork", json={"id": "e", "effects": True})
        await officer.delete("/v1/conversations/a")
        left = {
            id_: (await officer.get(f"/v1/conversations/{id_}")).status_code for id_ in ("a", "b", "c", "a:1", "d", "e")
        }

    assert left == {"a": 404, "b": 404, "c": 404, "a:1": 200, "d": 200, "e": 200}


SAID = (
    "What's the position on C-1042? Not urgent, just summarise the evidence.",
    "New evidence makes it urgent: redo the risk analysis only, don't change the status.",
)


@pytest.mark.req("SV-6")
async def test_the_past_of_a_conversation_is_listed_and_looked_at_and_forked_from(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "Noted."}] * 2) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        nothing = await officer.get(f"{place}/state")
        await officer.post(f"{place}/messages", json=say(SAID[0], id="m1"))
        await officer.post(f"{place}/messages", json=say(SAID[1], id="m2"))
        listed = (await officer.get(f"{place}/turns")).json()
        first, second = listed["turns"]
        states = [
            (await officer.get(f"{place}/state", params={"at": at} if at else {})).json()
            for at in (first["last"], None)
        ]
        beyond = await officer.get(f"{place}/state?at={second['last'] + 1}")
        fork = (await officer.post(f"{place}/fork", json={"after": "m1"})).json()
        there = (await officer.get(f"/v1/conversations/{fork['id']}/state")).json()

    assert (nothing.status_code, beyond.status_code) == (400, 400)
    assert (listed["total"], first["id"], first["said"], first["replied"], first["outcome"]) == (
        2,
        "m1",
        SAID[0],
        "Noted.",
        "answered",
    )
    assert len(first["receipts"]) == 1
    urgencies = [[fact["value"] for fact in one["facts"] if fact["key"].endswith("/urgency")] for one in states]
    assert urgencies == [["not urgent"], ["urgent"]]
    assert [one["version"] for one in states] == [first["last"], second["last"]]
    assert there["facts"] == states[0]["facts"]
