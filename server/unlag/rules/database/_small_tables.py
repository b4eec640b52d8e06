"""Which tables stay small whatever the application does, told by their names."""

from __future__ import annotations

_WORDS = (
    "setting", "config", "role", "permission", "category", "tag", "country", "currency", "language",
    "status", "kind", "type", "unit", "level", "plan", "feature", "flag", "locale", "region", "provider",
)  # fmt: skip


def stays_small(name: str) -> bool:
    """Whether a table of this name is one of settings, roles, categories and the like."""
    return any(word in name.lower() for word in _WORDS)
