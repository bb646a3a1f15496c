"""What authorisation keeps from a user: the tenant's auditors are told; nobody else, by any door, not even how much."""

import json
import re
from collections.abc import Sequence

import pytest

from casework.application import Casework
from casework.gateway import Outbox
from dossier.application import Cursor, Piece, Scope
from dossier.cedar import cedar_authorizer
from state.events import EntityRef
from state.principal import Principal
from tests.service.conftest import Replica, Serve, begin, say
from tests.service.tokens import Provider

HIDDEN = {"id": "doc:CP-15#2", "kind": "retrieved_document", "source": "documents", "scope": "case C-1048"}
TRACES = re.compile(r"CP-15|C-1048|shift manager|Orrery")
ASKED = "Position on C-1042?"


class LeakyDesk(Casework):
    """An application that offers a passage of a limited case to everybody."""

    def __init__(self) -> None:
        super().__init__(cedar_authorizer("casework"), Outbox())

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        case = Scope("Case", "C-1048", (("tenant", "northgate"), ("access", "assigned"), ("assigned_to", "s.okafor")))
        leaked = Piece("doc:CP-15#2", "The shift manager of Orrery replaced labels.", case, "documents", score=99.0)
        return [leaked, *await super().documents(cursor, principal, query, focus, limit)]


async def one_call(replica: Replica) -> tuple[str, str]:
    """Have one question answered; return the addresses of the conversation and of its receipt."""
    place = await begin(replica.officer)
    await replica.officer.post(f"{place}/messages", json=say(ASKED))
    (call,) = (await replica.officer.get(f"{place}/receipts")).json()["calls"]
    return place, f"/v1/receipts/{call['package']}"


@pytest.mark.req("CX-3", "SV-4", "SV-5")
async def test_an_auditor_of_the_tenant_alone_is_told_what_was_kept_from_a_package(
    serve: Serve, provider: Provider
) -> None:
    async with serve([{"kind": "text", "text": "Under review."}], desk=LeakyDesk()) as replica:
        _, receipt = await one_call(replica)
        roles = ["officer", "supervisor", "auditor"]
        keys = {"auditor": {"x-api-key": "auditor"}, "officer": {"x-api-key": "officer"}}
        keys |= {"supervisor": {"x-api-key": "supervisor"}, "theirs": {"x-api-key": "westmere-auditor"}}
        keys["stranger"] = provider.bearer(user="o.brandt", tenant="southmoor", roles=roles)
        answers = {who: await replica.client(key).get(receipt) for who, key in keys.items()}
        pages = {}
        for who in ("auditor", "officer"):
            client = replica.client()
            await client.post("/pages/sign-in", data={"token": who}, headers={"Origin": replica.url})
            pages[who] = (await client.get(receipt.replace("/v1", "/pages"))).text

    assert {who: answer.status_code for who, answer in answers.items()} == {
        **dict.fromkeys(("auditor", "officer", "supervisor"), 200),
        **dict.fromkeys(("theirs", "stranger"), 404),
    }
    assert answers["auditor"].json()["hidden"] == [HIDDEN]
    plain = {**answers["auditor"].json(), "hidden": None}
    assert answers["officer"].json() == answers["supervisor"].json() == plain
    assert not TRACES.search(json.dumps(plain) + pages["officer"])
    assert "Kept from the user" in pages["auditor"] and "doc:CP-15#2" in pages["auditor"]
    assert "Kept from the user" not in pages["officer"]


@pytest.mark.req("CX-3")
async def test_what_a_user_is_shown_is_the_same_whether_something_was_kept_from_them_or_not(serve: Serve) -> None:
    seen = []
    for desk in (LeakyDesk(), None):
        async with serve([{"kind": "text", "text": "Under review."}], desk=desk) as replica:
            place, receipt = await one_call(replica)
            preview = (await replica.officer.post(f"{place}/context", json={})).json()
            calls = (await replica.officer.get(f"{place}/receipts")).json()["calls"]
            found = (await replica.officer.get(receipt)).json()
            metrics = (await replica.officer.get("/metrics")).text
            assert not TRACES.search(json.dumps([preview, calls, found]) + metrics)
            # Delimiters, ids and times are of each thread its own.
            counts = [(call["tokens"], call["ordinal"]) for call in calls]
            shown = [(item["id"], item["tokens"], item["packed_as"]) for item in found["included"]]
            seen.append((counts, shown, found["excluded"], found["segments"], found["usage"], preview["segments"]))

    assert seen[0] == seen[1]


@pytest.mark.req("CX-3", "SV-6")
async def test_a_rehearsal_can_t_be_asked_whether_something_is_kept_from_a_user(serve: Serve) -> None:
    async with serve(desk=LeakyDesk()) as replica:
        _, receipt = await one_call(replica)
        answers = []
        for client in (replica.officer, replica.supervisor):
            for change in ("without", "including", "stale"):
                for item in ("doc:CP-15#2", "doc:CP-99#2"):
                    told = await client.post(f"{receipt}/what-if", json={change: [item]})
                    answers.append((told.status_code, told.json()["code"], told.json()["detail"].replace(item, "it")))

    assert set(answers) == {(400, "invalid_input", answers[0][2])}


@pytest.mark.req("CX-3", "PR-2")
async def test_what_was_kept_goes_with_the_conversation(serve: Serve) -> None:
    async with serve([{"kind": "text", "text": "Under review."}], desk=LeakyDesk()) as replica:
        place, receipt = await one_call(replica)
        services = replica.desk.services
        auditor, package = services.app.people["auditor"], receipt.rsplit("/", 1)[1]
        before = await services.audit.hidden(auditor, package)
        await replica.officer.delete(place)
        after = await services.audit.hidden(auditor, package)
        others = [await services.audit.hidden(services.app.people[who], package) for who in ("officer", "clerk")]

    assert ([item.id for item in before or ()], after, others) == (["doc:CP-15#2"], (), [None, None])
