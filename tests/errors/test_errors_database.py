"""What a person reads when the database is away, locked, full, damaged or newer."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from dossier.adapters.embedded_postgres import EmbeddedPostgres, start
from dossier.adapters.embedded_postgres.folder import DataFolder
from dossier.adapters.embedded_postgres.server import stop
from tests.command_line import Ran, Told, dossier, dossier_process, on_database, refused, see


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """A built-in server of this module's own, at which one user needs a password."""
    with closing(start(home / "data")) as started:
        with psycopg.connect(started.url(), autocommit=True) as conn:
            conn.execute("CREATE ROLE clerk LOGIN PASSWORD 'right'")
            hba = home / "data/postgres/pg_hba.conf"
            hba.write_text("local all clerk scram-sha-256\n" + hba.read_text())
            conn.execute("SELECT pg_reload_conf()")
        yield started


@pytest.mark.req("GR-2", "PE-1")
@pytest.mark.parametrize(
    ("run", "command"),
    [
        (dossier, ("chat",)),
        (dossier, ("demo",)),
        (dossier, ("inbox",)),
        (dossier_process, ("serve", "--port", "0")),
        (dossier_process, ("dev", "--port", "0")),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else "",
)
def test_a_database_that_is_away_is_named_by_every_command(
    tmp_path: Path, run: Callable[..., Ran], command: tuple[str, ...]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and nobody listens
        port = silent.getsockname()[1]
        ran = run(tmp_path, *command, **on_database(f"postgresql://clerk:hidden@127.0.0.1:{port}/dossier"))

    assert refused(ran) == Told(
        4,
        "[database_unreachable] The database can't be reached: connection failed: connection to server at "
        f'"127.0.0.1", port {port} failed: Connection refused.',
        "Check DATABASE_URL and that the server runs, or unset it to use the built-in server; nothing was lost. "
        + see("database_unreachable"),
    )


@pytest.mark.req("GR-2", "SV-4")
@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("clerk:wrong", "postgres", 'password authentication failed for user "clerk"'),
        ("postgres", "nowhere", 'database "nowhere" does not exist'),
    ],
)
def test_a_refused_login_is_told_apart_from_a_database_that_is_away(
    home: Path, server: EmbeddedPostgres, user: str, database: str, said: str
) -> None:
    url = server.url(user="USER", database=database).replace("USER", user)
    told = refused(dossier(home, "chat", **on_database(url)))

    assert told.status == 4
    assert told.happened.startswith("[database_login_refused] The database let nobody in: connection failed: ")
    assert told.happened.endswith(f"{said}.")
    assert told.to_do == (
        "Check user, password and database in DATABASE_URL, and the server's pg_hba.conf; nothing was lost. "
        + see("database_login_refused")
    )
    assert "wrong" not in told.happened


@pytest.mark.req("ST-5", "GR-2")
def test_a_newer_schema_is_refused(tmp_path: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE dossier.alembic_version SET version_num = '0999'")
    ran = dossier(tmp_path, "chat", **on_database(database_url))

    assert refused(ran) == Told(
        5,
        "[schema_mismatch] The database has schema 0999; this code knows 0001.",
        "Upgrade Dossier on this machine. " + see("schema_mismatch"),
    )


@pytest.mark.req("GR-2", "PE-2")
def test_a_full_disk_is_named_and_nothing_is_lost(home: Path, server: EmbeddedPostgres) -> None:
    begun = dossier(home, "chat", typed="What is the status of C-1042?\n")
    thread = begun.stdout.split("Thread ")[1].split()[0]
    with psycopg.connect(server.url(database="dossier"), autocommit=True) as conn:
        conn.execute("VACUUM dossier.packages")
        # The table's first free place is past its end, and what is past its end is full.
        row = conn.execute("SELECT pg_relation_filepath('dossier.packages')").fetchone()
        assert row
        conn.execute("CHECKPOINT")
    stop(DataFolder.existing(home / "data"))
    file = home / "data/postgres" / row[0]
    aside = file.with_name(file.name + ".aside")
    file.rename(aside)
    file.symlink_to("/dev/full")
    with closing(start(home / "data")):
        full = dossier(home, "chat", "--thread", thread, typed="What is the status of C-1043?\n")
        stop(DataFolder.existing(home / "data"))
    file.unlink()
    aside.rename(file)
    again = dossier(home, "chat", "--thread", thread, typed="What is the status of C-1043?\n")
    verdict = dossier(home, "verify", thread)

    assert "[disk_full] The database has no space left: could not extend file" in full.stdout
    assert "No space left on device." in full.stdout
    assert "then do it again; nothing was lost. " + see("disk_full") in full.stdout
    assert "C-1043]" in again.stdout.split("C-1043?")[-1]
    assert (verdict.status, "intact" in verdict.stdout) == (0, True)


DAMAGES = {
    "a version file that holds something else": ("postgres/PG_VERSION", "\x00garbage\n", "PG_VERSION holds"),
    "a control file that is cut off": ("postgres/global/pg_control", "", "PostgreSQL did not start: could not read"),
    "a secret that holds something else": ("secret", "abc\n", "does not hold 32 bytes of hex"),
}


@pytest.mark.req("GR-2", "PE-1")
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_data_folder_is_named_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    path, content, said = DAMAGES[name]
    start(tmp_path / "data").close()
    stop(DataFolder.existing(tmp_path / "data"))
    (tmp_path / "data" / path).write_text(content)
    told = refused(dossier(tmp_path, "verify", "a-thread"))

    assert told.status == 4
    assert told.happened.startswith("[data_folder_damaged] ") and said in told.happened
    assert "from a backup" in told.to_do and told.to_do.endswith(see("data_folder_damaged"))
    assert (tmp_path / "data" / path).read_text() == content
