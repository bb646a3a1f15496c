"""The text of a question about an unclear reference."""

from __future__ import annotations

from dossier.references.candidates import Situation
from dossier.references.resolve import ResolvedReference


def question_for(reference: ResolvedReference, situation: Situation) -> str:
    """Word the question: candidates numbered from 1, or an open question when nothing fits."""
    labels = {c.id: c.label for c in situation.candidates}
    offered = [i for i in reference.options if i in labels]
    if not offered:
        return f"I can't tell what “{reference.phrase}” means: {reference.reason}. Which one do you mean?"
    if len(offered) == 1:
        return f"By “{reference.phrase}”, do you mean this one?\n1. {_line(offered[0], labels[offered[0]])}"
    rows = "\n".join(f"{n}. {_line(i, labels[i])}" for n, i in enumerate(offered, 1))
    return f"Which do you mean by “{reference.phrase}”?\n{rows}"


def _line(candidate_id: str, label: str) -> str:
    return label if candidate_id.lower() in label.lower() else f"{label} ({candidate_id})"
