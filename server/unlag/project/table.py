"""One file's facts, arranged for looking names up."""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import TypeVar

import msgspec

from unlag.source import facts
from unlag.source.facts import (
    Binding,
    Call,
    ClassFacts,
    FileFacts,
    FunctionFacts,
    Import,
    PlacedUnit,
    UnitFacts,
)
from unlag.source.scopes import EMPTY_BODY, MODULE

_ACCESSORS = ("setter", "deleter", "getter", "register")
_Placed = TypeVar("_Placed", Call, facts.Read, facts.Block)


class FunctionEntry(msgspec.Struct, frozen=True, gc=False):
    """A function and where it stands: add `offset` to its lines."""

    id: str
    path: str
    facts: FunctionFacts
    offset: int


class SelfAttribute(msgspec.Struct, frozen=True, gc=False):
    """`self.name = path`, seen in the method `method`."""

    method: str
    line: int
    path: str


class Statement(msgspec.Struct, frozen=True, gc=False):
    """A statement of a class body: add `offset` to its lines."""

    offset: int
    bindings: tuple[Binding, ...]
    calls: tuple[Call, ...]


class ClassEntry(msgspec.Struct, frozen=True):
    """A class with its members gathered from all its units."""

    id: str
    path: str
    facts: ClassFacts
    offset: int
    methods: dict[str, str]
    """Name -> qualified name."""
    attributes: dict[str, tuple[str, ...]]
    """Class attribute -> paths given to it."""
    self_attributes: dict[str, list[SelfAttribute]]
    members: dict[str, Statement]
    """Class attribute -> the statement that sets it last."""


