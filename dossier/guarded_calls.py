"""Guards around tools: what they refuse does not run, or is not shown."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from dossier.execution import Ran, Ready, Sifted
from dossier.guards import Guard, ToolCall, ToolReturn, consult, refusal
from dossier.tools import ToolResult
from state.call_events import GuardRuled, ToolCallRejected
from state.principal import Principal


async def consult_before(guards: Sequence[Guard], ready: Sequence[Ready], who: Principal) -> list[GuardRuled]:
    """Return what the guards rule about calls that are about to run; to be recorded before any of them does."""
    ruled: list[GuardRuled] = []
    for one in ready:
        approver = one.approval.decided_by if one.approval else None
        call = ToolCall(one.tool.name, one.args.model_dump(mode="json"), one.tool.effect, approver)
        ruled += await consult(guards, "before_tool", call, who, one.call)
    return ruled


def let_through(sifted: Sifted, ruled: Sequence[object]) -> Sifted:
    """Return the calls that no guard refused; the refused ones are withheld, with the reason."""
    passed = Sifted([], [*sifted.withheld])
    for one in sifted.ready:
        of_call = [r for r in ruled if isinstance(r, GuardRuled) and r.call == one.call]
        if refused := refusal(of_call, "before_tool"):
            reason = f"{refused.guard}: {refused.text}"
            passed.withheld.append(
                ToolCallRejected(call=one.call, name=one.tool.name, code="guard_refused", reason=reason)
            )
        else:
            passed.ready.append(one)
    return passed


class Returned(NamedTuple):
    """What came back, as far as guards let it be seen."""

    ran: list[Ran]
    ruled: list[GuardRuled]


async def consult_after(guards: Sequence[Guard], ran: Sequence[Ran], who: Principal) -> Returned:
    """Return the outcomes, those withheld that a guard refuses: such a call stays on record as having run."""
    returned = Returned([], [])
    for one in ran:
        result, ruled = one.outcome.result, []
        if result is not None:
            args = one.ready.args.model_dump(mode="json")
            back = ToolReturn(one.ready.tool.name, args, result.content)
            ruled = await consult(guards, "after_tool", back, who, one.ready.call)
        if refused := refusal(ruled, "after_tool"):
            withheld = ToolResult({"withheld": f"{refused.guard}: {refused.text}"})
            one = replace(one, outcome=replace(one.outcome, result=withheld))
        returned.ran.append(one)
        returned.ruled.extend(ruled)
    return returned
