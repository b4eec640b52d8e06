"""Methods that a library calls on the project's subclasses of its own classes: `BaseUserManager.on_after_register`."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.project.registration import Registration, known_entry
from unlag.project.resolver import Resolver
from unlag.project.table import FunctionEntry

_ANY_EVENT = "on_*"


def hooks(resolver: Resolver, entry: FunctionEntry) -> Iterator[Registration]:
    """What the libraries whose classes the method's class inherits from call it as."""
    known, name = resolver.knowledge.hooks, entry.facts.name
    names = [name] if name in known else []
    if _ANY_EVENT in known and name.startswith("on_"):
        names.append(_ANY_EVENT)
    for base in resolver.outside_bases(f"{entry.path}:{entry.facts.owner}") if names else ():
        for hook in names:
            for item in resolver.knowledge.entries(f"{base}.{hook}"):
                if item.kind == "entry-point" and item.form == "method":
                    yield known_entry(item, (entry.id,))
