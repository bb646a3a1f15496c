"""The other door takes the same tokens, and no others."""

from collections.abc import Iterator

import httpx
import pytest

from tests.dev_server.conftest import DevServer
from tests.service.tokens import AUDIENCE, ISSUER, Provider, forged, made_provider


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    return made_provider(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="module")
def door(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = {"JWKS": str(provider.jwks), "ISSUER": ISSUER, "AUDIENCE": AUDIENCE}
    server = DevServer(
        tmp_path_factory.mktemp("dev"), {f"DOSSIER_AUTH_{name}": value for name, value in settings.items()}
    )
    server.start()
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client
    server.stop()


@pytest.mark.req("SV-4")
def test_the_same_principal_comes_in_and_forged_and_foreign_ones_get_nothing(
    door: httpx.Client, provider: Provider
) -> None:
    made = door.post("/threads", json={}, headers=provider.bearer())
    thread = made.json()["thread_id"]
    attacks = {
        **forged(provider),
        "stranger": provider.bearer(user="o.brandt", tenant="southmoor", roles=["officer", "supervisor", "auditor"]),
        "colleague": provider.bearer(user="m.lind"),
    }
    got = {
        name: answer.status_code
        for name, headers in attacks.items()
        for path in (f"/threads/{thread}", f"/threads/{thread}/state", f"/threads/{thread}/history")
        if not 400 <= (answer := door.get(path, headers=headers)).status_code < 500
    }

    assert made.json()["metadata"] == {"tenant": "northgate", "owner": "o.brandt"}
    assert door.get(f"/threads/{thread}", headers=provider.bearer()).status_code == 200
    assert got == {}
