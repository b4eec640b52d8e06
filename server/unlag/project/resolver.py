"""Answers what a path means at a place: names, attributes, calls and items, followed through the project.

Reads tables and knowledge only. What it cannot follow it leaves unknown (`None`). Takes paths apart
here; what each kind of step means stands in a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from sys import intern

from unlag.knowledge import Knowledge
from unlag.project import builtin_values, keys
from unlag.project.annotations import Annotations
from unlag.project.answers import Answers
from unlag.project.call_sites import CallSites
from unlag.project.classes import Classes, Member
from unlag.project.function_kinds import is_context, is_property
from unlag.project.given_types import GivenTypes
from unlag.project.items import Items
from unlag.project.kept_functions import KeptFunctions
from unlag.project.local_names import LocalNames
from unlag.project.members import Members
from unlag.project.model_hooks import ModelHooks
from unlag.project.modules import Modules
from unlag.project.narrowed import Narrowed
from unlag.project.place import Place
from unlag.project.results import Results
from unlag.project.symbols import Symbols
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.project.values import (
    Class,
    Collection,
    Dependency,
    External,
    Factory,
    Instance,
    Module,
    Tuple,
    Value,
    alternatives,
)
from unlag.source.paths import UNKNOWN, listed, opening, split, unkeyed, unpack
from unlag.source.scopes import MODULE

__all__ = ["Member", "Place", "Resolver", "is_context", "is_property"]

_MOST_ALTERNATIVES = 12
_UNASKED = object()
_NONE: Set[str] = frozenset()
_DEEPEST = 24


class Resolver(Answers):
    """Resolves paths over a set of tables. Its memory is only valid for those tables."""

    def __init__(
        self,
        tables: Mapping[str, FileTable],
        modules: Modules,
        knowledge: Knowledge,
        *,
        tracks: bool = True,
    ) -> None:
        super().__init__(tracks=tracks)
        self.tables = tables
        self.modules = modules
        self.knowledge = knowledge
        self.state: Mapping[str, tuple[tuple[Place, int, str], ...]] = {}
        """`app.state.name` -> what is assigned to it anywhere."""
        self.subclasses: Mapping[str, tuple[str, ...]] = {}
        self.call_sites = CallSites(tables)
        self.working_place: Place | None = None
        self._functions: dict[str, FunctionEntry] = {}
        self._ambiguous: Set[str] = _NONE
        """Names of the function worked at that have several values, chosen by line."""
        self._worked_out: dict[tuple[str, int], Value] = {}
        self._symbols = Symbols(self)
        self._share_steps()
        self.model_hooks = ModelHooks(self)

    def _share_steps(self) -> None:
        """Every kind of step can lead to any other: each asks the others here."""
        self.given = GivenTypes(self).given
        self.kept = KeptFunctions(self).kept
        names, symbols, classes = LocalNames(self), self._symbols, Classes(self)
        self.narrowed = Narrowed(self).narrowed
        self.local, self.names_in, self.injected = names.local, names.names_in, names.injected
        self.symbol, self.imported = symbols.symbol, symbols.imported
        self.registered = symbols.registered
        self.member, self.method, self.inherited = classes.member, classes.method, classes.inherited
        self.bases, self.outside_bases = classes.bases, classes.outside_bases
        self.type_arguments, self.above = classes.type_arguments, classes.above
        self.is_enum, self.lineage = classes.is_enum, classes.lineage
        members, results = Members(self), Results(self)
        self.attribute, self.member_of = members.attribute, members.member_of
        self.below, self.runs_instead = members.below, members.runs_instead
        self.call, self.result, self.described = results.call, results.result, results.described
        self.is_offloading = results.is_offloading
        items, annotations = Items(self), Annotations(self)
        self.item, self.awaited, self.entered = items.item, items.awaited, items.entered
        self.item_at, self.instance_of = annotations.item_at, annotations.instance_of
        self.dependencies = annotations.dependencies

    def forget(self, changed: Iterable[str]) -> None:
        """Take remembered answers that looked at one of `changed` for what they are: out of date."""
        self._symbols.forget(changed)
        super().forget(changed)

    def resolve(self, place: Place, path: str, line: int = 0) -> Value:
        """What `path` means at `place`; `line` chooses among several values of one name."""
        if place is self.working_place:
            if line and (not self._ambiguous or is_same_everywhere(path, self._ambiguous)):
                line = 0
            known = self._worked_out.get((path, line), _UNASKED)
            if known is not _UNASKED:
                return known  # type: ignore[return-value] # the marker was just excluded
        return self.either(place, path, line)

    def either(self, place: Place, path: str, line: int) -> Value:
        """What `path` means, which can be alternatives."""
        if "|" in path:
            parts = split(path, "|")
            if len(parts) > 1:
                return self._first(place, parts, line)
        return self._value(place, path, line)

    def work_at(self, place: Place) -> None:
        """Remember answers for this very `place` object until the next one is named."""
        self.working_place = place
        self.working_id = f"{place.path}:{place.function}"
        self._worked_out = {}
        self._ambiguous = _NONE
        entry = self.tables[place.path].functions.get(place.function)
        if entry is not None and place.function != MODULE:
            self._ambiguous = self.names_in(entry).ambiguous

    def function(self, function_id: str) -> FunctionEntry | None:
        """The function with that id."""
        known = self._functions.get(function_id)
        if known is None:
            path, _, qualname = function_id.rpartition(":")
            table = self.tables.get(path)
            known = table.functions.get(qualname) if table is not None else None
            if known is not None:
                self._functions[function_id] = known
        return known

    def file_of(self, module: Module) -> str | None:
        """The file of a module of the project; None for a folder without one."""
        path = self.modules.paths.get(module.stem)
        if path is None:
            self.seen.add(keys.module(module.stem))
        return path

    def class_(self, class_id: str) -> ClassEntry | None:
        """The class with that id."""
        path, _, qualname = class_id.rpartition(":")
        table = self.tables.get(path)
        found = table.classes.get(qualname) if table is not None else None
        if found is None:  # it can be back any moment, with everything it inherits
            self.seen.add(intern(f"{class_id}<bases>"))
        return found

    def lose(self, replaced: Iterable[FileTable]) -> None:
        """Drop what was remembered of tables that others have taken the place of."""
        for table in replaced:
            for entry in table.functions.values():
                self._functions.pop(entry.id, None)

    def _first(self, place: Place, paths: list[str], line: int) -> Value:
        found = [self._value(place, path, line) for path in paths[:_MOST_ALTERNATIVES]]
        if not paths[0].startswith(":("):
            return alternatives(found)
        declared, given = found[0], alternatives(found[1:])
        return given if declared is None or is_vague(declared, given) else declared

    def _value(self, place: Place, path: str, line: int) -> Value:
        if place is self.working_place:
            if line and (not self._ambiguous or is_same_everywhere(path, self._ambiguous)):
                line = 0
            known = self._worked_out.get((path, line), _UNASKED)
            if known is not _UNASKED:
                return known  # type: ignore[return-value] # the marker was just excluded
        if self.depth > _DEEPEST:
            self.is_cut = True
            return None
        if not self.depth and not self.open_keys:
            self.is_cut = False
        self.depth += 1
        try:
            value = self._step(place, path, line)
        finally:
            self.depth -= 1
        if place is self.working_place and not self.is_cut:
            self._worked_out[path, line] = value
        return value

    def _step(self, place: Place, path: str, line: int) -> Value:
        last = path[-1:]
        if last == ")":
            return self._call_path(place, path, opening(path), line)
        if last == "]":
            start = opening(path)
            return self.item_at(place, self._value(place, path[:start], line), path[start + 1 : -1])
        cut = path.rfind(".")
        if cut > 0:
            owner = self._value(place, path[:cut], line)
            if owner is None:
                return None
            found = self.attribute(owner, path[cut + 1 :])
            # what a mixin asks of itself is of any of the classes it is mixed into
            return found or (None if path[:cut] == "self" else self.below(owner, path[cut + 1 :]))
        if not path or path == UNKNOWN:
            return None
        return self._name(place, path, line)

    def _call_path(self, place: Place, path: str, start: int, line: int) -> Value:
        callee = path[:start]
        shape = builtin_values.DISPLAYS.get(callee)
        if shape is not None:
            return self._display(place, shape, path, path[start + 1 : -1], line)
        if callee == ":":
            return self.instance_of(place, listed(path[start + 1 : -1])[0])
        value = self._value(place, callee, line)
        if value is None:
            return None
        if isinstance(value, External) and value.name == "super":
            return self.above(place)
        inside = listed(path[start + 1 : -1])
        argument = inside[0] if inside else ""
        called = self.call(value, place, argument, line)
        if len(inside) > 1 and isinstance(called, Dependency):
            return Dependency(called.value, ends_early=True)
        return called

    def _display(self, place: Place, shape: str, path: str, inside: str, line: int) -> Value:
        if shape == "tuple":
            return Tuple(tuple([self._value(place, item, line) for item in listed(inside)]))
        if shape == "dict":
            return self._mapping(place, inside, line)
        held = self.resolve(place, listed(inside)[0], line) if inside else None
        if shape == "same":
            return held if isinstance(held, Collection | Tuple) else Collection(self.item(held))
        if shape == "enumerate":
            return Collection(Tuple((None, self.item(held))))
        if shape == "list" and isinstance(held, Collection) and "|" not in inside:
            return (
                held if path.startswith("list(") and not inside.endswith(")") else Collection(held)
            )
        return Collection(held)

    def _mapping(self, place: Place, inside: str, line: int) -> Value:
        """A dict display: what it holds, and under which literal keys."""
        named: list[tuple[str, Value]] = []
        held: list[Value] = []
        for part in split(inside, "|"):
            key, item = unkeyed(part)
            held.append(self._value(place, unpack(item), line))
            if key:
                named.append((key, held[-1]))
        return Collection(alternatives(held), is_mapping=True, named=tuple(named))

    def _name(self, place: Place, name: str, line: int) -> Value:
        table = self.tables[place.path]
        function: FunctionEntry | None = table.functions.get(place.function)
        if place.function != MODULE:
            is_inner = False
            while function is not None:
                found, value = self.local(table, function, place, name, 0 if is_inner else line)
                if found:
                    if line and function.facts.narrowed and not is_inner:
                        return self.narrowed(function, place, name, line, value)
                    return value
                parent = function.facts.parent
                function = table.functions.get(parent) if parent else None
                is_inner = True
        elif place.class_name:
            entry = table.classes.get(place.class_name)
            if entry is not None and (name in entry.attributes or name in entry.methods):
                return self.attribute(Class(entry.id), name)
        value = self.symbol(place.path, name)
        if value is None and name in builtin_values.NAMES:
            return External(name)
        return value


def is_same_everywhere(path: str, ambiguous: Set[str]) -> bool:
    """Whether all names that a path starts from, or has as arguments and keys, have one value in a function."""
    if "(" in path or "[" in path:
        return not any(name in path for name in ambiguous)
    return path.partition(".")[0] not in ambiguous


def is_vague(declared: Value, given: Value) -> bool:
    """Whether a declared type says less than the value given with it: `Callable`, or a base class."""
    if isinstance(declared, Collection) and isinstance(given, Collection):
        return is_vague(declared.element, given.element)
    if declared is None or isinstance(declared, Factory):
        return given is not None
    return isinstance(declared, Instance) and isinstance(given, Instance)