class FileTable:
    """Names of one file. Built once from its facts and never changed."""

    __slots__ = (
        "_called",
        "_repeats",
        "_units",
        "bindings",
        "classes",
        "functions",
        "global_bindings",
        "imports",
        "inner",
        "is_package",
        "lines",
        "local_classes",
        "path",
        "stars",
        "stem",
    )  # fmt: skip

    def __init__(self, path: str, file_facts: FileFacts) -> None:
        self.path = path
        self.stem, self.is_package = stem_of(path)
        self.lines = file_facts.lines
        self.functions: dict[str, FunctionEntry] = {}
        self.classes: dict[str, ClassEntry] = {}
        self._repeats: dict[str, int] = {}
        self.inner: dict[str, list[str]] = {}
        """Function -> qualified names of the functions nested directly in it."""
        self.local_classes: dict[str, list[str]] = {}
        """Function -> qualified names of the classes defined in its body."""
        self.bindings: dict[str, tuple[str, ...]] = {}
        self.global_bindings: dict[str, list[tuple[str, int, str]]] = {}
        """Name -> (function that sets it, line, path) for what functions set outside themselves."""
        self.imports: dict[str, tuple[Import, ...]] = {}
        self.stars: list[Import] = []
        self._units: tuple[PlacedUnit, ...] | None = None  # nobody has edited the file
        self._called: tuple[str, ...] | None = None
        body = _ModuleBody()
        for unit in file_facts.units:
            self._add_unit(unit, body)
        self.functions[MODULE] = FunctionEntry(f"{path}:{MODULE}", path, body.facts(), 0)
        self._add_set_from_outside()

    @staticmethod
    def absent(path: str) -> FileTable:
        """The table of a file that is not there: it has not even a module's body."""
        table = FileTable(path, FileFacts((), 0))
        table.functions.clear()
        return table

    def edited(self, file_facts: FileFacts) -> FileTable:
        """The table of the file's new facts: shares all it can where only functions' bodies are others."""
        functions = self._rewritten(file_facts)
        if functions is None:
            table = FileTable(self.path, file_facts)
        else:
            table = FileTable.__new__(FileTable)
            for name in FileTable.__slots__:
                setattr(table, name, getattr(self, name))
            table.lines = file_facts.lines
            table.functions = {**self.functions, **functions}
            table._called = None
        table._units = file_facts.units
        return table

    def _rewritten(self, file_facts: FileFacts) -> dict[str, FunctionEntry] | None:
        """The functions that are written anew; None where the file has more to it than that."""
        if self._units is None or len(file_facts.units) != len(self._units):
            return None
        found: dict[str, FunctionEntry] = {}
        for old, new in zip(self._units, file_facts.units, strict=True):
            if old.line != new.line or old.owner != new.owner:
                return None
            if old.facts is new.facts:
                continue
            if not _has_same_names(old.facts, new.facts):
                return None
            for item in new.facts.functions:
                known = self.functions[item.qualname]
                if item.qualname in self._repeats or item.qualname in found:
                    return None
                found[item.qualname] = msgspec.structs.replace(known, facts=item)
        return found

    def _add_unit(self, unit: PlacedUnit, body: _ModuleBody) -> None:
        offset = unit.line - 1
        for class_facts in unit.facts.classes:
            self._add_class(class_facts, offset)
        if unit.facts.body is not EMPTY_BODY:
            self._add_body(unit, body)
        for function in unit.facts.functions:
            self._add_function(function, offset)

    def _add_class(self, item: ClassFacts, offset: int) -> None:
        entry = ClassEntry(f"{self.path}:{item.qualname}", self.path, item, offset, {}, {}, {}, {})
        self.classes[item.qualname] = entry
        if item.parent:
            self.local_classes.setdefault(item.parent, []).append(item.qualname)
        _gather(item.attributes, entry.attributes)

    def _add_body(self, unit: PlacedUnit, body: _ModuleBody) -> None:
        item = unit.facts.body
        body.add(item, unit.line - 1)
        if unit.owner:
            owner = self.classes.get(unit.owner)
            if owner is not None:
                _gather(item.bindings, owner.attributes)
                if item.bindings:
                    statement = Statement(unit.line - 1, item.bindings, item.calls)
                    owner.members.update((binding.name, statement) for binding in item.bindings)
        else:
            _gather(item.bindings, self.bindings)
        for imported in item.imports:
            if imported.name == "*":
                self.stars.append(imported)
            else:
                self.imports[imported.name] = (*self.imports.get(imported.name, ()), imported)
        for binding in item.global_bindings:
            self.global_bindings.setdefault(binding.name, []).append(
                (MODULE, binding.line + unit.line - 1, binding.path)
            )

    def _add_function(self, item: FunctionFacts, offset: int) -> None:
        qualname = item.qualname
        is_accessor = any(
            decorator.target.rpartition(".")[2] in _ACCESSORS for decorator in item.decorators
        )
        earlier = self.functions.get(qualname)
        if earlier is not None:
            keeps_earlier = is_accessor or item.flags & facts.OVERLOAD
            qualname = self._free_name(qualname)
            if not keeps_earlier:
                moved = msgspec.structs.replace(earlier, id=f"{self.path}:{qualname}")
                self.functions[qualname] = moved
                qualname = item.qualname
        entry = FunctionEntry(intern(f"{self.path}:{qualname}"), self.path, item, offset)
        self.functions[qualname] = entry
        if item.parent:
            self.inner.setdefault(item.parent, []).append(qualname)
        if item.owner:
            self._add_method(item, qualname)
        for binding in item.global_bindings:
            self.global_bindings.setdefault(binding.name, []).append(
                (qualname, binding.line, binding.path)
            )

    def _add_set_from_outside(self) -> None:
        """Class attributes that functions set by the name of the class: `Settings._instance = Settings()`."""
        for name, items in self.global_bindings.items():
            owner = self.classes.get(name.rpartition(".")[0])
            if owner is not None:
                assigned = [SelfAttribute(*item) for item in items]
                owner.self_attributes.setdefault(name.rpartition(".")[2], []).extend(assigned)

    @property
    def called(self) -> tuple[str, ...]:
        """The last name of everything that is called in the file, as it is written there, each once."""
        if self._called is None:
            targets = {
                call.target for entry in self.functions.values() for call in entry.facts.calls
            }
            # a tuple of interned texts: sets of thousands of files took 5 MiB
            self._called = tuple({intern(target[target.rfind(".") + 1 :]) for target in targets})
        return self._called

    def nested_in(self, qualname: str) -> list[FunctionEntry]:
        """The functions defined inside a function, at any depth."""
        found: list[FunctionEntry] = []
        pending = list(self.inner.get(qualname, ()))
        while pending:
            name = pending.pop()
            found.append(self.functions[name])
            pending.extend(self.inner.get(name, ()))
        return found

    def mentions(self) -> set[str]:
        """Dotted names of every module that the file imports, inside functions too."""
        found: set[str] = set()
        for items in self.imports.values():
            for item in items:
                found.add(item.module)
                if item.attribute not in ("", "."):
                    found.add(f"{item.module}.{item.attribute}")
        for entry in self.functions.values():
            found.update(item.module for item in entry.facts.imports)
        found.discard("")
        return found

    def _free_name(self, qualname: str) -> str:
        number = self._repeats[qualname] = self._repeats.get(qualname, 1) + 1
        return f"{qualname}#{number}"

    def _add_method(self, item: FunctionFacts, qualname: str) -> None:
        owner = self.classes.get(item.owner)
        if owner is None:
            return
        if "#" not in qualname:
            owner.methods[intern(item.name)] = qualname  # classes have many names in common
        for binding in item.self_bindings:
            owner.self_attributes.setdefault(binding.name, []).append(
                SelfAttribute(qualname, binding.line, binding.path)
            )


