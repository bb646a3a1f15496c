"""What was extracted of a conversation, and how two extractions become one."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from state.events import EntityRef

_T = TypeVar("_T", bound=Hashable)


class ExtractedContext(BaseModel):
    """The parts of an extraction that describe, rather than change, the conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    """How the user is called."""
    topic: EntityRef | None = None
    """What the message is about."""
    preferences: dict[str, str] = Field(default_factory=dict)
    entities: tuple[EntityRef, ...] = ()
    open_questions: tuple[str, ...] = ()

    @field_validator("entities", "open_questions")
    @classmethod
    def _once_each(cls, value: tuple[_T, ...]) -> tuple[_T, ...]:
        return _united(value)


def merge(earlier: ExtractedContext, later: ExtractedContext) -> ExtractedContext:
    """Merge two extractions: a later scalar wins, preferences by key, lists in first-seen order.

    The same twice changes nothing, and how a row of extractions is grouped does not matter.
    """
    return ExtractedContext(
        name=later.name if later.name is not None else earlier.name,
        topic=later.topic if later.topic is not None else earlier.topic,
        preferences={**earlier.preferences, **later.preferences},
        entities=(*earlier.entities, *later.entities),
        open_questions=(*earlier.open_questions, *later.open_questions),
    )


def _united(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))
