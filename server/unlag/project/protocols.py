"""Which classes of the project have all that one of its protocols asks for, without inheriting from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from unlag.project import keys
from unlag.project.resolver import Resolver, is_property
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.project.values import Class, External
from unlag.source import facts

_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_LEAST_NAMES = 3
"""Methods and parameters that must be the same: a `close()` in common says nothing."""

Asked: TypeAlias = tuple[str, bool, tuple[str, ...]]
"""A method: its name, whether it is a coroutine, and the names of its parameters."""


class ProtocolClass(msgspec.Struct, frozen=True):
    """A protocol and what its objects must have."""

    id: str
    methods: tuple[Asked, ...]
    attributes: tuple[str, ...]


def protocols_of(table: FileTable, resolver: Resolver) -> tuple[ProtocolClass, ...]:
    """The protocols that a file defines and that say enough to tell who keeps to them."""
    found = []
    for entry in table.classes.values():
        if not _is_protocol(entry, resolver):
            continue
        protocol = _protocol(entry, resolver)
        if any(name == "__call__" for name, _, _ in protocol.methods):
            continue  # functions keep to it, or whatever else can be called
        parameters = sum(len(names) for _, _, names in protocol.methods)
        size = len(protocol.methods) + len(protocol.attributes) + parameters
        if protocol.methods and size >= _LEAST_NAMES:
            found.append(protocol)
    return tuple(found)


def _is_protocol(entry: ClassEntry, resolver: Resolver) -> bool:
    return any("Protocol" in path for path in entry.facts.bases) and any(
        isinstance(base, External) and base.name in _PROTOCOLS for base in resolver.bases(entry)
    )


def _protocol(entry: ClassEntry, resolver: Resolver) -> ProtocolClass:
    methods: dict[str, Asked] = {}
    attributes: dict[str, None] = {}
    for item in _with_bases(entry, resolver):
        resolver.seen.update((f"{item.id}<methods>", f"{item.id}<attributes>"))
        attributes.update(dict.fromkeys(item.attributes))
        for name, qualname in item.methods.items():
            method = resolver.tables[item.path].functions[qualname]
            if is_property(method.facts):
                attributes[name] = None
            elif name != "__init__" and name not in methods:
                methods[name] = _asked(method, resolver)
    return ProtocolClass(entry.id, tuple(methods.values()), tuple(attributes))


def _with_bases(entry: ClassEntry, resolver: Resolver) -> Iterator[ClassEntry]:
    pending, visited = [entry], {entry.id}
    while pending:
        item = pending.pop()
        yield item
        for base in resolver.bases(item):
            above = resolver.class_(base.id) if isinstance(base, Class) else None
            if above is not None and above.id not in visited and _is_protocol(above, resolver):
                visited.add(above.id)
                pending.append(above)


def _asked(method: FunctionEntry, resolver: Resolver) -> Asked:
    resolver.seen.update((method.id, method.id + keys.PARAMETERS))
    item = method.facts
    names = tuple(p.name for p in item.parameters[1:] if p.star not in ("*", "**"))
    return item.name, bool(item.flags & facts.ASYNC), names


class Protocols:
    """All protocols of the project, by the methods they ask for."""

    def __init__(self, protocols: Iterable[ProtocolClass]) -> None:
        self._by_method: dict[str, list[ProtocolClass]] = {}
        for protocol in protocols:
            for name, _, _ in protocol.methods:
                self._by_method.setdefault(name, []).append(protocol)

    def kept_by(self, entry: ClassEntry, resolver: Resolver) -> Iterator[str]:
        """The protocols that a class keeps to; none where it is one itself."""
        candidates = {
            protocol.id: protocol
            for name in entry.methods
            for protocol in self._by_method.get(name, ())
        }
        if not candidates or _is_protocol(entry, resolver):
            return
        for protocol in candidates.values():
            if _keeps(entry, protocol, resolver):
                yield protocol.id


def _keeps(entry: ClassEntry, protocol: ProtocolClass, resolver: Resolver) -> bool:
    if not entry.facts.bases and any(asked[0] not in entry.methods for asked in protocol.methods):
        return False
    for asked in protocol.methods:
        method = resolver.method(entry.id, asked[0])
        if method is None or not _answers(method, asked, resolver):
            return False
    return all(resolver.member(entry.id, name) is not None for name in protocol.attributes)


def _answers(method: FunctionEntry, asked: Asked, resolver: Resolver) -> bool:
    _, is_async, names = asked
    resolver.seen.update((method.id, method.id + keys.PARAMETERS))
    item = method.facts
    if bool(item.flags & facts.ASYNC) != is_async and not item.flags & facts.GENERATOR:
        return False
    return {parameter.name for parameter in item.parameters}.issuperset(names)
