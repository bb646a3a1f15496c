"""What each model call was shown, stored before the call; texts once per tenant.

The manifest names every text by a keyed digest. The hash covers the manifest, so a
package that renders at all renders exactly what was shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters.keys import Keys
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import Statement, load
from dossier.context.package import ContextPackage, from_json
from dossier.context.render import Message
from dossier.errors import NotFound
from dossier.run import Run
from state.canonical import canonical, keyed, sha256

_SQL = load("dossier.adapters", "sql/packages.sql")
_BLOCK_KEY_DIGITS = 16
Schema = dict[str, Any]
"""A tool as the model is offered it."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model call sends: it can only be had from a stored package."""

    package: ContextPackage
    hash: str
    tools: tuple[Schema, ...]
    key: str
    """The thread's delimiter key, in hex."""

    @property
    def messages(self) -> list[Message]:
        """Return the messages, the same bytes each time."""
        return self.package.render(self.key)


@dataclass(frozen=True, slots=True)
class Stored:
    """The statements that store a package, and the hash by which the log names it."""

    statements: tuple[Statement, ...]
    hash: str


class Packages:
    """Stores packages and gives them back."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def block_key(self, tenant: str, thread: str) -> str:
        """Return the delimiter key of a thread: nobody who writes into the thread knows it."""
        return keyed(await self._keys.tenant(tenant, "blocks"), thread.encode())[:_BLOCK_KEY_DIGITS]

    async def storing(self, run: Run, ordinal: int, package: ContextPackage, tools: Sequence[Schema]) -> Stored:
        """Return what stores a package, to go with the event that names it."""
        key = await self._keys.tenant(run.tenant, "bodies")
        texts: dict[str, str] = {}

        def address(text: str) -> str:
            digest = keyed(key, text.encode())
            texts[digest] = text
            return digest

        offered = address(canonical(list(tools)).decode())
        manifest = canonical({"package": package.to_json(address), "tools": offered}).decode()
        hash_ = sha256(manifest.encode())
        rows = {"digests": list(texts), "bodies": list(texts.values())}
        row = {
            "package_id": package.header.id,
            "thread": run.thread,
            "turn": run.turn,
            "ordinal": ordinal,
            "hash": hash_,
            "manifest": manifest,
            "included": [entry.item.id for entry in package.items],
        }
        # The package first: an erasure locks that table, so no text that it names can go unseen.
        return Stored((Statement(_SQL["package"], row), Statement(_SQL["bodies"], rows)), hash_)

    async def of_call(self, run: Run, ordinal: int) -> Prompt:
        """Return the prompt of one model call of a turn.

        Raises:
            NotFound: No package was stored for it, or its texts were erased.
        """
        params = {"thread": run.thread, "turn": run.turn, "ordinal": ordinal}
        return await self._prompt(run.tenant, run.thread, "of_call", params)

    async def by_id(self, tenant: str, package_id: str) -> Prompt:
        """Return any stored prompt of a tenant.

        Raises:
            NotFound: There is none, or its texts were erased.
        """
        return await self._prompt(tenant, None, "by_id", {"package_id": package_id})

    async def holding(self, tenant: str, item: str, *, limit: int = 100) -> list[tuple[str, str, str]]:
        """Return (package, thread, turn) of the packages that showed an item, newest first."""
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["holding"], {"item": item, "limit": limit})
            return [(row["package_id"], row["thread_id"], row["turn_id"]) for row in await cursor.fetchall()]

    async def _prompt(self, tenant: str, thread: str | None, query: str, params: Mapping[str, object]) -> Prompt:
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL[query], params)
            row = await cursor.fetchone()
            if row is None:
                raise NotFound("No such package is stored.", hint="Check the id.")
            manifest = json.loads(row["manifest"])
            texts = await _texts(cursor, manifest)
        key = await self.block_key(tenant, thread or row["thread_id"])
        if sha256(row["manifest"].encode()) != row["hash"]:
            raise NotFound(f"Package {row['package_id']} was changed after it was stored.", hint="Run dossier verify.")
        tools = tuple(json.loads(texts[manifest["tools"]]))
        return Prompt(from_json(manifest["package"], texts), row["hash"], tools, key)


async def _texts(cursor: Cursor, manifest: Mapping[str, Any]) -> dict[str, str]:
    named = [item["item"]["text"] for item in json.loads(manifest["package"])["items"]]
    await cursor.execute(_SQL["texts"], {"digests": [*named, manifest["tools"]]})
    return {row["digest"]: row["body"] for row in await cursor.fetchall()}
