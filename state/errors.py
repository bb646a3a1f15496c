"""The base of every refusal, and the one that state itself raises."""

from typing import ClassVar


class DossierError(Exception):
    """A refusal with a stable code and the next step.

    Attributes:
        code: Stable, machine-readable, snake_case.
        status: The HTTP status that doors answer with.
        hint: What the reader can do next, as one sentence.
    """

    code: ClassVar[str] = "dossier_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def model_dump(self) -> dict[str, str | int]:
        """Return what a client is told; servers that write objects as JSON look for this name."""
        return {"error": self.code, "message": self.message, "hint": self.hint, "status": self.status}

    def __str__(self) -> str:
        text = f"[{self.code}] {self.message}"
        return f"{text} {self.hint}" if self.hint else text


class SchemaMismatch(DossierError):
    """Stored data has a schema newer than this code."""

    code = "schema_mismatch"
