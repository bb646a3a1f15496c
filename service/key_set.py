"""The identity provider's public keys: fetched, kept for a while, asked for again when a token names a new one."""

import asyncio
import json
import time
from pathlib import Path

import httpx
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWKSetError

from dossier.errors import NotIdentified, Unavailable

KEPT_SECONDS = 300.0
"""For how long keys count as fresh."""
PAUSE_SECONDS = 10.0
"""Between two fetches, however many tokens name unknown keys."""
_FETCH_SECONDS = 5.0


class KeySet:
    """Keys of a JWKS address or file, by their id."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._keys: dict[str, PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, kid: str) -> PyJWK:
        """Return a key by its id.

        Raises:
            NotIdentified: The provider has no such key.
            Unavailable: Keys were never had, and can't be.
        """
        if kid not in self._keys or self._age() > KEPT_SECONDS:
            await self._refresh()
        if (found := self._keys.get(kid)) is None:
            raise NotIdentified("The token's key is not known.", hint="Sign in again.")
        return found

    def _age(self) -> float:
        return time.monotonic() - self._fetched_at

    async def _refresh(self) -> None:
        async with self._fetching:
            if self._age() < PAUSE_SECONDS:
                return
            try:
                found = PyJWKSet.from_json(await self._text())
            except (httpx.HTTPError, OSError, PyJWKSetError, json.JSONDecodeError) as error:
                if not self._keys:  # keys that were had go on counting while the provider is away
                    raise Unavailable("The identity provider's keys can't be had.", hint="Try again soon.") from error
            else:
                self._keys = {key.key_id: key for key in found.keys if key.key_id}
            self._fetched_at = time.monotonic()

    async def _text(self) -> str:
        if not self._where.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self._where).read_text, "utf-8")
        async with httpx.AsyncClient(timeout=_FETCH_SECONDS) as client:
            return (await client.get(self._where)).raise_for_status().text
