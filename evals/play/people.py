"""Who can act in scenarios: the people of the case desk, and those that a scenario brings."""

from collections.abc import Mapping

from dossier.errors import NotFound
from evals.play.schema import Person, Scenario
from state.principal import Principal

PEOPLE: Mapping[str, Principal] = {
    who.user: who
    for who in (
        Principal(tenant="northgate", user="o.brandt", roles=("officer",)),
        Principal(tenant="northgate", user="s.okafor", roles=("supervisor",)),
        Principal(tenant="northgate", user="m.lind", roles=("officer",)),
        Principal(tenant="northgate", user="a.audit", roles=("auditor",)),
        Principal(tenant="farport", user="f.clerk", roles=("officer",)),
        Principal(tenant="farport", user="f.boss", roles=("supervisor",)),
    )
}


def person(scenario: Scenario, name: str) -> Principal:
    """Return who has this name in a scenario.

    Raises:
        NotFound: Nobody has.
    """
    brought: Person | None = scenario.people.get(name)
    if brought is not None:
        return Principal(tenant=brought.tenant, user=name, roles=brought.roles)
    if name not in PEOPLE:
        raise NotFound(f"Nobody is named {name!r}.", hint=f"Known: {', '.join(PEOPLE)}; others come under `people`.")
    return PEOPLE[name]
