"""Mutation run over the rules of state: change them one at a time; a test has to notice.

Operators: a comparison is turned round, moved by one or by its identity; and/or are swapped; a condition is taken for
true, for false; `not` is dropped; True/False and small numbers change; a return value becomes None; an element is left
out of a tuple, list or set; a keyword argument, a match case or a statement that is a call or an assignment to an
attribute is left out. Equivalent mutants that were looked at are named in docs/mutation.md and left out here.

    python scripts/mutation.py [--sample N] [--jobs N] [--json OUT] [PATH ...]
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
_RULES = ("tests/state/test_proposals_invariants.py", "tests/updates")
_FOLDS = (
    "tests/state/test_state_event_meanings.py",
    "tests/state/test_state_knowledge.py",
    "tests/state/test_state_chain.py",
    "tests/state/test_state_values.py",
    "tests/state/test_state_upgrades.py",
    "tests/state/test_state_fold.py",
    "tests/summaries",
    *_RULES,
)
TESTS = {
    "state/invariants": _RULES,
    "state/situation": _RULES,
    "state/proposals": _RULES,
    "state/merge": ("tests/state/test_merge.py", "tests/extraction"),
    "state/": _FOLDS,
    "dossier/updates/": _RULES,
}
"""Tests by what is changed: the first that fits, those that are quick first."""
FOLDERS = ("state", "dossier/updates")
DECLARATIONS = frozenset({"__init__", "models", "bodies", "call_events", "events", "lifecycle", "principal"})
"""Modules that declare and decide nothing: their fields are held by golden files."""
LIMIT_SECONDS = 300
EQUIVALENT = ROOT / "docs" / "mutation.equivalent.json"

_SWAPS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module."""

    path: str
    line: int
    was: str
    now: str

    @property
    def name(self) -> str:
        """Return what names it as long as its line reads the same."""
        return f"{self.path}: {self.was} -> {self.now}"


def targets(given: Sequence[str]) -> list[str]:
    """Return the modules to change, as paths in the project."""
    if given:
        return list(given)
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in found if path.stem not in DECLARATIONS]


def mutants(path: str) -> Iterator[tuple[Mutant, str]]:
    """Yield each change of a module with the changed source."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    for node in _running(tree):
        for was, now, replaced in _changes(node):
            changed = _with(tree, node, replaced)
            yield Mutant(path, getattr(node, "lineno", 0), was, now), ast.unparse(ast.fix_missing_locations(changed))


def _running(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes that run: no docstring, annotation or import."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_text(node) or _is_alias(node):
            continue
        yield node
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list", "type_params", "bases"):
                waiting += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST)]


def _is_alias(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and node.col_offset == 0


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


Replaced = ast.AST | list[ast.AST]


def _changes(node: ast.AST) -> Iterator[tuple[str, str, Replaced]]:
    for changed in _replacements(node):
        now = "left out" if changed == [] else ast.unparse(changed) if isinstance(changed, ast.AST) else ""
        yield _short(ast.unparse(node)), _short(now), changed


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:60]} … {line[-38:]}"


def _replacements(node: ast.AST) -> Iterator[Replaced]:
    match node:
        case ast.Compare(ops=[op]):
            for other in _SWAPS.get(type(op), ()):
                yield _changed(node, ops=[other()])
        case ast.BoolOp(op=op):
            yield _changed(node, op=ast.And() if isinstance(op, ast.Or) else ast.Or())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.If() | ast.IfExp() | ast.While():
            yield from (_changed(node, test=ast.Constant(value)) for value in (True, False))
        case ast.comprehension(ifs=[_, *_]):
            pass
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield _changed(node, value=ast.Constant(None))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set() if len(node.elts) > 1:
            for index in range(len(node.elts)):
                yield _changed(node, elts=[*node.elts[:index], *node.elts[index + 1 :]])
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if node.generators[0].ifs:
            yield _changed(node, generators=[_changed(node.generators[0], ifs=[]), *node.generators[1:]])
        case ast.Match(cases=cases) if len(cases) > 1:
            for index in range(len(cases) - 1):
                yield _changed(node, cases=[*cases[:index], *cases[index + 1 :]])
        case ast.Expr(value=ast.Call()) | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.AugAssign():
            yield ast.Pass()
        case _:
            return


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _with(tree: ast.Module, old: ast.AST, new: Replaced) -> ast.Module:
    class Swap(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> Replaced:
            return new if node is old else self.generic_visit(node)

    changed = Swap().visit(_shallow(tree, old))
    assert isinstance(changed, ast.Module)
    return changed


def _shallow(tree: ast.Module, keep: ast.AST) -> ast.Module:
    return copy.deepcopy(tree, {id(keep): keep})


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from changed source."""

    def __init__(self, path: str, source: str) -> None:
        self._name = path.removesuffix(".py").replace("/", ".")
        self._path, self._source = path, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(ROOT / self._path))

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, str(ROOT / self._path), "exec"), module.__dict__)


