"""What each model call was shown, stored before the call; texts once per tenant.

The manifest names every text by a keyed digest. The hash covers the manifest, so a
package that renders at all renders exactly what was shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters.keys import KEY_VERSION, Keys
from dossier.adapters.pool import Database
from dossier.adapters.queries import Statement, load
from dossier.context.build import BuiltPackage
from dossier.context.items import ContextItem
from dossier.context.package import ContextPackage, from_record
from dossier.context.render import Message
from dossier.errors import NotFound, Tampered
from dossier.run import Run
from state.canonical import canonical, keyed, sha256

_SQL = load("dossier.adapters", "sql/packages.sql")
_BLOCK_KEY_DIGITS = 18
Schema = dict[str, Any]
"""A tool as the model is offered it, or the form of its answer."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model call sends: it can only be had from a stored package."""

    package: ContextPackage
    hash: str
    tools: tuple[Schema, ...]
    messages: list[Message]
    """The same bytes as when it was stored."""
    schema: Schema | None = None
    """The form of the answer, where the endpoint is sent one."""


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
        # Decimal digits take half as many tokens as hex ones; two delimiters a block are paid in each package.
        digest = keyed(await self._keys.tenant(tenant, "blocks"), thread.encode())
        return f"{int(digest, 16) % 10**_BLOCK_KEY_DIGITS:0{_BLOCK_KEY_DIGITS}}"

    async def storing(
        self, run: Run, ordinal: int, built: BuiltPackage, tools: Sequence[Schema], schema: Schema | None = None
    ) -> Stored:
        """Return what stores a package, to go with the event that names it."""
        key = await self._keys.tenant(run.tenant, "bodies")
        texts: dict[str, str] = {}

        def address(text: str) -> str:
            digest = body_digest(key, text)
            texts[digest] = text
            return digest

        manifest = canonical(
            {
                "package": built.package.record(address),
                "tools": address(canonical(list(tools)).decode()),
                "schema": None if schema is None else address(json.dumps(schema, ensure_ascii=False)),
                "messages": _digest(built.messages),
            }
        ).decode()
        hash_ = sha256(manifest.encode())
        row = {
            "package_id": built.package.header.id,
            "thread": run.thread,
            "turn": run.turn,
            "ordinal": ordinal,
            "hash": hash_,
            "manifest": manifest,
            "included": [_name(entry.item, run.thread) for entry in built.package.items],
            "texts": list(texts),
        }
        rows = {"digests": list(texts), "bodies": list(texts.values())}
        # The lock keeps an erasure from taking a text away between our look and our commit.
        names = [("keep_bodies", {}), ("package", row), ("bodies", rows)]
        if built.hidden:
            names.append(("hidden", _hidden(built.hidden, row)))
        return Stored(tuple(Statement(_SQL[name], params) for name, params in names), hash_)

    async def of_call(self, run: Run, ordinal: int) -> Prompt:
        """Return the prompt of one model call of a turn.

        Raises:
            NotFound: No package was stored for it, or its texts were erased.
            Tampered: It is not what was stored.
        """
        params = {"thread": run.thread, "turn": run.turn, "ordinal": ordinal}
        return await self._prompt(run.tenant, "of_call", params)

    async def by_id(self, tenant: str, package_id: str) -> Prompt:
        """Return any stored prompt of a tenant, compared with what the log says of it.

        Raises:
            NotFound: There is none, or its texts were erased.
            Tampered: It is not what was stored.
        """
        return await self._prompt(tenant, "by_id", {"package_id": package_id}, compare=True)

    async def holding(
        self, tenant: str, item: str, *, thread: str | None = None, limit: int = 100
    ) -> list[tuple[str, str, str]]:
        """Return (package, thread, turn) of the packages that showed an item, newest first.

        Args:
            tenant: Whose packages.
            item: Its id, as a receipt shows it; of an item of a thread itself, such as `fact:12`, only with the thread.
            thread: In which thread; None for all.
            limit: How many at most.
        """
        names = [item] if thread is None else [item, f"{thread}/{item}"]
        async with self._db.read(tenant) as cursor:
            await cursor.execute(_SQL["holding"], {"names": names, "thread": thread, "limit": limit})
            return [(row["package_id"], row["thread_id"], row["turn_id"]) for row in await cursor.fetchall()]

    async def _prompt(self, tenant: str, query: str, params: Mapping[str, object], *, compare: bool = False) -> Prompt:
        found, held = await self._db.rows(
            tenant, Statement(_SQL[query], params), Statement(_SQL[f"texts_{query}"], params)
        )
        if not found:
            raise NotFound("No such package is stored.", hint="Check the id.")
        row = found[0]
        manifest, texts = json.loads(row["manifest"]), {one["digest"]: one["body"] for one in held}
        said = await self._said(tenant, row) if compare else {row["package_id"]: row["hash"]}
        bodies = await self._keys.tenant(tenant, "bodies")
        altered = [digest for digest, text in texts.items() if body_digest(bodies, text) != digest]
        if altered or sha256(row["manifest"].encode()) != row["hash"] or said.get(row["package_id"]) != row["hash"]:
            raise _tampered(row)
        package = from_record(manifest["package"], texts)
        messages = package.render(await self.block_key(tenant, row["thread_id"]))
        if _digest(messages) != manifest["messages"]:
            raise _tampered(row)
        tools, schema = tuple(json.loads(texts[manifest["tools"]])), manifest["schema"]
        return Prompt(package, row["hash"], tools, messages, None if schema is None else json.loads(texts[schema]))

    async def _said(self, tenant: str, row: Mapping[str, Any]) -> dict[str, str]:
        """Return the packages of the turn with the hashes that the log has of them."""
        params = {"thread": row["thread_id"], "turn": row["turn_id"]}
        (found,) = await self._db.rows(tenant, Statement(_SQL["said"], params))
        bodies = [json.loads(one["body"]) for one in found]
        return {body["package_id"]: body["package_hash"] for body in bodies}


def body_digest(key: bytes, text: str) -> str:
    """Return the address of a body; the number before it names the key, so that keys can change."""
    return f"{KEY_VERSION}:{keyed(key, text.encode())}"


def _hidden(items: Sequence[ContextItem], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what only an auditor may know, apart from the package and its hash: names, and no words."""
    return {
        "package_id": row["package_id"],
        "thread": row["thread"],
        "ids": [item.id for item in items],
        "kinds": [item.kind for item in items],
        "sources": [item.source for item in items],
        "scopes": [f"{item.scope.kind} {item.scope.id}" for item in items],
    }


def _digest(messages: Sequence[Message]) -> str:
    return sha256(canonical(list(messages)))


def _name(item: ContextItem, thread: str) -> str:
    """Return a name that means one thing in the tenant: `fact:12` stands in every thread."""
    return f"{thread}/{item.id}" if item.scope.kind == "thread" else item.id


def _tampered(row: Mapping[str, Any]) -> Tampered:
    return Tampered(
        f"Package {row['package_id']} is not what was stored.", hint="Restore it, and find out who changed it."
    )
