"""Nearness in meaning: the port of an embedding model, off unless one is given."""

from collections.abc import Sequence
from math import sqrt
from operator import mul
from typing import Protocol

from dossier.recall.history import PastTurn, Request

Vector = Sequence[float]


class Embedder(Protocol):
    """Turns texts into vectors; like texts point alike."""

    @property
    def name(self) -> str:
        """Which model it is, for the record."""
        ...

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector for each text, all of one length."""
        ...


def meanings(request: Request, turns: Sequence[PastTurn], embedder: Embedder) -> dict[str, float]:
    """Give the cosine of each turn, by id, with the request; who spoke is part of what was said."""
    asked, *said = embedder.embed([request.text, *(f"{turn.speaker}: {turn.text}" for turn in turns)])
    length = sqrt(sum(map(mul, asked, asked))) or 1.0
    return {turn.id: _cosine(asked, vector, length) for turn, vector in zip(turns, said, strict=True)}


def _cosine(asked: Vector, said: Vector, asked_length: float) -> float:
    return sum(map(mul, asked, said)) / ((sqrt(sum(map(mul, said, said))) or 1.0) * asked_length)
