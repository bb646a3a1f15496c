"""The gated graph over open services: what every door serves."""

from dossier.context.alter import NOTHING, Alteration
from dossier.services import Services
from graphs.gate import GatedGraph, GatePorts, Identify, gated
from graphs.reception import Reception
from graphs.turn import build


def turn_graph(
    services: Services, *, identify: Identify = lambda config: None, alteration: Alteration = NOTHING
) -> GatedGraph:
    """Return the graph of a turn behind its gate.

    Args:
        services: Open ones; the graph lives as long as they do.
        identify: Reads a server's verified user from a run's config; in process the
            principal is given by `GatedGraph.acting_as`.
        alteration: What a rehearsal changes about its packages.
    """
    reception = Reception(
        app=services.app,
        log=services.log,
        leases=services.leases,
        approvals=services.approvals,
        delegations=services.delegations,
        saver=services.saver,
        usage=services.usage,
        count=services.counter.count,
        new_id=services.new_id,
        pending_policy=services.settings.pending_message_policy,
    )
    ports = GatePorts(reception, services.saver, services.settings.max_message_chars, identify)
    return gated(build(services, alteration).compile(name="turn"), ports)
