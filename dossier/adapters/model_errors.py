"""What every failure of a model call means, in one place."""

from collections.abc import Mapping

import httpx2
import openai
import pydantic
from langchain_core.exceptions import ContextOverflowError
from openai._exceptions import SubjectTokenProviderError

from dossier.errors import (
    DossierError,
    ModelBadAnswer,
    ModelContextTooLong,
    ModelFailed,
    ModelOverloaded,
    ModelRefusedKey,
    ModelUnknown,
    ModelUnreachable,
)

_CONTEXT_CODES = {"context_length_exceeded", "context_window_exceeded"}
_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached"}
_BUSY_CODES = {"server_error", "internal_error", "overloaded_error", "rate_limit_exceeded", "service_unavailable"}
_UNREADABLE = (pydantic.ValidationError, LookupError, AttributeError, TypeError, ValueError)

_CHECK_KEY = "Check OPENAI_API_KEY and what the key may use."
_CHECK_MODEL = "Check DOSSIER_MODEL and OPENAI_BASE_URL."
_CHECK_NETWORK = "Check OPENAI_BASE_URL and the network, then send the message again."
_TRY_LATER = "Send the message again in a moment."
_SHORTEN = "Lower the context budget, or choose a model with a larger window."
_REPORT = "Look at the chained cause."


def model_error(failure: Exception) -> DossierError:
    """Return the error that a caller meets for any exception of a model call.

    A DossierError is returned as it is. Only ModelUnreachable and ModelOverloaded are worth another try.
    """
    match failure:
        case DossierError():
            return failure
        case ContextOverflowError():
            return ModelContextTooLong("The request is longer than the model's window.", hint=_SHORTEN)
        case openai.APIResponseValidationError():
            return _bad_answer(failure)
        case openai.APIStatusError():
            return _status_error(failure)
        case openai.APITimeoutError() | TimeoutError() | httpx2.TimeoutException():
            return ModelUnreachable("The model did not answer in time.", hint=_CHECK_NETWORK)
        case openai.APIConnectionError() | httpx2.TransportError():
            return ModelUnreachable(f"The connection to the model failed: {_reason(failure)}.", hint=_CHECK_NETWORK)
        case openai.APIError():
            return _coded_error(failure)
        case openai.LengthFinishReasonError() | openai.ContentFilterFinishReasonError():
            return _bad_answer(failure)
        case SubjectTokenProviderError():
            return ModelRefusedKey("No token could be got for the model endpoint.", hint=_CHECK_KEY)
        case openai.WebSocketConnectionClosedError() | openai.WebSocketQueueFullError():
            return ModelUnreachable(f"The connection to the model failed: {_reason(failure)}.", hint=_CHECK_NETWORK)
        case openai.OpenAIError() | openai.InvalidWebhookSignatureError():
            return ModelFailed(f"The model client refused to call: {failure}", hint=_CHECK_KEY)
        case _ if isinstance(failure, _UNREADABLE):
            return _bad_answer(failure)
        case _:
            return ModelFailed(f"The model call failed with {type(failure).__name__}: {failure}", hint=_REPORT)


def _status_error(failure: openai.APIStatusError) -> DossierError:
    status, code = failure.status_code, failure.code or ""
    told = f"{status} {code}".strip()
    if code in _CONTEXT_CODES:
        return ModelContextTooLong(f"The request is longer than the model's window ({told}).", hint=_SHORTEN)
    if code in _QUOTA_CODES:
        return ModelRefusedKey(f"The key's quota is used up ({told}).", hint=_CHECK_KEY)
    if status in (401, 403):
        return ModelRefusedKey(f"The model endpoint does not accept the key ({told}).", hint=_CHECK_KEY)
    if status == 404:
        return ModelUnknown(f"The endpoint does not know the model, or the path ({told}).", hint=_CHECK_MODEL)
    if failure.response.headers.get("x-should-retry") == "false":
        return ModelFailed(f"The model endpoint failed for good ({told}): {failure.message}", hint=_REPORT)
    if status == 408:
        return ModelUnreachable(f"The model endpoint gave up waiting ({told}).", hint=_CHECK_NETWORK)
    if status in (409, 429) or status >= 500:
        wait = retry_after(failure.response.headers)
        told = f"The model endpoint is overloaded or failed ({told})."
        return ModelOverloaded(told, hint=_TRY_LATER, retry_after=wait)
    return ModelFailed(f"The model endpoint refused the request ({told}): {failure.message}", hint=_CHECK_MODEL)


def _coded_error(failure: openai.APIError) -> DossierError:
    """Map an error event inside a stream: it has a code or a type, and no status."""
    codes = {failure.code or "", failure.type or ""}
    if codes & _CONTEXT_CODES:
        return ModelContextTooLong("The request is longer than the model's window.", hint=_SHORTEN)
    if codes & _QUOTA_CODES:
        return ModelRefusedKey("The key's quota is used up.", hint=_CHECK_KEY)
    if codes & _BUSY_CODES:
        return ModelOverloaded(f"The model endpoint broke off: {failure.message}.", hint=_TRY_LATER)
    return ModelFailed(f"The model endpoint broke off: {failure.message}.", hint=_REPORT)


def _bad_answer(failure: Exception) -> ModelBadAnswer:
    return ModelBadAnswer(f"The model's answer can't be read: {_reason(failure)}.", hint=_CHECK_MODEL)


def _reason(failure: BaseException) -> str:
    """Return the deepest cause's words: a client's own say no more than "Connection error"."""
    while failure.__cause__ is not None:
        failure = failure.__cause__
    return (str(failure) or type(failure).__name__).split("\n", 1)[0][:200].rstrip(".")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for; a date or nonsense counts as silence."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
