"""What names mean at module level: definitions, assignments, imports, stars."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import TYPE_CHECKING

from unlag.project import keys
from unlag.project.answers import Memory
from unlag.project.place import Place
from unlag.project.table import FileTable, FunctionEntry
from unlag.project.values import (
    MOST_ADDED,
    Class,
    Collection,
    External,
    Function,
    Module,
    Value,
    alternatives,
)
from unlag.source.facts import Import
from unlag.source.paths import UNKNOWN
from unlag.source.scopes import MODULE

if TYPE_CHECKING:
    from unlag.project.resolver import Resolver


class Symbols:
    """Module-level names of all files."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._symbols: Memory = resolver.memory()
        self._decorated: dict[str, list[tuple[FunctionEntry, str]]] = {}

    def symbol(self, path: str, name: str) -> Value:
        """The value of a module-level name of a file."""
        key = f"{path}:{name}"
        known = self._resolver.known(self._symbols, key)
        if known is not None:
            return known[0]  # type: ignore[no-any-return] # what this memory holds
        value: Value = self._resolver.recall(
            self._symbols, key, lambda: self._find_symbol(path, name)
        )
        return value

    def _find_symbol(self, path: str, name: str) -> Value:
        table = self._resolver.tables[path]
        entry = table.functions.get(name)
        if entry is not None and not entry.facts.owner:
            return Function(entry.id)
        if name in table.classes:
            return Class(table.classes[name].id)
        place = Place(path)
        bound = table.bindings.get(name)
        if bound:
            known = [self._resolver.resolve(place, item) for item in bound if item != UNKNOWN]
            value = alternatives(known)
            if value is not None:
                return self._with_added(value, table, f"{name}[]")
        for function, line, item in table.global_bindings.get(name, ()):
            if item != UNKNOWN:
                value = self._resolver.resolve(Place(path, function), item, line)
                if value is not None:
                    return value
        if bound and any(item != UNKNOWN for item in bound):
            return None
        for imported in table.imports.get(name, ()):
            value = self.imported(path, imported)
            if value is not None:
                return value
        if table.is_package and self._resolver.modules.is_module(f"{table.stem}/{name}"):
            return Module(f"{table.stem}/{name}")
        return self._starred(table, name)

    def _with_added(self, value: Value, table: FileTable, name: str) -> Value:
        """A module's container with what is put into it later, by assignment or `append`."""
        if not isinstance(value, Collection) or value.element is not None:
            return value
        self._resolver.seen.add(f"{table.path}:{name}")
        found: list[Value] = []
        for function, line, path in table.global_bindings.get(name, ())[:MOST_ADDED]:
            place = Place(table.path, function)
            found.append(self._resolver.resolve(place, path, line) or self.registered(place, path))
        return Collection(alternatives(found), value.is_mapping)

    def registered(self, place: Place, name: str) -> Value:
        """The functions under a decorator that puts its parameter `name` into a registry."""
        table = self._resolver.tables[place.path]
        inner = table.functions.get(place.function)
        self._resolver.seen.add(f"{place.path}:{place.function}{keys.PARAMETERS}")
        if inner is None or not any(item.name == name for item in inner.facts.parameters):
            return None
        decorators = {inner.id, f"{place.path}:{inner.facts.parent}"}
        found: list[Value] = []
        for decorator in (inner.facts.name, inner.facts.parent):
            for entry, target in self._under(decorator) if decorator else ():
                value = self._resolver.resolve(
                    Place(entry.path, entry.facts.parent or MODULE), target
                )
                if isinstance(value, Function) and value.id in decorators:
                    found.append(Function(entry.id))
        return alternatives(found)

    def _under(self, name: str) -> list[tuple[FunctionEntry, str]]:
        """Every function of the project under a decorator called `name`, with its whole path."""
        self._resolver.seen.add(f"decorated:{name}")
        known = self._decorated.get(name)
        if known is None:
            known = self._decorated[name] = [
                (entry, decorator.target)
                for table in self._resolver.tables.values()
                for entry in table.functions.values()
                for decorator in entry.facts.decorators
                if decorator.target.rpartition(".")[2] == name
            ]
        return known

    def _starred(self, table: FileTable, name: str) -> Value:
        self._resolver.seen.add(intern(f"{table.path}:*"))
        for star in table.stars:
            stem = self._stem(table.path, star.level, star.module)
            if stem is not None and stem in self._resolver.modules.paths:
                value = self.symbol(self._resolver.modules.paths[stem], name)
                if value is not None:
                    return value
        return None

    def _stem(self, importer: str, level: int, module: str) -> str | None:
        if level:
            return self._resolver.modules.relative(importer, level, module)
        return self._resolver.modules.absolute(importer, module)

    def imported(self, importer: str, item: Import) -> Value:
        """What an import statement in `importer` binds."""
        stem = self._stem(importer, item.level, item.module)
        if item.attribute == ".":  # `import a.b` binds a
            top = item.module.partition(".")[0]
            stem = self._resolver.modules.absolute(importer, top)
            return External(top) if stem is None else Module(stem)
        if not item.attribute:
            return Module(stem) if stem is not None else self._outside(item.level, item.module)
        if stem is None:
            if not item.level and self._is_missing(importer, item.module):
                return None
            return self._outside(item.level, f"{item.module}.{item.attribute}")
        return self._resolver.attribute(Module(stem), item.attribute)

    def _is_missing(self, importer: str, module: str) -> bool:
        """Whether `module` would be in a package of the project, and is not there."""
        package = self._resolver.modules.absolute(importer, module.partition(".")[0])
        return package is not None and package in self._resolver.modules.paths

    def _outside(self, level: int, name: str) -> Value:
        return None if level else External(name)

    def forget(self, changed: Iterable[str]) -> None:
        """Some look-ups may have another answer: which functions stand under which decorators, too."""
        for key in changed:
            if key.startswith("decorated:"):
                self._decorated.pop(key.partition(":")[2], None)
