"""What names mean inside a function: its parameters, what it binds, what is defined in it."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from unlag.project import keys
from unlag.project.call_sites import is_static
from unlag.project.place import Place
from unlag.project.table import FileTable, FunctionEntry
from unlag.project.values import (
    MOST_ADDED,
    Class,
    Collection,
    Context,
    Coroutine,
    Dependency,
    Function,
    Instance,
    Value,
    alternatives,
)
from unlag.source import facts
from unlag.source.facts import Import, Parameter
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver

LocalName: TypeAlias = tuple[int, list[facts.Binding], Import | None]
"""Index of the parameter or -1, what is bound to the name, and the import that binds it."""
_MOST_LOCALS = 512
_NO_TYPES = ("", "None")
"""Defaults that say nothing of what else is given."""
_NOT_LOCAL: tuple[bool, Value] = (False, None)


class Names(NamedTuple):
    """The names that a function binds itself."""

    by_name: dict[str, LocalName]
    ambiguous: set[str]
    """Those of which the line decides what they are: with several values, or with tests of their class."""


class LocalNames:
    """Names that functions bind themselves."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._locals: dict[str, tuple[facts.FunctionFacts, Names]] = {}
        self._latest: tuple[facts.FunctionFacts | None, Names] = (None, Names({}, set()))
        self._values = resolver.memory()

    def local(
        self, table: FileTable, function: FunctionEntry, place: Place, name: str, line: int
    ) -> tuple[bool, Value]:
        """Whether `name` is a local name of `function`, and its value."""
        known = self.names_in(function).by_name.get(name)
        if self._resolver.tracks and function.id != self._resolver.working_id:
            self._resolver.seen.add(intern(keys.local(function.id, name)))
        if known is None:
            return self._nested(table, function, name)
        parameter, bindings, imported = known
        chosen = _last_before(bindings, line)
        if parameter >= 0 and not chosen:
            item = function.facts.parameters[parameter]
            return True, self._parameter(function, place, item, parameter)
        if bindings:
            # none before it: in a loop, what an earlier round bound
            chosen = chosen or bindings[:1]
            here = self._inside(function, place)
            if len(chosen) == 1:
                value = self._bound(here, chosen[0])
            else:
                value = alternatives([self._bound(here, binding) for binding in chosen])
            if isinstance(value, Collection) and value.element is None:
                self._resolver.seen.add(keys.local(function.id, f"{name}[]"))
                _, added, _ = self.names_in(function).by_name.get(f"{name}[]", (-1, [], None))
                held = [self._bound(here, item) for item in added[:MOST_ADDED]]
                value = Collection(alternatives(held), value.is_mapping)
            return True, value
        if imported is not None:
            return True, self._resolver.imported(place.path, imported)
        return False, None

    def _inside(self, function: FunctionEntry, place: Place) -> Place:
        """The body of `function`, as seen from `place`: the very place worked at where it is that."""
        working = self._resolver.working_place
        if (
            working is not None
            and function.id == self._resolver.working_id
            and place.types == working.types
        ):
            return working
        return Place(place.path, function.id.rpartition(":")[2], "", place.types)

    def _nested(self, table: FileTable, function: FunctionEntry, name: str) -> tuple[bool, Value]:
        """A function or class defined inside `function`."""
        outer = function.id[len(table.path) + 1 :]
        if self._resolver.tracks:
            self._resolver.seen.add(intern(f"{table.path}:{outer}.{name}"))
        if outer not in table.inner and outer not in table.local_classes:
            return _NOT_LOCAL
        nested = f"{outer}.{name}"
        if nested in table.functions:
            return True, Function(table.functions[nested].id)
        if nested in table.classes:
            return True, Class(table.classes[nested].id)
        return _NOT_LOCAL

    def names_in(self, function: FunctionEntry) -> Names:
        """The names that a function binds itself."""
        item = function.facts
        if self._latest[0] is item:
            return self._latest[1]
        known = self._locals.get(function.id)
        if known is None or known[0] is not item:
            if len(self._locals) > _MOST_LOCALS:
                self._locals.clear()
            known = self._locals[function.id] = (item, _names_of(item))
        self._latest = known
        return known[1]

    def _bound(self, here: Place, binding: facts.Binding) -> Value:
        name, line, path = binding.name, binding.line, binding.path
        key = f"{here.path}:{here.function}:{name}:{line}:{path}"
        before = max(line - 1, 1) if name in path else line
        if here is not self._resolver.working_place and not here.types:
            value: Value = self._resolver.recall(
                self._values, key, lambda: self._resolver.either(here, path, before)
            )
            return value
        if key in self._resolver.open_keys:
            self._resolver.is_cut = True
            return None
        self._resolver.open_keys.add(key)
        try:
            return self._resolver.either(here, path, before)
        finally:
            self._resolver.open_keys.discard(key)

    def _parameter(
        self, function: FunctionEntry, place: Place, parameter: Parameter, index: int
    ) -> Value:
        item = function.facts
        if index == 0 and item.owner and not parameter.annotation:
            self._resolver.seen.add(function.id)  # its decorators say what the first parameter is
            entry = self._resolver.class_(f"{function.path}:{item.owner}")
            if entry is not None and not is_static(item):
                is_class = item.name in ("__new__", "__init_subclass__", "__class_getitem__")
                if is_class or any(d.target == "classmethod" for d in item.decorators):
                    return Class(entry.id)
                return Instance(entry.id, tuple(value for _, value in place.types))
        here = Place(function.path, item.parent or MODULE, "", place.types)
        value: Value = None
        if parameter.annotation:
            value = self._resolver.instance_of(here, parameter.annotation)
        if (
            value is None
            and parameter.default not in _NO_TYPES
            and parameter.default[0] not in "'#"
        ):
            default = self._resolver.resolve(here, parameter.default)
            value = self.injected(default) if isinstance(default, Dependency) else default
        if value is None and parameter.is_untyped:
            value = self._resolver.given(function, parameter)
        if parameter.star == "*":
            return Collection(value)
        return Collection(value, is_mapping=True) if parameter.star == "**" else value

    def injected(self, dependency: Dependency) -> Value:
        """What FastAPI passes for `Depends(callable)`."""
        value = dependency.value
        if value is None:
            return None
        result = self._resolver.call(value, None)
        if isinstance(result, Coroutine):
            result = result.value
        if isinstance(result, Context):
            return result.value
        if isinstance(result, Collection) and isinstance(value, Function):
            entry = self._resolver.function(value.id)
            if entry is not None and entry.facts.flags & facts.GENERATOR:
                return result.element
        return result


