"""What a run leaves behind: its JSON, with the command, the data, the machine and the date beside the figures."""

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dossier.errors import InvalidInput
from evals.bench.pictures import picture_of
from evals.bench.show import plot

_BEGAN = time.monotonic()


def write_report(path: Path | None, report: Mapping[str, Any], *, data: Iterable[Path] = ()) -> None:
    """Write a report as JSON, with a field `run` that says where its figures come from, and its plot beside it.

    Args:
        path: Where; nowhere if None.
        report: The figures, as the command's format says.
        data: The files that were read; kept by name and digest, never by folder.
    """
    if path is None:
        return
    text = json.dumps({**report, "run": provenance(data)}, indent=1, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    if picture := picture_of(report):
        plot(path.with_suffix(".png"), picture.title, picture.axes, picture.lines)


def refuse_unwritable(path: Path | None) -> None:
    """Refuse a report's path before the work is done, not after it.

    Raises:
        InvalidInput: No file can be written there.
    """
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise InvalidInput(f"{path} can't be written: {error.strerror}.", hint="Name another file.") from error
    if path.stat().st_size == 0:
        path.unlink()


def provenance(data: Iterable[Path] = ()) -> dict[str, Any]:
    """Return command, data, machine and date of this run."""
    return {
        "command": command(sys.argv),
        "data": [_file(path) for path in data],
        "machine": machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - _BEGAN),
    }


def command(argv: list[str]) -> str:
    """Return the command line as one would type it, its paths without their folders."""
    words = [Path(word).name if os.sep in word and "://" not in word else word for word in argv[1:]]
    return " ".join(["python -m evals", *words])


def machine() -> dict[str, Any]:
    """Return what a reader needs to judge times: cores, memory, system, Python."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _file(path: Path) -> dict[str, str]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
