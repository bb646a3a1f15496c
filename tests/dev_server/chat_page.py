"""agent-chat-ui as a test sees it: each request is what its source sends, with `useStream` of langgraph-sdk 1.x below.

Read from agent-chat-ui fdc87e6: it sends the user's text as a list of blocks, made-up tool messages behind tool calls,
the newest checkpoint that it has read, and bare answers beside an empty input.
"""

import json
import uuid
from typing import Any

import httpx

from tests.dev_server.conftest import DevServer

UI_MODES = ["values", "messages-tuple", "custom"]
"""What `useStream` asks for: the values that the page names, and what the page's parts read."""


class Page:
    """agent-chat-ui, open in somebody's browser: what it sends, and what it knows of the thread."""

    def __init__(self, server: DevServer, user: str, thread: str | None = None) -> None:
        self.http = httpx.Client(base_url=server.url, headers={"x-api-key": user}, timeout=60)
        self.thread = thread
        self.told: tuple[int, str | None] = (0, None)
        self.events: list[tuple[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        if thread:
            self.reload()

    @property
    def path(self) -> str:
        return f"/threads/{self.thread}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.history[0]["values"]["messages"] if self.history else []

    @property
    def said(self) -> list[str]:
        return [message["content"] for message in self.messages if message["content"]]

    @property
    def interrupts(self) -> list[dict[str, Any]]:
        return [found for task in self.history[0]["tasks"] for found in task["interrupts"]]

    def reload(self) -> None:
        self.history = self.http.post(f"{self.path}/history", json={"limit": 10}).json()

    def listed(self) -> list[dict[str, Any]]:
        wanted = {"metadata": {"graph_id": "turn"}, "limit": 100, "offset": 0}
        return self.http.post("/threads/search", json=wanted).json()

    def row(self) -> dict[str, Any]:
        return next(row for row in self.listed() if row["thread_id"] == self.thread)

    def say(self, text: str, *blocks: dict[str, Any], id: str | None = None) -> None:
        content = [{"type": "text", "text": text}, *blocks]
        message = {"id": id or str(uuid.uuid4()), "type": "human", "content": content}
        lasting = {"stream_subgraphs": True, "stream_resumable": True, "on_disconnect": "continue"}
        self.send(input={"messages": [*self.placeholders(), message]}, stream_mode=UI_MODES, **lasting)

    def decide(self, *decisions: dict[str, Any]) -> None:
        self.command(resume={"decisions": list(decisions)})

    def command(self, **command: Any) -> None:
        passing = {"stream_resumable": False, "on_disconnect": "cancel"}
        self.send(input={}, command=command, stream_mode=UI_MODES, **passing)

    def regenerate(self) -> None:
        self.send(input=None, checkpoint=self.history[0]["parent_checkpoint"], stream_mode=UI_MODES)

    def placeholders(self) -> list[dict[str, Any]]:
        """Return what the page makes up for each tool call that no tool message follows."""
        following = [message["type"] for message in self.messages[1:]] + [""]
        made = [m.get("tool_calls", []) for m, then in zip(self.messages, following, strict=False) if then != "tool"]
        gaps = [call for asked in made for call in asked]
        text = "Successfully handled tool call."
        return [
            {
                "type": "tool",
                "tool_call_id": c["id"],
                "id": f"do-not-render-{uuid.uuid4()}",
                "name": c["name"],
                "content": text,
            }
            for c in gaps
        ]

    def send(self, **body: Any) -> None:
        """Run on the thread, which is made when there is none, and read the history once it has gone well."""
        if self.thread is None:
            self.thread = self.http.post("/threads", json={"metadata": {}}).json()["thread_id"]
        if self.history:
            body.setdefault("checkpoint", self.history[0]["checkpoint"])
        if body.get("checkpoint"):
            body["checkpoint"] = {name: v for name, v in body["checkpoint"].items() if name != "thread_id"}
        answer = self.http.post(f"{self.path}/runs/stream", json={"assistant_id": "turn", **body})
        self.told = told(answer)
        self.events = events_of(answer.text) if answer.status_code == 200 else []
        if self.told == (200, None) and not any(name == "error" for name, _ in self.events):
            self.reload()


def told(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error") if answer.status_code >= 400 else None


def events_of(text: str) -> list[tuple[str, Any]]:
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        for block in text.replace("\r", "").split("\n\n")
    ]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]
