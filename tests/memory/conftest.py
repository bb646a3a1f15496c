"""Memory is tried through whole turns."""

from tests.turn.conftest import as_owner, open_desk

__all__ = ["as_owner", "open_desk"]
