import json
from pathlib import Path

import pytest

import casework
from casework import prompting
from dossier.errors import InvalidInput
from state.canonical import sha256

FOLDER = Path(casework.__file__).parent / "prompts"
RELEASED = json.loads((FOLDER / "versions.json").read_text("utf-8"))


@pytest.mark.req("CX-16")
def test_every_released_prompt_has_the_text_that_it_was_released_with():
    assert {f.stem: sha256(f.read_bytes()) for f in FOLDER.glob("*.md")} == RELEASED


@pytest.mark.req("CX-16")
def test_a_changed_text_under_an_old_version_is_refused():
    text = (FOLDER / "casework.v1.md").read_text("utf-8")
    with pytest.raises(prompting.PromptChanged, match=r"casework\.v1"):
        prompting.read("casework", "v1", text.replace("non-binding", "binding"), RELEASED)
    with pytest.raises(prompting.PromptChanged, match=r"casework\.v2"):
        prompting.read("casework", "v2", text, RELEASED)


def test_the_prompt_in_use_has_its_parts_and_version():
    prompt = prompting.current("casework")
    assert (prompt.name, prompt.version, prompt.contract_version) == ("casework", "v1", "v1")
    assert prompt.instruction.startswith("You assist the staff of a licensing authority")
    assert prompt.contract.endswith("It holds no recommendation of enforcement.")
    assert "# " not in prompt.instruction + prompt.contract


def test_a_kind_of_task_without_a_prompt_is_refused():
    with pytest.raises(InvalidInput, match="research"):
        prompting.current("research")


def test_a_prompt_without_a_contract_is_refused():
    text = "# Instruction\nDo.\n"
    with pytest.raises(InvalidInput, match="lacks a part"):
        prompting.read("x", "v1", text, {"x.v1": sha256(text.encode())})
