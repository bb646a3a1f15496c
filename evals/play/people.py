"""Who can act in scenarios: the people of the application, some of nobody's, and those that a scenario brings."""

from collections.abc import Mapping
from functools import cache

from dossier.errors import NotFound
from evals.play.schema import Person, Scenario
from graphs.served import demonstration
from state.principal import Principal

_MORE = (
    Principal(tenant="northgate", user="m.lind", roles=("officer",)),
    Principal(tenant="farport", user="f.clerk", roles=("officer",)),
    Principal(tenant="farport", user="f.boss", roles=("supervisor",)),
)


@cache
def sign_ins() -> Mapping[str, str]:
    """Return the name with which each person signs in during development, by user."""
    return {who.user: name for name, who in demonstration.application().people.items()}


@cache
def known_people() -> Mapping[str, Principal]:
    """Return the people whom every scenario knows, by user."""
    return {who.user: who for who in (*demonstration.application().people.values(), *_MORE)}


def person(scenario: Scenario, name: str) -> Principal:
    """Return who has this name in a scenario.

    Raises:
        NotFound: Nobody has.
    """
    brought: Person | None = scenario.people.get(name)
    if brought is not None:
        return Principal(tenant=brought.tenant, user=name, roles=brought.roles)
    known = known_people()
    if name not in known:
        raise NotFound(f"Nobody is named {name!r}.", hint=f"Known: {', '.join(known)}; others come under `people`.")
    return known[name]
