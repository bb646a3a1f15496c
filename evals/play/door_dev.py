"""The door of a LangGraph server, spoken to by the official SDK."""

from collections.abc import Mapping
from typing import Any

import httpx
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from evals.play.doors import KeyOf, refused
from evals.play.place import Told
from evals.play.schema import Step
from state.principal import Principal

GRAPH = "turn"


class DevDoor:
    """See `evals.play.doors.Door`, whose methods these are."""

    def __init__(self, url: str, key_of: KeyOf) -> None:
        self._url, self._key_of = url, key_of
        self._clients: dict[str, LangGraphClient] = {}

    def lacks(self, step: Step) -> str:
        return ""

    async def new_thread(self, who: Principal) -> str:
        return (await self._client(who).threads.create())["thread_id"]

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, input=dict(given))

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        return await self._run(who, thread, command=dict(command))

    async def session(self, who: Principal, thread: str) -> dict[str, Any] | None:
        values: Any = (await self._client(who).threads.get_state(thread))["values"]
        return values.get("session") if values else None

    async def _run(self, who: Principal, thread: str, **given: Any) -> Told:
        try:
            result: Any = await self._client(who).runs.wait(thread, GRAPH, raise_error=False, **given)
        except httpx.HTTPStatusError as error:
            return refused(error.response)
        if "__interrupt__" in result:
            return Told()
        last = (result.get("messages") or [{}])[-1]
        if last.get("type") == "ai" and "__error__" not in result:
            return Told(reply=str(last["content"]))
        # What a run failed with stands in its answer, or else in the thread.
        failed: Any = result.get("__error__") or (await self._client(who).threads.get(thread)).get("error") or {}
        return Told(error=str(failed.get("error", "no_reply")), detail=str(failed.get("message", "")))

    def _client(self, who: Principal) -> LangGraphClient:
        key = self._key_of(who)
        if key not in self._clients:
            self._clients[key] = get_client(url=self._url, api_key=key)
        return self._clients[key]
