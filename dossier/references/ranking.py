"""Which earlier mention a mention takes up: a probability for each, from fitted weights that anyone can read.

A conditional logit (McFadden 1973): the score of a candidate is the sum of the weights of what holds for it (see
`ranking_features`), those for all forms and those for the form of the mention; the softmax of the scores is the
probability. Mentions of the same words are one thing, so their probabilities are added up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from dossier.references.mentions import Mention
from dossier.references.ranking_features import Scene, features

ANY = "any"
Weights = Mapping[str, Mapping[str, float]]
"""Form of the mention (or `any`) to feature to weight; a feature without one weighs nothing."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An earlier mention with how likely it is the one meant."""

    at: int
    """Its index among the earlier mentions."""
    probability: float
    """0 to 1, that this mention is the one."""
    confidence: float
    """0 to 1, that the thing it names is the one: the sum over mentions of the same words."""


@lru_cache(maxsize=1)
def fitted() -> Weights:
    """Return the weights that are shipped; their file says what they were fitted on."""
    text = files("dossier.references").joinpath("ranking_weights.json").read_text(encoding="utf-8")
    return json.loads(text)["weights"]


def rank(mention: Mention, earlier: Sequence[Mention], weights: Weights | None = None) -> tuple[Ranked, ...]:
    """Return the earlier mentions, the likeliest first; equal ones by age, the newest first.

    Args:
        mention: What is to be resolved.
        earlier: Mentions before it, oldest first.
        weights: To use instead of the shipped ones.
    """
    if not earlier:
        return ()
    scene = Scene(mention, earlier)
    probabilities = softmax(scores(scene, weights or fitted()))
    mass: dict[str, float] = {}
    for reading, p in zip(scene.readings, probabilities, strict=True):
        mass[reading.norm] = mass.get(reading.norm, 0.0) + p
    order = sorted(range(len(earlier)), key=lambda at: (-probabilities[at], -at))
    return tuple(Ranked(at, probabilities[at], min(mass[scene.readings[at].norm], 1.0)) for at in order)


def scores(scene: Scene, weights: Weights) -> list[float]:
    """Return the sum of weights of each earlier mention."""
    every, form = weights.get(ANY, {}), weights.get(scene.said.form, {})
    return [sum(every.get(f, 0.0) + form.get(f, 0.0) for f in features(scene, at)) for at in range(len(scene.earlier))]


def softmax(values: Sequence[float]) -> list[float]:
    """Return the values as probabilities."""
    top = max(values)
    grown = [math.exp(v - top) for v in values]
    total = sum(grown)
    return [g / total for g in grown]
