"""The door of `dossier serve`: REST, and the stream of a turn that goes on after a decision."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from dossier.errors import Unavailable
from dossier.services import Services
from evals.play.doors import KeyOf, refused
from evals.play.place import Told
from evals.play.schema import Sends, Step
from graphs.assembly import turn_graph
from state.principal import Principal

_WAITS = httpx.Timeout(300, connect=10)


class EndpointDoor:
    """See `evals.play.doors.Door`, whose methods these are; the session is read by a graph of the runner's."""

    def __init__(self, url: str, key_of: KeyOf, services: Services) -> None:
        self._key_of, self._graph = key_of, turn_graph(services)
        self._client = httpx.AsyncClient(base_url=url, timeout=_WAITS, trust_env=False)

    def lacks(self, step: Step) -> str:
        if isinstance(step, Sends):
            return "a body of this door has no place for a graph's input"
        if step.expect.error == Unavailable.code:
            return "while a needed part is away the endpoint tries again by itself, and refuses nothing"
        return ""

    async def new_thread(self, who: Principal) -> str:
        made = await self._client.post("/v1/conversations", json={}, headers=self._as(who))
        return made.raise_for_status().json()["id"]

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        message = given["messages"][0]
        body = {"id": message["id"], "text": message["content"], **message.get("additional_kwargs", {})}
        path = f"/v1/conversations/{thread}/messages"
        answer = await self._client.post(path, json=body, headers=self._as(who))
        return refused(answer) if answer.is_error else _told(answer.json())

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        """Decide one approval after the other, each once the turn has come to rest."""
        told = Told()
        for approval, answer in command["resume"].items():
            decided = await self._client.post(
                f"/v1/approvals/{approval}/decision", json=answer["decisions"][0], headers=self._as(who)
            )
            if decided.is_error:
                return refused(decided)
            told = await self._rest(who, thread, decided.json()["turn"])
        return told

    async def session(self, who: Principal, thread: str) -> dict[str, Any] | None:
        state = await self._graph.acting_as(who).aget_state({"configurable": {"thread_id": thread}})
        return state.values.get("session")

    async def _rest(self, who: Principal, thread: str, turn: str) -> Told:
        """Follow a turn to its reply, to what waits, or to why it failed.

        Who decides may see the conversation of another; the stream ends by itself.
        """
        path, event = f"/v1/conversations/{thread}/messages/{turn}/events", ""
        async with self._client.stream("GET", path, headers=self._as(who)) as answer:
            if answer.is_error:
                await answer.aread()
                return refused(answer)
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                event = value if name == "event" else event
                if name == "data" and event == "reply":
                    return _told(json.loads(value))
                if name == "data" and event == "problem":
                    told = json.loads(value)
                    return Told(error=told["code"], detail=told["detail"])
        return Told(error="no_reply", detail="the stream ended without a reply")

    def _as(self, who: Principal) -> dict[str, str]:
        return {"x-api-key": self._key_of(who)}


def _told(reply: Mapping[str, Any]) -> Told:
    if reply["message"] is not None:
        return Told(reply=str(reply["message"]["text"]))
    return Told() if reply["status"] == "waiting" else Told(error=f"turn_{reply['status']}")
