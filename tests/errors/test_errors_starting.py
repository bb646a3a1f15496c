"""What a person reads when a command can't begin."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import Ran, Told, dossier, dossier_process, refused, see


@pytest.mark.req("GR-2", "SV-2")
@pytest.mark.parametrize(("run", "door"), [(dossier, "serve"), (dossier_process, "dev")], ids=["serve", "dev"])
def test_a_port_that_is_taken_is_named_and_no_other_is_used_in_silence(
    tmp_path: Path, run: Callable[..., Ran], door: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(run(tmp_path, door, "--port", str(port)))

    assert told == Told(
        4,
        f"[port_taken] Port {port} of 127.0.0.1 is taken by another process.",
        "Stop that process, or choose another port with --port. " + see("port_taken"),
    )
    assert not (tmp_path / "data").exists()


@pytest.mark.req("GR-2")
@pytest.mark.parametrize(
    ("given", "happened"),
    [
        ({"DOSSIER_POOL_SIZE": "hidden"}, "DOSSIER_POOL_SIZE: Input should be a valid integer"),
        ({"DATABASE_URL": "mysql://u:hidden@db"}, "DATABASE_URL: must be a postgresql:// URL"),
    ],
)
def test_a_broken_setting_is_named_without_its_value(tmp_path: Path, given: dict[str, str], happened: str) -> None:
    told = refused(dossier(tmp_path, "chat", **given))

    assert told.status == 3
    assert told.happened.startswith(f"[invalid_settings] {happened}")
    assert told.to_do == "Correct it in the environment or in .env; see .env.example. " + see("invalid_settings")
    assert "hidden" not in told.happened


@pytest.mark.req("GR-2")
def test_what_nobody_foresaw_is_told_in_two_lines_and_its_trace_kept_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('on purpose')\n")
    given = {"DOSSIER_APPLICATION": "broken:application", "TMPDIR": str(tmp_path)}
    ran = dossier_process(tmp_path, "verify", "a-thread", **given)
    (kept,) = tmp_path.glob("dossier-fault-*.txt")

    assert refused(ran) == Told(
        5,
        "[internal] The program failed: RuntimeError: on purpose.",
        f"Report it with {kept}; nothing was lost. " + see("internal"),
    )
    assert "RuntimeError: on purpose" in kept.read_text() and "Traceback" in kept.read_text()
