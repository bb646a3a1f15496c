"""Settings of scenarios: what they say and the defaults, whatever the environment holds."""

from collections.abc import Mapping
from typing import Any

from dossier.settings import Settings


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Return settings that the environment has no part in."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings(_env_file=None, **{**defaults, **given})  # pyright: ignore[reportCallIssue]
