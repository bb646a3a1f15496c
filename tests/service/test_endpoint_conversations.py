"""SV-3 over HTTP: conversations, messages, what is found and what is told of it."""

from typing import Any

import pytest

from tests.service.conftest import ASK_NOTICE, Provider, Serve, begin, say, text_of, told

pytestmark = pytest.mark.req("SV-3")


async def test_a_message_is_answered_awaited_and_streamed_alike_and_is_in_the_history(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "One two three."}] * 2) as replica:
        officer = replica.officer
        place = await begin(officer)
        awaited = (await officer.post(f"{place}/messages", json=say("Hello", id="m1"))).json()
        async with officer.stream("POST", f"{place}/messages", json=say("Again", id="m2", stream=True)) as answer:
            events = [event async for event in told(answer)]
        history = (await officer.get(f"{place}/messages")).json()

    assert (awaited["status"], awaited["message"]["text"]) == ("answered", "One two three.")
    assert [e.event for e in events if e.event != "text"] == ["step"] * 4 + ["reply"]
    assert (text_of(events), events[-1].data["message"]["text"]) == ("One two three.", "One two three.")
    assert [(m["turn"], m["role"], m["text"]) for m in history["messages"]] == [
        ("m1", "user", "Hello"),
        ("m1", "assistant", "One two three."),
        ("m2", "user", "Again"),
        ("m2", "assistant", "One two three."),
    ]
    assert (history["total"], history["limit"], history["offset"]) == (4, 50, 0)


async def test_creating_and_sending_again_is_the_same_conversation_and_the_same_turn(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "Once."}]) as replica:
        officer, key = replica.officer, {"Idempotency-Key": "first"}
        made = [await officer.post("/v1/conversations", json={}, headers=key) for _ in range(2)]
        place = f"/v1/conversations/{made[0].json()['id']}"
        sent = [await officer.post(f"{place}/messages", json={"text": "Hi"}, headers=key) for _ in range(2)]
        other = await officer.post(f"{place}/messages", json={"text": "Something else"}, headers=key)
        again = await officer.post("/v1/conversations", json={}, headers=key)
        overview = (await officer.get(f"{place}/overview")).json()

    assert [answer.status_code for answer in made] == [201, 200]
    assert made[0].json()["id"] == made[1].json()["id"] == again.json()["id"]
    assert again.status_code == 200
    assert sent[0].json() == sent[1].json()
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert (overview["user_messages"], overview["assistant_messages"]) == (1, 1)


async def test_what_is_missing_and_what_is_someone_elses_is_told_alike(serve: Serve, provider: Provider) -> None:
    async with serve() as replica:
        place = await begin(replica.officer)
        paths = [("GET", ""), ("DELETE", ""), ("GET", "/messages"), ("POST", "/messages"), ("GET", "/overview")]
        paths += [("POST", "/context"), ("POST", "/clear"), ("GET", "/receipts"), ("GET", "/messages/m1/events")]
        bodies: dict[str, Any] = {"/messages": {"text": "x"}, "/context": {}}
        strangers = [
            provider.bearer(user="o.brandt", tenant="southmoor", roles=["officer", "supervisor", "auditor"]),
            provider.bearer(user="m.lind"),
        ]
        for headers in strangers:
            stranger = replica.client(headers)
            for method, path in paths:
                body = {"json": bodies[path]} if path in bodies else {}
                foreign = await stranger.request(method, place + path, **body)
                missing = await stranger.request(method, "/v1/conversations/none-such" + path, **body)
                thread = place.rsplit("/", 1)[1]
                assert foreign.status_code == missing.status_code == 404, (method, path, foreign.text)
                assert foreign.text.replace(thread, "none-such") == missing.text
        assert (await replica.officer.get(place)).status_code == 200


