"""Photographs of the pages, of a conversation that is played for them: `python -m evals.endpoint.pages docs/pages`.

Needs Chromium on this machine, and the packages of development.
"""

import argparse
import asyncio
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from PIL import Image
from playwright.async_api import Page, async_playwright

from evals.endpoint.processes import Process, endpoint, ready

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SAID = (
    "What's the position on C-1042? Not urgent, just summarise the evidence.",
    "New evidence makes it urgent: redo the risk analysis only, don't change the status.",
    "Tell the licensee of C-1042 that we need the temperature records.",
)
DESKTOP, PHONE = (960, 1200), (390, 1000)
COLOURS = 64


def chromium() -> str:
    """Return where Chromium is.

    Raises:
        RuntimeError: Nowhere.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise RuntimeError("The pages need Chromium: install it, on Debian with `apt-get install chromium`.")
    return found


async def photographed(server: Process, folder: Path) -> list[Path]:
    """Play a conversation, then keep a picture of each page in a folder; return the pictures."""
    thread, package = await _played(server.url)
    whole = {
        "inbox": "/pages/inbox",
        "conversation": f"/pages/conversations/{thread}",
        "receipt": f"/pages/receipts/{package}",
    }
    made: list[Path] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = await _signed_in(await browser.new_page(base_url=server.url, color_scheme="light"), DESKTOP)
        for name, path in whole.items():
            await page.goto(path)
            made.append(await _kept(page, folder / f"{name}.png", whole=name == "inbox"))
        await page.get_by_label("Leave out").select_option("case:C-1042")
        await page.get_by_role("button", name="Answer again").click()
        await page.wait_for_url("**/what-if")
        made.append(await _kept(page, folder / "what-if.png", whole=False))
        await page.goto("/pages/inbox")
        await page.get_by_role("link", name="Look and decide").first.click()
        made.append(await _kept(page, folder / "approval.png"))
        await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        await page.goto(whole["receipt"])
        made.append(await _kept(page, folder / "receipt-phone.png", whole=False))
        await browser.close()
    return made


async def _played(url: str) -> tuple[str, str]:
    """Return a conversation in which a call waits, and the package of its first model call."""
    async with httpx.AsyncClient(base_url=url, headers={"x-api-key": "officer"}, timeout=60) as client:
        thread = (await client.post("/v1/conversations", json={})).raise_for_status().json()["id"]
        for text in SAID:
            (await client.post(f"/v1/conversations/{thread}/messages", json={"text": text})).raise_for_status()
        calls = (await client.get(f"/v1/conversations/{thread}/receipts")).json()["calls"]
    return thread, calls[0]["package"]


async def _signed_in(page: Page, size: tuple[int, int]) -> Page:
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.goto("/pages/sign-in")
    await page.get_by_role("button", name="s.okafor").click()
    return page


async def _kept(page: Page, path: Path, *, whole: bool = True) -> Path:
    shot = Image.open(io.BytesIO(await page.screenshot(full_page=whole)))
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


@contextmanager
def _served() -> Iterator[Process]:
    with tempfile.TemporaryDirectory(prefix="dossier-pages-") as folder, endpoint(Path(folder), {}) as server:
        asyncio.run(ready(server))
        yield server


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    with _served() as server:
        for path in asyncio.run(photographed(server, args.folder)):
            print(f"{path}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
