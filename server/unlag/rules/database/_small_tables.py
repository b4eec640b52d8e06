"""Which tables stay small whatever the application does, told by their names."""

from __future__ import annotations

from unlag.rules.database._models import Model

_WORDS = (
    "setting", "config", "role", "permission", "category", "tag", "country", "currency", "language",
    "status", "kind", "type", "unit", "level", "plan", "feature", "flag", "locale", "region",
)  # fmt: skip


def stays_small(model: Model) -> bool:
    """Whether a table is one of settings, roles, categories and the like."""
    return any(word in model.name.lower() for word in _WORDS)
