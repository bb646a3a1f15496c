"""The embedded server in ordinary life: start, join, stop, refuse."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from dossier.adapters.embedded_postgres import EmbeddedPostgres, require_posix, start
from dossier.adapters.embedded_postgres.binaries import find_binaries, reachable_copy
from dossier.adapters.embedded_postgres.cluster import create_cluster
from dossier.adapters.embedded_postgres.folder import (
    Account,
    DataFolder,
    open_private,
    server_account,
    shared_secret,
    socket_folder,
)
from dossier.adapters.embedded_postgres.locks import exclusive
from dossier.adapters.embedded_postgres.server import stop
from dossier.adapters.embedded_postgres.server_log import LIMIT_BYTES, trim
from dossier.errors import Unavailable

ROOT = Path(__file__).resolve().parents[2]
NAMELESS_UID = 3_999_999
USER = """
import sys
from pathlib import Path
from dossier.adapters.embedded_postgres import start
handle = start(Path(sys.argv[1]))
print(handle.url(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as parent:
        path = Path(parent) / "data"
        yield path
        if path.is_dir():
            stop(DataFolder.existing(path))


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def owner(pid: int) -> int:
    return int(subprocess.run(["ps", "-o", "uid=", "-p", str(pid)], capture_output=True, text=True).stdout)


def eventually(check: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not (seen := check()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


def is_stopped(data_dir: Path) -> bool:
    return not (data_dir / "postgres" / "postmaster.pid").exists()


def python(script: str, *arguments: object, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
    command = [*prefix, sys.executable, "-c", script, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)


@pytest.mark.req("PE-1")
def test_fresh_folder_gets_a_durable_utf8_server_without_tcp(data_dir: Path) -> None:
    handle = start(data_dir)
    names = (
        *("fsync", "full_page_writes", "listen_addresses", "server_encoding", "max_connections"),
        *("idle_in_transaction_session_timeout", "data_checksums"),
    )
    with psycopg.connect(handle.url()) as connection:
        settings = [connection.execute("select current_setting(%s)", (name,)).fetchone() for name in names]
        locale = connection.execute(
            "select datlocprovider::text, datlocale from pg_database where datname = current_database()"
        ).fetchone()
        vector = connection.execute("select count(*) from pg_available_extensions where name = 'vector'").fetchone()
    handle.close()
    assert settings == [("on",), ("on",), ("",), ("UTF8",), ("200",), ("15s",), ("on",)]
    assert (locale, vector) == (("b", "C.UTF-8"), (1,))


@pytest.mark.req("PE-1")
def test_running_server_is_joined_and_lives_until_the_last_handle_is_closed(data_dir: Path) -> None:
    first, second = start(data_dir), start(data_dir)
    pid = postmaster(data_dir)
    first.close()
    first.close()
    time.sleep(2.5)
    assert (postmaster(data_dir), value(second.url(), "select 1")) == (pid, 1)
    second.close()
    assert eventually(lambda: is_stopped(data_dir))
    assert eventually(lambda: not second.socket_dir.exists())


@pytest.mark.req("PE-1")
def test_restart_right_after_the_last_user_finds_the_server_warm(data_dir: Path) -> None:
    start(data_dir).close()
    pid = postmaster(data_dir)
    for _ in range(3):
        time.sleep(1)
        start(data_dir).close()
    assert postmaster(data_dir) == pid


@pytest.mark.req("PE-1")
def test_data_and_secret_survive_a_stop(data_dir: Path) -> None:
    first = start(data_dir)
    run(first.url(), "create table kept as select 'ä €' as word")
    first.close()
    assert stop(DataFolder.existing(data_dir))
    second = start(data_dir)
    assert (value(second.url(), "select word from kept"), second.secret) == ("ä €", first.secret)
    second.close()


@pytest.mark.req("PE-1")
def test_six_processes_that_start_at_once_share_one_cluster(data_dir: Path) -> None:
    users = [python(USER, data_dir) for _ in range(6)]
    try:
        urls = [user.stdout.readline().strip() for user in users if user.stdout]
        query = "select system_identifier::text || current_setting('unix_socket_directories') from pg_control_system()"
        assert len({value(url, query) for url in urls}) == 1
    finally:
        for user in users:
            user.communicate()


@pytest.mark.req("PE-1")
def test_blanks_quotes_long_and_relative_paths_work(data_dir: Path) -> None:
    deep = data_dir / "with blank, 'quote' $x" / ("long" * 30) / ("longer" * 30)
    handle = start(Path(os.path.relpath(deep)))
    assert (handle.data_dir, value(handle.url(), "select 1")) == (deep.resolve(), 1)
    handle.close()
    stop(DataFolder.existing(deep))


@pytest.mark.req("PE-1")
def test_server_never_runs_as_root_and_no_parent_folder_is_opened(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    handle = start(closed / "inner")
    expected = server_account(DataFolder.existing(closed / "inner"))
    assert owner(postmaster(closed / "inner")) == expected.uid != 0
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (data_dir.parent, data_dir, closed, closed / "inner")]
    assert modes == [0o700, 0o700, 0o700, 0o700]
    private = [stat.S_IMODE(path.stat().st_mode) for path in (handle.socket_dir, handle.data_dir / "secret")]
    assert private == [0o700, 0o600]
    handle.close()
    stop(DataFolder.existing(closed / "inner"))


@pytest.mark.req("PE-1")
def test_ordinary_user_owns_its_server(data_dir: Path) -> None:
    prefix: tuple[str, ...] = ()
    uid = os.getuid()
    if uid == 0:
        uid = 65534
        prefix = ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups")
        reach = [*prefix, "sh", "-c", '"$0" -c "import psycopg"', sys.executable]
        if subprocess.run(reach, capture_output=True).returncode:
            # Python is installed where this user can't read it, as below /root.
            prefix = (*prefix, "--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        os.chown(data_dir.parent, uid, uid)
    user = python(USER, data_dir, prefix=prefix)
    assert user.stdout
    url = user.stdout.readline().strip()
    owners = {path.stat().st_uid for path in (data_dir, data_dir / "secret", data_dir / "postgres")}
    assert (owners, owner(postmaster(data_dir))) == ({uid}, uid)
    assert value(url, "select 1") == 1
    user.communicate()
    assert eventually(lambda: is_stopped(data_dir))


@pytest.mark.req("PE-1")
def test_user_without_a_name_is_told_to_get_one(data_dir: Path) -> None:
    folder, account = DataFolder.make(data_dir), Account(NAMELESS_UID, NAMELESS_UID)
    binaries = find_binaries(server_account(folder))
    with exclusive(folder.start_lock, seconds=1) as lock, pytest.raises(Unavailable, match=r"no name .*DATABASE_URL"):
        create_cluster(folder, binaries, account, lock)


@pytest.mark.req("PE-1")
def test_socket_folder_that_someone_else_made_is_refused(data_dir: Path) -> None:
    folder = DataFolder.make(data_dir)
    taken = socket_folder(folder, server_account(folder), shared_secret(folder))
    taken.mkdir(mode=0o700)
    try:
        if os.getuid() == 0:
            os.chown(taken, NAMELESS_UID, NAMELESS_UID)
        else:
            taken.chmod(0o777)
        with pytest.raises(Unavailable, match=r"is not a private folder of user \d+.*Someone else made it"):
            start(data_dir)
    finally:
        shutil.rmtree(taken)


@pytest.mark.req("PE-1")
def test_cluster_of_another_major_version_is_refused(data_dir: Path) -> None:
    start(data_dir).close()
    stop(DataFolder.existing(data_dir))
    mark = data_dir / "postgres" / "PG_VERSION"
    mark.write_text("17\n")
    with pytest.raises(Unavailable, match="is of PostgreSQL '17'; the installed one is '18'"):
        start(data_dir)


@pytest.mark.req("PE-1")
def test_failed_start_shows_what_the_server_said(data_dir: Path) -> None:
    start(data_dir).close()
    stop(DataFolder.existing(data_dir))
    with (data_dir / "postgres" / "postgresql.conf").open("a") as file:
        file.write("work_mem = 'a lot'\n")
    with pytest.raises(Unavailable, match=r"contains errors\. Read .*server\.log"):
        start(data_dir)


@pytest.mark.req("PE-1")
def test_cluster_that_finds_no_room_is_refused_and_leaves_nothing_behind(data_dir: Path) -> None:
    script = f"""
import resource, signal, sys
from pathlib import Path
from dossier.adapters.embedded_postgres import start
from dossier.errors import Unavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    start(Path({str(data_dir)!r}))
except Unavailable as error:
    print(error)
"""
    said, _ = python(script).communicate()
    assert "could not be created" in said
    assert "File too large" in said
    assert [path.name for path in data_dir.glob("postgres*")] == []
    start(data_dir).close()


@pytest.mark.req("PE-1")
def test_data_folder_that_is_a_file_is_refused_with_the_next_step(data_dir: Path) -> None:
    file = data_dir.parent / "file"
    file.write_text("")
    with pytest.raises(Unavailable, match=r"could not be started.*set DATABASE_URL"):
        start(file)


@pytest.mark.req("PE-1")
def test_damaged_secret_is_refused_and_never_replaced(data_dir: Path) -> None:
    handle = start(data_dir)
    handle.close()
    assert (len(handle.secret), handle.secret.hex()) == (32, (data_dir / "secret").read_text().strip())
    (data_dir / "secret").write_text("abc\n")
    with pytest.raises(Unavailable, match="does not hold 32 bytes"):
        start(data_dir)
    assert (data_dir / "secret").read_text() == "abc\n"
    (data_dir / "secret").write_text(handle.secret.hex())


@pytest.mark.req("PE-1")
def test_log_is_cut_while_the_server_writes_it(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    writer = os.fdopen(open_private(log, os.O_APPEND), "wb", buffering=0)
    for _ in range(2):
        writer.write(b"x" * LIMIT_BYTES + b"last")
        trim(log)
    writer.write(b"after")
    writer.close()
    kept = (tmp_path / "server.log.1").read_bytes()
    assert (log.read_bytes(), len(kept), kept[-5:]) == (b"after", LIMIT_BYTES // 2, b"xlast")


@pytest.mark.req("PE-1")
def test_binaries_that_the_server_user_cannot_reach_run_from_a_copy(data_dir: Path) -> None:
    site = find_binaries(Account(os.getuid(), os.getgid())).site
    data_dir.mkdir()
    closed, copies, cluster = (data_dir / name for name in ("closed", "copies", "cluster"))
    first = reachable_copy(site, closed)
    closed.chmod(0o700)
    copy = reachable_copy(first, copies)
    assert reachable_copy(first, copies) == copy
    cluster.mkdir()
    as_user: dict = {}
    if os.getuid() == 0:
        os.chown(cluster, 65534, 65534)
        for path in (data_dir.parent, data_dir):
            path.chmod(0o755)
        as_user = {"user": 65534, "group": 65534, "extra_groups": []}
    command = [str(copy / "embedded_postgres/pginstall/bin/initdb"), "--no-sync", "-D", str(cluster)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd="/", env={"LC_ALL": "C"}, **as_user)
    assert (ended.returncode, (cluster / "PG_VERSION").read_text()) == (0, "18\n")


@pytest.mark.req("PE-1")
def test_stop_command_stops_the_server_and_says_so(data_dir: Path) -> None:
    handle = start(data_dir)
    command = [sys.executable, "-m", "dossier.adapters.embedded_postgres", "stop", str(data_dir)]
    said = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout for _ in range(2)]
    assert (said, is_stopped(data_dir)) == (["stopped\n", "not running\n"], True)
    again = start(data_dir)
    assert value(handle.url(), "select 1") == 1
    again.close()
    handle.close()


@pytest.mark.req("PE-1")
def test_platforms_without_unix_sockets_are_told_to_set_the_address() -> None:
    with pytest.raises(Unavailable, match=r"not on 'nt'.*Set DATABASE_URL"):
        require_posix("nt")


@pytest.mark.req("PE-1")
def test_url_quotes_its_parts_and_the_handle_shows_no_secret(data_dir: Path) -> None:
    handle: EmbeddedPostgres = start(data_dir)
    run(handle.url(), 'create role "a/b@c" login')
    run(handle.url(), 'create database "d ?e"')
    url = handle.url(user="a/b@c", database="d ?e")
    assert value(url, "select current_user || current_database()") == "a/b@cd ?e"
    assert handle.secret.hex() not in repr(handle)
    assert repr(handle.secret) not in repr(handle)
    handle.close()
