"""The pages' addresses. They show what the API shows, through the same reads and the same checks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from dossier.errors import DossierError, InvalidInput, NotIdentified
from service.approvals import settle, shown
from service.approvals import visible as visible_approval
from service.desk import NAME, Here, desk_behind
from service.pages.receipt import previous_of, view_of
from service.pages.rendering import render, style
from service.pages.session import COOKIE, Form, Looking, Page
from service.pages.timeline import turns_of
from service.receipts import receipt_of
from service.receipts import visible as visible_package
from service.shelf import Wanted

router = APIRouter(prefix="/pages", route_class=Page, include_in_schema=False)

Id = Annotated[str, Path(pattern=NAME)]
_PAGE = 50
_KINDS = ("approve", "reject", "respond")


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
    return render("conversation.html", caller=caller, conversation=found, turns=turns)


@router.get("/receipts/{package}")
async def receipt(here: Here, caller: Looking, package: Id) -> Response:
    """Show what one model call was shown, beside the call before."""
    found = receipt_of(await visible_package(here, caller, package))
    before = await previous_of(here, caller, found)
    return render("receipt.html", caller=caller, receipt=found, view=view_of(found, before))
