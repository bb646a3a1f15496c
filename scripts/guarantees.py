"""Write docs/guarantees.md: each guarantee with the tests that show it, found by their `@pytest.mark.req("ID")`."""

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
STATEMENTS = "docs/guarantees.yaml"
PAGE = "docs/guarantees.md"

Shown = dict[str, list[tuple[str, str]]]
"""For each id the tests that name it, as (file, test)."""

INTRODUCTION = f"""# Guarantees

What Dossier promises and the tests that show it. Written by `make guarantees` from `{STATEMENTS}` and the markers in
`tests/`; `make check` fails when it is out of date.
"""


def marked_ids(nodes: list[ast.expr]) -> Iterator[str]:
    """Yield the ids of every `pytest.mark.req(...)` within the expressions."""
    for node in nodes:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.req":
                yield from (ast.literal_eval(argument) for argument in call.args)


def module_marks(tree: ast.Module) -> list[str]:
    """Return the ids in the module's `pytestmark`."""
    values = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["pytestmark"]
    ]
    return list(marked_ids(values))


def tests_in(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each test's name with its ids, those of its class and module included."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [*inherited, *marked_ids(node.decorator_list)]
            yield from ((f"{node.name}.{name}", ids) for name, ids in tests_in(node.body, own))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name, [*inherited, *marked_ids(node.decorator_list)]


def shown_by(root: Path) -> Shown:
    """Read every test file and return which tests name which id."""
    shown: Shown = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for name, ids in tests_in(tree.body, module_marks(tree)):
            for id_ in dict.fromkeys(ids):
                shown.setdefault(id_, []).append((path.relative_to(root).as_posix(), name))
    return shown


def page(statements: dict[str, str], shown: Shown) -> str:
    """Return the page's text."""
    lines = [INTRODUCTION]
    for id_, statement in statements.items():
        if "-" not in id_:
            if any(id_ == other.split("-")[0] for other in shown):
                lines.append(f"## {statement}\n")
        elif tests := shown.get(id_):
            links = [f"  - [{name}](../{path})" for path, name in tests]
            lines.append("\n".join([f"- **{id_}** {statement}", *links]) + "\n")
    missing = [f"- **{id_}** {text}" for id_, text in statements.items() if "-" in id_ and id_ not in shown]
    if missing:
        lines.append("\n".join(["## Not shown yet\n", *missing]) + "\n")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Write the page, or with --check tell whether it is as it should be; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is out of date")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    options = parser.parse_args(arguments)
    statements = yaml.safe_load((options.root / STATEMENTS).read_text(encoding="utf-8"))
    shown = shown_by(options.root)
    unknown = [f"{id_}: {path}::{name}" for id_ in sorted(shown.keys() - statements) for path, name in shown[id_]]
    if unknown:
        print(f"Tests name ids that {STATEMENTS} lacks:", *unknown, sep="\n  ", file=sys.stderr)
        return 1
    target, text = options.root / PAGE, page(statements, shown)
    if not options.check:
        target.write_text(text, encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != text:
        print(f"{PAGE} is out of date: run `make guarantees`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
