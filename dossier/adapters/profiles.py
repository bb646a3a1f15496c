"""What is known of a model: encoding, window, prices, capabilities."""

import re
from dataclasses import dataclass
from math import ceil
from typing import Literal, NamedTuple

from dossier.adapters.offline_model import NAME as OFFLINE_MODEL
from dossier.adapters.tokenizer_files import Encoding
from dossier.errors import InvalidSettings
from dossier.settings import Settings, variable

Capability = Literal["tools", "json_schema", "images", "reasoning"]

_DATED = re.compile(r"-(\d{4}|\d{4}-\d{2}-\d{2})$")


class Price(NamedTuple):
    """US dollars for a million tokens."""

    input: float
    output: float

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Return billionths of a US dollar, rounded up."""
        return ceil(1_000 * (input_tokens * self.input + output_tokens * self.output))


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """One model as packages are built and paid for it."""

    name: str
    """As the endpoint knows it."""
    encoding: Encoding
    """Of its tokens."""
    encoding_known: bool
    """Whether the encoding is the model's own; otherwise an operator named it and token counts are estimates."""
    window: int
    """Tokens of prompt and answer together."""
    answer_reserve: int
    """Tokens kept for the answer."""
    input_price: float | None
    """US dollars for a million prompt tokens; none when not known."""
    output_price: float | None
    """US dollars for a million answer tokens; none when not known."""
    capabilities: frozenset[Capability]
    """What the model can be asked for."""
    offline: bool
    """Whether it is the built-in offline model, which is labelled wherever it shows."""

    @property
    def prompt_limit(self) -> int:
        """Tokens that a prompt may have."""
        return self.window - self.answer_reserve


@dataclass(frozen=True, slots=True)
class _Row:
    encoding: Encoding
    window: int
    input_price: float | None
    output_price: float | None
    capabilities: frozenset[Capability]


_PLAIN: frozenset[Capability] = frozenset({"tools"})
_STRUCTURED: frozenset[Capability] = frozenset({"tools", "json_schema"})
_SEEING: frozenset[Capability] = frozenset({"tools", "images"})
_FULL: frozenset[Capability] = frozenset({"tools", "json_schema", "images"})
_REASONING: frozenset[Capability] = frozenset({"tools", "json_schema", "images", "reasoning"})
_TEXT_REASONING: frozenset[Capability] = frozenset({"tools", "json_schema", "reasoning"})

# OpenAI's published windows and list prices; DOSSIER_MODEL_PRICES tells what they are by now.
_ROWS: dict[str, _Row] = {
    OFFLINE_MODEL: _Row("o200k_base", 128_000, 0.0, 0.0, _STRUCTURED),
    "gpt-3.5-turbo": _Row("cl100k_base", 16_385, 0.5, 1.5, _PLAIN),
    "gpt-4": _Row("cl100k_base", 8_192, 30.0, 60.0, _PLAIN),
    "gpt-4-turbo": _Row("cl100k_base", 128_000, 10.0, 30.0, _SEEING),
    "gpt-4o": _Row("o200k_base", 128_000, 2.5, 10.0, _FULL),
    "gpt-4o-mini": _Row("o200k_base", 128_000, 0.15, 0.6, _FULL),
    "gpt-4.1": _Row("o200k_base", 1_047_576, 2.0, 8.0, _FULL),
    "gpt-4.1-mini": _Row("o200k_base", 1_047_576, 0.4, 1.6, _FULL),
    "gpt-4.1-nano": _Row("o200k_base", 1_047_576, 0.1, 0.4, _FULL),
    "gpt-5": _Row("o200k_base", 400_000, 1.25, 10.0, _REASONING),
    "gpt-5-mini": _Row("o200k_base", 400_000, 0.25, 2.0, _REASONING),
    "gpt-5-nano": _Row("o200k_base", 400_000, 0.05, 0.4, _REASONING),
    "gpt-5.1": _Row("o200k_base", 400_000, 1.25, 10.0, _REASONING),
    "gpt-5.2": _Row("o200k_base", 400_000, 1.75, 14.0, _REASONING),
    "o1": _Row("o200k_base", 200_000, 15.0, 60.0, _REASONING),
    "o3": _Row("o200k_base", 200_000, 2.0, 8.0, _REASONING),
    "o3-mini": _Row("o200k_base", 200_000, 1.1, 4.4, _TEXT_REASONING),
    "o4-mini": _Row("o200k_base", 200_000, 1.1, 4.4, _REASONING),
}


def profile_for(model: str, settings: Settings) -> ModelProfile:
    """Return the profile of a model; DOSSIER_MODEL_ENCODING and DOSSIER_MODEL_WINDOW win over the table.

    Args:
        model: Name at the endpoint; a dated snapshot counts as its family.
        settings: Answer reserve, encoding and window as the operator set them.

    Raises:
        InvalidSettings: for a model that neither the table nor the settings describe, and for an answer reserve that
            leaves no room for a prompt.
    """
    listed = _listed(model)
    row = listed or _described(model, settings)
    price = price_of(model, settings)
    encoding = settings.model_encoding if settings.model_encoding and model != OFFLINE_MODEL else row.encoding
    window = settings.model_window or row.window
    if settings.answer_reserve >= window:
        raise InvalidSettings(
            f"{variable('answer_reserve')} is {settings.answer_reserve}, the window of {model!r} is {window} tokens.",
            hint=f"Lower it, or set {variable('model_window')}.",
        )
    return ModelProfile(
        name=model,
        encoding=encoding,
        encoding_known=listed is not None and listed.encoding == encoding,
        window=window,
        answer_reserve=settings.answer_reserve,
        input_price=price.input if price else None,
        output_price=price.output if price else None,
        capabilities=row.capabilities,
        offline=model == OFFLINE_MODEL,
    )


def _listed(model: str) -> _Row | None:
    return _ROWS.get(model) or _ROWS.get(_DATED.sub("", model))


def price_of(model: str, settings: Settings) -> Price | None:
    """Return a model's price: as the operator set it, else by the table; None when neither knows it."""
    if prices := (settings.model_prices or {}).get(model):
        return Price(*prices)
    row = _listed(model)
    if row is None or row.input_price is None or row.output_price is None:
        return None
    return Price(row.input_price, row.output_price)


def _described(model: str, settings: Settings) -> _Row:
    if settings.model_encoding is None or settings.model_window is None:
        raise InvalidSettings(
            f"The model {model!r} is not in the table of profiles.",
            hint=f"Set {variable('model_encoding')} (o200k_base or cl100k_base, whichever is nearer) and "
            f"{variable('model_window')} (tokens of its context window).",
        )
    return _Row(settings.model_encoding, settings.model_window, None, None, _STRUCTURED)
