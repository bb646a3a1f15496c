"""The messages of a second attempt: the package's, the answer that could not be used, and what is wrong with it."""

from collections.abc import Sequence

from dossier.context.render import Message

RAW_LIMIT = 2_000
"""Characters of the answer that are shown."""
ERROR_LIMIT = 600
_ASK = (
    "Your answer can't be used: {error}\n"
    "Answer the same request again, complete and in the form that was asked for. Nothing of that answer was kept."
)


def second_attempt(messages: Sequence[Message], raw: str, error: str) -> list[Message]:
    """Return what is sent when an answer could not be used; made of a stored package and a stored failure alone.

    Args:
        messages: As the package renders.
        raw: The answer as far as it could be read, perhaps empty.
        error: What is wrong with it.
    """
    said: list[Message] = [{"role": "assistant", "content": raw[:RAW_LIMIT]}] if raw.strip() else []
    return [*messages, *said, {"role": "user", "content": _ASK.format(error=error[:ERROR_LIMIT])}]
