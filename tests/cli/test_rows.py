"""Rows are printed whole, however narrow the terminal is."""

import io

from rich.console import Console

from cli.rows import show_rows


def test_rows_narrower_than_their_text_are_printed_whole_a_line_each() -> None:
    out = Console(file=io.StringIO(), width=20)
    show_rows(out, ("id", "said"), [("01a1febb-5015-7135-b1b7-df07e780c7a7", "[b]two\nlines[/b]"), ("鍵", "a")])

    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue().splitlines() == [
        "id                                    said",
        "01a1febb-5015-7135-b1b7-df07e780c7a7  [b]two lines[/b]",
        "鍵                                    a",
    ]
