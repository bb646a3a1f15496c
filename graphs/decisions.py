"""Decisions on what waits: judged all, then recorded, before LangGraph sees any of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from dossier.adapters.approvals import Approval, Approvals, Decided
from dossier.adapters.delegations import Delegations
from dossier.application import Application, Scope
from dossier.errors import AlreadyDecided, InvalidInput, NotPermitted
from dossier.human_decisions import Answer, answer
from dossier.tools import args_hash
from graphs.admission import Decisions
from state.principal import Principal


class Decider:
    """Finds what a decision is about, and records it if it may be."""

    def __init__(self, app: Application, approvals: Approvals, delegations: Delegations) -> None:
        self._app = app
        self._approvals = approvals
        self._delegations = delegations

    async def record(self, decisions: Decisions, principal: Principal, thread: str) -> str:
        """Record decisions by compare-and-set, before LangGraph sees anything; return the turn that they are about.

        All are judged before the first is recorded.

        Raises:
            NotFound: Nothing of that id waits in the thread.
            NotPermitted: The principal may not decide it.
            AlreadyDecided: Another decision stands.
        """
        judged = [await self._judged(principal, thread, key, given) for key, given in decisions.answers]
        if len({approval.id for approval, _ in judged}) < len(judged):
            raise InvalidInput("Two decisions are about one call.", hint="Send one decision for each call.")
        if len({approval.turn for approval, _ in judged}) > 1:
            raise InvalidInput("The decisions are about different turns.", hint="Send those of one turn.")
        decisions_by_id = [(approval.id, decided) for approval, decided in judged]
        await self._approvals.decide_all(principal.tenant, decisions_by_id, principal.user)
        return judged[0][0].turn

    async def named(self, decisions: Decisions, tenant: str, thread: str) -> Decisions:
        """Return decisions each under the id of what it is about: what waits may change before they are read again.

        Raises:
            NotFound: Nothing of that id waits in the thread.
            InvalidInput: A bare one could mean several calls, or one that can't be undone.
        """
        found = [(await self._asked(tenant, thread, key), given) for key, given in decisions.answers]
        return Decisions(tuple((approval.id, given) for approval, given in found))

    async def _judged(self, principal: Principal, thread: str, key: str | None, given: Any) -> tuple[Approval, Decided]:
        approval = await self._asked(principal.tenant, thread, key)
        said = answer(given)
        in_place_of = await self._entitled(principal, approval, said)
        return approval, replace(self._decided(approval, said), on_behalf_of=in_place_of)

    async def _asked(self, tenant: str, thread: str, key: str | None) -> Approval:
        if key is None:
            return _only_safe(await self._approvals.pending(tenant, thread))
        return await self._approvals.find(tenant, thread, key)

    async def _entitled(self, principal: Principal, approval: Approval, said: Answer) -> str | None:
        """Return in whose place someone decides; None for themselves."""
        asked_for_it = principal.user == approval.requested_by
        if said.type == "reject" and asked_for_it and approval.about == "call":
            return None  # withdrawing one's own request needs no one's leave
        if self._may_approve(principal, approval):
            return None
        lent = [] if asked_for_it else await self._delegations.to(principal)
        givers = [one.giver for one in lent if self._may_approve(one.giver, approval)]
        if not givers:
            raise NotPermitted(
                f"{principal.user} may not decide {approval.tool}.", hint="Someone else with the right must decide it."
            )
        return givers[0].user

    def _may_approve(self, principal: Principal, approval: Approval) -> bool:
        context = {"effect": approval.effect, "requested_by": approval.requested_by, "tenant": principal.tenant}
        return self._app.authorizer.decide(principal, "approve", Scope("Tool", approval.tool), context).allowed

    def _decided(self, approval: Approval, said: Answer) -> Decided:
        if said.type == "reject":
            return Decided("denied", message=said.message)
        if said.name not in (None, approval.tool):
            raise InvalidInput(
                f"The decision names {said.name!r}; {approval.tool!r} was asked.", hint="Edit the arguments."
            )
        if said.type == "approve":
            if said.args is not None and dict(said.args) != dict(approval.args):
                raise InvalidInput("The approval shows other arguments than were asked for.", hint="Edit them instead.")
            return Decided("approved", message=said.message)
        if approval.about == "outcome":
            raise InvalidInput("What has happened can't be edited.", hint="Approve: it took place. Reject: it did not.")
        return self._edited(approval, said)

    def _edited(self, approval: Approval, said: Answer) -> Decided:
        tool = next((tool for tool in self._app.tools if tool.name == approval.tool), None)
        if tool is None:
            raise InvalidInput(f"{approval.tool!r} is no longer offered.", hint="Reject it.")
        try:
            args = tool.arguments.model_validate(said.args).model_dump(mode="json")
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise InvalidInput(
                f"The edited arguments do not fit: {where}: {problem['msg']}.", hint="Correct it."
            ) from error
        return Decided("edited", message=said.message, args=args, args_hash=args_hash(approval.tool, args))


def _only_safe(pending: Sequence[Approval]) -> Approval:
    """Return what a bare answer can mean: the one thing that waits, if it can be undone."""
    if len(pending) == 1 and pending[0].effect == "write" and pending[0].about == "call":
        return pending[0]
    if not pending:
        raise AlreadyDecided("Nothing waits in this thread.", hint="Read its state: the call was decided or withdrawn.")
    raise unnamed()


def unnamed() -> InvalidInput:
    """Return the refusal of an answer that could mean something else than its sender saw."""
    return InvalidInput(
        "The answer does not say which request it is for.", hint="Send Command(resume={interrupt_id: decision})."
    )
