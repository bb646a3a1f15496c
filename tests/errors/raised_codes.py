"""Every code that a user can meet, found in the program itself."""

import ast
import importlib
import pkgutil
from functools import cache
from pathlib import Path

from cli.running import exit_status
from dossier.errors import DossierError

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("state", "nodes", "graphs", "dossier", "evals", "service", "cli", "casework")


@cache
def raised() -> dict[str, tuple[int, int | None]]:
    """Return for each code its HTTP status and its exit status; None for what only the endpoint says."""
    own = {kind.code: (kind.status, exit_status(kind)) for kind in _tree(DossierError)}
    return {**own, **{code: (status, None) for code, status in _of_the_endpoint().items() if code not in own}}


def _tree(kind: type[DossierError]) -> list[type[DossierError]]:
    for package in PACKAGES:
        _import_who_says_so(package)
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in _tree(child))]


def _import_who_says_so(package: str) -> None:
    """Import the modules in which an error with a code of its own stands."""
    for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
        path = ROOT / module.name.replace(".", "/")
        source = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
        if '    code = "' in source.read_text("utf-8"):
            importlib.import_module(module.name)


def _of_the_endpoint() -> dict[str, int]:
    """Return the codes that stand as text in calls of `problem(status, code, ...)`."""
    found: dict[str, int] = {}
    for path in (ROOT / "service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Name("problem"), args=[ast.Constant(int(status)), ast.Constant(str(code)), *_]):
                    found[code] = status
                case _:
                    pass
    return found | {"method_not_allowed": 405}
