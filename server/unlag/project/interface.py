"""What of a file other files can see, by the names under which they look it up."""

from __future__ import annotations

from collections.abc import Mapping

from unlag.project.resolver import Resolver
from unlag.project.table import FileTable, FunctionEntry
from unlag.project.values import Class
from unlag.source.paths import root
from unlag.source.scopes import MODULE


def changed_names(before: FileTable, after: FileTable) -> set[str]:
    """The look-up keys whose answer can differ between two states of one file."""
    old, new = _interface(before), _interface(after)
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _interface(table: FileTable) -> dict[str, object]:
    path = table.path
    found: dict[str, object] = {}
    for name, paths in table.bindings.items():
        found[f"{path}:{name}"] = ("binding", tuple(paths))
    for name, imports in table.imports.items():
        found[f"{path}:{name}"] = (found.get(f"{path}:{name}"), "import", tuple(imports))
    for name, bound in table.global_bindings.items():
        key = f"{path}:{name}"
        found[key] = (found.get(key), tuple((function, item) for function, _, item in bound))
        found[f"state:{name.rpartition('.')[2]}"] = found[key]
    found[f"{path}:*"] = tuple(table.stars)
    for qualname, entry in table.functions.items():
        if qualname != MODULE:
            key = f"{path}:{qualname}"
            found[key] = (found.get(key), entry.facts.interface())
            found[f"{key}{{}}"] = _callable_uses(table, entry)
    for class_entry in table.classes.values():
        _class_interface(class_entry.id, table, class_entry.facts.qualname, found)
    return found


def _class_interface(
    class_id: str, table: FileTable, qualname: str, found: dict[str, object]
) -> None:
    entry = table.classes[qualname]
    found[class_id] = (found.get(class_id), "class", entry.facts.decorators and "decorated")
    found[f"{class_id}<bases>"] = (entry.facts.bases, entry.facts.parent)
    for name, method in entry.methods.items():
        found[f"{class_id}.{name}"] = (method, found.get(f"{table.path}:{method}"))
    for name, paths in entry.attributes.items():
        key = f"{class_id}.{name}"
        found[key] = (found.get(key), tuple(paths))
    for name, items in entry.self_attributes.items():
        key = f"{class_id}.{name}"
        found[key] = (found.get(key), tuple((item.method, item.path) for item in items))


def _callable_uses(table: FileTable, entry: FunctionEntry) -> tuple[object, ...]:
    """What a function and those nested in it do with its parameters by name."""
    names = {parameter.name for parameter in entry.facts.parameters}
    if not names:
        return ()
    inner = [entry, *table.nested_in(entry.id.rpartition(":")[2])]
    return tuple(
        (item.facts.qualname, call.target, call.arguments)
        for item in inner
        for call in item.facts.calls
        if root(call.target) in names or any(_mentions(text, names) for text in call.arguments)
    )


def _mentions(argument: str, names: set[str]) -> bool:
    value = argument.rpartition("=")[2].lstrip("*")
    return any(name in value for name in names)


def subclass_map(tables: Mapping[str, FileTable], resolver: Resolver) -> dict[str, tuple[str, ...]]:
    """Class -> classes of the project that inherit from it directly, in the order of their ids."""
    found: dict[str, list[str]] = {}
    for table in tables.values():
        for entry in table.classes.values():
            for base in resolver.bases(entry) if entry.facts.bases else ():
                if isinstance(base, Class):
                    found.setdefault(base.id, []).append(entry.id)
    return {key: tuple(sorted(items)) for key, items in found.items()}
