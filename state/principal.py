"""Who acts."""

from pydantic import BaseModel, ConfigDict, field_validator


class Principal(BaseModel):
    """A verified identity: never read from what a client sends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    """The tenant (agency, customer) that everything read or written belongs to."""
    user: str
    """The user's id, unique within the tenant."""
    roles: tuple[str, ...] = ()
    """Sorted role names, as policies know them."""

    @field_validator("tenant", "user")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value or value != value.strip() or len(value) > 128:
            raise ValueError("must be 1 to 128 characters without outer blanks")
        return value

    @field_validator("roles")
    @classmethod
    def _sorted(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(value)))
