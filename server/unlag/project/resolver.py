"""Answers what a path means at a place: names, attributes, calls and items, followed through the project.

Reads tables and knowledge only. What it cannot follow it leaves unknown (`None`). Everything it looks
up is written to `seen`, also in vain, so that an answer is known to hold until one of those changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from sys import intern
from typing import Any, TypeAlias

import msgspec

from unlag.knowledge import Knowledge
from unlag.project import builtin_values, keys
from unlag.project.changes import Changes
from unlag.project.modules import Modules
from unlag.project.table import ClassEntry, FileTable, FunctionEntry, SelfAttribute
from unlag.project.values import (
    Alternatives,
    Annotated,
    Class,
    Collection,
    Context,
    Coroutine,
    Dependency,
    External,
    ExternalInstance,
    Factory,
    Function,
    Instance,
    Module,
    Offloaded,
    Super,
    Tuple,
    Value,
    alternatives,
    each,
)
from unlag.source import facts
from unlag.source.facts import Import, Parameter
from unlag.source.paths import UNKNOWN, arguments, opening, root, split, unkeyed, unpack
from unlag.source.scopes import MODULE

_LocalName: TypeAlias = tuple[int, list[facts.Binding], Import | None]
"""Index of the parameter or -1, what is bound to the name, and the import that binds it."""
_MOST_LOCALS = 512
_Memory: TypeAlias = dict[str, tuple[Any, tuple[str, ...], bool, int]]
"""Key -> answer, what was looked up for it, whether it was found in a circle, and when it last held."""
Member: TypeAlias = tuple[FunctionEntry | tuple[ClassEntry, str], tuple[tuple[str, Value], ...]]
_MOST_ALTERNATIVES = 12
_MOST_ADDED = 8
"""Values put into a container, one after the other, that are looked at."""
_UNASKED = object()
_DEEPEST = 24
_LONGEST_CHAIN = 60
_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "computed_field"})
_INJECTING = frozenset({"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"})
_TRANSPARENT = frozenset(
    {"functools.wraps", "functools.lru_cache", "functools.cache", "copy.copy", "copy.deepcopy",
     "asyncio.shield", "contextlib.closing", "contextlib.aclosing"}
)  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """Where a path is read: a function (or `<module>`), and what type variables stand for."""

    path: str
    function: str = MODULE
    class_name: str = ""
    """The class whose body it is in, for paths outside functions."""
    types: tuple[tuple[str, Value], ...] = ()


class Resolver:
    """Resolves paths over a set of tables. Its memory is only valid for those tables."""

    def __init__(
        self,
        tables: Mapping[str, FileTable],
        modules: Modules,
        knowledge: Knowledge,
        *,
        tracks: bool = True,
    ) -> None:
        self.tables = tables
        self.modules = modules
        self.knowledge = knowledge
        self.state: Mapping[str, tuple[tuple[Place, int, str], ...]] = {}
        """`app.state.name` -> what is assigned to it anywhere."""
        self.tracks = tracks
        self.changes = Changes()
        self.seen: set[str] = set()
        self.subclasses: Mapping[str, tuple[str, ...]] = {}
        self._functions: dict[str, FunctionEntry] = {}
        self._symbols: _Memory = {}
        self._results: _Memory = {}
        self._decorated: dict[str, list[tuple[FunctionEntry, str]]] = {}
        self._members: _Memory = {}
        self._locals: dict[str, tuple[facts.FunctionFacts, dict[str, _LocalName]]] = {}
        self._open: set[str] = set()
        self._cut = False
        self._depth = 0
        self._working_place: Place | None = None
        self._working_id = ""
        """The function worked at: its own names are not written down, it is worked at after every edit."""
        self._ambiguous: frozenset[str] = frozenset()
        """Names of the function worked at that have several values, chosen by line."""
        self._worked_out: dict[tuple[str, int], Value] = {}

    # -- what is asked from outside

    def resolve(self, place: Place, path: str, line: int = 0) -> Value:
        """What `path` means at `place`; `line` chooses among several values of one name."""
        if line and place is self._working_place and root(path) not in self._ambiguous:
            line = 0
        return self._either(place, path, line)

    def _either(self, place: Place, path: str, line: int) -> Value:
        """What `path` means, which can be alternatives."""
        if "|" in path:
            parts = split(path, "|")
            if len(parts) > 1:
                return self._first(place, parts, line)
        return self._value(place, path, line)

    def work_at(self, place: Place) -> None:
        """Remember answers for this very `place` object until the next one is named."""
        self._working_place = place
        self._working_id = f"{place.path}:{place.function}"
        self._worked_out = {}
        self._ambiguous = frozenset()
        entry = self.tables[place.path].functions.get(place.function)
        if entry is not None and place.function != MODULE:
            names = self._names_in(entry)
            self._ambiguous = frozenset(
                name
                for name, (index, bindings, _) in names.items()
                if len(bindings) + (index >= 0) > 1
            )

    def set_apart(self) -> tuple[set[str], str]:
        """Write down on a fresh page from now on; `go_on` gives the page back."""
        outer = (self.seen, self._working_id)
        self.seen, self._working_id = set(), ""
        return outer

    def go_on(self, outer: tuple[set[str], str]) -> set[str]:
        """Write on where `set_apart` left off; gives what was written down apart."""
        mine = self.seen
        self.seen, self._working_id = outer
        return mine

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

    def class_(self, class_id: str) -> ClassEntry | None:
        """The class with that id."""
        path, _, qualname = class_id.rpartition(":")
        table = self.tables.get(path)
        return table.classes.get(qualname) if table is not None else None

    def lose(self, replaced: Iterable[FileTable]) -> None:
        """Drop what was remembered of tables that others have taken the place of."""
        for table in replaced:
            for entry in table.functions.values():
                self._functions.pop(entry.id, None)

    def rest(self) -> None:
        """Forget all answers: who asks a few questions from now on needs the room more."""
        for memory in (self._symbols, self._results, self._members):
            memory.clear()

    def forget(self, changed: Iterable[str]) -> None:
        """Take remembered answers that looked at one of `changed` for what they are: out of date."""
        for key in changed:
            if key.startswith("decorated:"):
                self._decorated.pop(key.partition(":")[2], None)
        self.changes.note(changed)

    # -- paths

    def _first(self, place: Place, paths: list[str], line: int) -> Value:
        found = [self._value(place, path, line) for path in paths[:_MOST_ALTERNATIVES]]
        if not paths[0].startswith(":("):
            return alternatives(found)
        declared, given = found[0], alternatives(found[1:])
        return given if declared is None or is_vague(declared, given) else declared

    def _value(self, place: Place, path: str, line: int) -> Value:
        if place is self._working_place:
            if line and path not in self._ambiguous and path.isidentifier():
                line = 0
            known = self._worked_out.get((path, line), _UNASKED)
            if known is not _UNASKED:
                return known  # type: ignore[return-value] # the marker was just excluded
        if self._depth > _DEEPEST:
            self._cut = True
            return None
        if not self._depth and not self._open:
            self._cut = False
        self._depth += 1
        try:
            value = self._step(place, path, line)
        finally:
            self._depth -= 1
        if place is self._working_place and not self._cut:
            self._worked_out[path, line] = value
        return value

    def _step(self, place: Place, path: str, line: int) -> Value:
        last = path[-1:]
        if last == ")":
            start = opening(path)
            return self._call_path(place, path, start, line)
        if last == "]":
            start = opening(path)
            return self._item(place, self._value(place, path[:start], line), path[start + 1 : -1])
        cut = path.rfind(".")
        if cut > 0:
            owner = self._value(place, path[:cut], line)
            return None if owner is None else self.attribute(owner, path[cut + 1 :])
        if not path or path == UNKNOWN:
            return None
        return self._name(place, path, line)

    def _call_path(self, place: Place, path: str, start: int, line: int) -> Value:
        callee = path[:start]
        if callee == ":":
            return self.instance_of(place, arguments(path)[0])
        shape = builtin_values.DISPLAYS.get(callee)
        if shape is not None:
            return self._display(place, shape, path, line)
        value = self._value(place, callee, line)
        if value is None:
            return None
        if isinstance(value, External) and value.name == "super":
            return self._super(place)
        inside = arguments(path)
        argument = inside[0] if inside else ""
        called = self.call(value, place, argument, line)
        if len(inside) > 1 and isinstance(called, Dependency):
            return Dependency(called.value, ends_early=True)
        return called

    def _display(self, place: Place, shape: str, path: str, line: int) -> Value:
        inside = path[opening(path) + 1 : -1]
        if shape == "tuple":
            return Tuple(tuple(self._value(place, item, line) for item in arguments(path)))
        if shape == "dict":
            return self._mapping(place, inside, line)
        held = self.resolve(place, arguments(path)[0], line) if inside else None
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

    # -- names

    def _name(self, place: Place, name: str, line: int) -> Value:
        table = self.tables[place.path]
        function: FunctionEntry | None = table.functions.get(place.function)
        if place.function != MODULE:
            is_inner = False
            while function is not None:
                found, value = self._local(table, function, place, name, 0 if is_inner else line)
                if found:
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

    def _local(
        self, table: FileTable, function: FunctionEntry, place: Place, name: str, line: int
    ) -> tuple[bool, Value]:
        """Whether `name` is a local name of `function`, and its value."""
        known = self._names_in(function).get(name)
        if self.tracks and function.id != self._working_id:
            self.seen.add(intern(keys.local(function.id, name)))
        if known is None:
            return self._nested(table, function, name)
        parameter, bindings, imported = known
        if parameter >= 0 and (not bindings or (line and bindings[0].line > line)):
            item = function.facts.parameters[parameter]
            return True, self._parameter(function, place, item, parameter)
        if bindings:
            chosen = bindings[0]
            for binding in bindings:
                if binding.line <= line or not line:
                    chosen = binding
            here = self._inside(function, place)
            value = self._bound(here, chosen)
            if isinstance(value, Collection) and value.element is None:
                self.seen.add(keys.local(function.id, f"{name}[]"))
                _, added, _ = self._names_in(function).get(f"{name}[]", (-1, [], None))
                held = [self._bound(here, item) for item in added[:_MOST_ADDED]]
                value = Collection(alternatives(held), value.is_mapping)
            return True, value
        if imported is not None:
            return True, self.imported(place.path, imported)
        return False, None

    def _inside(self, function: FunctionEntry, place: Place) -> Place:
        """The body of `function`, as seen from `place`: the very place worked at where it is that."""
        working = self._working_place
        if working is not None and function.id == self._working_id and place.types == working.types:
            return working
        return Place(place.path, function.id.rpartition(":")[2], "", place.types)

    def _nested(self, table: FileTable, function: FunctionEntry, name: str) -> tuple[bool, Value]:
        """A function or class defined inside `function`."""
        nested = f"{function.id.rpartition(':')[2]}.{name}"
        if self.tracks:
            self.seen.add(intern(f"{table.path}:{nested}"))
        if nested in table.functions:
            return True, Function(table.functions[nested].id)
        if nested in table.classes:
            return True, Class(table.classes[nested].id)
        return False, None

    def _names_in(self, function: FunctionEntry) -> dict[str, _LocalName]:
        """The names that a function binds itself."""
        item = function.facts
        known = self._locals.get(function.id)
        if known is not None and known[0] is item:
            return known[1]
        names: dict[str, _LocalName] = {}
        for imported in item.imports:
            names[imported.name] = (-1, [], imported)
        for binding in item.bindings:
            parameter, bindings, outside = names.get(binding.name, (-1, [], None))
            names[binding.name] = (parameter, [*bindings, binding], outside)
        for index, parameter_facts in enumerate(item.parameters):
            _, bindings, outside = names.get(parameter_facts.name, (-1, [], None))
            names[parameter_facts.name] = (index, bindings, outside)
        if len(self._locals) > _MOST_LOCALS:
            self._locals.clear()
        self._locals[function.id] = (item, names)
        return names

    def _bound(self, here: Place, binding: facts.Binding) -> Value:
        name, line, path = binding.name, binding.line, binding.path
        key = f"{here.path}:{here.function}:{name}:{line}"
        if key in self._open:
            self._cut = True
            return None
        self._open.add(key)
        try:
            return self._either(here, path, max(line - 1, 1) if name in path else line)
        finally:
            self._open.discard(key)

    def _parameter(
        self, function: FunctionEntry, place: Place, parameter: Parameter, index: int
    ) -> Value:
        item = function.facts
        if index == 0 and item.owner and not parameter.annotation:
            self.seen.add(function.id)  # its decorators say what the first parameter is
            entry = self.tables[function.path].classes.get(item.owner)
            if entry is not None and not self._is_static(item):
                is_class = item.name in ("__new__", "__init_subclass__", "__class_getitem__")
                if is_class or any(d.target == "classmethod" for d in item.decorators):
                    return Class(entry.id)
                return Instance(entry.id, tuple(value for _, value in place.types))
        here = Place(function.path, item.parent or MODULE, "", place.types)
        value: Value = None
        if parameter.annotation:
            value = self.instance_of(here, parameter.annotation)
        if value is None and parameter.default and parameter.default[0] not in "'#":
            default = self.resolve(here, parameter.default)
            value = self._injected(default) if isinstance(default, Dependency) else default
        if parameter.star == "*":
            return Collection(value)
        return Collection(value, is_mapping=True) if parameter.star == "**" else value

    @staticmethod
    def _is_static(item: facts.FunctionFacts) -> bool:
        return any(decorator.target == "staticmethod" for decorator in item.decorators)

    def _injected(self, dependency: Dependency) -> Value:
        """What FastAPI passes for `Depends(callable)`."""
        value = dependency.value
        if value is None:
            return None
        result = self.call(value, None)
        if isinstance(result, Coroutine):
            result = result.value
        if isinstance(result, Context):
            return result.value
        if isinstance(result, Collection) and isinstance(value, Function):
            entry = self.function(value.id)
            if entry is not None and entry.facts.flags & facts.GENERATOR:
                return result.element
        return result

    # -- symbols of modules

    def symbol(self, path: str, name: str) -> Value:
        """The value of a module-level name of a file."""
        key = f"{path}:{name}"
        value: Value = self._recall(self._symbols, key, lambda: self._find_symbol(path, name))
        return value

    def _recall(self, memory: _Memory, key: str, find: Callable[[], Any]) -> Any:
        """What `find` gives, remembered under `key` with what it looked at.

        None where `key` is being found already. An answer found in a circle holds only for who does not
        stand in that circle himself: so no answer depends on what was asked before it.
        """
        known = memory.get(key)
        if known is not None and (
            known[3] == self.changes.revision or self._still_holds(memory, key, known)
        ):
            value, seen, is_circular, _ = known
            if not is_circular or self._open.isdisjoint(seen):
                self.seen.update(seen)
                return value
        if key in self._open or len(self._open) > _LONGEST_CHAIN:
            self.seen.add(key)
            self._cut = True
            return None
        return self._find(memory, intern(key), find)

    def _still_holds(
        self, memory: _Memory, key: str, known: tuple[Any, tuple[str, ...], bool, int]
    ) -> bool:
        """Whether nothing changed that an older answer looked at; if so it is known to hold now."""
        value, seen, is_circular, revision = known
        if self.changes.since(revision, seen):
            del memory[key]
            return False
        memory[key] = (value, seen, is_circular, self.changes.revision)
        return True

    def _find(self, memory: _Memory, key: str, find: Callable[[], Any]) -> Any:
        self._open.add(key)
        outer = self.set_apart()
        self.seen.add(key)
        outer_cut, self._cut = self._cut, False
        outer_depth, self._depth = self._depth, 0
        try:
            value = find()
        finally:
            self._open.discard(key)
            mine = self.go_on(outer)
            self.seen |= mine
            self._depth = outer_depth
            was_cut, self._cut = self._cut, outer_cut or (self._cut and bool(self._open))
        if not was_cut or not self._open:
            kept = tuple(mine) if self.tracks or was_cut else ()
            memory[key] = (value, kept, was_cut, self.changes.revision)
        return value

    def _find_symbol(self, path: str, name: str) -> Value:
        table = self.tables[path]
        entry = table.functions.get(name)
        if entry is not None and not entry.facts.owner:
            return Function(entry.id)
        if name in table.classes:
            return Class(table.classes[name].id)
        place = Place(path)
        bound = table.bindings.get(name)
        if bound:
            known = [self.resolve(place, item) for item in bound if item != UNKNOWN]
            value = alternatives(known)
            if value is not None:
                return self._with_added(value, table, f"{name}[]")
        for function, line, item in table.global_bindings.get(name, ()):
            if item != UNKNOWN:
                value = self.resolve(Place(path, function), item, line)
                if value is not None:
                    return value
        if bound and any(item != UNKNOWN for item in bound):
            return None
        for imported in table.imports.get(name, ()):
            value = self.imported(path, imported)
            if value is not None:
                return value
        if table.is_package and self.modules.is_module(f"{table.stem}/{name}"):
            return Module(f"{table.stem}/{name}")
        return self._starred(table, name)

    def _with_added(self, value: Value, table: FileTable, name: str) -> Value:
        """A module's container with what is put into it later, by assignment or `append`."""
        if not isinstance(value, Collection) or value.element is not None:
            return value
        self.seen.add(f"{table.path}:{name}")
        found: list[Value] = []
        for function, line, path in table.global_bindings.get(name, ())[:_MOST_ADDED]:
            place = Place(table.path, function)
            found.append(self.resolve(place, path, line) or self._registered(place, path))
        return Collection(alternatives(found), value.is_mapping)

    def _registered(self, place: Place, name: str) -> Value:
        """The functions under a decorator that puts its parameter `name` into a registry."""
        table = self.tables[place.path]
        inner = table.functions.get(place.function)
        self.seen.add(f"{place.path}:{place.function}{keys.PARAMETERS}")
        if inner is None or not any(item.name == name for item in inner.facts.parameters):
            return None
        decorators = {inner.id, f"{place.path}:{inner.facts.parent}"}
        found: list[Value] = []
        for decorator in (inner.facts.name, inner.facts.parent):
            for entry, target in self._under(decorator) if decorator else ():
                value = self.resolve(Place(entry.path, entry.facts.parent or MODULE), target)
                if isinstance(value, Function) and value.id in decorators:
                    found.append(Function(entry.id))
        return alternatives(found)

    def _under(self, name: str) -> list[tuple[FunctionEntry, str]]:
        """Every function of the project under a decorator called `name`, with its whole path."""
        self.seen.add(f"decorated:{name}")
        known = self._decorated.get(name)
        if known is None:
            known = self._decorated[name] = [
                (entry, decorator.target)
                for table in self.tables.values()
                for entry in table.functions.values()
                for decorator in entry.facts.decorators
                if decorator.target.rpartition(".")[2] == name
            ]
        return known

    def _starred(self, table: FileTable, name: str) -> Value:
        self.seen.add(intern(f"{table.path}:*"))
        for star in table.stars:
            stem = self._stem(table.path, star.level, star.module)
            if stem is not None and stem in self.modules.paths:
                value = self.symbol(self.modules.paths[stem], name)
                if value is not None:
                    return value
        return None

    def _stem(self, importer: str, level: int, module: str) -> str | None:
        if level:
            return self.modules.relative(importer, level, module)
        return self.modules.absolute(importer, module)

    def imported(self, importer: str, item: Import) -> Value:
        """What an import statement in `importer` binds."""
        stem = self._stem(importer, item.level, item.module)
        if item.attribute == ".":  # `import a.b` binds a
            top = item.module.partition(".")[0]
            stem = self.modules.absolute(importer, top)
            return External(top) if stem is None else Module(stem)
        if not item.attribute:
            return Module(stem) if stem is not None else self._outside(item.level, item.module)
        if stem is None:
            if not item.level and self._is_missing(importer, item.module):
                return None
            return self._outside(item.level, f"{item.module}.{item.attribute}")
        return self.attribute(Module(stem), item.attribute)

    def _is_missing(self, importer: str, module: str) -> bool:
        """Whether `module` would be in a package of the project, and is not there."""
        package = self.modules.absolute(importer, module.partition(".")[0])
        return package is not None and package in self.modules.paths

    def _outside(self, level: int, name: str) -> Value:
        return None if level else External(name)

    # -- attributes

    def attribute(self, owner: Value, name: str) -> Value:
        """What `owner.name` is; the steps `await`, `for` and `with` are asked for by name too."""
        if name == "await":
            return self._awaited(owner)
        if name == "for":
            return self.item(owner)
        if name == "with":
            return self._entered(owner)
        kind = owner.__class__
        if kind is External or kind is ExternalInstance:
            return self._outside_attribute(owner, name)  # type: ignore[arg-type] # the class was just compared
        if kind is Module:
            return self._module_attribute(owner.stem, name)  # type: ignore[union-attr] # as above
        if kind is Instance or kind is Class:
            return self._member(owner, name)  # type: ignore[arg-type] # as above
        if kind is Super:
            return self._super_member(owner.id, name)  # type: ignore[union-attr] # as above
        if kind is Alternatives:
            return alternatives([self.attribute(value, name) for value in owner.values])  # type: ignore[union-attr] # as above
        if kind is Collection:
            return builtin_values.collection_member(owner, name)  # type: ignore[arg-type] # as above
        if kind is Annotated:
            return self.attribute(owner.type, name)  # type: ignore[union-attr] # as above
        return None

    def _module_attribute(self, stem: str, name: str) -> Value:
        path = self.modules.paths.get(stem)
        if path is not None:
            value = self.symbol(path, name)
            if value is not None:
                return value
        inner = f"{stem}/{name}"
        return Module(inner) if self.modules.is_module(inner) else None

    def _outside_attribute(self, owner: External | ExternalInstance, name: str) -> Value:
        full = owner.name
        if owner.__class__ is External:
            given = self.knowledge.result(full)
            if given is not None:
                return self.attribute(self.described(given), name)
        if full.endswith(".state"):
            self.seen.add(f"state:{name}")
            if name in self.state:
                return alternatives(
                    [self.resolve(place, path, line) for place, line, path in self.state[name]]
                )
        return External(f"{self.knowledge.canonical(full)}.{name}")

    def _member(self, owner: Instance | Class, name: str) -> Value:
        if name == "__class__":
            return Class(owner.id, owner.arguments)
        found = self.member(owner.id, name, owner.arguments)
        if found is None:
            return self._outside_member(owner, name)
        entry, types = found
        if isinstance(entry, FunctionEntry):
            return self._method(owner, entry, types)
        return self._attribute_value(*entry, types)

    def _method(
        self, owner: Instance | Class, entry: FunctionEntry, types: tuple[tuple[str, Value], ...]
    ) -> Value:
        receiver: Value = Instance(owner.id, owner.arguments)
        if types:
            receiver = Instance(f"{entry.path}:{entry.facts.owner}", tuple(v for _, v in types))
        method = Function(entry.id, receiver)
        if isinstance(owner, Instance) and is_property(entry.facts):
            return self.result(method)
        return method

    def _attribute_value(
        self,
        class_entry: ClassEntry,
        name: str,
        types: tuple[tuple[str, Value], ...],
    ) -> Value:
        self.seen.add(intern(f"{class_entry.id}.{name}"))
        key = f"{class_entry.id}.{name}|{types!r}" if types else f"{class_entry.id}.{name}"
        value: Value = self._recall(
            self._symbols, key, lambda: self._find_attribute(class_entry, name, types)
        )
        return value

    def _find_attribute(
        self, entry: ClassEntry, name: str, types: tuple[tuple[str, Value], ...]
    ) -> Value:
        found: list[Value] = []
        self.seen.add(intern(f"{entry.id}.{name}"))
        place = Place(entry.path, entry.facts.parent or MODULE, entry.facts.qualname, types)
        for path in entry.attributes.get(name, ()):
            value = None if path == UNKNOWN else self.resolve(place, path)
            if value is not None and path.startswith(":("):
                return value
            found.append(value)
        found.extend(
            [self._self_value(entry, item, types) for item in entry.self_attributes.get(name, ())]
        )
        value = alternatives(found)
        if not isinstance(value, Collection) or value.element is not None:
            return value
        self.seen.add(f"{entry.id}.{name}[]")
        added = entry.self_attributes.get(f"{name}[]", ())
        held = [
            self._self_value(entry, item, types)
            or self._registered(Place(entry.path, item.method), item.path)
            for item in added[:_MOST_ADDED]
        ]
        return Collection(alternatives(held), value.is_mapping)

    def _self_value(
        self, entry: ClassEntry, item: SelfAttribute, types: tuple[tuple[str, Value], ...]
    ) -> Value:
        if item.path == UNKNOWN:
            return None
        return self.resolve(Place(entry.path, item.method, "", types), item.path, item.line)

    def member(
        self, class_id: str, name: str, given: tuple[Value, ...] = ()
    ) -> tuple[FunctionEntry | tuple[ClassEntry, str], tuple[tuple[str, Value], ...]] | None:
        """Where class `class_id` or a class it inherits from defines `name`.

        Gives the method, or the class that has the attribute; and what the type variables stand for there.
        """
        if given:
            return self._member_in(class_id, name, given, set())
        key = f"{class_id}.{name}<member>"
        if key in self._open:
            return self._member_in(class_id, name, given, set())
        found: Member | None = self._recall(
            self._members, key, lambda: self._member_in(class_id, name, (), set())
        )
        return self._current(found) if found is not None else None

    def method(
        self, class_id: str, name: str, given: tuple[Value, ...] = ()
    ) -> FunctionEntry | None:
        """The function that `name` is on objects of a class; None for what is no method."""
        found = self.member(class_id, name, given)
        return found[0] if found is not None and isinstance(found[0], FunctionEntry) else None

    def _current(self, member: Member) -> Member | None:
        """A remembered member as it is now: its lines may have moved since."""
        entry, types = member
        if isinstance(entry, FunctionEntry):
            function = self.function(entry.id)
            return (function, types) if function is not None else None
        owner = self.class_(entry[0].id)
        return ((owner, entry[1]), types) if owner is not None else None

    def _member_in(
        self, class_id: str, name: str, given: tuple[Value, ...], visited: set[str]
    ) -> tuple[FunctionEntry | tuple[ClassEntry, str], tuple[tuple[str, Value], ...]] | None:
        if class_id in visited:
            return None
        visited.add(class_id)
        self.seen.add(intern(f"{class_id}.{name}"))
        entry = self.class_(class_id)
        if entry is None:
            return None
        types = self.type_arguments(entry, given)
        if name in entry.methods:
            method = self.tables[entry.path].functions[entry.methods[name]]
            return method, types
        if name in entry.attributes or name in entry.self_attributes:
            return (entry, name), types
        for base in self.bases(entry, types):
            if isinstance(base, Class):
                found = self._member_in(base.id, name, base.arguments, visited)
                if found is not None:
                    return found
        return None

    def bases(self, entry: ClassEntry, types: tuple[tuple[str, Value], ...] = ()) -> list[Value]:
        """The base classes of a class, as far as known."""
        key = intern(f"{entry.id}<bases>")
        self.seen.add(key)
        if types or not entry.facts.bases or key in self._open:
            return self._find_bases(entry, types)
        found: list[Value] | None = self._recall(
            self._members, key, lambda: self._find_bases(entry, types)
        )
        return found or []

    def _find_bases(self, entry: ClassEntry, types: tuple[tuple[str, Value], ...]) -> list[Value]:
        place = Place(entry.path, entry.facts.parent or MODULE, "", types)
        found: list[Value] = []
        for path in entry.facts.bases:
            found.extend(each(self.resolve(place, path)))
        return found

    def type_arguments(
        self, entry: ClassEntry, given: tuple[Value, ...]
    ) -> tuple[tuple[str, Value], ...]:
        """Type variables of a class with what is given for them, in their order."""
        if not given:
            return ()
        names: dict[str, None] = {}
        for path in entry.facts.bases:
            if path.endswith("]"):
                for item in arguments(path):
                    if item.isidentifier():
                        names[item] = None
        return tuple(zip(names, given, strict=False))

    def _outside_member(self, owner: Instance | Class, name: str) -> Value:
        """A member that only a base outside the project can define."""
        for base in self.outside_bases(owner.id):
            full = self.knowledge.canonical(f"{base}.{name}")
            described = self.knowledge.result(full)
            if described == "Self":
                return Factory(Instance(owner.id, owner.arguments))
            if self.knowledge.entries(full) or described is not None:
                return External(full)
        return None

    def outside_bases(self, class_id: str, visited: set[str] | None = None) -> list[str]:
        """Names of the classes outside the project that a class inherits from."""
        visited = visited if visited is not None else set()
        entry = self.class_(class_id)
        if entry is None or class_id in visited:
            return []
        visited.add(class_id)
        found: list[str] = []
        for base in self.bases(entry):
            if isinstance(base, External):
                found.append(self.knowledge.canonical(base.name))
            elif isinstance(base, Class):
                found.extend(self.outside_bases(base.id, visited))
        return found

    def _super(self, place: Place) -> Value:
        entry = self.tables[place.path].functions.get(place.function)
        while entry is not None and not entry.facts.owner:
            entry = self.tables[place.path].functions.get(entry.facts.parent)
        return Super(f"{place.path}:{entry.facts.owner}") if entry is not None else None

    def inherited(
        self, class_id: str, name: str
    ) -> tuple[FunctionEntry | tuple[ClassEntry, str], tuple[tuple[str, Value], ...]] | None:
        """Where a class that `class_id` inherits from defines `name`."""
        entry = self.class_(class_id)
        for base in self.bases(entry) if entry is not None else ():
            found = self.member(base.id, name, base.arguments) if isinstance(base, Class) else None
            if found is not None:
                return found
        return None

    def _super_member(self, class_id: str, name: str) -> Value:
        entry = self.class_(class_id)
        if entry is None:
            return None
        for base in self.bases(entry):
            if isinstance(base, Class):
                value = self._member(Instance(base.id, base.arguments), name)
            elif isinstance(base, External):
                value = self._outside_attribute(ExternalInstance(base.name), name)
                if not self.knowledge.entries(getattr(value, "name", "")):
                    value = None
            else:
                value = None
            if value is not None:
                return value
        return None

    # -- calls, items, awaits

    def call(self, callee: Value, place: Place | None, argument: str = "", line: int = 0) -> Value:
        """What calling `callee` gives; `argument` is the path of its first argument, if it matters."""
        kind = callee.__class__
        if kind is Class:
            return Instance(callee.id, callee.arguments)  # type: ignore[union-attr] # the class was just compared
        if kind is Function:
            return self.result(callee)  # type: ignore[arg-type] # as above
        if kind is External:
            return self._outside_call(callee.name, place, argument, line)  # type: ignore[union-attr] # as above
        if kind is Instance:
            method = self._member(callee, "__call__")  # type: ignore[arg-type] # as above
            return self.call(method, place) if isinstance(method, Function) else None
        if kind is Factory:
            return callee.value  # type: ignore[union-attr] # as above
        if kind is Alternatives:
            return alternatives([self.call(v, place, argument, line) for v in callee.values])  # type: ignore[union-attr] # as above
        if kind is Offloaded:
            result = self.call(callee.value, place)  # type: ignore[union-attr] # as above
            return result if isinstance(result, Coroutine) else Coroutine(result)
        if kind is ExternalInstance:
            return self._outside_call(f"{callee.name}.__call__", place, argument, line)  # type: ignore[union-attr] # as above
        return None

    def _outside_call(self, name: str, place: Place | None, argument: str, line: int) -> Value:
        name = self.knowledge.canonical(name)
        given: Value = None
        if argument and place is not None:
            given = self.resolve(place, argument, line)
        special = builtin_values.special_call(name, given)
        if special is not None:
            return special
        offload = self.knowledge.entry(name, "offload")
        if offload is not None and given is not None:
            if offload.form == "wrap":
                return Offloaded(given, offload.to)
            result = self.call(given, place)
            return result if isinstance(result, Coroutine) else Coroutine(result, name)
        if name in _TRANSPARENT:
            return given
        described = self.knowledge.result(name)
        value = self.described(described) if described is not None else ExternalInstance(name)
        if self.knowledge.entry(name, "awaitable") is not None and not isinstance(value, Coroutine):
            return Coroutine(value if described is not None else None, name)
        return value

    def described(self, text: str) -> Value:
        """The value that a `[returns]` entry describes: `a.B`, `list[a.B]`, `awaitable[a.B]`."""
        head, bracket, rest = text.partition("[")
        if not bracket:
            return ExternalInstance(self.knowledge.canonical(text))
        inner = self.described(rest[:-1])
        if head == "awaitable":
            return Coroutine(inner)
        if head == "callable":
            return Factory(inner)
        return Collection(inner, is_mapping=head == "dict")

    def result(self, function: Function) -> Value:
        """What calling a function of the project gives."""
        entry = self.function(function.id)
        self.seen.add(function.id)
        if entry is None:
            return None
        types: tuple[tuple[str, Value], ...] = ()
        receiver = function.receiver
        if isinstance(receiver, Instance) and receiver.arguments:
            owner = self.class_(receiver.id)
            types = self.type_arguments(owner, receiver.arguments) if owner is not None else ()
        key = f"{function.id}()" if not types else f"{function.id}(){types!r}"
        value: Value = self._recall(self._results, key, lambda: self._find_result(entry, types))
        return value

    def _find_result(self, entry: FunctionEntry, types: tuple[tuple[str, Value], ...]) -> Value:
        item = entry.facts
        self.seen.add(entry.id)
        is_generator = bool(item.flags & facts.GENERATOR)
        value = self._returned(entry, types, is_generator)
        if is_generator:
            held = value.element if isinstance(value, Collection) else value
            if is_context(entry.facts):
                return Context(held)
            return value if isinstance(value, Collection) else Collection(held)
        if item.flags & facts.ASYNC:
            return Coroutine(value, entry.id)
        return Coroutine(value, entry.id) if self.is_offloading(entry) else value

    def _returned(
        self, entry: FunctionEntry, types: tuple[tuple[str, Value], ...], is_generator: bool
    ) -> Value:
        item = entry.facts
        outer = Place(entry.path, item.parent or MODULE, "", types)
        declared: Value = None
        if item.returns:
            declared = self.instance_of(outer, item.returns, self_class=self._owner_id(entry))
            if declared is not None and not isinstance(declared, Factory):
                return declared
        here = Place(entry.path, entry.id.rpartition(":")[2], "", types)
        paths = item.yields if is_generator else item.results
        value = alternatives([self.resolve(here, path, item.end_line) for path in paths[:12]])
        if value is None:
            value = declared
        return Collection(value) if is_generator else value

    def _owner_id(self, entry: FunctionEntry) -> str:
        return f"{entry.path}:{entry.facts.owner}" if entry.facts.owner else ""

    def _has_offloading_decorator(self, entry: FunctionEntry) -> bool:
        self.seen.add(entry.id)
        place = Place(entry.path, entry.facts.parent or MODULE)
        for decorator in entry.facts.decorators:
            value = self.resolve(place, decorator.target)
            if isinstance(value, External):
                offload = self.knowledge.entry(value.name, "offload")
                if offload is not None and offload.form == "wrap":
                    return True
        return False

    def _awaited(self, value: Value) -> Value:
        if isinstance(value, Coroutine):
            return value.value
        if isinstance(value, ExternalInstance | Tuple | Collection):
            return value  # what `gather` gives is written as the results it awaits
        if isinstance(value, Alternatives):
            return alternatives([self._awaited(item) for item in value.values])
        return None

    def item(self, value: Value) -> Value:
        """What iterating over `value` gives."""
        if isinstance(value, Collection):
            return None if value.is_mapping else value.element
        if isinstance(value, Tuple):
            return alternatives(list(value.elements))
        if isinstance(value, Instance):
            return self._iterated(value)
        if isinstance(value, External | ExternalInstance):
            described = self.knowledge.result(f"{value.name}.__iter__")
            return self.described(described) if described is not None else None
        return None

    def _iterated(self, value: Instance) -> Value:
        for name in ("__iter__", "__aiter__"):
            method = self._member(value, name)
            if not isinstance(method, Function):
                continue
            result = self.call(method, None)
            if isinstance(result, Collection):
                return result.element
            if isinstance(result, Instance):
                step = self._member(result, name.replace("iter", "next"))
                given = self.call(step, None) if isinstance(step, Function) else None
                return given.value if isinstance(given, Coroutine) else given
        return None

    def _item(self, place: Place, value: Value, key: str) -> Value:
        if value is None:
            return None
        kind = value.__class__
        if kind is Class or kind is External:
            return self._generic(place, value, key)
        if isinstance(value, Tuple):
            if key.lstrip("-").isdigit() and -len(value.elements) <= int(key) < len(value.elements):
                return value.elements[int(key)]
            return None
        if isinstance(value, Collection):
            return next((held for name, held in value.named if name == key[1:]), value.element)
        if isinstance(value, Alternatives):
            return alternatives([self._item(place, item, key) for item in value.values])
        if isinstance(value, Instance):
            method = self._member(value, "__getitem__")
            return self.call(method, None) if isinstance(method, Function) else None
        if isinstance(value, ExternalInstance):
            described = self.knowledge.result(f"{value.name}[]")
            return self.described(described) if described is not None else None
        return None

    def _generic(self, place: Place, value: Value, key: str) -> Value:
        """`Name[...]`: a generic class, or one of typing's own forms."""
        inside = [unpack(item) for item in split(key, ",")] if key else []
        if isinstance(value, Class):
            given = tuple(self.instance_of(place, item) for item in inside)
            return Class(value.id, given)
        if not isinstance(value, External):
            return None
        tail = value.name.rpartition(".")[2]
        if value.name in _INJECTING and inside:
            return self.resolve(place, inside[0])
        if tail == "Annotated" and inside:
            dependency: Value = None
            for item in inside[1:]:
                found = None if item.startswith("'") else self.resolve(place, item)
                if isinstance(found, Dependency):
                    dependency = found
            base = self.resolve(place, inside[0])
            if dependency is None and isinstance(base, Annotated):
                dependency = base.dependency
            return Annotated(self.instance_of(place, inside[0]), dependency)
        described = self.knowledge.result(f"{value.name}[]")
        if described is not None:
            return self.described(described)
        return builtin_values.generic(value, [self.instance_of(place, item) for item in inside])

    def _entered(self, value: Value) -> Value:
        if isinstance(value, Context):
            return value.value
        if isinstance(value, Instance):
            return self._entered_instance(value)
        if isinstance(value, Coroutine):
            return self._entered(value.value)
        if isinstance(value, Alternatives):
            return alternatives([self._entered(item) for item in value.values])
        if isinstance(value, External | ExternalInstance):
            described = self.knowledge.entered(value.name)
            return self.described(described) if described is not None else value
        return None

    def _entered_instance(self, value: Instance) -> Value:
        for name in ("__enter__", "__aenter__"):
            method = self.method(value.id, name, value.arguments)
            if method is not None:
                result = self.result(Function(method.id, value))
                result = result.value if isinstance(result, Coroutine) else result
                return result if result is not None else value
        return value if self.outside_bases(value.id) else None

    # -- what FastAPI and decorators make of functions

    def is_offloading(self, entry: FunctionEntry) -> bool:
        """Whether calling the function runs it in a thread: `@sync_to_async` and its like."""
        if not entry.facts.decorators:
            return False
        key = f"{entry.id}<offloads>"
        self.seen.add(entry.id)
        found: bool = self._recall(
            self._members, key, lambda: self._has_offloading_decorator(entry)
        )
        return bool(found)

    def dependencies(self, place: Place, parameter: Parameter) -> list[Value]:
        """What FastAPI calls to fill `parameter`."""
        found: list[Value] = []
        for text in (parameter.default, parameter.annotation):
            if not text or text[0] in "'#":
                continue
            for value in each(self.resolve(place, text)):
                dependency = value.dependency if isinstance(value, Annotated) else value
                if isinstance(dependency, Dependency):
                    target = dependency.value
                    if target is None and parameter.annotation:
                        target = self._declared_class(place, parameter.annotation)
                    found.append(target)
        return found

    def _declared_class(self, place: Place, annotation: str) -> Value:
        """The class in an annotation: what `Depends()` without an argument stands for."""
        value = self.resolve(place, annotation)
        if isinstance(value, Annotated):
            value = Class(value.type.id) if isinstance(value.type, Instance) else None
        return value if isinstance(value, Class) else None

    # -- annotations

    def instance_of(self, place: Place, path: str, self_class: str = "") -> Value:
        """An object of the type that the annotation `path` names."""
        parts = split(path, "|") if "|" in path else ()
        if len(parts) > 1:
            return alternatives([self.instance_of(place, part, self_class) for part in parts])
        if path == UNKNOWN or not path:
            return None
        for name, value in place.types:
            if name == path:
                return value
        tail = path.rpartition(".")[2]
        if tail == "Self" and self_class:
            return Instance(self_class)
        return self._instance(self.resolve(place, path), place)

    def _instance(self, value: Value, place: Place) -> Value:
        kind = value.__class__
        if kind is Class:
            return Instance(value.id, value.arguments)  # type: ignore[union-attr] # the class was just compared
        if kind is External:
            name = self.knowledge.canonical(value.name)  # type: ignore[union-attr] # as above
            return None if name in builtin_values.UNTYPED else builtin_values.instance(name)
        if kind is Annotated:
            if value.type is not None:  # type: ignore[union-attr] # as above
                return value.type  # type: ignore[union-attr] # as above
            dependency = value.dependency  # type: ignore[union-attr] # as above
            return self._injected(dependency) if isinstance(dependency, Dependency) else None
        if kind is Alternatives:
            return alternatives([self._instance(item, place) for item in value.values])  # type: ignore[union-attr] # as above
        if kind is Collection or kind is Tuple or kind is Factory or kind is Coroutine:
            return value
        if kind is ExternalInstance and value.name.rpartition(".")[2] == "NewType":  # type: ignore[union-attr] # as above
            return None
        return None


def is_vague(declared: Value, given: Value) -> bool:
    """Whether a declared type says less than the value given with it: `Callable`, or a base class."""
    if isinstance(declared, Collection) and isinstance(given, Collection):
        return is_vague(declared.element, given.element)
    if declared is None or isinstance(declared, Factory):
        return given is not None
    return isinstance(declared, Instance) and isinstance(given, Instance)


def is_context(item: facts.FunctionFacts) -> bool:
    """Whether a generator function makes a context manager."""
    return any(
        decorator.target.rpartition(".")[2] in ("contextmanager", "asynccontextmanager")
        for decorator in item.decorators
    )


def is_property(item: facts.FunctionFacts) -> bool:
    """Whether reading the method as an attribute runs it."""
    return any(decorator.target.rpartition(".")[2] in _PROPERTIES for decorator in item.decorators)
