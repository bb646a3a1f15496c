"""The pages' addresses. They show what the API shows, through the same reads and the same checks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from dossier.errors import DossierError, InvalidInput, NotIdentified
from dossier.recall.strategies import STRATEGY_NAMES
from service.approvals import settle, shown
from service.approvals import visible as visible_approval
from service.desk import NAME, Here, desk_behind
from service.forks import ForkWanted, forked
from service.pages.receipt import previous_of, view_of
from service.pages.rendering import render, style
from service.pages.session import COOKIE, Form, Looking, Page
from service.pages.timeline import turns_of
from service.pages.what_if import beside, told_of
from service.receipts import receipt_for
from service.receipts import visible as visible_package
from service.shelf import Wanted
from service.what_if import Change, compared

router = APIRouter(prefix="/pages", route_class=Page, include_in_schema=False)

Id = Annotated[str, Path(pattern=NAME)]
_PAGE = 50
_KINDS = ("approve", "reject", "respond")
_CHANGES = ("without", "including", "stale")


@router.get("/style.css")
async def stylesheet() -> Response:
    """Return the stylesheet."""
    return style()


@router.get("")
async def start() -> Response:
    """Lead to what waits."""
    return RedirectResponse("/pages/inbox", status_code=303)


@router.get("/sign-in")
async def sign_in(request: Request) -> Response:
    """Ask who looks."""
    return render("sign_in.html", caller=None, people=desk_behind(request).identifier.people, refused="")


@router.post("/sign-in")
async def signed_in(request: Request, form: Form) -> Response:
    """Keep what the caller shows in a cookie, if it is good."""
    desk, token = desk_behind(request), form.get("token", "").strip()
    try:
        await desk.identifier.of_token(token)
    except NotIdentified as error:
        return render("sign_in.html", status=401, caller=None, people=desk.identifier.people, refused=error.message)
    answer = RedirectResponse("/pages/inbox", status_code=303)
    is_secure = request.url.scheme == "https" or desk.services.settings.env == "production"
    answer.set_cookie(COOKIE, token, path="/pages", httponly=True, samesite="strict", secure=is_secure)
    return answer


@router.post("/sign-out")
async def sign_out(form: Form) -> Response:
    """Forget who looked."""
    answer = RedirectResponse("/pages/sign-in", status_code=303)
    answer.delete_cookie(COOKIE, path="/pages")
    return answer


@router.get("/inbox")
async def inbox(here: Here, caller: Looking, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Response:
    """Show what waits."""
    of = None if here.reach.oversees(caller) else caller.user
    rows = await here.services.approvals.inbox(caller.tenant, requested_by=of, limit=_PAGE + 1, offset=offset)
    waiting = [shown(here, caller, row) for row in rows[:_PAGE]]
    more = offset + _PAGE if len(rows) > _PAGE else None
    return render("inbox.html", caller=caller, waiting=waiting, now=here.services.now(), more=more)


@router.get("/approvals/{approval}")
async def approval(here: Here, caller: Looking, approval: Id) -> Response:
    """Show one approval, waiting or decided."""
    row = shown(here, caller, await visible_approval(here, caller, approval))
    return render("approval.html", caller=caller, approval=row, now=here.services.now(), refused="")


@router.post("/approvals/{approval}")
async def decide(here: Here, caller: Looking, approval: Id, form: Form) -> Response:
    """Record a decision, and show what became of it."""
    row = await visible_approval(here, caller, approval)
    try:
        if form.get("type") not in _KINDS:
            raise InvalidInput("The form names no decision.", hint="Use a button of the page.")
        await settle(here, caller, row, {"type": form["type"], "message": form.get("message", "")[:2_000]})
    except DossierError as error:
        if error.status >= 500:
            raise
        found = shown(here, caller, await visible_approval(here, caller, approval))
        now, refused = here.services.now(), f"{error.message} {error.hint}"
        return render("approval.html", status=error.status, caller=caller, approval=found, now=now, refused=refused)
    return RedirectResponse(f"/pages/approvals/{row.id}", status_code=303)


@router.get("/conversations")
async def conversations(here: Here, caller: Looking, offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0) -> Response:
    """List conversations that the caller may see."""
    of = None if here.reach.oversees(caller) else caller.user
    page = await here.shelf.find(caller.tenant, Wanted(of), limit=_PAGE, offset=offset)
    return render("conversations.html", caller=caller, page=page)


@router.get("/conversations/{conversation}")
async def conversation(here: Here, caller: Looking, conversation: Id) -> Response:
    """Show what happened in a conversation, turn by turn."""
    await here.reach.visible(caller, conversation)
    found = await here.shelf.conversation(caller.tenant, conversation)
    turns = turns_of(await here.services.log.events(caller.tenant, conversation))
    origin = (found.forked_from or "").rsplit(":", 2)[0]
    return render("conversation.html", caller=caller, conversation=found, turns=turns, origin=origin)


@router.get("/receipts/{package}")
async def receipt(here: Here, caller: Looking, package: Id) -> Response:
    """Show what one model call was shown, beside the call before."""
    found = await receipt_for(here.services, caller, await visible_package(here, caller, package))
    before = await previous_of(here.services, caller, found)
    view, own = view_of(found, before), found.user == caller.user
    return render("receipt.html", caller=caller, receipt=found, view=view, own=own, strategies=STRATEGY_NAMES)


@router.post("/receipts/{package}/what-if")
async def what_if(here: Here, caller: Looking, package: Id, form: Form) -> Response:
    """Tell a turn again with its package changed, and show both tellings."""
    named: dict[str, object] = {name: [form[name]] for name in _CHANGES if form.get(name)}
    named |= {name: form[name] for name in ("prompt", "strategy") if form.get(name)}
    try:
        change = Change.model_validate({**named, "budget": int(form["budget"]) if form.get("budget") else None})
    except ValueError as error:
        raise InvalidInput("The form does not fit.", hint="Go back and change it.") from error
    found = await compared(here, caller, package, change)
    return render(
        "what_if.html", caller=caller, found=found, view=beside(found), changed=told_of(change), package=package
    )


@router.post("/conversations/{conversation}/fork")
async def fork(here: Here, caller: Looking, conversation: Id, form: Form) -> Response:
    """Make a rehearsal from before or after a turn, and show it."""
    try:
        wanted = ForkWanted.model_validate({name: form[name] for name in ("before", "after") if name in form})
    except ValidationError as error:
        raise InvalidInput("The form does not fit.", hint="Use a button of the page.") from error
    made, _ = await forked(here, caller, conversation, wanted)
    return RedirectResponse(f"/pages/conversations/{made.id}", status_code=303)
