"""Who calls: a verified token of the identity provider, or a development user's key. Nothing else is identity."""

from collections.abc import Mapping
from typing import Any

import jwt
from pydantic import ValidationError

from dossier.errors import InvalidSettings, NotIdentified
from dossier.settings import Settings
from service.key_set import KeySet
from state.principal import Principal

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Public-key algorithms only: a public key must never count as a shared secret."""
_CLAIMS = ("exp", "iss", "aud", "sub")
_TOKEN_LIMIT = 8_192


class Identifier:
    """Turns what a client shows into a principal."""

    def __init__(self, settings: Settings, people: Mapping[str, Principal]) -> None:
        """Take issuer, audience, keys and claims from settings.

        Args:
            settings: Of this process.
            people: The application's development users by API key; anyone can be them, so not in production.

        Raises:
            InvalidSettings: Nobody could ever sign in.
        """
        self._settings = settings
        self._keys = KeySet(settings.auth_jwks) if settings.auth_jwks else None
        self._users = people if settings.env == "development" else {}
        if self._keys is None and not self._users:
            raise InvalidSettings(
                "DOSSIER_ENV is production, but no identity provider is named: nobody could sign in.",
                hint="Set DOSSIER_AUTH_JWKS, DOSSIER_AUTH_ISSUER and DOSSIER_AUTH_AUDIENCE.",
            )

    @property
    def people(self) -> Mapping[str, Principal]:
        """Return who can sign in by name, each once: in development only."""
        names: dict[Principal, str] = {}
        for name, who in self._users.items():
            names.setdefault(who, name)
        return {name: who for who, name in names.items()}

    async def principal(self, authorization: str | None, api_key: str | None = None) -> Principal:
        """Return who stands behind a request.

        Args:
            authorization: The Authorization header; `Bearer` and a token. When it is there, it alone counts.
            api_key: The x-api-key header, for development users.

        Raises:
            NotIdentified: Nobody who is known.
            Unavailable: The provider's keys can't be had.
        """
        if authorization is None:
            return self._development(api_key)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise _unknown()
        return await self.of_token(token.strip())

    async def of_token(self, token: str) -> Principal:
        """Return who a token stands for; see `principal`."""
        if self._keys is None or token in self._users:
            return self._development(token)
        if len(token) > _TOKEN_LIMIT:
            raise _unknown()
        return self._principal(await self._claims(token, self._keys))

    def _development(self, key: str | None) -> Principal:
        if key is None or (found := self._users.get(key)) is None:
            raise _unknown()
        return found

    async def _claims(self, token: str, keys: KeySet) -> dict[str, Any]:
        try:
            key = await keys.key(str(jwt.get_unverified_header(token).get("kid", "")))
            if key.algorithm_name not in ALGORITHMS:
                raise _unknown()
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._settings.auth_issuer,
                audience=self._settings.auth_audience,
                leeway=self._settings.auth_leeway_seconds,
                options={"require": list(_CLAIMS)},
            )
        except jwt.ExpiredSignatureError as error:
            raise NotIdentified("The token has expired.", hint="Sign in again.") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise _unknown() from error

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        tenant, roles = claims.get(self._settings.auth_tenant_claim), claims.get(self._settings.auth_roles_claim, [])
        if not isinstance(tenant, str) or not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
            raise NotIdentified("The token names no tenant, or no list of roles.", hint="Ask for its claims.")
        try:
            return Principal(tenant=tenant, user=claims["sub"], roles=tuple(roles))
        except ValidationError as error:
            raise NotIdentified("The token's user or tenant is malformed.", hint="Ask for its claims.") from error


def _unknown() -> NotIdentified:
    return NotIdentified("Nobody verified who is calling.", hint="Send Authorization: Bearer and a token.")
