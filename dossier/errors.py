"""Every refusal a caller can meet, as one tree.

DossierError
    InvalidInput            400  what was sent can't be accepted
        ForgedInput         400  it tried to set state, roles or checkpoints
    NotIdentified           401  no verified principal
    NotPermitted            403  the principal may not do this
    NotFound                404  missing, or of another tenant: told apart nowhere
    Conflict                409  someone else acts, or has already acted
        ThreadBusy          409  another run holds the thread's lease
        LeaseLost           409  this run was overtaken and may write nothing
        AlreadyDecided      409  an approval has its decision
        ApprovalWaiting     409  a call waits for a human
    BudgetExceeded          422  what must be shown does not fit
    PackageIncomplete       422  a context package lacks policy or request
    LimitReached            429  a limit on calls, tokens or spend
        RateLimited         429  a user's or tenant's limit over time: `retry_after` seconds
    ModelFailed             502  the model endpoint refused or broke
        ModelRefusedKey     502  the endpoint does not accept the key, or its quota is used up
        ModelUnreachable    502  no connection, no answer in time, or the answer was cut off
        ModelOverloaded     502  rate limit, or the endpoint's own failure
        ModelContextTooLong 502  the request is longer than the model's window
        ModelBadAnswer      502  an answer came that can't be used
        ModelUnknown        502  the endpoint has no model of that name, or is no such endpoint
    Unavailable             503  a part that is needed is away
        Draining            503  this process is stopping; another goes on
        DatabaseUnreachable 503  no server answers, or the connection broke
        LoginRefused        503  the database server answers, and lets this user or role not in
        DiskFull            503  no space is left for the database
        DataFolderDamaged   503  the embedded database's folder is not as it was left
        PortTaken           503  another process listens on the port
    StorageFailed           500  the database could not do what the program asked
    Tampered                500  what is stored is not what was stored
    SchemaMismatch          500  stored data is newer than this code
    InvalidSettings         500  a variable of the environment is missing or wrong
"""

from state.errors import DossierError, SchemaMismatch
from state.model_events import UsageLimitReached

__all__ = ["DossierError", "SchemaMismatch"]


class InvalidInput(DossierError):
    """What was sent can't be accepted."""

    code = "invalid_input"
    status = 400


class ForgedInput(InvalidInput):
    """The input tried to set state, roles or checkpoints."""

    code = "forged_input"


class NotIdentified(DossierError):
    """No verified principal stands behind the call."""

    code = "not_identified"
    status = 401


class NotPermitted(DossierError):
    """The principal may not do this."""

    code = "not_permitted"
    status = 403


class NotFound(DossierError):
    """Missing, or of another tenant."""

    code = "not_found"
    status = 404


class Conflict(DossierError):
    """Someone else acts, or has already acted."""

    code = "conflict"
    status = 409


class ThreadBusy(Conflict):
    """Another run holds the thread's lease."""

    code = "thread_busy"


class LeaseLost(Conflict):
    """This run was overtaken and may write nothing."""

    code = "lease_lost"


class AlreadyDecided(Conflict):
    """The approval has its decision; the first one stands."""

    code = "already_decided"


class ApprovalWaiting(Conflict):
    """A call of the thread waits for a human; a new message has to wait too."""

    code = "approval_waiting"


class BudgetExceeded(DossierError):
    """A critical item does not fit into the token budget."""

    code = "budget_exceeded"
    status = 422


class PackageIncomplete(DossierError):
    """A context package without policy or current request is never sent."""

    code = "package_incomplete"
    status = 422


class LimitReached(DossierError):
    """A limit on calls, tokens or spend was reached.

    Attributes:
        reached: Which; None where nothing is counted in the log.
    """

    code = "limit_reached"
    status = 429

    def __init__(self, message: str, *, hint: str = "", reached: UsageLimitReached | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reached = reached


class RateLimited(LimitReached):
    """A user or tenant has taken all that they may for now.

    Attributes:
        retry_after: Seconds until there is more.
    """

    code = "rate_limited"

    def __init__(
        self, message: str, *, hint: str = "", retry_after: int, reached: UsageLimitReached | None = None
    ) -> None:
        super().__init__(message, hint=hint, reached=reached)
        self.retry_after = retry_after


class ModelFailed(DossierError):
    """The model endpoint refused, broke off or answered nonsense."""

    code = "model_failed"
    status = 502


class ModelRefusedKey(ModelFailed):
    """The endpoint does not accept the key, or the key's quota is used up."""

    code = "model_key_refused"


class ModelUnreachable(ModelFailed):
    """No connection, no answer in time, or an answer that was cut off."""

    code = "model_unreachable"


class ModelOverloaded(ModelFailed):
    """The endpoint limits the rate, or failed by itself.

    Attributes:
        retry_after: Seconds the endpoint asks to wait, if it says so.
    """

    code = "model_overloaded"

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ModelContextTooLong(ModelFailed):
    """The request is longer than the model's window."""

    code = "model_context_too_long"


class ModelBadAnswer(ModelFailed):
    """An answer came that can't be used.

    Attributes:
        raw: What came, as far as it could be read; for the log and for one repair attempt.
        repairable: Whether the model may do better when it is shown the error.
    """

    code = "model_bad_answer"

    def __init__(self, message: str, *, hint: str = "", raw: str = "", repairable: bool = True) -> None:
        super().__init__(message, hint=hint)
        self.raw = raw
        self.repairable = repairable


class ModelUnknown(ModelFailed):
    """The endpoint has no model of that name, or it is no OpenAI-compatible endpoint."""

    code = "model_unknown"


class Unavailable(DossierError):
    """A part that is needed is away."""

    code = "unavailable"
    status = 503


class Draining(Unavailable):
    """This process is stopping; the turn is gone on with elsewhere."""

    code = "draining"


class DatabaseUnreachable(Unavailable):
    """No database server answers, or the connection to it broke."""

    code = "database_unreachable"


class LoginRefused(Unavailable):
    """The database server answers, and does not let this user, role or database name in."""

    code = "database_login_refused"


class DiskFull(Unavailable):
    """No space is left where the database writes."""

    code = "disk_full"


class DataFolderDamaged(Unavailable):
    """The folder of the embedded database is not as it was left."""

    code = "data_folder_damaged"


class PortTaken(Unavailable):
    """Another process listens on the port."""

    code = "port_taken"


class StorageFailed(DossierError):
    """The database answered a statement with an error: a fault of the program."""

    code = "storage_failed"


class InvalidSettings(DossierError):
    """A variable of the environment is missing or wrong; the message names it."""

    code = "invalid_settings"
    status = 500


class Tampered(DossierError):
    """What is stored is not what was stored: someone changed it past the program."""

    code = "tampered"
