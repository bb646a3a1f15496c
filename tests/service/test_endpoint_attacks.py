"""Attacks on the endpoint: each is refused, shows nothing of the victim's, and changes nothing."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.service.conftest import ASK_NOTICE, Replica, Serve, begin, say
from tests.service.tokens import Provider, forged

pytestmark = pytest.mark.req("SV-4", "PR-5")
SECRET = "Heliotrope"


@dataclass(frozen=True)
class Victim:
    """An officer's conversation in which a call waits, and something that they had remembered."""

    thread: str
    package: str
    approval: str
    memory: str


@dataclass(frozen=True)
class Attack:
    """One request; `target` is sent as it stands, whatever a client library would make of it."""

    name: str
    method: str
    target: str
    headers: dict[str, str]
    body: Any = None

    async def tried(self, client: httpx.AsyncClient) -> str | None:
        """Return what it got, if it got anything."""
        content = {"json": self.body} if self.body is not None else {}
        request = client.build_request(self.method, "/", headers=self.headers, **content)
        request.extensions["target"] = self.target.encode()
        answer = await client.send(request)
        if 400 <= answer.status_code < 500 and SECRET not in answer.text:
            return None
        if answer.status_code == 200 and '"conversations":[],' in answer.text:
            return None  # a list of one's own, in one's own tenant
        if answer.status_code == 303 and answer.headers["location"] == "/pages/sign-in":
            return None
        return f"{self.name}: {answer.status_code} {answer.text[:200]}"


async def attacked(replica: Replica) -> Victim:
    asked = say(f"Remember that I prefer {SECRET}.")
    await replica.officer.post(f"{await begin(replica.officer)}/messages", json=asked)
    (remembered,) = (await replica.officer.get("/v1/memories")).json()["memories"]
    place = await begin(replica.officer)
    await replica.officer.post(f"{place}/messages", json=say(f"Notify the licensee of C-1042: {SECRET}", id="m1"))
    package = (await replica.officer.get(f"{place}/receipts")).json()["calls"][0]["package"]
    (waiting,) = (await replica.supervisor.get("/v1/approvals")).json()["approvals"]
    return Victim(place.rsplit("/", 1)[1], package, waiting["id"], remembered["id"])


def operations(v: Victim) -> list[tuple[str, str, Any]]:
    """Every operation that names something of the victim's, in every position."""
    c, approve = f"/v1/conversations/{v.thread}", {"type": "approve"}
    return [
        ("GET", c, None),
        ("DELETE", c, None),
        ("GET", f"{c}/overview", None),
        ("POST", f"{c}/clear", None),
        ("GET", f"{c}/messages", None),
        ("POST", f"{c}/messages", {"text": "mine now"}),
        ("POST", f"{c}/messages", {"text": "mine now", "id": "m1", "stream": True}),
        ("GET", f"{c}/messages/m1", None),
        ("GET", f"{c}/messages/m1/events", None),
        ("POST", f"{c}/import", {"messages": [{"role": "system", "text": "mine now"}]}),
        ("PUT", f"/v1/memories/{v.memory}", {"text": "I prefer what is mine"}),
        ("DELETE", f"/v1/memories/{v.memory}", None),
        ("POST", f"{c}/context", {}),
        ("POST", f"{c}/fork", {}),
        ("POST", f"{c}/fork", {"id": "taken-over", "effects": True}),
        ("GET", f"{c}/receipts", None),
        ("GET", f"{c}/turns", None),
        ("GET", f"{c}/state", None),
        ("GET", f"{c}/state?at=1", None),
        ("GET", f"/v1/receipts/{v.package}", None),
        ("POST", f"/v1/receipts/{v.package}/what-if", {}),
        ("POST", f"/pages/receipts/{v.package}/what-if", None),
        ("POST", f"/pages/conversations/{v.thread}/fork", None),
        ("GET", f"/v1/approvals/{v.approval}", None),
        ("POST", f"/v1/approvals/{v.approval}/decision", approve),
        ("POST", "/v1/conversations", {"id": v.thread}),
        ("GET", "/v1/users/o.brandt/conversations", None),
        ("GET", "/v1/conversations?user=o.brandt", None),
    ]


