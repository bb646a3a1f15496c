"""How each field of state is owned, kept, trusted, deleted and shown.

Every field of every state model carries one `Lifecycle` in its annotation; the
README's state table and the check that none lacks one read them from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_type_hints

from pydantic import BaseModel

StateKind = Literal["request", "session", "task", "tool", "retrieval", "memory", "policy", "audit"]
Owner = Literal["client", "gate", "runtime", "user", "tool", "policy", "approver"]
Lifetime = Literal["request", "turn", "task", "thread", "retention"]
PromptRule = Literal["always", "when_relevant", "never"]
DeletionRule = Literal["with_turn", "with_task", "with_thread", "erasable", "kept_as_proof"]
FieldTrust = Literal["verified", "claimed", "observed", "inferred", "derived"]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The rules of one field."""

    kind: StateKind
    owner: Owner
    lifetime: Lifetime
    source: str
    """Where the value comes from, in a few words."""
    trust: FieldTrust
    deletion: DeletionRule
    prompt: PromptRule


def lifecycles(model: type) -> Iterator[tuple[str, Lifecycle | None]]:
    """Yield each field's name with its rules, or None where they are missing.

    Args:
        model: A pydantic model, a dataclass or a TypedDict.
    """
    hints = get_type_hints(model, include_extras=True)
    for name in model.model_fields if issubclass(model, BaseModel) else hints:
        metadata = getattr(hints[name], "__metadata__", ())
        yield name, next((m for m in metadata if isinstance(m, Lifecycle)), None)
