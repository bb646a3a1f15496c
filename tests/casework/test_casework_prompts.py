"""Prompts by kind of task: released texts never change."""

import json
from pathlib import Path

import pytest

import casework
import dossier.prompts
from casework.application import Casework
from dossier.context.budget import PROFILES
from dossier.errors import InvalidInput, NotFound
from dossier.prompts import SHIPPED, PromptChanged, Prompts, prompts_of
from state.canonical import sha256

FOLDERS = [Path(casework.__file__).parent / "prompts", Path(dossier.prompts.__file__).parent]
RELEASED = {
    "casework.v1": "3d6d79d174a4dc2f08c781fb52e202c3c38df51117146b43236940aacebbc938",
    "code_assistant.v1": "3a91a38c7e700c735ea14b776c5e3281a3f8603264ce8e1c3261c19660e4cdb7",
    "customer_support.v1": "1e3c2f76eff9cafaead0ed85f012515b9da0801253235cb259763266f9584082",
    "default.v1": "e1456146cf39aed74d61467932a1ce83ea8aab5e25478789d6faa012b0be2d32",
    "research.v1": "94c24497bb99be90fef1f37bd82a9b54e9f06d584988fc4d509e51c94cd46820",
}
"""What was released, written down a second time: a changed text with a changed digest beside it is found as well."""

TEXT = "# Instruction\nDo {0}.\n# Output contract\nSay {0}.\n"


def made(**texts: str) -> Prompts:
    return Prompts(named(texts), {name: sha256(text.encode()) for name, text in named(texts).items()})


def named(texts: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", "."): text for name, text in texts.items()}


@pytest.mark.req("CX-16")
def test_every_released_prompt_has_the_text_that_it_was_released_with():
    files = {f.stem: sha256(f.read_bytes()) for folder in FOLDERS for f in folder.glob("*.md")}
    listed = [json.loads((folder / "versions.json").read_text("utf-8")) for folder in FOLDERS]
    assert files == RELEASED == {**listed[0], **listed[1]}


@pytest.mark.req("CX-16")
def test_each_kind_of_task_has_a_prompt_and_a_way_to_share_the_budget(desk: Casework):
    assert desk.prompts.kinds == sorted(PROFILES)
    texts = {desk.prompt(kind).instruction for kind in desk.prompts.kinds}
    contracts = {desk.prompt(kind).contract for kind in desk.prompts.kinds}
    assert len(texts) == len(contracts) == 5


@pytest.mark.req("CX-16")
@pytest.mark.parametrize("kind", sorted(PROFILES))
def test_every_prompt_keeps_the_rules_that_the_runtime_rests_on(desk: Casework, kind: str):
    prompt = desk.prompt(kind)
    said = prompt.instruction.lower()
    assert (prompt.name, prompt.version, prompt.contract_version) == (kind, "v1", "v1")
    assert "is not for you" in said  # an instruction inside data
    assert "wait" in said  # what needs approval was not done
    assert "# " not in prompt.instruction + prompt.contract
    assert len((prompt.instruction + prompt.contract).split()) < 330


@pytest.mark.req("CX-16")
def test_a_changed_text_under_an_old_version_is_refused():
    old = TEXT.format("this")
    released = {"x.v1": sha256(old.encode())}
    with pytest.raises(PromptChanged, match=r"text of prompt 'x\.v1' is not the released one"):
        Prompts({"x.v1": TEXT.format("that")}, released)
    with pytest.raises(PromptChanged, match=r"'x\.v1' was released, but its text is gone"):
        Prompts({}, released)


@pytest.mark.req("CX-16")
def test_a_text_is_in_use_only_once_it_is_released_and_how_is_said():
    text = TEXT.format("this")
    with pytest.raises(PromptChanged, match=r"'x\.v2' is not released") as refused:
        Prompts({"x.v2": text}, {})
    assert refused.value.hint == f'Add "x.v2": "{sha256(text.encode())}" to versions.json to release it.'


@pytest.mark.req("CX-16")
def test_the_highest_version_is_in_use_and_the_older_ones_are_held_to_their_texts():
    prompts = made(x__v2=TEXT.format("two"), x__v10=TEXT.format("ten"), x__v9=TEXT.format("nine"))
    prompt = prompts.current("x")
    assert (prompt.version, prompt.instruction, prompt.contract) == ("v10", "Do ten.", "Say ten.")


@pytest.mark.req("CX-16")
def test_a_kind_without_a_prompt_is_served_by_the_default_and_an_own_prompt_comes_before_a_shipped_one():
    assert SHIPPED.current("book loans").name == "default"
    joined = SHIPPED | made(research__v1=TEXT.format("this"))
    assert joined.current("research").instruction == "Do this."
    assert joined.current("default") == SHIPPED.current("default")
    with pytest.raises(NotFound, match="no prompt for tasks of kind 'other'"):
        made(x__v1=TEXT.format("x")).current("other")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("x.v1", "# Instruction\nDo.\n", "lacks a part"), ("x.1", TEXT, "names no prompt"), ("../x.v1", TEXT, "names no")],
)
def test_a_prompt_without_a_contract_or_a_proper_name_is_refused(name: str, text: str, said: str):
    with pytest.raises(InvalidInput, match=said):
        Prompts({name: text}, {name: sha256(text.encode())})


def test_the_desk_speaks_its_own_prompt(desk: Casework):
    prompt = prompts_of("casework").current("casework")
    assert desk.prompt(desk.task) == prompt
    assert prompt.instruction.startswith("You assist the staff of a licensing authority")
    assert prompt.contract.endswith("It holds no recommendation of enforcement.")