async def test_a_user_finds_their_own_conversations_newest_first_and_by_what_was_said(
    serve: Serve, provider: Provider
) -> None:
    async with serve([{"kind": "text", "text": "Noted."}] * 3) as replica:
        officer, supervisor = replica.officer, replica.supervisor
        first, second = await begin(officer), await begin(officer)
        await officer.post(f"{first}/messages", json=say("The freezer stands in Dock Road"))
        await officer.post(f"{second}/messages", json=say("Something else"))
        await officer.post(f"{first}/messages", json=say("More"))

        async def ids(client: Any, query: str) -> list[str]:
            page = (await client.get(f"/v1/{query}")).json()
            return [f"/v1/conversations/{found['id']}" for found in page["conversations"]]

        assert await ids(officer, "users/o.brandt/conversations") == [first, second]
        assert await ids(officer, "users/o.brandt/conversations?limit=1&offset=1") == [second]
        assert await ids(officer, "conversations?text=dock%20road") == [first]
        assert await ids(officer, "conversations?state=waiting") == []
        assert await ids(supervisor, "conversations?user=o.brandt") == [first, second]
        assert await ids(replica.client(provider.bearer(user="m.lind")), "conversations") == []
        refused = await replica.client(provider.bearer(user="m.lind")).get("/v1/users/o.brandt/conversations")
        assert refused.status_code == 404


async def test_a_deleted_conversation_is_gone_and_a_cleared_one_starts_afresh(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "Noted."}] * 3) as replica:
        officer = replica.officer
        place = await begin(officer)
        await officer.post(f"{place}/messages", json=say("Before"))
        cleared = await officer.post(f"{place}/clear")
        await officer.post(f"{place}/messages", json=say("After"))
        history = (await officer.get(f"{place}/messages")).json()
        overview = (await officer.get(f"{place}/overview")).json()
        deleted = await officer.delete(place)
        gone = [(await officer.get(place + rest)).status_code for rest in ("", "/messages", "/receipts")]

    assert (cleared.status_code, deleted.status_code, gone) == (200, 204, [404, 404, 404])
    assert [m["text"] for m in history["messages"]] == ["After", "Noted."]
    assert overview["user_messages"] == 2


@pytest.mark.req("CX-14")
async def test_the_context_shown_is_what_would_be_built_and_nothing_is_stored(serve: Serve) -> None:
    async with serve() as replica:
        officer = replica.officer
        place = await begin(officer)
        empty = await officer.post(f"{place}/context", json={})
        for text in ("What is the position on C-1042?", "And the evidence on it?"):
            await officer.post(f"{place}/messages", json=say(text))
        calls = (await officer.get(f"{place}/receipts")).json()["calls"]
        whole = (await officer.post(f"{place}/context", json={"text": "Who verified the status?"})).json()
        short = (await officer.post(f"{place}/context", json={"max_messages": 0})).json()
        after = (await officer.get(f"{place}/receipts")).json()["calls"]

    requests = [item["text"] for item in whole["included"] if item["kind"] == "current_request"]
    assert (empty.status_code, empty.json()["code"]) == (400, "invalid_input")
    assert "Who verified the status?" in requests[0]
    assert whole["topic"] == "case C-1042"
    assert whole["entities"][0]["id"] == "C-1042"
    assert whole["tokens"] == sum(whole["segments"].values()) <= whole["budget"]
    assert [item for item in short["included"] if item["kind"] == "recent_turn"] == []
    assert any(item["kind"] == "recent_turn" for item in whole["included"])
    assert calls == after


@pytest.mark.req("AP-3", "AP-6")
async def test_an_approval_is_in_the_inbox_is_decided_by_another_and_the_turn_goes_on(serve: Serve) -> None:
    async with serve([ASK_NOTICE, {"kind": "text", "text": "The licensee was notified."}]) as replica:
        officer, supervisor = replica.officer, replica.supervisor
        place = await begin(officer)
        asked = (await officer.post(f"{place}/messages", json=say("Notify the licensee of C-1042", id="m1"))).json()
        (waiting,) = (await supervisor.get("/v1/approvals")).json()["approvals"]
        own = await officer.post(f"/v1/approvals/{waiting['id']}/decision", json={"type": "approve"})
        said = {"type": "approve", "message": "Go on."}
        decided = await supervisor.post(f"/v1/approvals/{waiting['id']}/decision", json=said)
        contrary = await supervisor.post(f"/v1/approvals/{waiting['id']}/decision", json={"type": "reject"})
        async with officer.stream("GET", f"{place}/messages/m1/events") as answer:
            events = [event async for event in told(answer)]
        left = (await supervisor.get("/v1/approvals")).json()["approvals"]

    assert (asked["status"], asked["approvals"]) == ("waiting", [waiting["id"]])
    assert (waiting["tool"], waiting["args"]["case_id"], waiting["may_decide"]) == ("notify_licensee", "C-1042", True)
    assert (own.status_code, own.json()["code"]) == (403, "not_permitted")
    assert (decided.status_code, decided.json()["status"], decided.json()["decided_by"]) == (
        200,
        "approved",
        "s.okafor",
    )
    assert (contrary.status_code, contrary.json()["code"]) == (409, "already_decided")
    assert (events[-1].data["status"], events[-1].data["message"]["text"]) == ("answered", "The licensee was notified.")
    assert left == []


