"""The shape that both sides of the rendering agree on."""

import re
from dataclasses import dataclass

from dossier.errors import InvalidInput

_KEY = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True, slots=True)
class Block:
    """One item as the model sees it."""

    attributes: tuple[tuple[str, str], ...]
    """Names and values of the header, in order: id and kind first."""
    text: str
    """What the block says, unescaped."""

    def get(self, name: str) -> str | None:
        """Give the value of an attribute, or None."""
        return dict(self.attributes).get(name)


def check_key(key: str) -> str:
    """Give the delimiter key back.

    Raises:
        InvalidInput: It is not 16 to 64 lower-case hex digits.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInput("A delimiter key must be 16 to 64 lower-case hex digits.", hint="Derive it by HMAC.")
    return key
