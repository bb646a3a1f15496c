"""What arguments of several tools have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _printable(text: str) -> str:
    if any(not c.isprintable() and c not in "\n\t" for c in text):
        raise ValueError("must hold no control or invisible characters")
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Text = Annotated[str, AfterValidator(_printable)]
CaseId = Annotated[str, Field(pattern=r"^C-[0-9]{1,8}$", description="Id of a case, e.g. C-1042")]

DocumentId = Annotated[str, Field(pattern=r"^[A-Z]{2,4}-[0-9]{1,6}$", description="Id of a document, e.g. IR-77")]


class Arguments(BaseModel):
    """Arguments of a tool; what is not named is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OnCase(Arguments):
    """Arguments of a tool that acts on one case."""

    case_id: CaseId
