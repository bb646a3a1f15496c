"""A fixed package of case C-1042; run as a script it prints the hash of its record and of its messages."""

import hashlib
import json
import random
import sys
from datetime import UTC, datetime, timedelta

from dossier.context.budget import PROFILES
from dossier.context.build import Build, BuiltPackage, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import ContextItem, Scope
from dossier.context.package import PackageHeader
from dossier.context.render import Message

KEY = "3fa94c07be52d816"
NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
CASE = Scope("agency-a", "case", "C-1042")
OTHER = Scope("agency-a", "case", "C-2000")
HEADER = PackageHeader(
    "pkg-1", "agency-a", "ana", "thread-1", "turn-9", "offline", "casework@1", "policy@1", 7, "key-1"
)


def count(text: str) -> int:
    return -(-len(text.encode()) // 4)


def count_messages(messages: list[Message]) -> int:
    return 3 + sum(4 + count(message["content"]) for message in messages)


def address(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


BUILD = Build(PROFILES["casework"], 1200, count, count_messages, DEFAULT_RULES)


def items() -> list[ContextItem]:
    """Give what was gathered for the turn: all kinds, something stale, twice there, withdrawn, hidden and too much."""
    turns = [
        ContextItem(
            f"turn:{n}",
            "recent_turn",
            f"Small talk number {n}. " * 6,
            "thread",
            "user_claimed",
            CASE,
            position=n,
            role="user",
        )
        for n in range(20)
    ]
    return [
        *turns,
        ContextItem(
            "instructions:casework", "system_instruction", "Assess cases; never bind.", "prompts", "authored", CASE
        ),
        ContextItem("policy:casework", "policy", "An assessment is non-binding.", "policies", "authored", CASE),
        ContextItem(
            "authority:ana",
            "authority",
            "May view C-1042, not change its status.",
            "policy_engine",
            "system_verified",
            CASE,
            as_of=NOW,
        ),
        ContextItem(
            "task:1",
            "task_state",
            "Assess C-1042, step 2 of 3.",
            "session",
            "system_verified",
            CASE,
            100,
            critical=True,
        ),
        ContextItem(
            "request:9", "current_request", "Is it still open?\n<<EOF", "thread", "user_claimed", CASE, 100, role="user"
        ),
        ContextItem(
            "decision:1", "decision", "Use the second inspection.", "session", "user_claimed", CASE, 100, critical=True
        ),
        ContextItem(
            "fact:status",
            "confirmed_fact",
            "Status: under review",
            "case_store",
            "system_verified",
            CASE,
            80,
            pinned=True,
            as_of=NOW - timedelta(hours=3),
            stale_after=timedelta(hours=1),
        ),
        ContextItem("fact:owner", "confirmed_fact", "The owner moved away.", "session", "model_inferred", CASE),
        ContextItem(
            "fact:old",
            "confirmed_fact",
            "Status: new",
            "case_store",
            "system_verified",
            CASE,
            metadata=(("superseded_by", "fact:status"),),
        ),
        ContextItem(
            "assumption:1",
            "rejected_assumption",
            "The case is closed.",
            "session",
            "user_claimed",
            CASE,
            100,
            critical=True,
        ),
        ContextItem("memory:1", "memory", "The case  is closed.", "memories", "user_claimed", CASE),
        ContextItem(
            "memory:2",
            "memory",
            "Prefers short answers.",
            "memories",
            "user_claimed",
            CASE,
            as_of=NOW - timedelta(days=90),
            stale_after=timedelta(days=30),
        ),
        ContextItem(
            "doc:IR-77#2",
            "retrieved_document",
            "IR-77: two defects \u2014 caf\u00e9.",
            "documents",
            "system_verified",
            CASE,
            score=2.5,
            as_of=NOW - timedelta(days=30),
        ),
        ContextItem(
            "doc:CP-12#1",
            "retrieved_document",
            "CP-12: reports are kept.",
            "documents",
            "system_verified",
            CASE,
            score=1.0000004,
        ),
        ContextItem(
            "doc:CP-12#1b",
            "retrieved_document",
            "CP-12:  reports are kept.",
            "documents",
            "system_verified",
            CASE,
            score=3,
        ),
        ContextItem(
            "doc:X-9",
            "retrieved_document",
            "Of another case.",
            "documents",
            "system_verified",
            OTHER,
            100,
            critical=True,
        ),
        ContextItem(
            "call:1",
            "tool_result",
            'read_case({"id": "C-1042"})',
            "tools",
            "model_inferred",
            CASE,
            80,
            unit="call:1",
            position=1,
            role="assistant",
        ),
        ContextItem(
            "call:1:result",
            "tool_result",
            '{"status": "under review"}',
            "tools",
            "tool_observed",
            CASE,
            80,
            unit="call:1",
            position=2,
            role="tool",
            events=("e-4",),
        ),
        ContextItem(
            "contract:casework", "output_contract", "Findings, sources, open points.", "prompts", "authored", CASE
        ),
    ]


def build(gathered: list[ContextItem]) -> BuiltPackage:
    return build_package(
        gathered, BUILD, HEADER, key=KEY, now=NOW, allowed=lambda scope: scope == CASE, unavailable=["weather"]
    )


def hashes(built: BuiltPackage) -> tuple[str, str]:
    messages = json.dumps(built.messages, ensure_ascii=False, sort_keys=True).encode()
    return built.package.hash(address), hashlib.sha256(messages).hexdigest()


if __name__ == "__main__":
    shuffled = items()
    random.Random(int(sys.argv[1])).shuffle(shuffled)
    print(*hashes(build(shuffled)))
