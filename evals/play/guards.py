"""What keeps scenarios right, and how each is switched off to show that a scenario can fail.

Nothing in the product can be switched off: here a port is swapped for a permissive one, a function is replaced for a
while, or the scenario's own database loses its wall.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any
from unittest.mock import patch

from dossier.adapters.inprocess import ASGIApp
from dossier.application import Application
from dossier.services import Services


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One thing that keeps conversations right; `is_off` says whether it does."""

    name: str
    about: str
    """What it sees to, in a few words."""
    is_off: bool = False
    app_without: Callable[[Application], Application] = _same
    services_without: Callable[[Services], Services] = _same
    model_without: Callable[[ASGIApp], ASGIApp] = _same
    patches: Mapping[str, Any] = field(default_factory=dict)
    """What stands in the place of functions, by `module:name`."""
    sql: str = ""
    """Run by the owner of the scenario's database before it begins."""

    def app(self, app: Application) -> Application:
        """Return the application to serve."""
        return self.app_without(app) if self.is_off else app

    def services(self, services: Services) -> Services:
        """Return the services to serve with."""
        return self.services_without(services) if self.is_off else services

    def model(self, model: ASGIApp) -> ASGIApp:
        """Return the model to call."""
        return self.model_without(model) if self.is_off else model

    def off(self) -> "Guard":
        """Return this guard switched off."""
        return replace(self, is_off=True)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Keep what it replaces replaced, in this whole process, for a while."""
        with ExitStack() as stack:
            for target, stand_in in self.patches.items() if self.is_off else ():
                stack.enter_context(patch.object(*found(target), stand_in))
            yield


def found(target: str) -> tuple[Any, str]:
    """Return the owner and the name of a `module:name` or `module:Class.name`, which must exist."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    getattr(owner, name)
    return owner, name


def all_guards() -> dict[str, Guard]:
    """Return every guard by name."""
    from evals.play import guards_of_acting, guards_of_context, guards_of_knowing

    lists: Iterable[Iterable[Guard]] = (guards_of_context.GUARDS, guards_of_acting.GUARDS, guards_of_knowing.GUARDS)
    return {guard.name: guard for guards in lists for guard in guards}
