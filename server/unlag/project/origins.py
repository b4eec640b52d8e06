"""Which assignment an object comes from: the identity of routers and applications across imports."""

from __future__ import annotations

from unlag.project.resolver import Place, Resolver
from unlag.project.values import Class, Function, Instance, Module
from unlag.source.facts import Import
from unlag.source.scopes import MODULE


def origin(resolver: Resolver, place: Place, path: str, depth: int = 0) -> str:
    """A key for the name, attribute or function result that `path` comes from; empty if unknown."""
    if depth > 8 or not path:
        return ""
    if path.endswith("()"):
        return _of_result(resolver, place, path, depth)
    receiver, _, name = path.rpartition(".")
    if not receiver:
        return _of_name(resolver, place, name, depth)
    value = resolver.resolve(place, receiver)
    if isinstance(value, Module):
        file = resolver.modules.paths.get(value.stem)
        return _of_symbol(resolver, file, name, depth) if file is not None else ""
    if isinstance(value, Instance | Class):
        found = resolver.member(value.id, name)
        if found is not None and isinstance(found[0], tuple):
            return f"{found[0][0].id}.{name}"
    if name == "router":
        return origin(resolver, place, receiver, depth + 1)
    return ""


def _of_name(resolver: Resolver, place: Place, name: str, depth: int) -> str:
    table = resolver.tables[place.path]
    function = table.functions.get(place.function)
    while function is not None and place.function != MODULE:
        item = function.facts
        qualname = function.id.rpartition(":")[2]
        for binding in item.bindings:
            if binding.name == name:
                if binding.path.isidentifier() and binding.path != name:
                    here = Place(place.path, qualname)
                    return origin(resolver, here, binding.path, depth + 1)
                return f"{place.path}:{qualname}.{name}"
        for imported in item.imports:
            if imported.name == name:
                return _imported(resolver, place.path, imported, depth)
        function = table.functions.get(item.parent) if item.parent else None
    return _of_symbol(resolver, place.path, name, depth)


def _of_symbol(resolver: Resolver, path: str, name: str, depth: int) -> str:
    resolver.seen.add(f"{path}:{name}")
    table = resolver.tables[path]
    if name in table.bindings:
        aliased = table.bindings[name][-1]
        if depth < 8 and aliased.replace(".", "").isidentifier() and aliased != name:
            found = origin(resolver, Place(path), aliased, depth + 1)
            if found:
                return found
        return f"{path}:{name}"
    if name in table.global_bindings:
        return f"{path}:{name}"
    for imported in table.imports.get(name, ()):
        return _imported(resolver, path, imported, depth)
    return ""


def _imported(resolver: Resolver, path: str, imported: Import, depth: int) -> str:
    if depth > 8:
        return ""
    if imported.level:
        stem = resolver.modules.relative(path, imported.level, imported.module)
    else:
        stem = resolver.modules.absolute(path, imported.module)
    file = resolver.modules.paths.get(stem) if stem is not None else None
    if file is None or not imported.attribute or imported.attribute == ".":
        return ""
    return _of_symbol(resolver, file, imported.attribute, depth + 1)


def _of_result(resolver: Resolver, place: Place, path: str, depth: int) -> str:
    value = resolver.resolve(place, path[:-2])
    if isinstance(value, Function):
        entry = resolver.function(value.id)
        if entry is not None and entry.facts.results:
            here = Place(entry.path, entry.id.rpartition(":")[2])
            return origin(resolver, here, entry.facts.results[0], depth + 1)
    return ""
