"""Sessions that objects of the project keep: `self.session`, or that of a repository they have."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.project.index import Index
from unlag.project.resolver import is_property
from unlag.project.table import ClassEntry
from unlag.project.values import ExternalInstance, Instance, each
from unlag.rules.database._bases import with_bases
from unlag.rules.database._calls import SESSIONS

HELD = SESSIONS | {"sqlalchemy.Connection", "sqlalchemy.ext.asyncio.AsyncConnection"}
"""What holds a connection while a transaction is open."""
_DEEPEST = 1


def kept_session(index: Index, class_id: str) -> str:
    """The attribute that leads from objects of a class to a session, such as `users.session`; empty where none does."""
    return index.recall(_kept_session, class_id, _DEEPEST)


def _kept_session(index: Index, class_id: str, depth: int) -> str:
    owner = Instance(class_id)
    further: list[tuple[str, str]] = []
    for name in _attributes(index, class_id):
        for value in each(index.resolver.attribute(owner, name)):
            if isinstance(value, ExternalInstance) and index.knowledge.is_a(value.name, HELD):
                return name
            if isinstance(value, Instance) and value.id != class_id:
                further.append((name, value.id))
    for name, kept in further if depth else ():
        found = index.recall(_kept_session, kept, depth - 1)
        if found:
            return f"{name}.{found}"
    return ""


def _attributes(index: Index, class_id: str) -> Iterator[str]:
    """The names of what objects of a class have, their bases' last; functions only as properties."""
    entry = index.resolver.class_(class_id)
    for item in with_bases(index, entry) if entry is not None else ():
        yield from item.self_attributes
        yield from item.attributes
        yield from _properties(index, item)


def _properties(index: Index, entry: ClassEntry) -> Iterator[str]:
    for name in entry.methods:
        method = index.resolver.method(entry.id, name)
        if method is not None and is_property(method.facts):
            yield name
