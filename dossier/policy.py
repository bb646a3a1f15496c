"""What a policy decides about, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from state.principal import Principal


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data a piece is: what the policy decides about."""

    kind: str
    """An entity type of the policies, e.g. `Case` or `Tenant`."""
    id: str
    attributes: tuple[tuple[str, str], ...] = ()
    """What the policy may look at, e.g. (("assigned_to", "o.brandt"),)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy says, and which of its policies said so."""

    allowed: bool
    policies: tuple[str, ...]


Action = Literal["read", "call", "call_alone", "approve", "audit", "remember", "import"]


class Authorizer(Protocol):
    """Decides by policy; denies what no policy permits."""

    version: str
    """Digest of the policies' text."""

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """Decide one question.

        Args:
            principal: Who asks; its tenant and roles count.
            action: `read` a scope, `call` a tool, `call_alone` a writing tool without anyone's
                approval (irreversible ones always need it), `approve` a call, see as an auditor, have own words
                `remember`ed beyond the thread, `import` what was said elsewhere into a thread.
            resource: The scope; for `call` and `approve` kind `Tool` and the tool's name; for `remember` kind
                `Memory` and `user`, `tenant` or `inferred`.
            context: For `call` and `call_alone` {"effect": "irreversible"}; for `approve` also who asked and the
                thread's tenant: {"effect": ..., "requested_by": "o.brandt", "tenant": "northgate"}.
        """
        ...
