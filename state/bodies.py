"""What the bodies of events are made of."""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

Effect = Literal["read", "write", "irreversible"]


class Body(BaseModel):
    """What one event says."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: ClassVar[int] = 1


class EntityRef(BaseModel):
    """A thing that a conversation can be about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    id: str
    label: str = ""
    """How it is called in a list, for people."""


class Option(EntityRef):
    """One numbered choice of a question."""


class CallRef(BaseModel):
    """Which tool call: the key of its effect, together with thread and turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ordinal: int
    """Which model call of the turn asked for it, from 0."""
    index: int
    """Its place among that call's tool calls, from 0."""
