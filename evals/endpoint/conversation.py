"""One client under load: it talks, follows its streams, and tries again elsewhere when a process is gone."""

import asyncio
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from evals.endpoint.slow_model import MARK, reply_to

TRIES = 120
_PASSING = {409, 429, 502, 503}


@dataclass
class Outcome:
    """What one conversation saw."""

    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    retries: int = 0
    seconds: list[float] = field(default_factory=list)


class Conversation:
    """Talks through whichever process answers."""

    def __init__(self, client: httpx.AsyncClient, urls: Callable[[], Sequence[str]], number: int) -> None:
        self._client = client
        self._urls = urls
        self._at = number
        self.id = f"load-{secrets.token_hex(8)}"
        self.outcome = Outcome()

    async def talk(self, turns: int, said: Callable[[], None]) -> Outcome:
        """Send so many messages, one after the other; tell after each."""
        await self._tried("POST", "/v1/conversations", {"id": self.id})
        for turn in range(turns):
            mark = f"mark-{secrets.token_hex(8)}"
            began = asyncio.get_running_loop().time()
            await self._say(f"t{turn}", mark)
            self.outcome.seconds.append(asyncio.get_running_loop().time() - began)
            said()
        await self._check_history(turns)
        return self.outcome

    async def _say(self, turn: str, mark: str) -> None:
        body = {"id": turn, "text": f"Say back {mark}, please.", "stream": True}
        shown, reply = await self._streamed(f"/v1/conversations/{self.id}/messages", body)
        expected = reply_to(mark)
        if shown not in (expected, "") or reply != expected:
            self.outcome.wrong.append(f"{turn}: shown {shown!r}, reply {reply!r}")
        else:
            self.outcome.answered += 1

    async def _streamed(self, path: str, body: dict[str, object]) -> tuple[str, str | None]:
        """Follow a message's stream to its reply; a lost one is taken up again where it broke off."""
        shown, last = "", ""
        for _ in range(TRIES):
            try:
                headers = {"Last-Event-ID": last} if last else {}
                async with self._client.stream("POST", self._url() + path, json=body, headers=headers) as answer:
                    if answer.status_code != 200:
                        await answer.aread()
                        await self._pause(answer.status_code)
                        continue
                    event = ""
                    async for line in answer.aiter_lines():
                        name, _, value = line.partition(": ")
                        if name == "event":
                            event = value
                            shown = "" if event == "reset" else shown
                        elif name == "id":
                            last = value
                        elif name == "data" and event == "text":
                            shown += json.loads(value)["text"]
                        elif name == "data" and event == "reply":
                            found = json.loads(value)
                            if found["status"] == "answered":
                                return shown, found["message"]["text"]
            except httpx.TransportError:
                self.outcome.retries += 1
            await self._pause(0)
        return shown, None

    async def _check_history(self, turns: int) -> None:
        history = await self._tried("GET", f"/v1/conversations/{self.id}/messages?limit=200", None)
        said = [m["text"] for m in history["messages"] if m["role"] == "user"]
        heard = [m["text"] for m in history["messages"] if m["role"] == "assistant"]
        marks = [found[0] for text in said if (found := MARK.search(text))]
        if heard != [reply_to(mark) for mark in marks] or len(marks) != turns:
            self.outcome.wrong.append(f"history of {self.id}: {len(said)} said, {len(heard)} heard")

    async def _tried(self, method: str, path: str, body: object) -> dict[str, list[dict[str, str]]]:
        for _ in range(TRIES):
            try:
                answer = await self._client.request(method, self._url() + path, json=body)
                if answer.status_code < 300:
                    return answer.json()
                await self._pause(answer.status_code)
            except httpx.TransportError:
                self.outcome.retries += 1
                await self._pause(0)
        raise RuntimeError(f"{method} {path} was never answered")

    async def _pause(self, status: int) -> None:
        if status and status not in _PASSING:
            raise RuntimeError(f"answered {status}")
        self._at += 1
        self.outcome.retries += bool(status)
        await asyncio.sleep(0.5)

    def _url(self) -> str:
        urls = self._urls()
        return urls[self._at % len(urls)]
