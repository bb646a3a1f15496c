"""Rows of text, aligned and whole: an id that is cut off can't be copied."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import Console

Row = Sequence[str]


def show_rows(out: Console, heads: Row, rows: Sequence[Row], styles: Sequence[str] = ()) -> None:
    """Print rows under their heads, a line each, which the terminal wraps where it is too narrow.

    Args:
        out: Where to.
        heads: What stands above each column.
        rows: As many cells each as there are heads.
        styles: One for each row; none for plain rows.
    """
    head, *lines = aligned([heads, *rows])
    out.print(head, style="bold", markup=False, soft_wrap=True)
    for line, style in zip(lines, styles or [""] * len(lines), strict=True):
        out.print(line, style=style, markup=False, soft_wrap=True)


def aligned(rows: Sequence[Row]) -> list[str]:
    """Return a line for each row: every column as wide as its widest cell, two spaces between."""
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*flat, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in flat]