def _names_of(item: facts.FunctionFacts) -> Names:
    names: dict[str, LocalName] = {}
    ambiguous: set[str] = set()
    for imported in item.imports:
        names[imported.name] = (-1, [], imported)
    for binding in item.bindings:
        known = names.get(binding.name)
        if known is None:
            names[binding.name] = (-1, [binding], None)
            continue
        if known[1]:
            ambiguous.add(binding.name)
        known[1].append(binding)
    for index, parameter in enumerate(item.parameters):
        _, bindings, outside = names.get(parameter.name, (-1, [], None))
        names[parameter.name] = (index, bindings, outside)
        if bindings:
            ambiguous.add(parameter.name)
    ambiguous.update([told.name for told in item.narrowed])
    return Names(names, ambiguous)


def _last_before(bindings: list[facts.Binding], line: int) -> list[facts.Binding]:
    """The bindings of which each can be the last that has happened before `line` is run; before all ends where it is 0.

    One in each branch of an `if`.
    """
    chosen: list[facts.Binding] = []
    for binding in bindings:
        if line and (binding.line > line or (binding.beside and binding.is_beside(line))):
            continue
        if chosen:
            chosen = [one for one in chosen if one.beside and one.is_beside(binding.line)]
        chosen.append(binding)
    return chosen