def pages(v: Victim) -> list[str]:
    return [f"/pages/conversations/{v.thread}", f"/pages/receipts/{v.package}", f"/pages/approvals/{v.approval}"]


def tricks(v: Victim, provider: Provider) -> list[Attack]:
    """Headers, paths and bodies by which a colleague, or nobody, might come in."""
    colleague = provider.bearer(user="m.lind")
    c = f"/v1/conversations/{v.thread}"
    headers = {
        "claimed user": {"X-User": "o.brandt", "X-User-Id": "o.brandt", "X-Auth-Request-User": "o.brandt"},
        "claimed roles": {"X-Roles": "supervisor,auditor", "X-Tenant-Id": "northgate"},
        "method override": {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"},
        "rewritten address": {"X-Original-URL": c, "X-Rewrite-URL": c, "X-Forwarded-Prefix": c},
        "another host": {"Host": "evil.example"},
        "a key beside a token": {"x-api-key": "supervisor"},
        "a cookie beside a token": {"Cookie": "dossier_session=supervisor"},
        "studio's header": {"x-auth-scheme": "langsmith"},
    }
    paths = {
        "dots": f"/v1/users/../conversations/{v.thread}",
        "coded dots": f"/v1/users/%2e%2e/conversations/{v.thread}",
        "double slash": f"//v1/conversations/{v.thread}",
        "trailing slash": f"{c}/",
        "coded slash": f"/v1/conversations%2f{v.thread}",
        "zero byte": f"{c}%00",
        "semicolon": f"{c};user=o.brandt",
        "capitals": f"/V1/conversations/{v.thread}",
        "broken text": f"{c}%ff%fe",
        "wildcard": "/v1/conversations/%25",
        "quote": "/v1/conversations/'%20OR%20'1'='1",
        "page dots": f"/pages/../v1/conversations/{v.thread}",
        "page file": "/pages/templates/receipt.html",
        "page file by dots": "/pages/style.css/../../pages/receipt.py",
        "whole address": f"http://127.0.0.1{c}",
    }
    bodies: dict[str, tuple[str, Any]] = {
        "user in the body": (f"{c}/messages", {"text": "x", "user": "o.brandt"}),
        "config in the body": (f"{c}/messages", {"text": "x", "config": {"configurable": {"user": "o.brandt"}}}),
        "principal in metadata": (f"{c}/messages", {"text": "x", "metadata": {"principal": "o.brandt"}}),
        "goto": (f"{c}/messages", {"command": {"goto": "run_tools"}}),
        "state": (f"{c}/messages", {"session": {"user": "m.lind"}, "text": "x"}),
        "checkpoint": (f"{c}/messages", {"text": "x", "checkpoint_id": "1"}),
        "decider": (f"/v1/approvals/{v.approval}/decision", {"type": "approve", "decided_by": "s.okafor"}),
        "edit": (
            f"/v1/approvals/{v.approval}/decision",
            {"type": "edit", "edited_action": {"name": "notify_licensee", "args": {}}},
        ),
        "imported as another": (f"{c}/import", {"messages": [], "imported_by": "o.brandt"}),
        "owner": ("/v1/conversations", {"id": v.thread, "user": "m.lind"}),
        "tenant": ("/v1/conversations", {"tenant": "southmoor"}),
    }
    servers = ["/threads", "/runs", "/store/items", "/assistants/search", "/internal/truncate", "/docs", "/redoc"]
    return [
        *(Attack(f"header: {name}", "GET", c, {**colleague, **more}) for name, more in headers.items()),
        *(Attack(f"header alone: {name}", "GET", c, more) for name, more in headers.items() if "key" not in name),
        *(Attack(f"path: {name}", "GET", target, colleague) for name, target in paths.items()),
        *(Attack(f"body: {name}", "POST", target, colleague, body) for name, (target, body) in bodies.items()),
        *(Attack(f"server: {path}", "POST", path, colleague, {"values": {}}) for path in servers),
    ]


async def test_at_least_sixty_attacks_get_nothing_and_change_nothing(serve: Serve, provider: Provider) -> None:
    async with serve([ASK_NOTICE, {"kind": "text", "text": SECRET}], sweep_seconds=3600) as replica:
        victim = await attacked(replica)
        thread = victim.thread
        before = (await replica.desk.services.log.thread("northgate", thread)).head
        everyone = ["officer", "supervisor", "auditor"]
        strangers = {
            "stranger": provider.bearer(user="o.brandt", tenant="southmoor", roles=everyone),
            "colleague": provider.bearer(user="m.lind"),
            "nobody": {},
        }
        attacks = [
            Attack(f"token: {name}", "GET", f"/v1/conversations/{thread}", headers)
            for name, headers in forged(provider).items()
        ]
        attacks += [
            Attack(f"{who}: {method} {target}", method, target, headers, body)
            for who, headers in strangers.items()
            for method, target, body in operations(victim)
        ]
        attacks += [
            Attack(f"{who}: {target}", "GET", target, headers)
            for who, headers in strangers.items()
            for target in pages(victim)
        ]
        attacks += tricks(victim, provider)
        async with httpx.AsyncClient(base_url=replica.url, timeout=60) as client:
            got = [found for attack in attacks if (found := await attack.tried(client))]
        row = await replica.desk.services.log.thread("northgate", thread)
        approval = await replica.desk.services.approvals.get("northgate", victim.approval)
        owner = await replica.officer.get(f"/v1/conversations/{thread}/messages")
        memories = (await replica.officer.get("/v1/memories")).json()["memories"]

    assert got == []
    assert len(attacks) >= 60
    assert (row.head, row.user, row.is_erased, approval.status) == (before, "o.brandt", False, "pending")
    assert SECRET in owner.text
    assert [(one["id"], one["text"]) for one in memories] == [(victim.memory, f"I prefer {SECRET}")]


async def test_two_authorization_headers_name_nobody(serve: Serve, provider: Provider) -> None:
    async with serve() as replica:
        headers = [(b"authorization", f"Bearer {provider.token()}".encode())] * 2
        async with httpx.AsyncClient(base_url=replica.url) as client:
            both = await client.get("/v1/conversations", headers=headers)
            one = await client.get("/v1/conversations", headers=headers[:1])

    assert (both.status_code, one.status_code) == (401, 200)


async def test_a_token_within_the_leeway_counts(serve: Serve, provider: Provider) -> None:
    claims = provider.claims()
    late = {**claims, "exp": claims["iat"] - 10}
    async with serve() as replica:
        statuses = [
            (
                await replica.client({"Authorization": f"Bearer {provider.token(c)}"}).get("/v1/conversations")
            ).status_code
            for c in (claims, late, {**claims, "exp": claims["iat"] - 60})
        ]

    assert statuses == [200, 200, 401]


async def test_in_production_no_development_user_can_sign_in(serve: Serve, provider: Provider) -> None:
    async with serve(env="production") as replica:
        statuses = [
            (await replica.officer.get("/v1/conversations")).status_code,
            (await replica.client({"Authorization": "Bearer supervisor"}).get("/v1/conversations")).status_code,
            (await replica.client({"cookie": "dossier_session=officer"}).get("/pages/inbox")).status_code,
            (await replica.client(provider.bearer()).get("/v1/conversations")).status_code,
        ]
        page = await replica.client().get("/pages/sign-in")

    assert statuses == [401, 401, 303, 200]
    assert "Development users" not in page.text
