"""A client of the deployed endpoint in the races: REST and server-sent events, messages under idempotency keys."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

import httpx

from evals.torture.player import Told

DIED = {"code": "died"}
"""What a client sees when the process breaks off: nothing."""
_PASSING = ("died", "thread_busy", "lease_lost", "unavailable", "draining", "database_unreachable")
_PAUSE = 0.1


class Rest:
    """See `evals.torture.player.Player`; at one process of the endpoint."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=None)
        self._asks = httpx.AsyncClient(base_url=url, headers={"x-api-key": "officer"}, timeout=90, limits=limits)
        self._decides = httpx.AsyncClient(base_url=url, headers={"x-api-key": "supervisor"}, timeout=90, limits=limits)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._asks.aclose()
        await self._decides.aclose()

    async def say(self, thread: str, number: int, words: str) -> Told:
        """Send a message and follow its stream to the end."""
        return await _alive(self._say(thread, number, words))

    async def again(self, thread: str, number: int, words: str) -> Told:
        """Send a message until it is answered."""
        told = await self.say(thread, number, words)
        while told.get("code") in _PASSING:
            await asyncio.sleep(_PAUSE)
            told = await self.say(thread, number, words)
        return told

    async def follow(self, thread: str, number: int) -> Told:
        """Follow the turn of a message that was sent before."""
        return await _alive(self._follow(thread, f"m{number}"))

    async def decide(self, thread: str, key: str | None, decision: Any, checkpoint: str | None = None) -> Told:
        """Decide what waits, and follow its turn."""
        return await _alive(self._decide(self._decides, thread, key, decision))

    async def decide_as_requester(self, thread: str, key: str, decision: Any) -> Told:
        """Decide what one asked for oneself."""
        return await _alive(self._decide(self._asks, thread, key, decision))

    async def state(self, thread: str) -> dict[str, Any]:
        """Return what was said in a conversation, and what waits in it."""
        said = (await self._asks.get(f"/v1/conversations/{thread}/messages?limit=200")).json()["messages"]
        turn = next(one["turn"] for one in reversed(said) if one["role"] == "user")
        reply = (await self._asks.get(f"/v1/conversations/{thread}/messages/{turn}")).json()
        roles = {"user": "human", "assistant": "ai"}
        return {
            "messages": [[roles[one["role"]], one["text"]] for one in said],
            "waits": {id: "" for id in reply["approvals"]},
            "checkpoint": None,
        }

    async def _say(self, thread: str, number: int, words: str) -> Told:
        begun = await self._asks.post("/v1/conversations", json={"id": thread})
        if begun.is_error:
            return {"code": begun.json()["code"]}
        path, key = f"/v1/conversations/{thread}/messages", {"Idempotency-Key": f"m{number}"}
        given = {"text": words, "stream": True}
        async with self._asks.stream("POST", path, json=given, headers=key) as answer:
            return await self._followed(answer)

    async def _decide(self, who: httpx.AsyncClient, thread: str, key: str | None, decision: Any) -> Told:
        decisions = decision.get("decisions") if isinstance(decision, dict) else None
        given = decisions[0] if decisions and len(decisions) == 1 else decision
        decided = await who.post(f"/v1/approvals/{key}/decision", json=given)
        if decided.is_error:
            return {"code": decided.json()["code"]}
        return await self._follow(thread, decided.json()["turn"])

    async def _follow(self, thread: str, turn: str) -> Told:
        async with self._asks.stream("GET", f"/v1/conversations/{thread}/messages/{turn}/events") as answer:
            return await self._followed(answer)

    async def _followed(self, answer: httpx.Response) -> Told:
        if answer.is_error:
            return {"code": json.loads(await answer.aread())["code"]}
        event, shown = "", ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
                shown = "" if event == "reset" else shown
            elif name == "data" and event == "text":
                shown += json.loads(value)["text"]
            elif name == "data" and event == "problem":
                return {"code": json.loads(value)["code"]}
            elif name == "data" and event == "reply":
                return await self._meaning(json.loads(value), shown)
        return DIED

    async def _meaning(self, reply: dict[str, Any], shown: str) -> Told:
        if reply["status"] == "waiting":
            found = [(await self._asks.get(f"/v1/approvals/{id}")).json() for id in reply["approvals"]]
            return {"waits": {one["id"]: one["args"].get("text", "") for one in found}}
        if reply["message"] is None:
            return {"code": reply["status"]}
        text = reply["message"]["text"]
        return {"told": text} if shown in ("", text) else {"code": f"spliced: {shown!r}"}


async def _alive(telling: Awaitable[Told]) -> Told:
    try:
        return await telling
    except httpx.TransportError:
        return DIED
