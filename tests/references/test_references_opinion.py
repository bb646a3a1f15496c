"""A model's opinion on what the rules leave open: restricted to the options, never enough for what can't be undone."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.adapters.model import call, chat_model
from dossier.adapters.script import Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.references.candidates import Candidate, Risk, Situation
from dossier.references.opinion import OpenReference, RanksReferences, open_reference, with_opinion
from dossier.references.resolve import resolve
from dossier.settings import Settings

BEDS = Situation(
    "Sell the bed.",
    "write",
    2,
    (Candidate("B-1", "bed", "Oak bed", (), 1, 1), Candidate("B-2", "bed", "Pine bed", (), 1, 1)),
)


class ByModel:
    """Asks a model for the id, as an application might."""

    def __init__(self, script: str) -> None:
        self.model = ScriptedModel([Say(text=script)])
        self.client = chat_model("scripted", Settings(_env_file=None), app=self.model)

    async def rank_reference(self, reference: OpenReference) -> str | None:
        ids = [c.id for c in reference.options]
        text = f"{reference.utterance} What is {reference.phrase!r}? {', '.join(ids)}"
        answer = await call(self.client, [{"role": "user", "content": text}], ())
        return json.loads(answer.text)["id"]


@pytest.mark.req("RF-5")
@pytest.mark.parametrize(("answer", "ids"), [("B-2", ("B-2",)), ("B-9", ()), ("", ()), (None, ()), (7, ())])
async def test_a_model_may_choose_one_of_the_options_and_nothing_else(answer: object, ids: tuple[str, ...]) -> None:
    ranker: RanksReferences = ByModel(json.dumps({"id": answer}))
    resolution = resolve(BEDS)
    asked = open_reference(BEDS, resolution)
    assert asked is not None
    assert (asked.phrase, [c.id for c in asked.options]) == ("the bed", ["B-1", "B-2"])
    settled = with_opinion(resolution, await ranker.rank_reference(asked))
    assert (settled.references[0].ids, settled.ask is None) == (ids, bool(ids))


@pytest.mark.req("RF-4", "RF-5")
@pytest.mark.parametrize(("risk", "open"), [("read", True), ("write", True), ("irreversible", False)])
def test_no_opinion_is_asked_for_before_what_cannot_be_undone(risk: Risk, open: bool) -> None:
    situation = replace(BEDS, risk=risk)
    assert (open_reference(situation, resolve(situation)) is not None) == open


@pytest.mark.req("RF-3")
@given(st.text(max_size=6) | st.none() | st.sampled_from(["B-1", "B-2"]))
def test_whatever_is_answered_only_an_option_comes_out(answer: str | None) -> None:
    settled = with_opinion(resolve(BEDS), answer)
    assert settled.references[0].ids == ((answer,) if answer in {"B-1", "B-2"} else ())