class _ModuleBody:
    """Gathers the module-level code of all units into one function, with absolute lines."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._reads: list[facts.Read] = []
        self._bindings: list[Binding] = []
        self._blocks: list[facts.Block] = []

    def add(self, body: FunctionFacts, offset: int) -> None:
        self._calls.extend([_shifted(call, offset) for call in body.calls])
        self._reads.extend([_shifted(read, offset) for read in body.reads])
        self._blocks.extend([_shifted(block, offset) for block in body.blocks])
        for binding in body.bindings:
            beside = tuple((first + offset, last + offset) for first, last in binding.beside)
            line = binding.line + offset
            self._bindings.append(Binding(binding.name, line, binding.path, beside))

    def facts(self) -> FunctionFacts:
        return msgspec.structs.replace(
            EMPTY_BODY,
            calls=tuple(self._calls),
            reads=tuple(self._reads),
            bindings=tuple(self._bindings),
            blocks=tuple(self._blocks),
        )


def _has_same_names(old: UnitFacts, new: UnitFacts) -> bool:
    """Whether two states of a unit differ in nothing but what goes on inside functions."""
    return (
        len(old.functions) == len(new.functions)
        and (old.body, old.classes) == (new.body, new.classes)
        and all(map(_is_named_alike, old.functions, new.functions))
    )


def _is_named_alike(old: FunctionFacts, new: FunctionFacts) -> bool:
    return (old.qualname, old.owner, old.parent, old.self_bindings, old.global_bindings) == (
        new.qualname, new.owner, new.parent, new.self_bindings, new.global_bindings
    )  # fmt: skip


def stem_of(path: str) -> tuple[str, bool]:
    """`path` without `.py` or `/__init__.py`, and whether it was a package."""
    if path.endswith("/__init__.py"):
        return path[:-12], True
    return path[:-3] if path.endswith(".py") else path, False


def _gather(bindings: Iterable[Binding], into: dict[str, tuple[str, ...]]) -> None:
    for binding in bindings:
        into[binding.name] = (*into.get(binding.name, ()), binding.path)


def _shifted(item: _Placed, offset: int) -> _Placed:
    return msgspec.structs.replace(item, line=item.line + offset, end_line=item.end_line + offset)
