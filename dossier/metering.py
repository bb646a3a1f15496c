"""What an answer of a model counts for: tokens, and money by the price of its model."""

from collections.abc import Callable
from dataclasses import dataclass

from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Prompt
from dossier.adapters.profiles import Price
from dossier.errors import ModelBadAnswer, ModelFailed
from state.canonical import canonical
from state.model_events import Taken


@dataclass(frozen=True, slots=True)
class Meter:
    """Reads what was taken; where an endpoint reports nothing, it is counted here."""

    price: Callable[[str], Price | None]
    """Of a model by its name; None when it is not known."""
    count: Callable[[str], int]
    """Tokens of a text."""

    def answered(self, model: str, prompt: Prompt, answer: ModelAnswer) -> Taken:
        """Return what an answer took."""
        if answer.usage is not None:
            return self._taken(model, answer.usage.input, answer.usage.output)
        calls = canonical([call.args for call in answer.tool_calls]).decode() if answer.tool_calls else ""
        return self._taken(model, prompt.package.total_tokens, self.count(answer.text + calls))

    def failed(self, model: str, prompt: Prompt, error: ModelFailed) -> Taken:
        """Return what a failed call took: something if an answer came, of the rest nothing is known."""
        if not isinstance(error, ModelBadAnswer):
            return Taken()
        return self._taken(model, prompt.package.total_tokens, self.count(error.raw))

    def _taken(self, model: str, given: int, made: int) -> Taken:
        price = self.price(model)
        return Taken(tokens=given + made, spend=price.cost(given, made) if price else None)
