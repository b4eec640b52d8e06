"""The project as rules may ask it: whatever they look up is written down, also in vain.

These stand before the plain tables, links and answers, which rules never see. What is written down is
a key that an edit gives out when the answer may be another; `keys` has them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from unlag.project import keys
from unlag.project.asked_paths import AskedPaths
from unlag.project.graph import CATEGORIES, Graph, Reach
from unlag.project.links import Edge
from unlag.project.resolver import Member, Place, Resolver
from unlag.project.routes import Route, Routes
from unlag.project.table import ClassEntry, FileTable, FunctionEntry
from unlag.project.values import Function, Module, Value
from unlag.source.facts import Import, Parameter

Item = TypeVar("Item")


class Asked(Mapping[str, Item]):
    """A mapping whose look-ups are written down."""

    __slots__ = ("_items", "_kind", "_path", "_resolver", "_whole")

    def __init__(
        self,
        items: Mapping[str, Item],
        resolver: Resolver,
        kind: str,
        path: str = "",
        whole: str = keys.ANYTHING,
    ) -> None:
        """`path` goes before each key and `kind` behind it; `whole` is for who looks through everything."""
        self._items = items
        self._resolver = resolver
        self._kind = kind
        self._path = path
        self._whole = whole

    def __getitem__(self, key: str) -> Item:
        self._resolver.seen.add(f"{self._path}{key}{self._kind}")
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        self._resolver.seen.add(f"{self._path}{key}{self._kind}")
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        self._resolver.seen.add(self._whole)
        return iter(self._items)

    def __len__(self) -> int:
        self._resolver.seen.add(self._whole)
        return len(self._items)


def asked(
    items: Mapping[str, Item],
    resolver: Resolver,
    kind: str,
    path: str = "",
    whole: str = keys.ANYTHING,
) -> Mapping[str, Item]:
    """`items` as they may be asked: as they are where no edit will ask for what was looked up."""
    return Asked(items, resolver, kind, path, whole) if resolver.tracks else items


class AskedTable:
    """One file's names."""

    __slots__ = ("_resolver", "_table", "is_package", "path", "stem")

    def __init__(self, table: FileTable, resolver: Resolver) -> None:
        self._table = table
        self._resolver = resolver
        self.path = table.path
        self.stem = table.stem
        self.is_package = table.is_package

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Every function, method and lambda by qualified name."""
        return self._asked(self._table.functions, keys.FACTS)

    @property
    def classes(self) -> Mapping[str, ClassEntry]:
        """Every class by qualified name."""
        return self._asked(self._table.classes, keys.FACTS)

    @property
    def local_classes(self) -> Mapping[str, list[str]]:
        """Function -> qualified names of the classes defined in its body."""
        return self._asked(self._table.local_classes, keys.CLASSES)

    @property
    def bindings(self) -> Mapping[str, tuple[str, ...]]:
        """Module-level name -> paths given to it."""
        return self._asked(self._table.bindings, "")

    @property
    def global_bindings(self) -> Mapping[str, list[tuple[str, int, str]]]:
        """Name outside of functions, or attribute of one -> what sets it, as `FileTable` has it."""
        return self._asked(self._table.global_bindings, "")

    @property
    def imports(self) -> Mapping[str, tuple[Import, ...]]:
        """Module-level name -> the imports that bind it."""
        return self._asked(self._table.imports, "")

    @property
    def whole(self) -> FileTable:
        """The table itself: whoever takes it is asked again after every edit of the file."""
        self._resolver.seen.add(f"{self.path}{keys.FILE}")
        return self._table

    def _asked(self, items: Mapping[str, Item], kind: str) -> Mapping[str, Item]:
        path = self.path
        return asked(items, self._resolver, kind, f"{path}:", f"{path}{keys.FILE}")


class AskedTables(Mapping[str, AskedTable]):
    """The tables of all files by path."""

    __slots__ = ("_resolver", "_tables")

    def __init__(self, tables: Mapping[str, FileTable], resolver: Resolver) -> None:
        self._tables = tables
        self._resolver = resolver

    def __getitem__(self, path: str) -> AskedTable:
        table = self._tables.get(path)
        if table is None:
            self._resolver.seen.add(f"{path}{keys.THERE}")
            raise KeyError(path)
        return AskedTable(table, self._resolver)

    def __contains__(self, path: object) -> bool:
        self._resolver.seen.add(f"{path}{keys.THERE}")
        return self._tables.get(str(path)) is not None

    def __iter__(self) -> Iterator[str]:
        self._resolver.seen.add(keys.ANYTHING)
        return iter(self._tables)

    def __len__(self) -> int:
        self._resolver.seen.add(keys.ANYTHING)
        return len(self._tables)


class AskedReaches(Mapping[str, Reach]):
    """The ways to hazards of one category, by plain function."""

    __slots__ = ("_category", "_graph", "_kind", "_resolver")

    def __init__(self, graph: Graph, resolver: Resolver, category: str) -> None:
        self._graph = graph
        self._resolver = resolver
        self._category = category
        self._kind = keys.reach(category)

    def __contains__(self, function: object) -> bool:
        self._resolver.seen.add(f"{function}{self._kind}")
        return self._graph.does_reach(str(function), self._category)

    def __getitem__(self, function: str) -> Reach:
        self._resolver.seen.add(function + self._kind)
        found = self._graph.reach(function, self._category)
        if found is None:
            raise KeyError(function)
        return found

    def __iter__(self) -> Iterator[str]:
        self._resolver.seen.add(keys.ANYTHING)
        return self._graph.reaching(self._category)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class AskedGraph:
    """Where functions run, and what they reach."""

    __slots__ = ("_graph", "_resolver", "reaches")

    def __init__(self, graph: Graph, resolver: Resolver) -> None:
        self._graph = graph
        self._resolver = resolver
        self.reaches: Mapping[str, Mapping[str, Reach]] = {
            name: AskedReaches(graph, resolver, name) for name in CATEGORIES
        }
        """Category -> plain function -> the surest way to a hazard."""

    def contexts_of(self, function: str) -> tuple[str, ...]:
        """Where a function runs."""
        self._resolver.seen.add(function + keys.CONTEXTS)
        return self._graph.contexts_of(function)

    def serves(self, function: str) -> bool:
        """Whether a function runs while a request is served, wherever."""
        self._resolver.seen.add(function + keys.CONTEXTS)
        return self._graph.serves(function)

    def runs_on_loop(self, function: str) -> bool:
        """Whether a function runs on an event loop that serves requests."""
        self._resolver.seen.add(function + keys.CONTEXTS)
        return self._graph.runs_on_loop(function)

    def reached_by(self, function: str) -> frozenset[str]:
        """The categories of hazards that a plain function reaches."""
        self._resolver.seen.update([function + keys.reach(category) for category in CATEGORIES])
        return self._graph.reached_by(function)

    def above(self, function: str, context: str) -> tuple[str, str] | None:
        """The function, and its context, through which one is reached in a context in the fewest steps."""
        self._resolver.seen.add(keys.ANYTHING)
        return self._graph.above(function, context)


class AskedResolver:
    """What paths, names and calls mean: the resolver, which writes down names itself, but no ids."""

    __slots__ = ("_paths", "_resolver", "knowledge", "subclasses", "tables")

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._paths = AskedPaths(resolver)
        self.tables = AskedTables(resolver.tables, resolver)
        self.knowledge = resolver.knowledge
        self.subclasses = asked(resolver.subclasses, resolver, keys.SUBCLASSES)
        """Class -> classes of the project that inherit from it directly."""

    @property
    def seen(self) -> set[str]:
        """What is written down; for what these questions do not cover, such as all methods of a class."""
        return self._resolver.seen

    def function(self, function_id: str) -> FunctionEntry | None:
        """The function with that id."""
        self._resolver.seen.add(function_id + keys.FACTS)
        return self._resolver.function(function_id)

    def class_(self, class_id: str) -> ClassEntry | None:
        """The class with that id."""
        self._resolver.seen.add(class_id + keys.FACTS)
        return self._resolver.class_(class_id)

    def resolve(self, place: Place, path: str, line: int = 0) -> Value:
        """What `path` means at `place`; `line` chooses among several values of one name."""
        return self._paths.value(place, path, line)

    def forget(self) -> None:
        """Drop what only saves asking again."""
        self._paths.forget()

    def instance_of(self, place: Place, path: str) -> Value:
        """An object of the type that the annotation `path` names."""
        return self._resolver.instance_of(place, path)

    def dependencies(self, place: Place, parameter: Parameter) -> list[Value]:
        """What FastAPI calls to fill `parameter`."""
        return self._resolver.dependencies(place, parameter)

    def attribute(self, owner: Value, name: str) -> Value:
        """What `owner.name` is."""
        return self._resolver.attribute(owner, name)

    def file_of(self, value: Value) -> str | None:
        """The file of a module of the project."""
        return self._resolver.file_of(value) if isinstance(value, Module) else None

    def imported_file(self, importer: str, item: Import) -> str | None:
        """The file from which an import statement takes its name."""
        module = Import(item.name, item.level, item.module, "")
        return self.file_of(self._resolver.imported(importer, module))

    def call(self, callee: Value) -> Value:
        """What calling a value gives."""
        return self._resolver.call(callee, None)

    def result(self, function: Function) -> Value:
        """What calling a function of the project gives."""
        return self._resolver.result(function)

    def member(self, class_id: str, name: str) -> Member | None:
        """Where class `class_id` or a class it inherits from defines `name`, as `Resolver.member` says it."""
        found = self._resolver.member(class_id, name)
        if found is not None:
            owner = found[0].id if isinstance(found[0], FunctionEntry) else found[0][0].id
            self._resolver.seen.add(owner + keys.FACTS)
        return found

    def method(self, class_id: str, name: str) -> FunctionEntry | None:
        """The function that `name` is on objects of a class; None for what is no method."""
        found = self.member(class_id, name)
        return found[0] if found is not None and isinstance(found[0], FunctionEntry) else None

    def bases(self, entry: ClassEntry) -> list[Value]:
        """The base classes of a class, as far as known."""
        return self._resolver.bases(entry)

    def outside_bases(self, class_id: str) -> list[str]:
        """Names of the classes outside the project that a class inherits from."""
        return self._resolver.outside_bases(class_id)


class AskedRoutes:
    """What frameworks are told to call."""

    __slots__ = ("_resolver", "_routes", "by_function", "edges")

    def __init__(self, routes: Routes, resolver: Resolver) -> None:
        self._routes = routes
        self._resolver = resolver
        self.by_function: Mapping[str, tuple[Route, ...]] = asked(
            routes.by_function, resolver, keys.ROUTES
        )
        self.edges: Mapping[str, tuple[Edge, ...]] = asked(routes.edges, resolver, keys.ROUTES)
        """Dependencies that a route has from its decorator or routers."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """All of them, in the order of function ids."""
        self._resolver.seen.add(keys.ALL_ROUTES)
        return self._routes.routes
