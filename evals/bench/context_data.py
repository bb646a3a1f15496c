"""Conversations and questions of the context benchmark, as its files hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, Field

from dossier.recall.history import PastTurn
from evals.bench.data import DataInvalid, read_rows

ADVERSARIAL = 5
"""The category of questions that have no answer: nothing can be recalled for them."""


class TurnRow(BaseModel):
    """One turn of a conversation."""

    conv: str
    id: str
    seq: int
    render: str
    """The turn as it is shown."""
    tok: int = Field(ge=0)
    """What showing it costs."""
    text: str = ""
    caption: str | None = None
    speaker: str = ""
    session: str | int = ""
    date: datetime | None = None

    def said(self) -> PastTurn:
        """Return it as recall sees it."""
        at = self.date.replace(tzinfo=UTC) if self.date and self.date.tzinfo is None else self.date
        text = " ".join(filter(None, (self.text, self.caption))) or self.render
        return PastTurn(f"turn:{self.id}", self.seq, text, self.speaker, str(self.session), at)


class QuestionRow(BaseModel):
    """One question, with the turns that hold its answer."""

    qid: str
    conv: str
    question: str
    evidence: list[str]
    category: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation and what is asked about it."""

    name: str
    turns: tuple[TurnRow, ...]
    questions: tuple[QuestionRow, ...]


def read(turns: Path, questions: Path) -> list[Conversation]:
    """Return the conversations with their questions that can be scored.

    Raises:
        DataInvalid: A file is no such file, names a turn twice, or asks about a conversation that is not there.
    """
    by_conv = _by_conversation(turns)
    asked = [q for q in read_rows(questions, QuestionRow) if q.evidence and q.category != ADVERSARIAL]
    if not asked:
        raise DataInvalid(f"{questions} asks nothing that has evidence.", hint="Each question names its turns.")
    if unknown := sorted({q.conv for q in asked} - by_conv.keys()):
        raise DataInvalid(f"{questions} asks about {unknown[0]!r}, which {turns} lacks.", hint="Give matching files.")
    return [
        Conversation(name, tuple(rows), tuple(q for q in asked if q.conv == name)) for name, rows in by_conv.items()
    ]


def _by_conversation(path: Path) -> dict[str, Sequence[TurnRow]]:
    found: dict[str, dict[str, TurnRow]] = {}
    for row in read_rows(path, TurnRow):
        known = found.setdefault(row.conv, {})
        if row.id in known:
            raise DataInvalid(f"{path}: {row.conv!r} has the turn {row.id!r} twice.", hint="Ids are unique.")
        known[row.id] = row
    return {conv: sorted(rows.values(), key=lambda row: row.seq) for conv, rows in found.items()}
