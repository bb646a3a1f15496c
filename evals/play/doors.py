"""Doors of a server that is spoken to by URL: which one answers, and what each can do."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import httpx

from dossier.errors import Unavailable
from evals.play.place import Told
from evals.play.schema import Step
from state.principal import Principal

Kind = Literal["dev", "endpoint"]
KeyOf = Callable[[Principal], str]
"""Gives the API key with which somebody signs in during development."""
_SIGNS: Mapping[Kind, tuple[str, Mapping[str, Any]]] = {
    "dev": ("/ok", {"ok": True}),
    "endpoint": ("/health", {"status": "ok"}),
}
"""What each answers where, to anybody."""


class Door(Protocol):
    """How a client speaks with a server."""

    def lacks(self, step: Step) -> str:
        """Return why a step can't be done at this door; nothing if it can."""
        ...

    async def new_thread(self, who: Principal) -> str:
        """Begin a thread of a person and return its id."""
        ...

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        """Send an input, and wait for the turn's end or for what waits."""
        ...

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        """Send decisions, and wait for the turn's end or for what still waits."""
        ...

    async def session(self, who: Principal, thread: str) -> dict[str, Any] | None:
        """Return the session as the newest checkpoint has it."""
        ...


async def kind_at(url: str) -> Kind:
    """Find out which kind of server answers.

    Raises:
        Unavailable: None that is known.
    """
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:
            for kind, (path, answer) in _SIGNS.items():
                told = await client.get(path)
                if told.status_code == 200 and told.json() == answer:
                    return kind
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise Unavailable(f"{url} does not answer: {error}.", hint="Start it: make dev, or make serve.") from error
    raise Unavailable(f"{url} is neither langgraph dev nor our endpoint.", hint="Start one: make dev, or make serve.")


def refused(response: httpx.Response) -> Told:
    """Return what a client is told by an answer that is an error: its code, if it has one."""
    body = response.json() if "json" in response.headers.get("content-type", "") else {}
    told = body if isinstance(body, dict) else {}
    code = told.get("code") or told.get("error")
    return Told(error=str(code or response.status_code), detail=str(told.get("detail", response.text)))
