"""A summary that a model words: what it is told, and the part of a summary that it may write."""

from pydantic import BaseModel, ConfigDict

from dossier.application import PromptVersion
from state.summaries import Statement, Summary


class WrittenSummary(BaseModel):
    """What a model may write of a summary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal: Statement | None
    open_questions: tuple[Statement, ...]
    entities: tuple[Statement, ...]
    risk_notes: tuple[Statement, ...]


SCHEMA = {**WrittenSummary.model_json_schema(), "title": "summary"}

PROMPT = PromptVersion(
    name="summary",
    version="1",
    instruction=(
        "You sum up a conversation for those who go on with it. Each statement is one sentence and names, in events, "
        "the numbers of the turns that it rests on: the number in the id turn:NUMBER. Say what is asked for, what is "
        "still open, what it is about and what is risky. Say nothing that no turn says, and nothing that was rejected. "
        "Decisions and rejected assumptions are recorded elsewhere."
    ),
    contract="Answer in the response format of this call.",
    schema=SCHEMA,
)


def written(raw: str, baseline: Summary) -> Summary:
    """Return the rule's summary with what the model wrote in its place, to be checked against the rule's."""
    said = WrittenSummary.model_validate_json(raw)
    parts = {name: getattr(said, name) for name in WrittenSummary.model_fields}
    return baseline.model_copy(update={**parts, "decisions": (), "rejected_assumptions": ()})
