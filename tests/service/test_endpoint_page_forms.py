"""What a page takes from a browser, and from whom."""

from typing import Any

import httpx
import pytest

from tests.service.conftest import ASK_NOTICE, Serve, asked


@pytest.mark.req("PR-5")
async def test_a_form_of_another_site_and_a_cookie_at_the_api_do_nothing(serve: Serve) -> None:
    async with serve([ASK_NOTICE]) as replica:
        await asked(replica)
        (waiting,) = (await replica.supervisor.get("/v1/approvals")).json()["approvals"]
        cookie = {"cookie": "dossier_session=supervisor"}
        decision: dict[str, Any] = {"content": "type=approve", "headers": cookie}

        async def post(**headers: str) -> httpx.Response:
            form = {"content-type": "application/x-www-form-urlencoded"}
            return await replica.client({**cookie, **form, **headers}).post(
                f"/pages/approvals/{waiting['id']}", content=decision["content"]
            )

        refused = [
            (await post(origin="https://evil.example")).status_code,
            (await post(origin="null")).status_code,
            (await post(**{"sec-fetch-site": "cross-site"})).status_code,
            (await replica.client(cookie).get("/v1/approvals")).status_code,
        ]
        still = (await replica.supervisor.get(f"/v1/approvals/{waiting['id']}")).json()["status"]
        page = await replica.client(cookie).get("/pages/inbox")

    assert (refused, still) == ([400, 400, 400, 401], "pending")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
