"""Write the table of what is remembered, and by which rules, between two markers of a Markdown file."""

import argparse
import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from state.lifecycle import Lifecycle, lifecycles  # noqa: E402 - found from the project's root only
from state.models import STATE_MODELS  # noqa: E402

BEGIN, END = "<!-- state table -->", "<!-- /state table -->"
COLUMNS = ("kind", "fields", "owner", "lifetime", "source", "trust", "deletion", "in the prompt")


def rows(model: type) -> list[str]:
    """Return a model's fields, grouped by their rules."""
    named = [(rule, name) for name, rule in lifecycles(model) if rule is not None]
    groups = groupby(sorted(named, key=lambda one: repr(one[0])), key=lambda one: one[0])
    return [_row(model, rule, [name for _, name in group]) for rule, group in groups]


def _row(model: type, rule: Lifecycle, names: list[str]) -> str:
    fields = f"{model.__name__}: " + ", ".join(f"`{name}`" for name in names)
    cells = (rule.kind, fields, rule.owner, rule.lifetime, rule.source, rule.trust, rule.deletion, rule.prompt)
    return "| " + " | ".join(cell.replace("_", " ") if cell is not fields else cell for cell in cells) + " |"


def table() -> str:
    """Return the whole table as Markdown."""
    head = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    return "\n".join([*head, *(row for model in STATE_MODELS for row in rows(model))])


def with_table(page: str) -> str:
    """Return a page with the table between its markers.

    Raises:
        ValueError: The page lacks the markers.
    """
    before, found, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (found and closed):
        raise ValueError(f"the page needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the table, or with --check tell whether it is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, nargs="?", default=ROOT / "README.md")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when the table is out of date")
    options = parser.parse_args()
    if not options.page.exists():
        print(f"{options.page} does not exist.", file=sys.stderr)
        return 2
    page = options.page.read_text("utf-8")
    try:
        current = with_table(page)
    except ValueError as error:
        print(f"{options.page}: {error}.", file=sys.stderr)
        return 2
    if options.check and current != page:
        print(f"The state table of {options.page} is out of date: run scripts/state_table.py.", file=sys.stderr)
        return 1
    if not options.check:
        options.page.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
