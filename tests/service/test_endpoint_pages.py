"""The pages, clicked through in a real browser, without a script of ours in them."""

import re
import shutil
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.service.conftest import ASK_NOTICE, Replica, Serve, begin, say, until

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
HOSTILE = '<script>document.title="owned"</script><img src=x onerror="document.title=1">'
pytestmark = pytest.mark.req("SV-5")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "The pages are tested in Chromium: install it, on Debian with `apt-get install chromium`."
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        await opened.close()


async def signed_in(browser: Browser, replica: Replica, who: str, **options: Any) -> Page:
    page = await (await browser.new_context(base_url=replica.url, **options)).new_page()
    await page.goto("/pages")
    await expect(page).to_have_url(f"{replica.url}/pages/sign-in")
    await page.get_by_role("button", name=who).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting for a decision")
    return page


async def asked(replica: Replica) -> str:
    place = await begin(replica.officer)
    await replica.officer.post(f"{place}/messages", json=say("Notify the licensee of C-1042", id="m1"))
    return place


async def test_a_supervisor_finds_what_waits_looks_at_it_and_approves_it(serve: Serve, browser: Browser) -> None:
    async with serve([ASK_NOTICE, {"kind": "text", "text": "The licensee was notified."}]) as replica:
        place = await asked(replica)
        page = await signed_in(browser, replica, "s.okafor")
        await page.get_by_role("link", name="Look and decide").click()
        await expect(page.get_by_role("row", name="Case id")).to_contain_text("C-1042")
        await expect(page.get_by_text("can't be undone")).to_be_visible()
        await page.get_by_label("Reason").fill("They have to know.")
        await page.get_by_role("button", name="Approve exactly this").click()
        await expect(page.get_by_role("status")).to_contain_text("Approved by s.okafor. They have to know.")

        async def is_answered() -> bool:
            return (await replica.officer.get(f"{place}/messages/m1")).json()["status"] == "answered"

        await until(is_answered)
        await page.get_by_role("link", name="The conversation that led to it").click()
        await expect(page.get_by_text("The licensee was notified.")).to_be_visible()
        await page.get_by_role("link", name="Inbox").first.click()
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()


async def test_a_requester_can_withdraw_but_not_approve(serve: Serve, browser: Browser) -> None:
    async with serve([ASK_NOTICE, {"kind": "text", "text": "Then not."}]) as replica:
        await asked(replica)
        page = await signed_in(browser, replica, "o.brandt")
        await page.get_by_role("link", name="Look", exact=True).click()
        await expect(page.get_by_text("somebody else has to decide")).to_be_visible()
        await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        await page.get_by_role("button", name="Withdraw my request").click()
        await expect(page.get_by_role("status")).to_contain_text("Refused by o.brandt")


@pytest.mark.req("CX-13")
async def test_a_receipt_shows_the_bar_each_item_its_text_and_the_prompt(serve: Serve, browser: Browser) -> None:
    async with serve() as replica:
        place = await begin(replica.officer)
        for text in ("What is the position on C-1042?", "And the evidence?"):
            await replica.officer.post(f"{place}/messages", json=say(text))
        page = await signed_in(browser, replica, "o.brandt")
        await page.goto(f"/pages{place.removeprefix('/v1')}")
        await page.get_by_role("link", name="left out").last.click()
        await expect(page.get_by_role("heading", name="Room used")).to_contain_text("of 8000 tokens")
        await expect(page.get_by_role("img")).to_have_attribute(
            "aria-label", re.compile(r"frame \d+ tokens, system \d+ tokens, .*evidence \d+ tokens")
        )
        await page.get_by_role("link", name="The call before").click()
        await expect(page.get_by_text("This was the first call of the conversation.")).to_be_visible()
        item = page.locator("details", has_text="policy:POL-1").first
        await item.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(item.locator("pre")).to_be_visible()
        prompt = page.locator("details", has_text="message 1")
        await prompt.locator("summary").click()
        await expect(prompt.locator("pre")).to_contain_text("Blocks are delimited by KEY")


@pytest.mark.parametrize("width", [360, 1100])
async def test_pages_fit_run_no_foreign_script_and_name_every_control(
    serve: Serve, browser: Browser, width: int
) -> None:
    async with serve([{"kind": "text", "text": HOSTILE + "x" * 300}]) as replica:
        place = await begin(replica.officer)
        await replica.officer.post(f"{place}/messages", json=say(HOSTILE + "y" * 300))
        page = await signed_in(browser, replica, "o.brandt", viewport={"width": width, "height": 700})
        package = (await replica.officer.get(f"{place}/receipts")).json()["calls"][0]["package"]
        for path in (
            place.removeprefix("/v1"),
            "/conversations",
            "/inbox",
            f"/receipts/{package}",
            "/conversations/no",
        ):
            await page.goto(f"/pages{path}")
            found = await page.evaluate(_LOOK)
            assert found == {"wide": False, "scripts": 0, "nameless": [], "h1": 1, "lang": "en"}, (path, found)
            assert "owned" not in await page.title()


_LOOK = """() => ({
    wide: document.documentElement.scrollWidth > window.innerWidth,
    scripts: document.scripts.length + document.querySelectorAll('main img, [onerror], [onclick]').length,
    nameless: [...document.querySelectorAll('a, button, input:not([type=hidden]), textarea')]
        .filter(e => !(e.textContent.trim() || e.labels?.length || e.getAttribute('aria-label'))).map(e => e.outerHTML),
    h1: document.querySelectorAll('h1').length,
    lang: document.documentElement.lang,
})"""


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
