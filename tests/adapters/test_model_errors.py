import inspect
from types import ModuleType

import httpx2
import openai
import pytest
from langchain_core import exceptions as core
from langchain_openai.chat_models import base
from openai import _exceptions

from dossier.adapters.model_errors import model_error
from dossier.errors import (
    DossierError,
    ModelBadAnswer,
    ModelContextTooLong,
    ModelFailed,
    ModelOverloaded,
    ModelRefusedKey,
    ModelUnknown,
    ModelUnreachable,
    ThreadBusy,
)

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")

MEANING: dict[str, type[DossierError]] = {
    "OpenAIError": ModelFailed,
    "SubjectTokenProviderError": ModelRefusedKey,
    "APIError": ModelFailed,
    "APIResponseValidationError": ModelBadAnswer,
    "APIStatusError": ModelFailed,
    "APIConnectionError": ModelUnreachable,
    "APITimeoutError": ModelUnreachable,
    "BadRequestError": ModelFailed,
    "AuthenticationError": ModelRefusedKey,
    "OAuthError": ModelRefusedKey,
    "PermissionDeniedError": ModelRefusedKey,
    "NotFoundError": ModelUnknown,
    "ConflictError": ModelOverloaded,
    "UnprocessableEntityError": ModelFailed,
    "RateLimitError": ModelOverloaded,
    "InternalServerError": ModelOverloaded,
    "LengthFinishReasonError": ModelBadAnswer,
    "ContentFilterFinishReasonError": ModelBadAnswer,
    "InvalidWebhookSignatureError": ModelFailed,
    "WebSocketConnectionClosedError": ModelUnreachable,
    "WebSocketQueueFullError": ModelUnreachable,
    "OpenAIContextOverflowError": ModelContextTooLong,
    "OpenAIAPIContextOverflowError": ModelContextTooLong,
    "OpenAIAuthenticationError": ModelRefusedKey,
    "OpenAIPermissionDeniedError": ModelRefusedKey,
    "OpenAIInvalidRequestError": ModelFailed,
    "OpenAIModelNotFoundError": ModelUnknown,
    "OpenAIRateLimitError": ModelOverloaded,
    "OpenAIAPIError": ModelOverloaded,
    "OpenAIConnectionError": ModelUnreachable,
    "OpenAITimeoutError": ModelUnreachable,
    "OpenAIRefusalError": ModelFailed,
}


def exceptions_of(module: ModuleType) -> dict[str, type[Exception]]:
    found = inspect.getmembers(module, lambda value: inspect.isclass(value) and issubclass(value, Exception))
    home = module.__name__.split(".")[0]
    return {name: kind for name, kind in found if kind.__module__.split(".")[0] == home}


UPSTREAM = exceptions_of(_exceptions) | exceptions_of(base)


def made(kind: type[Exception]) -> Exception:
    """Make an exception of the kind as its client would."""
    if issubclass(kind, openai.APITimeoutError):
        return kind(REQUEST)
    if issubclass(kind, openai.APIConnectionError):
        return kind(request=REQUEST)
    if issubclass(kind, openai.OAuthError):
        return kind(response=httpx2.Response(401, request=REQUEST), body=None)
    if issubclass(kind, openai.APIResponseValidationError):
        return kind(httpx2.Response(200, request=REQUEST), None)
    if issubclass(kind, openai.APIStatusError):
        status = getattr(kind, "status_code", 500 if issubclass(kind, openai.InternalServerError) else 418)
        return kind("no", response=httpx2.Response(status, request=REQUEST), body=None)
    if issubclass(kind, openai.APIError):
        return kind("no", REQUEST, body=None)
    if issubclass(kind, openai.LengthFinishReasonError):
        return kind(completion=openai.types.chat.ChatCompletion.model_construct(usage=None))
    if issubclass(kind, openai.ContentFilterFinishReasonError):
        return kind()
    if issubclass(kind, openai.WebSocketConnectionClosedError):
        return kind("closed", unsent_messages=[])
    return kind("no")


@pytest.mark.req("UP-1")
def test_every_exception_class_of_the_clients_has_a_meaning_here():
    assert sorted(MEANING) == sorted(UPSTREAM)


@pytest.mark.req("UP-1")
@pytest.mark.parametrize("name", sorted(UPSTREAM))
def test_each_client_exception_becomes_the_error_that_it_means(name: str):
    assert type(model_error(made(UPSTREAM[name]))) is MEANING[name]


@pytest.mark.req("UP-1")
def test_every_transport_failure_is_an_unreachable_model():
    kinds = [kind for kind in exceptions_of(httpx2).values() if issubclass(kind, httpx2.TransportError)]

    assert {type(model_error(kind("no"))) for kind in kinds} == {ModelUnreachable}
    assert {httpx2.ReadTimeout, httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ProxyError} < {*kinds}


@pytest.mark.req("UP-1")
def test_errors_of_our_own_pass_and_unknown_ones_are_named():
    busy = ThreadBusy("busy")

    assert model_error(busy) is busy
    assert type(model_error(core.ContextOverflowError("too long"))) is ModelContextTooLong
    assert str(model_error(RuntimeError("odd"))) == (
        "[model_failed] The model call failed with RuntimeError: odd Look at the chained cause."
    )


@pytest.mark.req("UP-1")
@pytest.mark.parametrize("text", ["nonsense", "", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_retry_after_that_is_no_number_of_seconds_counts_as_silence(text: str):
    response = httpx2.Response(429, headers={"retry-after": text}, request=REQUEST)
    error = model_error(openai.RateLimitError("no", response=response, body=None))

    assert isinstance(error, ModelOverloaded)
    assert error.retry_after is None
