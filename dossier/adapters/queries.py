"""SQL in files, under names.

A file holds sections, each beginning with a line `-- name: the_name`. A `Statement`
is such a query with its parameters, as plain data: adapters hand statements to the
transaction that must hold them together.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, LiteralString, NamedTuple, cast

_SECTION = re.compile(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)


class Statement(NamedTuple):
    """One query and what it is run with."""

    sql: LiteralString
    params: Mapping[str, Any]
    returns: int | None = None
    """Rows that it must return for the transaction to stand; None when it may return any."""
    judge: Callable[[Sequence[Mapping[str, Any]]], None] | None = None
    """Looks at the rows, and raises if the transaction must not stand."""


@cache
def load(package: str, path: str) -> Mapping[str, LiteralString]:
    """Return the queries of a package's .sql file by name.

    Raises:
        KeyError: Later, when a name is asked for that the file does not have.
    """
    parts = _SECTION.split(files(package).joinpath(path).read_text("utf-8"))
    # What stands in a file of the package is as literal as what stands in its code.
    return dict(zip(parts[1::2], (cast(LiteralString, sql.strip()) for sql in parts[2::2]), strict=True))
