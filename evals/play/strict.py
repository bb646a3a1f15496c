"""What every part of a scenario file is made of: frozen, and nothing in it that is not known."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """A part of a scenario; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


class Telling(Strict):
    """A part that has to say something: with nothing in it, it would hold of everything."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing, so it can't fail")
        return self


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
"""One text or several; an empty one would hold of everything."""
AsList = BeforeValidator(_listed)
"""Lets one entry stand without its list."""
