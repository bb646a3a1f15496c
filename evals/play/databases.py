"""A PostgreSQL of the evals' own: each scenario gets a fresh database with the case desk in it."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dossier.adapters.embedded_postgres import start
from dossier.adapters.migrate import prepare
from graphs.served import demonstration

_TEMPLATE = "scenario_template"
_FOREIGN = "sql/foreign.sql"


class Databases:
    """Makes databases as copies of one that is ready."""

    def __init__(self, admin: str) -> None:
        self._admin = admin

    def make(self) -> str:
        """Return the URL of a fresh database."""
        name = f"s_{uuid.uuid4().hex}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, _TEMPLATE)
        return _on(self._admin, name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", urlsplit(url).path.lstrip("/"))

    def template(self) -> str:
        """Return the URL of the database that all are copies of; for reading, before the first copy."""
        return _on(self._admin, _TEMPLATE)

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # pyright: ignore[reportArgumentType]


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """Start a server in a folder, with the case desk and a foreign agency ready to be copied."""
    server = start(folder)
    try:
        made = Databases(server.url())
        made._run("CREATE DATABASE {}", _TEMPLATE)
        asyncio.run(prepare(made.template(), demonstration.application()))
        foreign_agency(made.template())
        yield made
    finally:
        server.close()


def foreign_agency(owner_url: str) -> None:
    """Put an agency of nobody's into a database; it stays as it is where it is there already."""
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("SELECT set_config('dossier.tenant', 'farport', false)")
        conn.execute(files("evals.play").joinpath(_FOREIGN).read_bytes())


def _on(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
