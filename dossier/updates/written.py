"""Proposals that a model wrote as JSON: all of them, or what is wrong with them."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from state.proposals import Content, Proposal

_SHOWN_ERRORS = 5


class Written(BaseModel):
    """The form a model has to write: give its JSON schema to the provider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proposals: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """An output that does not have the form."""

    raw: str
    error: str
    """What is wrong and where, to be shown to the model once."""


def read_written(raw: str, tenant: str) -> tuple[Proposal, ...] | Malformed:
    """Read a model's proposals; one that is malformed spoils them all."""
    try:
        written = Written.model_validate_json(raw)
    except ValidationError as error:
        return Malformed(raw, _told(error))
    return tuple(Proposal(content=content, proposed_by="model", tenant=tenant) for content in written.proposals)


def _told(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(str(part) for part in one['loc']) or 'output'}: {one['msg']}" for one in found]
    return "\n".join(lines[:_SHOWN_ERRORS])
