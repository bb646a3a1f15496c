"""One way to the model, read from the source: who builds packages, who calls, who knows a chat model."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("state", "dossier", "nodes", "graphs", "service", "cli", "casework")
CHAT_LIBRARIES = ("langchain_openai", "openai", "anthropic", "langchain.chat_models", "langchain_core.language_models")
WIRING = "dossier/services.py"
"""Makes the client once and hands it to the step; it sends nothing."""


def sources(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.Module) -> set[str]:
    """Return every `module` and `module.name` that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def names(tree: ast.Module) -> set[str]:
    """Return every name and attribute that a module uses."""
    return {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Name))
    }


@pytest.mark.req("CX-1")
def test_only_the_model_step_calls_the_client():
    callers = [path for path, tree in sources(*FOLDERS) if "dossier.adapters.model.call" in imports(tree)]
    assert callers == ["nodes/call_model.py"]


@pytest.mark.req("CX-1")
def test_only_the_context_step_builds_packages():
    builders = [path for path, tree in sources(*FOLDERS) if "build_package" in names(tree)]
    assert builders == ["nodes/build_context.py"]


@pytest.mark.req("CX-1")
def test_what_is_asked_beside_the_reply_goes_the_same_way():
    tree = dict(sources("nodes"))["nodes/ask_beside.py"]
    assert {"made", "answered"} <= names(tree)
    assert not names(tree) & {"ainvoke", "invoke", "astream", "stream", "build_package", "storing"}


@pytest.mark.req("CX-1")
def test_nobody_else_knows_a_chat_model():
    knowing = [
        path
        for path, tree in sources(*FOLDERS)
        if not path.startswith("dossier/adapters/")
        and any(
            name == library or name.startswith(f"{library}.") for name in imports(tree) for library in CHAT_LIBRARIES
        )
    ]
    assert knowing == [WIRING, "nodes/ask_beside.py", "nodes/call_model.py"]


@pytest.mark.req("CX-1")
def test_the_wiring_makes_the_client_and_never_calls_it():
    tree = dict(sources("dossier"))[WIRING]
    assert {name for name in imports(tree) if name.startswith("dossier.adapters.model.")} == {
        "dossier.adapters.model.Retry",
        "dossier.adapters.model.chat_model",
    }
    assert not names(tree) & {"ainvoke", "invoke", "astream", "stream", "agenerate", "generate", "bind_tools"}
