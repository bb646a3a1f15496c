"""Keys derived from the deployment's secret and a salt per tenant.

Without the secret a copy of the database can't be rewritten unnoticed; without the
salt, which erasing a tenant destroys, its digests can't be made again.
"""

import secrets
from typing import Literal

from dossier.adapters.pool import Database
from state.canonical import keyed

Purpose = Literal["head", "bodies", "blocks"]
SALT_BYTES = 32
KEY_VERSION = 1
"""Stands before whatever was made with a key, so that another key can be told from this one."""


class Keys:
    """Keys of this deployment, one per tenant and purpose."""

    def __init__(self, secret: bytes, db: Database) -> None:
        self._secret = secret
        self._db = db
        self._salts: dict[str, bytes] = {}

    async def tenant(self, tenant: str, purpose: Purpose) -> bytes:
        """Return a tenant's key; its salt is made at first use."""
        salt = self._salts.get(tenant)
        if salt is None:
            salt = self._salts[tenant] = await self._salt(tenant)
        return bytes.fromhex(keyed(self._secret, purpose.encode() + b"\0" + tenant.encode() + b"\0" + salt))

    async def knows(self, tenant: str) -> bool:
        """Tell whether anything has been kept for a tenant."""
        async with self._db.read(tenant) as cursor:
            await cursor.execute("SELECT FROM tenants")
            return await cursor.fetchone() is not None

    async def _salt(self, tenant: str) -> bytes:
        async with self._db.write("tenant", tenant) as cursor:
            await cursor.execute(
                "INSERT INTO tenants (salt) VALUES (%s) ON CONFLICT DO NOTHING", [secrets.token_bytes(SALT_BYTES)]
            )
            await cursor.execute("SELECT salt FROM tenants")
            row = await cursor.fetchone()
        assert row is not None
        return bytes(row["salt"])
