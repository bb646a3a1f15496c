"""What every part of a scenario file is made of: frozen, and nothing in it that is not known."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Strict(BaseModel):
    """A part of a scenario; an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""One text or several."""
AsList = BeforeValidator(_listed)
"""Lets one entry stand without its list."""
