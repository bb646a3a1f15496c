"""tiktoken's rank files, shipped with Dossier so that counting needs no network (see tokenizer/NOTICE)."""

import hashlib
import lzma
import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Literal

from dossier.errors import Unavailable

Encoding = Literal["o200k_base", "cl100k_base"]

# The name in tiktoken's cache is the SHA-1 of the address it would download from.
_FILES: dict[Encoding, tuple[str, str]] = {
    "o200k_base": (
        "fb374d419588a4632f3f557e76b4b70aebbca790",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}


def unpack(encoding: Encoding, folder: Path) -> None:
    """Put an encoding's rank file into tiktoken's cache folder, unless it stands there whole.

    Raises:
        Unavailable: when the folder can't be written.
    """
    name, digest = _FILES[encoding]
    target = folder / name
    if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == digest:
        return
    packed = files("dossier.adapters").joinpath("tokenizer", f"{encoding}.tiktoken.xz").read_bytes()
    content = lzma.decompress(packed)
    if hashlib.sha256(content).hexdigest() != digest:
        raise Unavailable(f"The shipped tokenizer file of {encoding} is damaged.", hint="Install Dossier again.")
    try:
        _place(content, target)
    except OSError as error:
        raise Unavailable(
            f"The tokenizer file can't be written to {folder}: {error.strerror}.",
            hint="Set TIKTOKEN_CACHE_DIR to a folder that this account may write.",
        ) from error


def _place(content: bytes, target: Path) -> None:
    # Several processes may start at once: each renames a whole file.
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
