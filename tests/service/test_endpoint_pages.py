"""The pages, clicked through in a real browser, without a script of ours in them."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from evals.endpoint.pages import FLAGS, chromium
from tests.service.conftest import ASK_NOTICE, Replica, Serve, asked, begin, say, until

HOSTILE = '<script>document.title="owned"</script><img src=x onerror="document.title=1">'
pytestmark = [pytest.mark.req("SV-5"), pytest.mark.browser]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        await opened.close()


async def signed_in(browser: Browser, replica: Replica, who: str, **options: Any) -> Page:
    page = await (await browser.new_context(base_url=replica.url, **options)).new_page()
    await page.goto("/pages")
    await expect(page).to_have_url(f"{replica.url}/pages/sign-in")
    await page.get_by_role("button", name=who).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting for a decision")
    return page


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


@pytest.mark.req("CX-13", "SV-6")
async def test_from_a_receipt_a_turn_is_told_again_and_both_tellings_stand_side_by_side(
    serve: Serve, browser: Browser
) -> None:
    async with serve() as replica:
        place = await begin(replica.officer)
        await replica.officer.post(f"{place}/messages", json=say("What is the status of C-1042?"))
        package = (await replica.officer.get(f"{place}/receipts")).json()["calls"][0]["package"]
        page = await signed_in(browser, replica, "o.brandt")
        await page.goto(f"/pages/receipts/{package}")
        await page.get_by_label("Leave out").select_option("case:C-1042")
        await page.get_by_role("button", name="Answer again").click()
        await expect(page.get_by_role("region", name="As it was")).to_contain_text("[case:C-1042]")
        await expect(page.get_by_role("region", name="With the change")).not_to_contain_text("[case:C-1042]")
        await expect(page.get_by_role("status")).to_contain_text("The answer differs.")
        await page.go_back()
        await page.get_by_label("Leave out").select_option("")
        await page.get_by_label("Room, in tokens").fill("600")
        await page.get_by_role("button", name="Answer again").click()
        await expect(page.get_by_text("It would have been stopped.")).to_contain_text("must be shown")
        await page.goto(f"/pages/receipts/{package}")
        await page.get_by_role("button", name="From after its reply").click()
        await expect(page.get_by_text("nothing in it takes effect")).to_be_visible()


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
