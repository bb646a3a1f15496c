"""Which tools the offline model calls: by rule, from the current request alone.

Documents, tool results and earlier turns never cause a call. A tool that changes something needs an order whose leading
verb is the tool's own; a tool that reads is also called for a question which the material does not answer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dossier.adapters.offline_arguments import Filled, enum_stems, fill, names_value
from dossier.adapters.offline_clauses import Clause, clauses, reads
from dossier.adapters.offline_evidence import asks_what_is_open
from dossier.adapters.offline_forms import form_for
from dossier.adapters.offline_reading import Block, Reading
from dossier.adapters.offline_terms import ASKING, coverage, stem, stems, terms, weights

_SYNONYMS = tuple(
    frozenset(map(stem, group.split()))
    for group in (
        "change set update modify switch move mark put edit make",
        "notify inform tell alert email message let",
        "add create record attach write log note append",
        "get show fetch read lookup look check view open display see give pull describe",
        "list show give enumerate",
        "search find look query lookup",
        "delete remove erase discard drop",
        "send forward mail",
        "escalate raise",
        "remember store save keep",
        "cancel withdraw revoke",
        "schedule book plan",
    )
)
_SEARCHES = frozenset(map(stem, ("search", "find", "query", "lookup")))
_PRONOUNS = frozenset({"it", "them", "him", "her", "this", "that"})
_KNOWN = 0.7
"""Share of a question's terms in the material from which on no tool is asked for the same."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call to make."""

    name: str
    """The tool."""
    args: dict[str, Any]
    """By the tool's schema."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do before, or in the place of, answering."""

    calls: tuple[PlannedCall, ...]
    """To make now."""
    outcomes: tuple[Block, ...]
    """Blocks that tell how wanted calls ended."""
    needs: tuple[str, ...]
    """Questions for arguments that are missing."""


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    schema: Mapping[str, Any]

    @property
    def tokens(self) -> list[str]:
        parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", self.name)
        return [stem(part.lower()) for part in parts]

    @property
    def verbs(self) -> frozenset[str]:
        own = self.tokens[0]
        return frozenset({own}).union(*(group for group in _SYNONYMS if own in group))

    @property
    def objects(self) -> frozenset[str]:
        return frozenset(self.tokens[1:])

    @property
    def reads(self) -> bool:
        return reads("_".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", self.name)))

    @property
    def searches(self) -> bool:
        return self.tokens[0] in _SEARCHES


def plan(reading: Reading, tools: Sequence[Mapping[str, Any]]) -> Plan:
    """Decide which of the offered tools to call for the request."""
    offered = _offered(tools)
    verbs = frozenset().union(*(tool.verbs | tool.objects | enum_stems(tool.schema) for tool in offered))
    wanted = clauses(reading.request, verbs) if offered else []
    denied = [clause for clause in wanted if clause.denied]
    calls: list[PlannedCall] = []
    needs: list[str] = []
    in_form = form_for(reading) is not None and any(block.is_document for block in reading.material)
    for clause in wanted:
        tool = None if clause.denied else _tool_for(clause, offered, reading)
        if tool is None or (tool.reads and in_form):
            continue
        filled = fill(tool.schema, clause, reading)
        if any(_forbids(no, tool, filled, reading) for no in denied):
            continue
        if filled.missing:
            needs += [] if tool.reads else [_need(tool, filled)]
        elif (call := PlannedCall(tool.name, filled.args)) not in calls:
            calls.append(call)
    return _settle(calls, needs, reading)


def _offered(tools: Sequence[Mapping[str, Any]]) -> list[_Tool]:
    functions = [tool.get("function") for tool in tools]
    found = [f for f in functions if isinstance(f, Mapping) and re.search("[A-Za-z0-9]", str(f.get("name", "")))]
    return [_Tool(str(f["name"]), f.get("parameters") or {}) for f in found]


def _tool_for(clause: Clause, offered: Sequence[_Tool], reading: Reading) -> _Tool | None:
    """Return the tool that the clause asks for; an order outdoes a question, ties go to the first."""
    scores = [_order_score(clause, tool, offered) for tool in offered]
    if scores and max(scores) > 0:
        return offered[scores.index(max(scores))]
    return _reader(clause, offered, reading) if clause.asks and terms(clause.text) else None


def _order_score(clause: Clause, tool: _Tool, offered: Sequence[_Tool]) -> int:
    said = stems(clause.text)
    objects = len(tool.objects & {*said})
    if clause.head in tool.verbs:
        alone = sum(clause.head in other.verbs for other in offered) == 1 and bool(_PRONOUNS & {*said[1:3]})
        bare = tool.searches or not tool.objects or (alone and not objects)
        return 2 * objects + names_value(tool.schema, clause.text) + bare
    if tool.reads:
        return 0
    # "Note that ..." and "Close the case": the tool's object or an argument's value stands as the verb.
    as_verb = clause.head in tool.objects and said[1:2] == ["that"]
    return 1 if as_verb or (clause.head in enum_stems(tool.schema) and len(said) > 1) else 0


def _reader(clause: Clause, offered: Sequence[_Tool], reading: Reading) -> _Tool | None:
    """Return the tool whose result the question needs: one that reads what it names, else one that searches."""
    readers = [tool for tool in offered if tool.reads]
    named = [tool for tool in readers if tool.objects & {*stems(clause.text)} and not tool.searches]
    known = _known_share(clause, reading, widely=False)
    able = [tool for tool in named if known < _KNOWN and not fill(tool.schema, clause, reading).missing]
    best = max(able, key=lambda tool: len(tool.objects & {*stems(clause.text)}), default=None)
    if best or asks_what_is_open(terms(clause.text)) or _known_share(clause, reading, widely=True) >= _KNOWN:
        return best
    return next((tool for tool in readers if tool.searches), None)


def _known_share(clause: Clause, reading: Reading, *, widely: bool) -> float:
    """Return what share of a question's terms stands in one item, or in all; old states and talk are left out."""
    weight = weights(reading.blocks)
    wanted = terms(" ".join((clause.text, *reading.resolved))) - ASKING
    fresh = [b for b in reading.material if b.attrs.get("stale") != "true" and b.kind != "recent_turn"]
    fresh = [*(b for b in fresh if b.is_state or "task" not in b.kind), *reading.rules]
    texts = ["\n".join(b.text for b in fresh)] if widely else [b.text for b in fresh if b.kind != "policy"]
    return max((coverage(wanted, text, weight) for text in texts), default=0.0)


def _forbids(no: Clause, tool: _Tool, filled: Filled, reading: Reading) -> bool:
    """Tell whether a denied clause means this call: same tool, and no other value named."""
    if no.head not in tool.verbs | tool.objects:
        return False
    other = fill(tool.schema, no, reading)
    return not (other.named and filled.named and other.args != filled.args)


def _need(tool: _Tool, filled: Filled) -> str:
    lacking = " and ".join(name.replace("_", " ") for name in filled.missing)
    return f"To {tool.name.replace('_', ' ')} I need: {lacking}."


def _settle(calls: Sequence[PlannedCall], needs: Sequence[str], reading: Reading) -> Plan:
    """Drop the calls whose outcome is known, and tell the outcomes of this turn."""
    outcomes = [block for block in reading.blocks if _is_outcome(block) and (block.this_turn or _is_of(block, calls))]
    told = [block for block in outcomes if not _is_found(block) and not _is_granted(block, outcomes)]
    return Plan(_open(calls, outcomes), tuple({block.id: block for block in told}.values()), tuple(needs))


def _open(calls: Sequence[PlannedCall], outcomes: Sequence[Block]) -> tuple[PlannedCall, ...]:
    """Return the calls without an outcome.

    An outcome with other arguments, as an approver may set them, or with none stands for the next call of its tool.
    """
    left = [call for call in calls if not any(_tells(block, call) for block in outcomes)]
    for tool in {call.name for call in calls}:
        ended = [b for b in outcomes if _names(b, tool) and not any(_tells(b, call) for call in calls)]
        results = [b for b in ended if "tool_result" in b.kind]
        if not results and any(_tells(b, c) for b in outcomes for c in calls if c.name == tool):
            continue
        for call in [call for call in left if call.name == tool][: len(results or ended)]:
            left.remove(call)
    return tuple(left)


def _is_outcome(block: Block) -> bool:
    return "tool_result" in block.kind or "approval" in block.kind


def _is_of(block: Block, calls: Sequence[PlannedCall]) -> bool:
    return any(_tells(block, call) for call in calls)


def _is_found(block: Block) -> bool:
    """Tell whether it is what a search found, which is material and no outcome."""
    tool = block.attrs.get("tool", "")
    return "code" not in block.attrs and reads(tool) and stem(tool.split("_")[0]) in _SEARCHES


def _is_granted(block: Block, outcomes: Sequence[Block]) -> bool:
    """Tell whether it is a decision about a call whose result is there too."""
    results = [other.attrs.get("tool", "") for other in outcomes if "tool_result" in other.kind]
    return "approval" in block.kind and any(tool and _names(block, tool) for tool in results)


def _names(block: Block, tool: str) -> bool:
    return block.attrs.get("tool") == tool or ("tool" not in block.attrs and tool in block.text)


def _tells(block: Block, call: PlannedCall) -> bool:
    """Tell whether the block holds the outcome of this very call."""
    if not _is_outcome(block) or not _names(block, call.name):
        return False
    return "args" in block.attrs and _same_args(block.attrs["args"], call.args)


def _same_args(raw: str | None, args: Mapping[str, Any]) -> bool:
    try:
        return json.loads(raw or "null") == args
    except (ValueError, RecursionError):
        return False
