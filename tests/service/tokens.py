"""An identity provider for tests, and tokens that somebody else made."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER, AUDIENCE = "https://login.example.test/", "dossier"


@dataclass(frozen=True)
class Provider:
    """An identity provider: it signs tokens, its public keys stand in a file."""

    key: rsa.RSAPrivateKey
    jwks: Path
    kid: str = "k1"

    def claims(self, user: str = "o.brandt", tenant: str = "northgate", roles: Sequence[str] = ("officer",)) -> Any:
        now = int(time.time())
        about = {"iss": ISSUER, "aud": AUDIENCE, "sub": user, "tenant": tenant, "roles": list(roles)}
        return {**about, "iat": now, "exp": now + 600}

    def token(self, claims: Mapping[str, Any] | None = None, **who: Any) -> str:
        return jwt.encode(dict(claims or self.claims(**who)), self.key, "RS256", headers={"kid": self.kid})

    def bearer(self, **who: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**who)}"}


def made_provider(folder: Path) -> Provider:
    """Return a provider whose public keys stand in a folder."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": "k1", "alg": "RS256", "use": "sig"}
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [public]}))
    return Provider(key, path)


def forged(provider: Provider) -> dict[str, dict[str, str]]:
    """Return headers by name: none of them stands for anybody."""
    good, now = provider.claims(), int(time.time())
    token, other = provider.token(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    head, body, signature = token.split(".")
    pem = provider.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def claims(**changed: Any) -> str:
        return provider.token({name: value for name, value in {**good, **changed}.items() if value is not None})

    made = {
        "no signature": f"{head}.{body}.",
        "algorithm none": f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': 'k1'})}.{body}.",
        "algorithm None": f"{_part({'alg': 'None', 'kid': 'k1'})}.{body}.{signature}",
        "public key as secret": _hmac_signed({"alg": "HS256", "kid": "k1"}, body, pem),
        "empty secret": _hmac_signed({"alg": "HS256", "kid": "k1"}, body, b""),
        "another key": jwt.encode(good, other, "RS256", headers={"kid": "k1"}),
        "another algorithm of the key": jwt.encode(good, provider.key, "RS512", headers={"kid": "k1"}),
        "unknown key id": jwt.encode(good, provider.key, "RS256", headers={"kid": "k9"}),
        "key id of a path": jwt.encode(good, provider.key, "RS256", headers={"kid": "../../etc/passwd"}),
        "no key id": jwt.encode(good, provider.key, "RS256"),
        "key in the header": _with_own_key(good, other),
        "key address in the header": jwt.encode(
            good, other, "RS256", headers={"kid": "k9", "jku": "http://127.0.0.1:9/jwks.json"}
        ),
        "unknown critical header": jwt.encode(
            good, provider.key, "RS256", headers={"kid": "k1", "crit": ["x"], "x": 1}
        ),
        "changed body": f"{head}.{_part({**good, 'sub': 's.okafor'})}.{signature}",
        "expired": claims(exp=now - 3600),
        "not valid yet": claims(nbf=now + 3600),
        "no expiry": claims(exp=None),
        "wrong audience": claims(aud="other"),
        "no audience": claims(aud=None),
        "wrong issuer": claims(iss="https://evil.example/"),
        "no issuer": claims(iss=None),
        "no subject": claims(sub=None),
        "no tenant": claims(tenant=None),
        "tenant a list": claims(tenant=["northgate"]),
        "empty tenant": claims(tenant=""),
        "empty subject": claims(sub=""),
        "roles a text": claims(roles="officer"),
        "roles of objects": claims(roles=[{"name": "officer"}]),
        "not a token": "a.b.c",
        "very long": "a" * 20_000,
        "a development user by name": "o.brandt",
    }
    bearers = {name: {"Authorization": f"Bearer {text}"} for name, text in made.items()}
    schemes = {
        "empty": {"Authorization": "Bearer"},
        "basic": {"Authorization": "Basic b2ZmaWNlcjo="},
        "no scheme": {"Authorization": token},
        "another scheme": {"Authorization": f"Token {token}"},
        "a cookie": {"Cookie": "dossier_session=officer"},
        "headers of a proxy": {"X-Forwarded-User": "o.brandt", "X-Tenant": "northgate", "X-Remote-User": "o.brandt"},
        "a key with a blank": {"x-api-key": "officer officer"},
        "a key in capitals": {"x-api-key": "OFFICER"},
    }
    return {**bearers, **schemes}


def _part(data: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _hmac_signed(header: Mapping[str, Any], body: str, secret: bytes) -> str:
    signed = f"{_part(header)}.{body}"
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _with_own_key(claims: Mapping[str, Any], key: rsa.RSAPrivateKey) -> str:
    own = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return jwt.encode(dict(claims), key, "RS256", headers={"kid": "k1", "jwk": own})