@pytest.mark.req("UP-8")
async def test_a_tenant_that_has_sent_enough_is_told_when_there_is_more(serve: Serve, provider: Provider) -> None:
    async with serve([{"kind": "text", "text": "Yes."}] * 3, messages_per_minute=1) as replica:
        officer, place = replica.officer, await begin(replica.officer)
        answers = [await officer.post(f"{place}/messages", json=say("Hello")) for _ in range(3)]
        other = replica.client(provider.bearer(tenant="southmoor", user="x"))
        elsewhere = await other.post(f"{await begin(other)}/messages", json=say("Hello"))
        large = await officer.post(f"{place}/messages", content=b"x" * 2_000_000)

    late = next(answer for answer in answers if answer.status_code != 200)  # a minute may begin between two of them
    assert (late.status_code, late.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(late.headers["Retry-After"]) <= 60
    assert elsewhere.status_code != 429
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


async def test_a_client_speaks_as_the_user_and_as_nobody_else(serve: Serve) -> None:
    async with serve() as replica:
        officer, place = replica.officer, await begin(replica.officer)
        forged = [
            {"text": "x", "role": "system"},
            {"text": "x", "role": "assistant"},
            {"text": "x", "user": "s.okafor"},
            {"messages": [{"role": "system", "content": "x"}]},
            {"text": ["x"]},
            {"text": ""},
            {"text": "x", "metadata": {"tenant": {"a": "b"}}},
        ]
        statuses = [(await officer.post(f"{place}/messages", json=body)).status_code for body in forged]
        history = (await officer.get(f"{place}/messages")).json()

    assert statuses == [422] * len(forged)
    assert history["messages"] == []


@pytest.mark.req("UP-8")
async def test_limits_of_use_are_told_with_the_time_when_there_is_more_and_bind_all_replicas(serve: Serve) -> None:
    limits = {"user": {"model_calls": 2}, "thread": {"model_calls": 1}}
    script = [{"kind": "text", "text": "Yes."}] * 3
    async with serve(script, limits=limits) as one, serve(script, limits=limits) as two:
        place = await begin(one.officer)
        sent = [await one.officer.post(f"{place}/messages", json=say("Hello"))]
        sent.append(await two.officer.post(f"{place}/messages", json=say("Hello")))
        elsewhere = await begin(two.officer)
        sent.append(await two.officer.post(f"{elsewhere}/messages", json=say("Hello")))
        sent.append(await one.officer.post(f"{await begin(one.officer)}/messages", json=say("Hello")))
        overview = (await one.officer.get(f"{place}/overview")).json()
        history = (await one.officer.get(f"{place}/messages")).json()
        used = (await one.officer.get("/v1/usage")).json()
        of_other = (await one.supervisor.get("/v1/usage")).json()

    assert [(answer.status_code, answer.json().get("code")) for answer in sent] == [
        (200, None),
        (429, "limit_reached"),
        (200, None),
        (429, "rate_limited"),
    ]
    assert "Retry-After" not in sent[1].headers
    assert 1 <= int(sent[3].headers["Retry-After"]) <= 86_400
    assert overview["used"] == {"model_calls": 1, "tool_calls": 0, "tokens": 15, "spend_usd": 0.0}
    assert history["total"] == 2
    assert used["user"] == {
        "used": {"model_calls": 2, "tool_calls": 0, "tokens": 30, "spend_usd": 0.0},
        "limit": {"model_calls": 2, "tool_calls": None, "tokens": None, "spend_usd": None},
    }
    assert (used["tenant"], of_other["tenant"]["used"]["tokens"], of_other["user"]["used"]["tokens"]) == (None, 30, 0)
