"""Prose expectations: a judge reads the conversation; without a judge nothing is judged, and nothing passes by it."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import httpx

from dossier.errors import ModelBadAnswer
from evals.play.expecting import Expect
from evals.play.results import Check

Talk = Sequence[tuple[str, str]]
"""Roles and texts, oldest first."""
_TASK = (
    "You judge one reply of an assistant for case officers. Read the conversation and say whether the last reply of "
    'the assistant does this: {prose}\nAnswer with JSON only: {{"holds": true or false, "why": "one sentence"}}.'
)


class Judgement(NamedTuple):
    """What a judge says of one sentence of prose."""

    holds: bool
    why: str


class Judge(Protocol):
    """Says whether prose holds of a conversation's last reply."""

    async def judge(self, prose: str, talk: Talk) -> Judgement:
        """Judge one sentence."""
        ...


class ModelJudge:
    """A judge behind any OpenAI-compatible endpoint, asked at temperature 0."""

    def __init__(self, model: str, base_url: str, key: str) -> None:
        self._model = model
        self._client = httpx.AsyncClient(
            base_url=base_url, headers={"authorization": f"Bearer {key}"}, timeout=60, trust_env=False
        )

    async def judge(self, prose: str, talk: Talk) -> Judgement:
        """See `Judge`.

        Raises:
            ModelBadAnswer: The judge gave no verdict.
        """
        text = await self.complete([("system", _TASK.format(prose=prose)), ("user", _told(talk))])
        try:
            said = json.loads(text[text.index("{") : text.rindex("}") + 1])
            return Judgement(bool(said["holds"]), str(said.get("why", "")))
        except (ValueError, KeyError) as error:
            raise ModelBadAnswer(f"The judge said no verdict: {text[:200]!r}.", hint="Choose another judge.") from error

    async def complete(self, talk: Talk) -> str:
        """Return the model's next message."""
        messages = [{"role": role, "content": text} for role, text in talk]
        body = {"model": self._model, "temperature": 0, "messages": messages}
        answer = await self._client.post("/chat/completions", json=body)
        if answer.status_code != 200:
            raise ModelBadAnswer(
                f"The judge's endpoint answered {answer.status_code}.", hint="Check the judge's model, address and key."
            )
        data: Mapping[str, list[Mapping[str, Mapping[str, str]]]] = answer.json()
        return data["choices"][0]["message"]["content"]


async def judged(judge: Judge | None, expect: Expect, talk: Talk) -> list[Check]:
    """Return a check for each sentence of prose; `not_judged` where there is no judge."""
    checks = []
    for prose in expect.assistant_should:
        if judge is None:
            checks.append(Check(f"the assistant should {prose}", "not_judged", "no judge is set"))
            continue
        said = await judge.judge(prose, talk)
        verdict = "passed" if said.holds else "failed"
        checks.append(Check(f"the assistant should {prose}", verdict, "" if said.holds else said.why))
    return checks


def _told(talk: Talk) -> str:
    return "\n\n".join(f"{role}: {text}" for role, text in talk)
