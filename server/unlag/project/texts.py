"""Texts that routes are given by name: the prefix in `prefix=settings.API_PREFIX`.

Knows only literals that look like a path of a URL; what the environment sets instead is not known.
"""

from __future__ import annotations

from unlag.project.origins import binding, spread
from unlag.project.resolver import Place, Resolver
from unlag.project.values import Class, Instance, Module
from unlag.source.paths import arguments, is_dotted, route_text, split

_DEEPEST = 6
_GAP = "…"


def texts(resolver: Resolver, place: Place, path: str, line: int) -> list[str]:
    """Every text `path` stands for: several where it runs over a list; empty where one is unknown."""
    return [
        _text(resolver, where, item, line) for where, item in spread(resolver, place, path, line)
    ]


def route(resolver: Resolver, place: Place, path: str, line: int) -> str:
    """The path of a route as far as it is known, `…/users`; empty where nothing of it is."""
    if not path.startswith("+("):
        return ""
    parts = [_text(resolver, place, part, line, 1) for part in arguments(path)]
    return "".join(part or _GAP for part in parts) if any(parts) else ""


def _text(resolver: Resolver, place: Place, path: str, line: int, depth: int = 0) -> str:
    for part in split(path, "|"):
        written = route_text(part)
        if written:
            return written
    if path.startswith("+("):
        parts = [_text(resolver, place, part, line, depth + 1) for part in arguments(path)]
        return "".join(parts) if all(parts) else ""
    if depth > _DEEPEST or not is_dotted(path):
        return ""
    receiver, _, name = path.rpartition(".")
    owner = resolver.resolve(place, receiver, line) if receiver else None
    if isinstance(owner, Instance | Class):
        return _of_attribute(resolver, owner, name, depth)
    if receiver and not isinstance(owner, Module):
        return ""
    where, bound = binding(resolver, place, path, line)
    return _text(resolver, where, bound, 0, depth + 1) if bound else ""


def _of_attribute(resolver: Resolver, owner: Instance | Class, name: str, depth: int) -> str:
    found = resolver.member(owner.id, name)
    if found is None or not isinstance(found[0], tuple):
        return ""
    entry, attribute = found[0]
    resolver.seen.add(f"{entry.id}.{attribute}")
    for path in entry.attributes.get(attribute, ()):
        text = _text(
            resolver, Place(entry.path, "<module>", entry.facts.qualname), path, 0, depth + 1
        )
        if text:
            return text
    return ""
