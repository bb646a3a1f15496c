"""The case desk of an agency where nobody writes alone: notes and drafts wait for an approval as well."""

from typing import Any

from casework.application import Casework
from casework.application import application as case_desk
from dossier.policy import Authorizer, Decision


class _NobodyAlone:
    def __init__(self, policy: Authorizer) -> None:
        self._policy = policy
        self.version = policy.version

    def decide(self, principal: Any, action: Any, resource: Any, context: Any) -> Decision:
        if action == "call_alone":
            return Decision(False, ("nobody-alone",))
        return self._policy.decide(principal, action, resource, context)


def application() -> Casework:
    """Return the application; a server is told of it by DOSSIER_APPLICATION."""
    app = case_desk()
    app.authorizer = _NobodyAlone(app.authorizer)
    return app
