"""What a person reads when the model's endpoint is away, refuses the key or does not know the model."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.command_line import Told, dossier, on_database, refused, see


@contextmanager
def endpoint(status: int, code: str) -> Iterator[str]:
    """Serve an endpoint that refuses everything; give its address."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            told = json.dumps({"error": {"message": "no", "code": code, "type": "x"}}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def model(url: str, database_url: str, name: str = "gpt-4o") -> dict[str, str]:
    return on_database(
        database_url,
        OPENAI_BASE_URL=url,
        OPENAI_API_KEY="hidden",
        DOSSIER_MODEL=name,
        DOSSIER_MODEL_RETRIES="0",
    )


@pytest.mark.req("UP-1", "GR-2")
def test_a_model_that_is_away_ends_the_demo_with_what_to_do(tmp_path: Path, module_database_url: str) -> None:
    with endpoint(500, "gone") as url:
        pass  # and nobody listens there any more
    assert refused(dossier(tmp_path, "demo", **model(url, module_database_url))) == Told(
        4,
        "[model_unreachable] The connection to the model failed: All connection attempts failed.",
        "Check OPENAI_BASE_URL and the network, then send the message again. " + see("model_unreachable"),
    )


@pytest.mark.req("UP-1", "GR-2")
@pytest.mark.parametrize(
    ("status", "code", "happened", "to_do"),
    [
        (
            401,
            "invalid_api_key",
            "[model_key_refused] The model endpoint does not accept the key (401 invalid_api_key).",
            "Check OPENAI_API_KEY and what the key may use. " + see("model_key_refused"),
        ),
        (
            404,
            "model_not_found",
            "[model_unknown] The endpoint does not know the model, or the path (404 model_not_found).",
            "Check DOSSIER_MODEL and OPENAI_BASE_URL. " + see("model_unknown"),
        ),
    ],
)
def test_a_refusing_model_is_told_in_the_chat_and_the_message_is_kept(
    tmp_path: Path, module_database_url: str, status: int, code: str, happened: str, to_do: str
) -> None:
    with endpoint(status, code) as url:
        ran = dossier(tmp_path, "chat", typed="Hello there\n/history\n", **model(url, module_database_url))

    told, kept = ran.stdout.split("o.brandt: Hello there\n", 1)[1].split("o.brandt: /history\n")
    assert (ran.status, told.splitlines()[:2]) == (0, [happened, to_do])
    assert "Hello there" in kept
    assert "hidden" not in ran.stdout


@pytest.mark.req("CX-6", "GR-2")
def test_a_model_that_is_not_in_the_table_is_refused_before_anything_starts(
    tmp_path: Path, module_database_url: str
) -> None:
    given = model("http://127.0.0.1:9/v1", module_database_url, "llama-of-ours")
    assert refused(dossier(tmp_path, "chat", **given)) == Told(
        3,
        "[invalid_settings] The model 'llama-of-ours' is not in the table of profiles.",
        "Set DOSSIER_MODEL_ENCODING (o200k_base or cl100k_base, whichever is nearer) and DOSSIER_MODEL_WINDOW "
        "(tokens of its context window). " + see("invalid_settings"),
    )
