"""Who may do what on a LangGraph server: for development, with the application's people, whom anyone can be.

The gate and the database refuse by themselves; what is refused here as well gets its
HTTP status at once, and leaves no thread or run behind. What no handler allows is denied.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from langgraph_sdk import Auth

from dossier.adapters.saver import reading_tenant
from dossier.errors import DossierError, ForgedInput, InvalidSettings, NotIdentified, NotPermitted
from dossier.settings import Settings
from graphs.admission import Decisions
from graphs.served import live, principal_of
from service import access
from service.identity import Identifier
from service.reach import owned
from service.requested_run import checkpoint_of, forget_checkpoint, requested
from state.principal import Principal

if Settings().env == "production":
    raise InvalidSettings(
        "DOSSIER_ENV is production, but langgraph dev knows development users only.", hint="Run `make dev` elsewhere."
    )

auth = Auth()


@cache
def _identifier() -> Identifier:
    return Identifier(Settings(), live().services.app.people)


@auth.authenticate
async def authenticate(authorization: str | None, headers: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Verify who calls, and bind the reads of this request to their tenant."""
    try:
        key = headers.get(b"x-api-key", b"").decode("latin-1")
        principal = await _identifier().principal(authorization, key or None)
    except DossierError as error:
        hint = "Sign in as a development user: the API key is a name such as officer or supervisor."
        raise Auth.exceptions.HTTPException(error.status, f"{error.message} {hint}") from error
    reading_tenant.set(principal.tenant)
    identity = f"{principal.tenant}/{principal.user}"
    return {"identity": identity, "display_name": principal.user, **principal.model_dump(mode="json")}


@auth.on
async def refuse_the_rest(ctx: Auth.types.AuthContext, value: Any) -> None:
    """Deny what no other handler allows: assistants, crons and stores of a client's own."""
    raise NotPermitted(f"{ctx.resource}.{ctx.action} is not open to clients.", hint="Use threads and their runs.")


@auth.on(resources="assistants", actions=["read", "search"])
async def see_assistants(ctx: Auth.types.AuthContext, value: Any) -> None:
    """Allow: the only assistant is the served graph."""


@auth.on.threads.create
async def create_thread(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """Claim the thread in our own table, so that no id is ever anyone else's."""
    if "metadata" not in value:  # how the server asks for the target of a copy
        raise NotPermitted("A thread can't be copied.", hint="Send your message to a thread of its own.")
    principal = _caller(ctx)
    owned(principal, await live().services.log.claim(principal, str(value["thread_id"])))
    value["metadata"].update(access.marks(principal))
    return access.marks(principal)


@auth.on.threads.read
async def read_thread(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """Allow whom the log allows, whatever the server's row says."""
    principal = _caller(ctx)
    await access.visible(principal, str(value["thread_id"]))
    return access.seen(principal)


@auth.on.threads.search
async def search_threads(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """List what the caller may see."""
    return access.seen(_caller(ctx))


@auth.on.threads.update
async def update_thread(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """Allow an owner to cancel runs and to set metadata, but not whose the thread is."""
    principal, metadata = _caller(ctx), value.get("metadata")
    if value.get("thread_id") is not None:
        owned(principal, await live().services.log.thread(principal.tenant, str(value["thread_id"])))
    if value.get("action") == "rollback":
        raise NotPermitted("A run can't be rolled back: what it did is on record.", hint="Cancel it instead.")
    if "action" not in value:
        if metadata is None:  # how the server asks for a write to the state
            raise ForgedInput("State can't be written directly.", hint="Send a message, or decide what waits.")
        access.keep_marks(principal, metadata)
    return access.marks(principal)


@auth.on.threads.delete
async def delete_thread(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """Erase the thread before the server forgets its row."""
    principal = _caller(ctx)
    if value.get("run_id"):
        raise NotPermitted("A run can't be deleted: what it did is on record.", hint="Delete the thread.")
    if "thread_id" in value:
        await access.erase(principal, str(value["thread_id"]))
    return access.marks(principal)


@auth.on.threads.create_run
async def create_run(ctx: Auth.types.AuthContext, value: Any) -> access.Filter:
    """Refuse what the gate would refuse, and claim a thread that the run would create."""
    principal = _caller(ctx)
    entered = await access.enter(principal, str(value["thread_id"]), requested(value), checkpoint_of(value))
    forget_checkpoint(value)
    if isinstance(entered, Decisions):
        value["kwargs"]["command"] = {"resume": dict(entered.answers)}
    value["metadata"].update(access.marks(principal))
    return access.tenant_only(principal)


def _caller(ctx: Auth.types.AuthContext) -> Principal:
    principal = principal_of(ctx.user)
    if principal is None:
        raise NotIdentified("Nobody verified who is calling.", hint="Sign in.")
    return principal
