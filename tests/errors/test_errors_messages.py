"""What a person reads of a message or a thread that can't be had: in the chat, by commands, over HTTP."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from evals.endpoint import processes
from tests.command_line import Told, dossier, on_database, refused, see

TOO_LONG = b"x" * 20_001
EMPTY = "​⁠".encode()
NO_TEXT = b"h\xff\xfe"


def rows(url: str) -> list[int]:
    with psycopg.connect(url) as conn:
        return [
            (conn.execute(f"SELECT count(*) FROM dossier.{table}").fetchone() or (0,))[0]  # pyright: ignore
            for table in ("threads", "events", "payloads", "packages")
        ]


@pytest.mark.req("UP-9", "GR-2")
def test_the_chat_refuses_what_is_too_long_empty_or_no_text_and_stores_none_of_it(
    tmp_path: Path, module_database_url: str
) -> None:
    before = rows(module_database_url)
    ran = dossier(
        tmp_path, "chat", typed=b"\n".join((TOO_LONG, EMPTY, NO_TEXT, b"")), **on_database(module_database_url)
    )
    lines = ran.stdout.splitlines()
    told = [line for line in lines if line.startswith("[")]
    to_do = [lines[lines.index(line) + 1] for line in told]

    assert told == [
        "[invalid_input] The message has 20001 characters; 20000 are allowed.",
        "[invalid_input] The message is empty.",
        "[invalid_input] What was typed is not text in UTF-8.",
    ]
    assert to_do == [
        "Shorten it or split it. " + see("invalid_input"),
        "Say something. " + see("invalid_input"),
        "Set the terminal to UTF-8, or type it anew. " + see("invalid_input"),
    ]
    assert (ran.status, rows(module_database_url)) == (0, before)


@pytest.fixture(scope="module")
def endpoint(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A `dossier serve` in a process of its own."""
    with processes.endpoint(tmp_path_factory.mktemp("served"), on_database(module_database_url)) as process:
        asyncio.run(processes.ready(process))
        yield process.url


def client(url: str, who: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"x-api-key": who}, timeout=60)


def told(answer: httpx.Response) -> tuple[int, str, str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    return answer.status_code, body["code"], body["detail"], body["hint"]


@pytest.mark.req("UP-9", "GR-2", "SV-3")
def test_the_endpoint_refuses_what_is_too_long_empty_or_no_text_and_stores_none_of_it(
    endpoint: str, module_database_url: str
) -> None:
    with client(endpoint, "officer") as officer:
        place = f"/v1/conversations/{officer.post('/v1/conversations', json={}).json()['id']}/messages"
        before = rows(module_database_url)
        answers = [
            told(officer.post(place, json={"text": text, "id": f"m{number}"}))
            for number, text in enumerate((TOO_LONG.decode(), EMPTY.decode(), 5))
        ]

    assert answers == [
        (400, "invalid_input", "The message has 20001 characters; 20000 are allowed.", "Shorten it or split it."),
        (400, "invalid_input", "The message is empty.", "Say something."),
        (422, "invalid_request", "body.text: Input should be a valid string.", "See /openapi.json for what is taken."),
    ]
    assert rows(module_database_url) == before


@pytest.mark.req("SV-3", "SV-4", "GR-2")
def test_a_thread_of_another_tenant_looks_like_one_that_does_not_exist_at_every_door(
    endpoint: str, tmp_path: Path, module_database_url: str
) -> None:
    given = on_database(module_database_url)
    with client(endpoint, "officer") as officer, client(endpoint, "eastvale-officer") as foreign:
        thread = officer.post("/v1/conversations", json={}).json()["id"]
        theirs = told(foreign.get(f"/v1/conversations/{thread}"))
        missing = told(foreign.get("/v1/conversations/no-such-thread"))
    by_operator = refused(dossier(tmp_path, "log", thread, "--tenant", "eastvale", **given))
    talking = dossier(tmp_path, "chat", "--as", "eastvale-officer", typed=f"/open {thread}\n", **given)

    assert theirs == (404, "not_found", f"There is no thread '{thread}'.", "Check the id.")
    assert missing == (404, "not_found", "There is no thread 'no-such-thread'.", "Check the id.")
    there_is_none = f"[not_found] There is no thread '{thread}'.", "Check the id. " + see("not_found")
    assert by_operator == Told(2, *there_is_none)
    assert "\n".join(there_is_none) in talking.stdout


READS = ("inbox",), ("log", "a-thread"), ("log", "--item", "doc:IR-77#5"), ("verify", "a-thread"), ("turns", "a-thread")
WRITES = ("delegate", "s.okafor", "d.puty", "leave", "--role", "supervisor"), ("memory", "forget", "--all", "--by", "x")


@pytest.mark.req("SV-4", "GR-2")
@pytest.mark.parametrize("command", [*READS, *WRITES], ids=" ".join)
def test_a_tenant_that_is_misspelt_is_no_empty_one(
    tmp_path: Path, module_database_url: str, command: tuple[str, ...]
) -> None:
    told = refused(dossier(tmp_path, *command, "--tenant", "nortgate", **on_database(module_database_url)))

    assert told == Told(
        2,
        "[not_found] There is no tenant 'nortgate' here.",
        "Name another one with --tenant. " + see("not_found"),
    )
