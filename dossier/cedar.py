"""Who may do what: Cedar policies over principals, scopes and tools."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import cedarpy

from dossier.errors import DossierError
from dossier.policy import Action, Decision, Scope
from state.canonical import canonical, sha256
from state.principal import Principal

_KNOWN_CONTEXT = frozenset({"effect", "requested_by", "tenant"})
"""What the policies may look at; anything else is not handed to them."""


class PoliciesInvalid(DossierError):
    """The policies do not fit their schema; nothing may be decided by them."""

    code = "policies_invalid"


class CedarAuthorizer:
    """Decides by the .cedar files of a folder; what none of them permits is denied.

    Raises:
        PoliciesInvalid: The texts do not parse, or name what the schema does not have.
    """

    def __init__(self, policies: Mapping[str, str], schema: str) -> None:
        text = "\n".join(policies[name] for name in sorted(policies))
        checked = cedarpy.validate_policies(text, schema)
        if not checked:
            raise PoliciesInvalid("; ".join(map(str, checked.errors)), hint="Correct the .cedar files.")
        self._policies = cedarpy.PolicySet.from_str(text)
        self.version = sha256(canonical([sorted(policies.items()), schema]))
        # The same question has the same answer: policies do not change while this object lives.
        self._remembered = lru_cache(maxsize=4_096)(self._ask)

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """Decide one question, in about 0.2 ms the first time; see `dossier.policy.Authorizer`."""
        known = tuple(sorted((key, value) for key, value in context.items() if key in _KNOWN_CONTEXT))
        return self._remembered(principal, action, resource, known)  # pyright: ignore[reportArgumentType] - frozen

    def _ask(
        self, principal: Principal, action: Action, resource: Scope, context: tuple[tuple[str, str | bool], ...]
    ) -> Decision:
        user = {"type": "User", "id": f"{principal.tenant}/{principal.user}"}
        what = {"type": resource.kind, "id": resource.id}
        request = {
            "principal": user,
            "action": {"type": "Action", "id": action},
            "resource": what,
            "context": dict(context),
        }
        result = cedarpy.is_authorized(request, self._policies, _entities(principal, user, resource, what))
        names = result.diagnostics.id_annotations_by_reason
        return Decision(result.allowed, tuple(sorted(names.get(r, r) for r in result.diagnostics.reasons)))


def cedar_authorizer(package: str) -> CedarAuthorizer:
    """Load `<package>/policies`: its .cedar files, and the one .cedarschema that they must fit.

    Raises:
        PoliciesInvalid: A text does not parse or does not fit, or the schema is missing.
    """
    texts = {f.name: f.read_text("utf-8") for f in files(package).joinpath("policies").iterdir() if f.is_file()}
    schemas = [text for name, text in texts.items() if name.endswith(".cedarschema")]
    if len(schemas) != 1:
        raise PoliciesInvalid(
            f"{package}/policies holds {len(schemas)} schemas.", hint="Put one .cedarschema beside the .cedar files."
        )
    return CedarAuthorizer({name: text for name, text in texts.items() if name.endswith(".cedar")}, schemas[0])


def _entities(
    principal: Principal, user: dict[str, str], resource: Scope, what: dict[str, str]
) -> list[dict[str, Any]]:
    roles = [{"type": "Role", "id": role} for role in principal.roles]
    about = {"name": principal.user, "tenant": principal.tenant}
    return [
        {"uid": user, "attrs": about, "parents": roles},
        {"uid": what, "attrs": {**dict(resource.attributes), "name": resource.id}, "parents": []},
        *({"uid": role, "attrs": {}, "parents": []} for role in roles),
    ]
