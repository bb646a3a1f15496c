"""Versioned prompts: a released text never changes, a new text gets a new version."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from dossier.application import PromptVersion
from dossier.errors import DossierError, InvalidInput
from state.canonical import sha256

CURRENT: Mapping[str, str] = {"casework": "v1"}
"""The version in use, by kind of task."""

_PARTS = re.compile(r"\A# Instruction\n(?P<instruction>.*)\n# Output contract\n(?P<contract>.*)\Z", re.DOTALL)


class PromptChanged(DossierError):
    """A released prompt text is not what it was when it was released."""

    code = "prompt_changed"


@cache
def current(task: str) -> PromptVersion:
    """Return the prompt in use for a kind of task.

    Raises:
        InvalidInput: There is none.
        PromptChanged: Its text differs from the released one.
    """
    if task not in CURRENT:
        raise InvalidInput(f"There is no prompt for tasks of kind {task!r}.", hint=f"Use one of {sorted(CURRENT)}.")
    folder = files("casework").joinpath("prompts")
    released = json.loads(folder.joinpath("versions.json").read_text("utf-8"))
    name = f"{task}.{CURRENT[task]}"
    return read(task, CURRENT[task], folder.joinpath(f"{name}.md").read_text("utf-8"), released)


def read(task: str, version: str, text: str, released: Mapping[str, str]) -> PromptVersion:
    """Return the prompt that a file's text holds, if it is the released one.

    Args:
        task: Kind of task.
        version: e.g. `v1`.
        text: The whole file.
        released: SHA-256 of each released file, by `task.version`.

    Raises:
        PromptChanged: The text is not the one released under this version.
    """
    name = f"{task}.{version}"
    if released.get(name) != sha256(text.encode()):
        raise PromptChanged(
            f"The text of prompt {name!r} is not the released one.",
            hint="Put the old text back, and give the new one a new version, with its SHA-256 in versions.json.",
        )
    parts = _PARTS.match(text)
    if parts is None:
        raise InvalidInput(f"Prompt {name!r} lacks a part.", hint="It needs '# Instruction' and '# Output contract'.")
    return PromptVersion(task, version, parts["instruction"].strip(), parts["contract"].strip(), version)
