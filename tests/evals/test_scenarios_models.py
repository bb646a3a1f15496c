"""A model of the user's choice behind a real HTTP endpoint: it answers, plays the user, and judges prose."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import uvicorn

from dossier.adapters.script import Say
from dossier.adapters.scripted_model import ScriptedModel
from evals.__main__ import main

SCENARIO = """
- name: a played officer hears how the case stands
  guard: one path
  steps:
    - simulated: hurried officer
      goal: Learn how C-1042 stands.
      turns: 3
      expect:
        reply: under review
        assistant_should: [say how the case stands, name a date]
"""


@contextmanager
def served(app: ScriptedModel) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", interface="asgi3"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join()


def _whole(request: dict[str, Any]) -> str:
    return "\n".join(message["content"] for message in request["messages"])


@pytest.mark.req("EL-2", "EL-5")
def test_a_model_by_configuration_answers_plays_the_user_and_judges(tmp_path, monkeypatch):
    said = [
        "How does C-1042 stand?",
        "C-1042 is under review.",
        "DONE",
        '{"holds": true, "why": "It does."}',
        '{"holds": false, "why": "No date is named."}',
    ]
    model, file, out = ScriptedModel([Say(text) for text in said]), tmp_path / "a.yaml", tmp_path / "out.json"
    file.write_text(SCENARIO, encoding="utf-8")
    with served(model) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "a-key")
        code = main(["run", str(file), "--model", "gpt-4o-mini", "--judge", "a-judge", "--json", str(out)])

    (entry,) = json.loads(out.read_text("utf-8"))["scenarios"]
    assert (code, entry["failures"]) == (1, ["step 1: the assistant should name a date: No date is named."])
    player, assistant, again, judge, _ = model.requests
    assert [one["model"] for one in model.requests] == ["gpt-4o-mini"] * 3 + ["a-judge"] * 2
    assert player["messages"][0]["content"].startswith("You play a user")
    assert "How does C-1042 stand?" in _whole(assistant)
    assert again["messages"][-1] == {"role": "user", "content": "C-1042 is under review."}
    assert "say how the case stands" in judge["messages"][0]["content"]
