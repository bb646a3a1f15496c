"""ME-4 over HTTP: what is remembered of a caller is theirs to list, correct and forget."""

import pytest

from tests.service.conftest import Provider, Serve, begin, say

pytestmark = pytest.mark.req("ME-4", "SV-3")

WISH = "Remember that I prefer short answers. Remember that I like tables."


async def test_memories_are_listed_corrected_and_forgotten_by_who_they_are_of(serve: Serve, provider: Provider) -> None:
    async with serve([{"kind": "text", "text": "Noted."}] * 2) as replica:
        officer = replica.officer
        place = await begin(officer)
        await officer.post(f"{place}/messages", json=say(WISH))
        listed = (await officer.get("/v1/memories")).json()
        page = (await officer.get("/v1/memories?limit=1&offset=1")).json()
        first, second = listed["memories"]
        changed = await officer.put(f"/v1/memories/{first['id']}", json={"text": "I prefer long answers"})
        judged = await officer.put(f"/v1/memories/{first['id']}", json={"text": "my password is hunter2"})
        foreign = [
            await other.request(method, f"/v1/memories/{first['id']}", json=body)
            for other in (replica.supervisor, replica.client(provider.bearer(tenant="southmoor", user="o.brandt")))
            for method, body in (("PUT", {"text": "I prefer none"}), ("DELETE", None))
        ]
        others = (await replica.supervisor.get("/v1/memories")).json()["memories"]
        gone = await officer.delete(f"/v1/memories/{second['id']}")
        left = (await officer.get("/v1/memories")).json()
        all_gone = await officer.delete("/v1/memories")
        none = (await officer.get("/v1/memories")).json()

    assert {first["text"], second["text"]} == {"I prefer short answers", "I like tables"}
    assert (first["scope"], first["of"], first["said_by"]) == ("user", "o.brandt", "o.brandt")
    assert first["conversation"] == place.rsplit("/", 1)[1]
    assert (page["memories"], page["total"]) == ([second], 2)
    assert (changed.status_code, changed.json()["text"]) == (200, "I prefer long answers")
    assert (judged.status_code, judged.json()["code"]) == (400, "invalid_input")
    assert {(answer.status_code, answer.json()["code"]) for answer in foreign} == {(404, "not_found")}
    assert others == []
    assert gone.status_code == 204
    assert [one["text"] for one in left["memories"]] == ["I prefer long answers"]
    assert (all_gone.json(), none["memories"], none["total"]) == ({"forgotten": 1}, [], 0)
