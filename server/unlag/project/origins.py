"""Which assignment an object comes from: the identity of routers and applications across imports."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.project import keys
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FileTable, FunctionEntry
from unlag.project.values import Class, Function, Instance, Module
from unlag.source.facts import Import
from unlag.source.paths import arguments, is_dotted, opening, split, unkeyed, unpack
from unlag.source.scopes import MODULE

_DEEPEST = 8


def origins(resolver: Resolver, place: Place, path: str, line: int) -> list[str]:
    """Keys of everything `path` stands for: several where it runs over a list or tuple."""
    found = [origin(resolver, where, item) for where, item in spread(resolver, place, path, line)]
    return [key for key in found if key]


def origin(resolver: Resolver, place: Place, path: str, depth: int = 0) -> str:
    """A key for the name, attribute or function result that `path` comes from; empty if unknown."""
    if depth > _DEEPEST or not path:
        return ""
    if path.endswith("()"):
        return _of_result(resolver, place, path, depth)
    receiver, _, name = path.rpartition(".")
    if not receiver:
        return _of_name(resolver, place, name, depth)
    value = resolver.resolve(place, receiver)
    if isinstance(value, Module):
        file = resolver.file_of(value)
        return _of_symbol(resolver, file, name, depth) if file is not None else ""
    if isinstance(value, Instance | Class):
        found = resolver.member(value.id, name)
        if found is not None and isinstance(found[0], tuple):
            return f"{found[0][0].id}.{name}"
    if name == "router":
        return origin(resolver, place, receiver, depth + 1)
    return ""


def self_key(class_id: str) -> str:
    """The key of `self` in the methods of a class."""
    return f"{class_id}<self>"


def parameter_key(function_id: str, name: str) -> str:
    """The key of a parameter inside its function."""
    return f"{function_id}.{name}"


def _of_name(resolver: Resolver, place: Place, name: str, depth: int) -> str:
    table = resolver.tables[place.path]
    around = table.classes.get(place.class_name) if place.class_name else None
    if around is not None:
        resolver.seen.update((around.id, f"{around.id}<attributes>"))
        if name in around.attributes:
            return f"{around.id}.{name}"
    for function in _enclosing(table, place):
        resolver.seen.add(keys.local(function.id, name))
        item = function.facts
        for binding in item.bindings:
            if binding.name == name:
                here = Place(place.path, function.id.rpartition(":")[2])
                found = _of_value(resolver, here, binding.path, name, depth)
                return found or parameter_key(function.id, name)
        for index, parameter in enumerate(item.parameters):
            if parameter.name == name:
                is_self = not index and item.owner
                owner = f"{place.path}:{item.owner}"
                return self_key(owner) if is_self else parameter_key(function.id, name)
        for imported in item.imports:
            if imported.name == name:
                return _imported(resolver, place.path, imported, depth)
    return _of_symbol(resolver, place.path, name, depth)


def _enclosing(table: FileTable, place: Place) -> Iterator[FunctionEntry]:
    """The function of a place and those it is nested in, innermost first."""
    function = table.functions.get(place.function) if place.function != MODULE else None
    while function is not None:
        yield function
        parent = function.facts.parent
        function = table.functions.get(parent) if parent else None


def _of_symbol(resolver: Resolver, path: str, name: str, depth: int) -> str:
    resolver.seen.add(f"{path}:{name}")
    table = resolver.tables[path]
    if name in table.bindings:
        found = _of_value(resolver, Place(path), table.bindings[name][-1], name, depth)
        return found or f"{path}:{name}"
    if name in table.global_bindings:
        return f"{path}:{name}"
    for imported in table.imports.get(name, ()):
        return _imported(resolver, path, imported, depth)
    return ""


def _of_value(resolver: Resolver, place: Place, path: str, name: str, depth: int) -> str:
    """The key of the object `name` is another name for, or an empty string where it is made here."""
    is_alias = is_dotted(path) and path != name
    if is_alias or path.endswith("()"):
        return origin(resolver, place, path, depth + 1)
    return ""


def _imported(resolver: Resolver, path: str, imported: Import, depth: int) -> str:
    if depth > _DEEPEST:
        return ""
    file = _file_of(resolver, path, imported)
    if file is None or not imported.attribute or imported.attribute == ".":
        return ""
    return _of_symbol(resolver, file, imported.attribute, depth + 1)


def _file_of(resolver: Resolver, importer: str, imported: Import) -> str | None:
    modules = resolver.modules
    if imported.level:
        stem = modules.relative(importer, imported.level, imported.module)
    else:
        stem = modules.absolute(importer, imported.module)
    return modules.paths.get(stem) if stem is not None else None


def _of_result(resolver: Resolver, place: Place, path: str, depth: int) -> str:
    value = resolver.resolve(place, path[:-2])
    if isinstance(value, Function):
        entry = resolver.function(value.id)
        here = Place(value.id.rpartition(":")[0], value.id.rpartition(":")[2])
        for given in entry.facts.results if entry is not None else ():
            found = origin(resolver, here, given, depth + 1)
            if found:
                return found
    return ""


# -- loops over routers


def spread(
    resolver: Resolver, place: Place, path: str, line: int, depth: int = 0
) -> Iterator[tuple[Place, str]]:
    """What `path` can be, each with the place to read it at."""
    if depth > _DEEPEST:
        return
    if path.endswith(".for"):
        yield from _elements(resolver, place, path[:-4], line, depth + 1)
    elif path.endswith("]") and path[: opening(path)].endswith(".for"):
        index = path[opening(path) + 1 : -1]
        for where, item in _elements(resolver, place, path[: opening(path) - 4], line, depth + 1):
            inside = arguments(item) if item.startswith("tuple(") else []
            if index.isdigit() and int(index) < len(inside):
                yield where, inside[int(index)]
    elif path.isidentifier():
        where, bound = binding(resolver, place, path, line)
        if ".for" in bound:
            yield from spread(resolver, where, bound, line, depth + 1)
        else:
            yield place, path
    else:
        yield place, path


def _elements(
    resolver: Resolver, place: Place, path: str, line: int, depth: int
) -> Iterator[tuple[Place, str]]:
    """What iterating over `path` gives, where it is written out somewhere."""
    if depth > _DEEPEST:
        return
    head, parenthesis, _ = path.partition("(")
    if head == "tuple" and parenthesis:
        for item in arguments(path):
            yield place, item
    elif head in ("list", "dict") and parenthesis:
        for item in split(path[opening(path) + 1 : -1], "|"):
            yield place, unpack(unkeyed(item)[1])
    elif path.endswith(".values()"):
        yield from _elements(resolver, place, path[:-9], line, depth + 1)
    else:
        where, bound = binding(resolver, place, path, line)
        if bound:
            yield from _elements(resolver, where, bound, 0, depth + 1)


def binding(resolver: Resolver, place: Place, path: str, line: int) -> tuple[Place, str]:
    """What the name or module attribute `path` was last given before `line`, or an empty path."""
    receiver, _, name = path.rpartition(".")
    if receiver:
        value = resolver.resolve(place, receiver, line)
        file = resolver.file_of(value) if isinstance(value, Module) else None
        return binding(resolver, Place(file), name, 0) if file is not None else (place, "")
    table = resolver.tables[place.path]
    resolver.seen.add(f"{place.path}:{name}")
    for function in (*_enclosing(table, place), table.functions[MODULE]):
        resolver.seen.add(keys.local(function.id, name))
        given = [b for b in function.facts.bindings if b.name == name]
        earlier = [b for b in given if not line or b.line <= line] or given
        if earlier:
            return Place(place.path, function.id.rpartition(":")[2]), earlier[-1].path
        if function.facts.qualname != MODULE:
            line = 0
    for imported in table.imports.get(name, ()):
        file = _file_of(resolver, place.path, imported)
        if file is not None and imported.attribute not in ("", "."):
            return binding(resolver, Place(file), imported.attribute, 0)
    return place, ""
