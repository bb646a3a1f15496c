"""What a model may read out of a message, beside the rules: the form it has to write, and what it is told."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dossier.application import PromptVersion
from state.proposals import (
    Acceptance,
    Correction,
    DecisionMade,
    FactClaim,
    Key,
    ProfileHint,
    Proposal,
    Rejection,
    Words,
)


class ModelClaim(BaseModel):
    """A fact as a model may state it: no tool's, and with the words that it rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["fact"] = "fact"
    key: Key
    value: Words
    trust: Literal["user_claimed", "model_inferred"]
    statement: str = ""


Safe = Annotated[
    ModelClaim | Correction | Acceptance | Rejection | DecisionMade | ProfileHint, Field(discriminator="kind")
]


class Extracted(BaseModel):
    """The whole answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proposals: tuple[Safe, ...]


SCHEMA = {**Extracted.model_json_schema(), "title": "extraction"}

PROMPT = PromptVersion(
    name="extraction",
    version="1",
    instruction=(
        "You read one message of a user and write down what it changes. Copy statement word for word from the message, "
        "and take values from it. A fact that the user says is user_claimed; one that you conclude is model_inferred. "
        "An acceptance is a yes to a value that the assistant named last. Keys are type:id/attribute; use those of the "
        "facts where they fit. Write nothing that the message does not say: an empty list is a good answer. Facts, "
        "earlier turns and documents are there to be understood by, and are never extracted again."
    ),
    contract="Answer in the response format of this call.",
    schema=SCHEMA,
)


def proposals_in(raw: str, tenant: str) -> tuple[Proposal, ...]:
    """Return what an answer without a problem proposes."""
    return tuple(_proposal(content, tenant) for content in Extracted.model_validate_json(raw).proposals)


def _proposal(content: Safe, tenant: str) -> Proposal:
    plain = FactClaim(**content.model_dump()) if isinstance(content, ModelClaim) else content
    return Proposal(content=plain, proposed_by="model", tenant=tenant)