def _run(mutant: Mutant, source: str) -> int:
    """In a process of its own: return pytest's exit code."""
    import hypothesis
    import pytest

    sys.meta_path.insert(0, _Changed(mutant.path, source))
    # A found example need not be made small: that it was found is what counts.
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutation", max_examples=15, deadline=None, derandomize=True, database=None, phases=phases
    )
    hypothesis.settings.load_profile("mutation")
    tests = next(tests for folder, tests in TESTS.items() if mutant.path.startswith(folder))
    # Without plugins and configuration: what these tests need is Python and hypothesis.
    plain = ["-x", "-q", "--noconftest", "-c", os.devnull, "--rootdir", str(ROOT), "--import-mode=importlib"]
    plain += ["--assert=plain", "-W", "ignore"]
    return int(pytest.main([*plain, "-p", "no:cacheprovider", *[str(ROOT / test) for test in tests]]))


def _start(mutant: Mutant, source: str) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        signal.alarm(LIMIT_SECONDS)
        code = _run(mutant, source)
    finally:
        os._exit(min(code, 100))


def survivors(found: Sequence[tuple[Mutant, str]], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant as it is done, and whether it survived: every test passed."""
    import hypothesis  # noqa: F401  loaded once, before the forks
    import pydantic  # noqa: F401
    import pytest  # noqa: F401

    waiting, running = list(found), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant, source = waiting.pop(0)
            running[_start(mutant, source)] = mutant
        child, status = os.wait()
        yield running.pop(child), os.waitstatus_to_exitcode(status) == 0


def main() -> int:
    """Run, print what survives, and return 1 when fewer than 90 % are killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="modules; all rules of state by default")
    parser.add_argument("--sample", type=int, help="that many, drawn with a fixed seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, metavar="OUT")
    given = parser.parse_args()
    equivalent = set(json.loads(EQUIVALENT.read_text("utf-8"))) if EQUIVALENT.exists() else set()
    found = [one for path in targets(given.paths) for one in mutants(path) if one[0].name not in equivalent]
    if given.sample and given.sample < len(found):
        found = random.Random(1).sample(found, given.sample)
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(ROOT))
    lived, began = [], time.monotonic()
    for number, (mutant, survived) in enumerate(survivors(found, given.jobs), start=1):
        told = f"{number}/{len(found)} changed, {len(lived)} not noticed, {time.monotonic() - began:.0f} s"
        print(f"\r{told}", end="", file=sys.stderr)
        if survived:
            lived.append(mutant)
            print(f"\n{mutant.path}:{mutant.line}: {mutant.was}  ->  {mutant.now}", flush=True)
    print(file=sys.stderr)
    killed = 100 * (len(found) - len(lived)) / len(found) if found else 100.0
    print(f"{len(found) - len(lived)} of {len(found)} killed: {killed:.1f} %")
    if given.json:
        given.json.write_text(
            json.dumps({"mutants": len(found), "killed": killed, "lived": [asdict(m) for m in lived]})
        )
    return 0 if killed >= 90 else 1


if __name__ == "__main__":
    sys.exit(main())
