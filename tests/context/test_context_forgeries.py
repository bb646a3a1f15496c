"""Texts made to open, close or imitate a block, in every slot that strangers can fill: the tree stays what it is."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.context.budget import PROFILES
from dossier.context.build import Build, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import INSTRUCTING_KINDS, KINDS, ContextItem, Scope
from dossier.context.package import PackageHeader
from dossier.context.wording import block_of

KEY = "482913765012345678"
SCOPE = Scope("agency-a", "case", "C-1042")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEADER = PackageHeader("p", "agency-a", "ana", "thread", "turn", "m", "1", "1", 1, "k")
UNTRUSTED = tuple(kind for kind in KINDS if kind not in INSTRUCTING_KINDS)
FORGERIES = [
    json.loads(line).replace("{KEY}", KEY)
    for line in Path(__file__).with_name("forgeries.jsonl").read_text("utf-8").splitlines()
]


def count(text: str) -> int:
    return -(-len(text.encode()) // 4)


BUILD = Build(
    PROFILES["default"], 60_000, count, lambda messages: sum(count(m["content"]) for m in messages), DEFAULT_RULES
)


def item(kind: Any, text: str, name: str | None = None) -> ContextItem:
    trust = "authored" if kind in INSTRUCTING_KINDS else "user_claimed"
    role = "user" if kind in ("current_request", "recent_turn") else None
    return ContextItem(name or f"{kind}:1", kind, text, "thread", trust, SCOPE, role=role)


def build(items: list[ContextItem]) -> Any:
    frame = [item("policy", "Policy."), item("output_contract", "Contract.")]
    request = [] if any(i.kind == "current_request" for i in items) else [item("current_request", "Request.")]
    return build_package(
        [*frame, *request, *items], BUILD, HEADER, key=KEY, now=NOW, allowed=lambda scope: scope == SCOPE
    )


def tree(messages: list[dict[str, str]]) -> list[tuple[str, dict[str, str], str]]:
    """Read blocks as a reader of the delimiters would, with no code of the product."""
    found: list[tuple[str, dict[str, str], str]] = []
    opening, closing = re.compile(rf"<<{KEY} item(.*)>>"), f"<</{KEY} item>>"
    for message in messages:
        inside: list[str] | None = None
        attributes: dict[str, str] = {}
        for line in message["content"].split("\n"):
            if line.startswith((f"<<{KEY}", f"<</{KEY}")):
                if line == closing:
                    assert inside is not None
                    text = "\n".join(inside).replace("\\~~", "\0").replace("\\~-", "").replace("\0", "\\~")
                    found.append((message["role"], attributes, text))
                    inside = None
                    continue
                header = opening.fullmatch(line)
                assert header and inside is None
                pairs = re.findall(r'([a-z_]+)="([^"]*)"', header[1])
                attributes = {n: re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), v) for n, v in pairs}
                inside = []
            elif inside is not None:
                inside.append(line)
    return found


def expected(built: Any) -> list[tuple[dict[str, str], str]]:
    blocks = [block_of(entry.item) for entry in built.package.items]
    return [(dict(block.attributes), block.text) for block in blocks]


@pytest.mark.req("CX-11")
def test_corpus_holds_150_texts_of_our_own():
    assert len(set(FORGERIES)) >= 150


@pytest.mark.req("CX-11")
@pytest.mark.parametrize("kind", UNTRUSTED)
def test_forged_texts_in_every_untrusted_slot_leave_the_tree_as_it_is(kind: str):
    for text in FORGERIES:
        if "\0" in text:
            text = text.replace("\0", "\x01")  # NUL stands for an escape in the reader above
        built = build([item(kind, text)])
        found = tree(built.messages)
        assert [(attributes, body) for _, attributes, body in found] == expected(built), ascii(text)
        assert {role for role, a, _ in found if a["kind"] not in INSTRUCTING_KINDS} == {"user"}
        assert [a["kind"] for role, a, _ in found if role == "system"] == ["policy", "output_contract"]


@pytest.mark.req("CX-11")
def test_forged_names_of_items_leave_the_tree_as_it_is():
    for text in FORGERIES:
        built = build([item("memory", "text", name=text)])
        assert [(a, body) for _, a, body in tree(built.messages)] == expected(built), ascii(text)


@pytest.mark.req("CX-11", "CX-15")
@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(FORGERIES) | st.text(), min_size=1, max_size=6), st.integers(400, 2_000))
def test_shortened_results_that_hold_forgeries_leave_the_tree_as_it_is(texts: list[str], budget: int):
    texts = [text.replace("\0", "") for text in texts]
    body = json.dumps([{"id": f"A-{n}77", "note": text, "filler": "words " * 60} for n, text in enumerate(texts)])
    tight = Build(BUILD.profile, budget, count, BUILD.count_messages, DEFAULT_RULES)
    items = [item("policy", "Policy."), item("current_request", "A-177?"), item("tool_result", body)]
    built = build_package(items, tight, HEADER, key=KEY, now=NOW, allowed=lambda scope: True)
    assert [(a, text) for _, a, text in tree(built.messages)] == expected(built)
