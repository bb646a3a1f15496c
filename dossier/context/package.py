"""The exact record of what one model call was shown; it renders again byte for byte."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

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

    def to_json(self, address: Address) -> str:
        """Give the canonical record: sorted keys, no blanks; texts are replaced by their addresses."""
        data = {"format": RENDER_FORMAT, **_RECORD.dump_python(self, mode="json")}
        for entry in data["items"]:
            entry["item"]["text"] = address(entry["item"]["text"])
        return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def hash(self, address: Address) -> str:
        """Give the SHA-256 of the canonical record, in hex."""
        return hashlib.sha256(self.to_json(address).encode()).hexdigest()


_RECORD = TypeAdapter(ContextPackage)


def from_json(data: str, texts: Mapping[str, str]) -> ContextPackage:
    """Read a record back.

    Args:
        data: What `ContextPackage.to_json` gave.
        texts: The stored text of each address.

    Raises:
        NotFound: A text is not there, for instance because it was erased.
        SchemaMismatch: The record was made by newer code.
    """
    raw = json.loads(data)
    found = raw.pop("format")
    if found > RENDER_FORMAT:
        raise SchemaMismatch(f"Package format {found} is newer than {RENDER_FORMAT}.", hint="Upgrade Dossier.")
    package = _RECORD.validate_python(raw)
    missing = sorted({included.item.text for included in package.items} - texts.keys())
    if missing:
        raise NotFound(f"Package {package.header.id!r} lacks texts: {missing}.", hint="They may have been erased.")
    return _with_texts(package, texts.__getitem__)


def _with_texts(package: ContextPackage, change: Callable[[str], str]) -> ContextPackage:
    items = (replace(entry, item=replace(entry.item, text=change(entry.item.text))) for entry in package.items)
    return replace(package, items=tuple(items))
