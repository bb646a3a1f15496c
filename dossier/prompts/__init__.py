"""Versioned prompts, by kind of task: a released text never changes, a new text gets a new version.

A package keeps each prompt in `prompts/<kind>.v<number>.md`, and in `prompts/versions.json` the SHA-256 that each
was released with. The highest version of a kind is in use.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from dossier.errors import DossierError, InvalidInput, NotFound
from state.canonical import sha256

DEFAULT = "default"
"""The kind whose prompt serves every kind that has none of its own."""

_NAME = re.compile(r"(?P<kind>[a-z][a-z_]*)\.(?P<version>v[1-9][0-9]*)")
_FORM = r"contract\n(?P<contract>.*)|schema\n+```json\n(?P<schema>.*)```\s*"
_PARTS = re.compile(rf"\A# Instruction\n(?P<instruction>.*)\n# Output (?:{_FORM})\Z", re.DOTALL)
_NEEDED = "It needs '# Instruction', and '# Output contract' or, with one JSON schema in a fence, '# Output schema'."
_FORMAT = "Answer in the form {name}@{version}, the response format of this call."


class PromptChanged(DossierError):
    """A prompt text is not the one that was released under its version."""

    code = "prompt_changed"


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """A versioned prompt text."""

    name: str
    """The kind of task that it is for."""
    version: str
    """e.g. `v1`."""
    instruction: str
    """Becomes the system instruction."""
    contract: str
    """The form of the answer; becomes the output contract. Of a prompt with a schema it only names that."""
    contract_version: str = "1"
    schema: Mapping[str, Any] | None = field(default=None, hash=False)
    """The form of the answer as a JSON schema, which the endpoint is sent."""


class Prompts:
    """Released prompts, every text of them checked.

    Raises:
        PromptChanged: A text is not the released one, is not released, or is gone.
        InvalidInput: A text lacks a part, or a name is not `<kind>.v<number>`.
    """

    def __init__(self, texts: Mapping[str, str], released: Mapping[str, str]) -> None:
        _refuse_changed(texts, released)
        self._prompts = {(p.name, p.version): p for p in (_read(name, text) for name, text in texts.items())}

    def __or__(self, other: "Prompts") -> "Prompts":
        """Return the prompts of both; for a kind that both have, the other's only."""
        joined = Prompts({}, {})
        own = {prompt.name for prompt in other._prompts.values()}
        joined._prompts = {key: p for key, p in self._prompts.items() if p.name not in own} | other._prompts
        return joined

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of task that have a prompt of their own, sorted."""
        return sorted({kind for kind, _ in self._prompts})

    def named(self, name: str, kind: str) -> PromptVersion:
        """Return a prompt by its version, `v2` of a kind, or whole, `research@v1`.

        Raises:
            NotFound: There is none of that name.
        """
        of, _, version = name.rpartition("@")
        kind = of or (kind if kind in self.kinds else DEFAULT)
        if found := self._prompts.get((kind, version)):
            return found
        known = ", ".join(sorted(f"{kind}@{version}" for kind, version in self._prompts))
        raise NotFound(f"There is no prompt {name!r}.", hint=f"There are {known}.")

    def current(self, kind: str) -> PromptVersion:
        """Return the prompt in use for a kind of task: its newest, or the newest default.

        Raises:
            NotFound: The kind has none, and there is no default.
        """
        versions = [v for k, v in self._prompts if k == kind] or [v for k, v in self._prompts if k == DEFAULT]
        if not versions:
            raise NotFound(f"There is no prompt for tasks of kind {kind!r}.", hint=f"There are {self.kinds}.")
        newest = max(versions, key=lambda version: int(version[1:]))
        return self._prompts.get((kind, newest)) or self._prompts[DEFAULT, newest]


def prompts_of(package: str) -> Prompts:
    """Load `<package>/prompts`; for kinds that it has none for, the shipped prompts serve."""
    return SHIPPED | _load(package, "prompts")


def _load(package: str, folder: str) -> Prompts:
    found = [entry for entry in files(package).joinpath(folder).iterdir() if entry.name.endswith((".md", ".json"))]
    texts = {entry.name: entry.read_text("utf-8") for entry in found}
    released = json.loads(texts.pop("versions.json", "{}"))
    return Prompts({name.removesuffix(".md"): text for name, text in texts.items()}, released)


def _refuse_changed(texts: Mapping[str, str], released: Mapping[str, str]) -> None:
    for name in sorted({*texts, *released}):
        if name not in texts:
            raise PromptChanged(f"Prompt {name!r} was released, but its text is gone.", hint="Put the file back.")
        digest = sha256(texts[name].encode())
        if name not in released:
            hint = f'Add "{name}": "{digest}" to versions.json to release it.'
            raise PromptChanged(f"Prompt {name!r} is not released.", hint=hint)
        if released[name] != digest:
            raise PromptChanged(
                f"The text of prompt {name!r} is not the released one.",
                hint="Put the old text back, and give the new one a new version.",
            )


def _read(name: str, text: str) -> PromptVersion:
    named, parts = _NAME.fullmatch(name), _PARTS.match(text)
    if named is None:
        raise InvalidInput(f"{name!r} names no prompt.", hint="Call the file <kind>.v<number>.md.")
    if parts is None:
        raise InvalidInput(f"Prompt {name!r} lacks a part.", hint=_NEEDED)
    kind, version = named["kind"], named["version"]
    schema = _schema(name, parts["schema"]) if parts["schema"] is not None else None
    contract = parts["contract"] if schema is None else _FORMAT.format(name=kind, version=version)
    return PromptVersion(kind, version, parts["instruction"].strip(), contract.strip(), version, schema)


def _schema(name: str, text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"The output schema of prompt {name!r} is no JSON: {error}.", hint=_NEEDED) from error
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise InvalidInput(f"The output schema of prompt {name!r} is not that of an object.", hint=_NEEDED)
    return {"title": _NAME.sub(r"\g<kind>_\g<version>", name), **schema}


SHIPPED = _load("dossier.prompts", ".")
"""Prompts for common kinds of task, and the default one; an application's own come before them."""
