"""Benchmark data: lines of JSON, read with errors that name the file, the line and what is missing."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from dossier.errors import InvalidInput

Row = TypeVar("Row")


class DataInvalid(InvalidInput):
    """A benchmark's file can't be read as what it should be."""

    code = "data_invalid"


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """Return the rows of a file of JSON lines; blank lines are passed over.

    Args:
        path: The file.
        kind: What a row is: a pydantic model, a dataclass, or a TypedDict.

    Raises:
        DataInvalid: The file is missing, empty, or a line is no such row.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataInvalid(f"{path} can't be read: {error}.", hint="Give a file of JSON lines in UTF-8.") from error
    adapter = TypeAdapter(kind)
    rows = [_row(path, number, line, adapter) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise DataInvalid(f"{path} holds no rows.", hint="Give a file with one JSON object a line.")
    return rows


def _row(path: Path, number: int, line: str, adapter: TypeAdapter[Row]) -> Row:
    where = f"{path}, line {number}"
    try:
        return adapter.validate_python(json.loads(line))
    except json.JSONDecodeError as error:
        raise DataInvalid(f"{where} is no JSON: {error}.", hint="Each line is one JSON object.") from error
    except ValidationError as error:
        raise DataInvalid(f"{where}: {'; '.join(_told(error.errors()))}.", hint="Compare with the format.") from error


def _told(errors: Iterable[Any]) -> list[str]:
    return [f"{'.'.join(map(str, one['loc'])) or 'the row'}: {one['msg']}" for one in errors][:3]
