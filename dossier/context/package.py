"""The exact record of what one model call was shown; it renders again byte for byte."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from dossier.context.items import ContextItem, ItemKind
from dossier.context.packing import PackedAs
from dossier.context.render import RENDER_FORMAT, Message, render
from dossier.context.wording import block_of
from dossier.errors import NotFound, SchemaMismatch

Address = Callable[[str], str]
"""Gives the address under which a text is stored, such as a keyed digest."""


@dataclass(frozen=True, slots=True)
class PackageHeader:
    """What a package belongs to and was made with."""

    id: str
    """The package's own id, given by the caller."""
    tenant: str
    user: str
    session: str
    """The thread."""
    turn: str
    """The turn, named by the client's message id."""
    model_profile: str
    prompt_version: str
    policy_version: str
    snapshot_version: int
    """The version of the session snapshot that was read."""
    key_id: str
    """Names the delimiter key; the key itself is not kept."""


@dataclass(frozen=True, slots=True)
class IncludedItem:
    """An item that was shown, with the exact tokens of its block."""

    item: ContextItem
    tokens: int
    packed_as: PackedAs
    """The packing rule that let it in."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An item that was not shown, and why: budget, limit, stale, duplicate, superseded or rejected."""

    id: str
    kind: ItemKind
    tokens: int
    reason: str


@dataclass(frozen=True, slots=True)
class ContextPackage:
    """All that one model call was shown, in order, and all that it was not shown."""

    header: PackageHeader
    built_at: datetime
    """The time by which freshness was judged, UTC."""
    profile: str
    """Name of the packing profile."""
    budget: int
    """Tokens the input might take."""
    total_tokens: int
    """Tokens of the rendered messages, overhead included."""
    segment_tokens: tuple[tuple[str, int], ...]
    """Tokens by segment; `frame` is what belongs to none. They sum to the total."""
    items: tuple[IncludedItem, ...]
    """In the order in which they are shown."""
    exclusions: tuple[Exclusion, ...]
    """By id."""

    def render(self, key: str) -> list[Message]:
        """Give the messages of the call, the same bytes each time.

        Raises:
            InvalidInput: The key has the wrong form.
        """
        return render((block_of(included.item) for included in self.items), key)

    def record(self, address: Address) -> dict[str, Any]:
        """Give the record, as JSON has it; texts are replaced by their addresses."""
        data = {"format": RENDER_FORMAT, **_RECORD.dump_python(self, mode="json")}
        for entry in data["items"]:
            entry["item"]["text"] = address(entry["item"]["text"])
        return data

    def to_json(self, address: Address) -> str:
        """Give the canonical record: sorted keys, no blanks."""
        return json.dumps(
            self.record(address), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )

    def hash(self, address: Address) -> str:
        """Give the SHA-256 of the canonical record, in hex."""
        return hashlib.sha256(self.to_json(address).encode()).hexdigest()


_RECORD = TypeAdapter(ContextPackage)


def from_json(data: str, texts: Mapping[str, str]) -> ContextPackage:
    """Read what `ContextPackage.to_json` gave; else as `from_record`."""
    return from_record(json.loads(data), texts)


def from_record(data: Mapping[str, Any], texts: Mapping[str, str]) -> ContextPackage:
    """Read a record back.

    Args:
        data: What `ContextPackage.record` gave.
        texts: The stored text of each address.

    Raises:
        NotFound: A text is not there, for instance because it was erased.
        SchemaMismatch: The record was made by newer code.
    """
    found = data["format"]
    if found > RENDER_FORMAT:
        raise SchemaMismatch(f"Package format {found} is newer than {RENDER_FORMAT}.", hint="Upgrade Dossier.")
    missing = sorted({entry["item"]["text"] for entry in data["items"]} - texts.keys())
    if missing:
        raise NotFound(f"Package {data['header']['id']!r} lacks texts: {missing}.", hint="They may have been erased.")
    items = [{**entry, "item": {**entry["item"], "text": texts[entry["item"]["text"]]}} for entry in data["items"]]
    record = {**data, "items": items}
    del record["format"]
    return _RECORD.validate_python(record)
