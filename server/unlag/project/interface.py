"""What of a file other files can see, by the keys under which they look it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unlag.project import keys
from unlag.project.call_sites import changed_calls
from unlag.project.callables import takers
from unlag.project.edited_tables import differ, unlike
from unlag.project.forwarded_routes import told_through
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.source.facts import Binding, FunctionFacts, Parameter
from unlag.source.paths import root
from unlag.source.scopes import MODULE

APPLICATION_NAMES = frozenset({"app", "application", "api", "router"})


def changed_names(before: FileTable, after: FileTable) -> set[str]:
    """The look-up keys whose answer can differ between two states of one file.

    What is the same object in both states is not looked at.
    """
    path = after.path
    changed = {f"{path}:{name}" for name in _differing(before.bindings, after.bindings)}
    changed.update(f"{path}:{name}" for name in _differing(before.imports, after.imports))
    if before.global_bindings is not after.global_bindings:
        for name in _differing(_without_lines(before), _without_lines(after)):
            changed.update((f"{path}:{name}", f"state:{name.rpartition('.')[2]}"))
    if before.stars != after.stars:
        names = before.bindings.keys() | before.functions.keys() | before.classes.keys()
        changed.update(f"{path}:{name}" for name in names)
        changed.add(f"{path}:*")
    for qualname in unlike(before.functions, after.functions):
        if qualname != MODULE:
            changed.update(_changed_function(before, after, qualname))
        else:
            states = before.functions.get(MODULE), after.functions.get(MODULE)
            changed.update(map(keys.called, changed_calls(*states)))
    for qualname in unlike(before.classes, after.classes):
        changed.update(_changed_class(before.classes.get(qualname), after.classes.get(qualname)))
    return changed


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    if old is new or old == new:
        return set()
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def _without_lines(table: FileTable) -> dict[str, tuple[tuple[str, str], ...]]:
    return {
        name: tuple((function, path) for function, _, path in items)
        for name, items in table.global_bindings.items()
    }


def _changed_function(before: FileTable, after: FileTable, qualname: str) -> set[str]:
    old, new = before.functions.get(qualname), after.functions.get(qualname)
    if old is not None and new is not None and not differ(old, new):
        return set()
    key = f"{after.path}:{qualname}"
    changed: set[str] = set()
    if old is None or new is None or old.facts.interface() != new.facts.interface():
        changed.add(key)
        entry = new or old
        if entry is not None and entry.facts.owner:
            changed.add(f"{after.path}:{entry.facts.owner}.{entry.facts.name}")
        for state in (old, new):
            for decorator in state.facts.decorators if state is not None else ():
                changed.add(f"decorated:{decorator.target.rpartition('.')[2]}")
    changed.update(keys.local(key, name) for name in _changed_locals(old, new))
    changed.update(map(keys.called, changed_calls(old, new)))
    changed.update(f"{key}{kind}" for kind in _changed_parameters(old, new))
    if _forwards(old) != _forwards(new):
        changed.add(f"{key}{keys.FORWARDS}")
    for outer in _outer_names(qualname):
        old_outer, new_outer = before.functions.get(outer), after.functions.get(outer)
        uses = _callable_uses(before, old_outer) != _callable_uses(after, new_outer)
        if uses:
            changed.add(f"{after.path}:{outer}{{}}")
    return changed


def _changed_parameters(old: FunctionEntry | None, new: FunctionEntry | None) -> list[str]:
    before, after = _parameters(old), _parameters(new)
    if before == after:
        return []
    if router_names(before) == router_names(after):
        return [keys.PARAMETERS]
    return [keys.PARAMETERS, keys.ROUTERS]


def _forwards(entry: FunctionEntry | None) -> list[object]:
    told = told_through(entry.facts) if entry is not None else ()
    return [(call.target, call.arguments) for call in told]


def _parameters(entry: FunctionEntry | None) -> tuple[Parameter, ...]:
    return entry.facts.parameters if entry is not None else ()


def router_names(parameters: tuple[Parameter, ...]) -> list[str]:
    """The parameters that may be given a router."""
    return [item.name for item in parameters if _may_be_router(item.annotation, item.name)]


def _may_be_router(annotation: str, name: str) -> bool:
    tail = annotation.rpartition(".")[2]
    if not annotation:
        return name in APPLICATION_NAMES
    return "Router" in tail or tail in ("FastAPI", "Starlette")


def _changed_locals(old: FunctionEntry | None, new: FunctionEntry | None) -> set[str]:
    """The local names that other functions can see to be something else."""
    before, after = _locals(old), _locals(new)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if _order(old, changed) != _order(new, changed):
        return {*before, *after}
    return changed


def _locals(entry: FunctionEntry | None) -> dict[str, list[object]]:
    """What a function binds, by name: parameters with their places, paths in their order, imports."""
    found: dict[str, list[object]] = {}
    if entry is not None:
        for place, parameter in enumerate(entry.facts.parameters):
            found.setdefault(parameter.name, []).append((place, parameter))
        for binding in entry.facts.bindings:
            found.setdefault(binding.name, []).append((binding.path, len(binding.beside)))
        for imported in entry.facts.imports:
            found.setdefault(imported.name, []).append(imported)
        bound = _bound(entry.facts) if entry.facts.narrowed else ()
        for told in entry.facts.narrowed:
            held = [(item.name, item.path) for item in bound if told.holds(item.line)]
            found.setdefault(told.name, []).append((told.classes, told.is_excluded, held))
    return found


def _bound(item: FunctionFacts) -> tuple[Binding, ...]:
    return (*item.bindings, *item.self_bindings, *item.global_bindings)


def _order(entry: FunctionEntry | None, changed: set[str]) -> list[tuple[str, int]]:
    """The bindings of names that did not change by themselves, and on which line after the other they stand."""
    bindings = entry.facts.bindings if entry is not None else ()
    kept = [(item.name, item.line) for item in bindings if item.name not in changed]
    lines = {line: rank for rank, line in enumerate(sorted({line for _, line in kept} - {1}), 2)}
    return [(name, lines.get(line, 1)) for name, line in kept]


def _outer_names(qualname: str) -> list[str]:
    """A function's own name and those of the functions it is nested in."""
    parts = qualname.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _changed_class(old: ClassEntry | None, new: ClassEntry | None) -> set[str]:
    entry = new or old
    if entry is None:
        return set()
    class_id = entry.id
    if old is None or new is None:
        members = {*entry.methods, *entry.attributes, *entry.self_attributes}
        path = entry.path
        found = {class_id, f"{path}:{entry.facts.qualname}"}
        found |= {f"{class_id}<{part}>" for part in ("bases", "attributes", "methods")}
        return found | {f"{class_id}.{name}" for name in members}
    changed: set[str] = set()
    if old.facts.bases != new.facts.bases or old.facts.parent != new.facts.parent:
        changed.add(f"{class_id}<bases>")
    if old.facts.decorators != new.facts.decorators:
        changed.add(class_id)
    if list(old.attributes.items()) != list(
        new.attributes.items()
    ):  # constructors take them in order
        changed.add(f"{class_id}<attributes>")
    if old.methods.keys() != new.methods.keys():
        changed.add(f"{class_id}<methods>")
    for name in _differing(old.methods, new.methods) | _differing(old.attributes, new.attributes):
        changed.add(f"{class_id}.{name}")
    for name in _differing(_attribute_paths(old), _attribute_paths(new)):
        changed.add(f"{class_id}.{name}")
    return changed


def _attribute_paths(entry: ClassEntry) -> dict[str, list[tuple[str, str]]]:
    return {
        name: [(item.method, item.path) for item in items]
        for name, items in entry.self_attributes.items()
    }


def _callable_uses(table: FileTable, entry: FunctionEntry | None) -> tuple[object, ...]:
    """What a function and those nested in it do with its parameters by name, and how these are decorated."""
    if entry is None or not entry.facts.parameters:
        return ()
    inner = [entry, *table.nested_in(entry.id.rpartition(":")[2])]
    names = takers(entry.facts)
    names.update(item.facts.name for item in inner[1:])
    decorated = tuple(
        (item.facts.qualname, call.target) for item in inner[1:] for call in item.facts.decorators
    )
    used = tuple(
        (item.facts.qualname, call.target, call.arguments)
        for item in inner
        for call in item.facts.calls
        if root(call.target) in names or any(_mentions(text, names) for text in call.arguments)
    )
    return names, decorated, used


def _mentions(argument: str, names: set[str]) -> bool:
    value = argument.rpartition("=")[2].lstrip("*")
    return any(name in value for name in names)
