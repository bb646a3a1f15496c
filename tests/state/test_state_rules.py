"""Every field of every state model says how it is owned, kept, trusted, deleted and shown."""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel

from state.lifecycle import StateKind, lifecycles
from state.models import STATE_MODELS, VALUE_MODELS

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "state_table.py"


def _parts(annotation: object) -> set[type]:
    """Our own models that an annotation is made of."""
    if isinstance(annotation, type) and annotation.__module__.startswith("state."):
        return {annotation}
    return {part for arg in get_args(annotation) for part in _parts(arg)}


def _held(model: type) -> set[type]:
    names = model.model_fields if issubclass(model, BaseModel) else get_type_hints(model)
    return {part for name in names for part in _parts(get_type_hints(model)[name])}


@pytest.mark.req("ST-1")
@pytest.mark.parametrize("model", STATE_MODELS, ids=lambda model: model.__name__)
def test_every_field_has_its_rules(model):
    assert [name for name, rule in lifecycles(model) if rule is None] == []
    assert list(lifecycles(model))


@pytest.mark.req("ST-1")
def test_a_field_without_rules_is_found():
    @dataclasses.dataclass
    class Careless:
        text: str

    assert list(lifecycles(Careless)) == [("text", None)]


@pytest.mark.req("ST-1")
def test_what_a_state_model_holds_is_a_state_model_or_a_value():
    held = {part for model in STATE_MODELS for part in _held(model)}
    assert held - {*STATE_MODELS, *VALUE_MODELS} == set()
    assert {part for value in VALUE_MODELS for part in _held(value)} == set()


@pytest.mark.req("ST-1")
def test_all_eight_kinds_are_told_apart():
    kinds = {rule.kind for model in STATE_MODELS for _, rule in lifecycles(model) if rule}
    assert kinds == set(get_args(StateKind))


@pytest.mark.req("ST-1")
def test_audit_state_never_enters_a_prompt():
    rules = [rule for model in STATE_MODELS for _, rule in lifecycles(model) if rule and rule.kind == "audit"]
    assert {rule.prompt for rule in rules} == {"never"}


@pytest.mark.req("ST-1")
def test_request_state_is_message_locale_request_id_and_selection():
    from state.events import UserMessageReceived

    request = {name for name, rule in lifecycles(UserMessageReceived) if rule and rule.kind == "request"}
    assert request >= {"text", "locale", "request_id", "selection"}


@pytest.mark.req("ST-1")
def test_the_table_is_written_between_its_markers_and_checked(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- state table -->\nold\n<!-- /state table -->\nafter\n")
    assert _run(page, "--check").returncode == 1
    assert _run(page).returncode == 0
    assert _run(page, "--check").returncode == 0
    lines = page.read_text().splitlines()
    assert (lines[0], lines[1], lines[-2], lines[-1]) == (
        "before",
        "<!-- state table -->",
        "<!-- /state table -->",
        "after",
    )
    fields = {name for model in STATE_MODELS for name, _ in lifecycles(model)}
    assert [name for name in fields if f"`{name}`" not in page.read_text()] == []


@pytest.mark.req("ST-1")
def test_a_page_without_markers_or_no_page_is_refused(tmp_path):
    (tmp_path / "bare.md").write_text("nothing\n")
    assert "needs the lines" in _run(tmp_path / "bare.md").stderr
    assert (tmp_path / "bare.md").read_text() == "nothing\n"
    assert "does not exist" in _run(tmp_path / "none.md", "--check").stderr


def _run(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, page, *options], capture_output=True, text=True, check=False)
