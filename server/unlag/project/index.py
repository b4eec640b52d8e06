"""The whole project, joined: built from every file's facts, and brought up to date when some change.

An update gives exactly what building from scratch would; a property test holds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from unlag.knowledge import Knowledge
from unlag.project import graph
from unlag.project.callables import Callables
from unlag.project.graph import Graph, Way
from unlag.project.interface import changed_names, subclass_map
from unlag.project.links import DEPENDS, Linker, Links
from unlag.project.modules import Modules
from unlag.project.resolver import Place, Resolver, is_property
from unlag.project.routes import Route, Routes, join
from unlag.project.table import FileTable, FunctionEntry
from unlag.source.facts import FileFacts

TEST_FOLDERS = frozenset({"tests", "test"})


class Options(msgspec.Struct, frozen=True):
    """What the configuration says about the project's structure."""

    roots: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    """Dotted names of functions that a framework calls on the loop without it being seen."""


class Index:
    """Answers about the whole project. Looks immutable from outside; `update` gives another one."""

    def __init__(
        self, knowledge: Knowledge, options: Options = Options(), *, tracks: bool = True
    ) -> None:
        self.knowledge = knowledge
        self.options = options
        self.tracks = tracks
        self.tables: dict[str, FileTable] = {}
        self.links: dict[str, Links] = {}
        self.routes: Routes = Routes((), {}, {}, {})
        self.graph: Graph = Graph({}, {})
        self.resolver: Resolver
        self._callables: Callables
        self._linker: Linker
        self._modules: Modules
        self._property_names: frozenset[str] = frozenset()
        self._dependency_names: frozenset[str] = frozenset()
        self._callers: dict[str, list[tuple[str, int]]] | None = None
        self._entry_routes: dict[str, tuple[Route, ...]] = {}

    # -- building

    def build(self, files: Mapping[str, FileFacts]) -> None:
        """Join `files`, forgetting all there was."""
        self.tables = {path: FileTable(path, files[path]) for path in sorted(files)}
        self._mention(self.tables.values())
        self._modules = Modules(self.tables, self.options.roots, self.knowledge.is_library)
        self._relink()

    def update(self, files: Mapping[str, FileFacts | None]) -> None:
        """Replace the facts of some files; None removes one."""
        if any(facts is None or path not in self.tables for path, facts in files.items()):
            for path, facts in files.items():
                if facts is None:
                    self.tables.pop(path, None)
                else:
                    self.tables[path] = FileTable(path, facts)
            self.tables = dict(sorted(self.tables.items()))
            self._mention(self.tables.values())
            self._modules = Modules(self.tables, self.options.roots, self.knowledge.is_library)
            self._relink()
            return
        before = {path: self.tables[path] for path in files}
        after = {path: FileTable(path, facts) for path, facts in files.items() if facts is not None}
        self.tables.update(after)
        if self._mention(after.values()) or self._global_names() != (
            self._property_names,
            self._dependency_names,
        ):
            self._relink()
            return
        self._relink_changed(before, after)

    def _mention(self, tables: Iterable[FileTable]) -> bool:
        """Read the knowledge files of every module imported; whether that was new."""
        grew = False
        for table in tables:
            modules = {item.module for items in table.imports.values() for item in items}
            modules.update(
                f"{item.module}.{item.attribute}"
                for items in table.imports.values()
                for item in items
                if item.attribute not in ("", ".")
            )
            for entry in table.functions.values():
                modules.update(item.module for item in entry.facts.imports)
            for module in modules:
                if module and module not in self.knowledge.mentioned:
                    grew |= self.knowledge.mention(module)
        return grew

    def _global_names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Names that are a property in some class, and names that stand for a dependency."""
        properties: set[str] = set()
        dependencies: set[str] = set()
        for table in self.tables.values():
            for entry in table.functions.values():
                if entry.facts.owner and entry.facts.decorators and is_property(entry.facts):
                    properties.add(entry.facts.name)
            for name, paths in table.bindings.items():
                if any("Depends(" in path or "Security(" in path for path in paths):
                    dependencies.add(name)
        return frozenset(properties), frozenset(dependencies)

    def _relink(self) -> None:
        self._property_names, self._dependency_names = self._global_names()
        self.resolver = Resolver(self.tables, self._modules, self.knowledge, tracks=self.tracks)
        self.resolver.state = self._state()
        self._callables = Callables(self.resolver)
        self._linker = Linker(
            self.resolver, self._callables, self._property_names, self._dependency_names
        )
        self.resolver.subclasses = subclass_map(self.tables, self.resolver)
        self.links = {}
        for table in self.tables.values():
            for entry in table.functions.values():
                self.links[entry.id] = self._linker.link(entry)
        self._solve()

    def _relink_changed(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable]
    ) -> None:
        changed: set[str] = set()
        for path, table in after.items():
            changed |= changed_names(before[path], table)
        if changed:
            self.resolver.state = self._state()
            self.resolver.forget(changed)
            self._callables.forget(changed)
            subclasses = subclass_map(self.tables, self.resolver)
            moved = {
                f"{key}<subclasses>"
                for key in {*subclasses, *self.resolver.subclasses}
                if subclasses.get(key) != self.resolver.subclasses.get(key)
            }
            self.resolver.subclasses = subclasses
            self.resolver.forget(moved)
            self._callables.forget(moved)
            changed |= moved
        relinked = self._stale(before, after, changed)
        links = dict(self.links)
        for path, table in before.items():
            for entry in table.functions.values():
                if entry.id.rpartition(":")[2] not in after[path].functions:
                    links.pop(entry.id, None)
        is_same = len(links) == len(self.links)
        for entry in relinked:
            fresh = self._linker.link(entry)
            is_same = is_same and _same_links(fresh, links.get(entry.id))
            links[entry.id] = fresh
        self.links = links
        if not is_same or self._changed_async(before, after):
            self._solve()
        self._callers = None
        self._entry_routes = {}

    def _stale(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], changed: set[str]
    ) -> list[FunctionEntry]:
        """The functions to link again: edited ones, and those that looked up a changed name."""
        found: dict[str, FunctionEntry] = {}
        for path, table in after.items():
            old = before[path].functions
            for qualname, entry in table.functions.items():
                earlier = old.get(qualname)
                if earlier is None or earlier.facts != entry.facts:
                    found[entry.id] = entry
        if changed:
            for function_id, links in self.links.items():
                if function_id not in found and not changed.isdisjoint(links.seen):
                    current = self.resolver.function(function_id)
                    if current is not None:
                        found[function_id] = current
        return list(found.values())

    @staticmethod
    def _changed_async(before: Mapping[str, FileTable], after: Mapping[str, FileTable]) -> bool:
        for path, table in after.items():
            for qualname, entry in table.functions.items():
                earlier = before[path].functions.get(qualname)
                if earlier is None or earlier.facts.is_async != entry.facts.is_async:
                    return True
        return False

    def _state(self) -> dict[str, tuple[tuple[Place, int, str], ...]]:
        found: dict[str, list[tuple[Place, int, str]]] = {}
        for table in self.tables.values():
            for name, items in table.global_bindings.items():
                owner, _, attribute = name.rpartition(".")
                if owner.rpartition(".")[2] == "state":
                    for function, line, path in items:
                        found.setdefault(attribute, []).append(
                            (Place(table.path, function), line, path)
                        )
        return {name: tuple(items) for name, items in found.items()}

    def _solve(self) -> None:
        self.routes = join(self.links, self.is_async, self.is_test)
        entries = {context: list(items) for context, items in self.routes.entries.items()}
        entries.setdefault(graph.REQUEST, []).extend(self._configured_entries())
        entries.setdefault(graph.IMPORT, []).extend(
            f"{path}:<module>" for path in self.tables if not self.is_test(path)
        )
        self.graph = graph.solve(self.links, self.is_async, entries, self.routes.edges)
        self._callers = None
        self._entry_routes = {}

    def _configured_entries(self) -> Iterator[str]:
        for name in self.options.entry_points:
            module, _, qualname = name.replace(":", ".").rpartition(".")
            tail = module.replace(".", "/")
            for table in self.tables.values():
                if table.stem.endswith("/" + tail) and qualname in table.functions:
                    yield table.functions[qualname].id
                owner, _, cut = module.rpartition(".")
                inner = f"{cut}.{qualname}"
                if table.stem.endswith("/" + owner.replace(".", "/")) and inner in table.functions:
                    yield table.functions[inner].id

    # -- asking

    def is_test(self, path: str) -> bool:
        """Whether a file belongs to a test suite, by its name or a folder below its root."""
        name = path.rpartition("/")[2]
        if name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py":
            return True
        inside = [root for root in self.options.roots if path.startswith(root.rstrip("/") + "/")]
        start = max((len(root) for root in inside), default=0)
        return any(part in TEST_FOLDERS for part in path[start:].split("/")[:-1])

    def is_async(self, function_id: str) -> bool:
        """Whether a function of the project is an `async def`."""
        entry = self.resolver.function(function_id)
        return entry is not None and entry.facts.is_async

    def function(self, function_id: str) -> FunctionEntry | None:
        """The function with that id."""
        return self.resolver.function(function_id)

    def functions(self) -> Iterator[FunctionEntry]:
        """Every function of the project."""
        for table in self.tables.values():
            yield from table.functions.values()

    def way_to(self, function_id: str) -> tuple[str, list[Way]]:
        """The context that matters most for a function, and the way there from an entry point."""
        for context in (graph.REQUEST, graph.TASK, graph.STARTUP):
            found = self.graph.contexts[context]
            if function_id in found:
                ways = [found[function_id]]
                while ways[-1].caller and ways[-1].caller in found and len(ways) < 50:
                    ways.append(found[ways[-1].caller])
                return context, ways
        return "", []

    def entry_routes(self, function_id: str) -> tuple[Route, ...]:
        """Every entry point that leads to a function on the event loop, by function id."""
        known = self._entry_routes.get(function_id)
        if known is None:
            known = self._entry_routes[function_id] = self._find_entry_routes(function_id)
        return known

    def _find_entry_routes(self, function_id: str) -> tuple[Route, ...]:
        callers = self._reverse()
        found: dict[str, None] = {}
        visited = {function_id}
        pending = [function_id]
        on_loop = self.graph.runs_on_loop
        while pending:
            current = pending.pop()
            if current in self.routes.by_function:
                found[current] = None
            for caller, how in callers.get(current, ()):
                if caller not in visited and (on_loop(caller) or how == DEPENDS):
                    visited.add(caller)
                    pending.append(caller)
        return tuple(
            route for function in sorted(found) for route in self.routes.by_function[function]
        )

    def is_dependency(self, function_id: str) -> bool:
        """Whether FastAPI calls the function to fill a parameter."""
        return any(how == DEPENDS for _, how in self._reverse().get(function_id, ()))

    def is_called(self, function_id: str) -> bool:
        """Whether any function of the project calls it itself."""
        return any(how != DEPENDS for _, how in self._reverse().get(function_id, ()))

    def dependencies_of(self, route: Route) -> tuple[str, ...]:
        """What FastAPI calls before the endpoint, dependencies of dependencies included."""
        found: dict[str, None] = {}
        pending = [route.function]
        while pending:
            function_id = pending.pop()
            links = self.links.get(function_id)
            edges = (*(links.edges if links else ()), *self.routes.edges.get(function_id, ()))
            for edge in edges:
                if edge.how == DEPENDS and edge.target not in found:
                    found[edge.target] = None
                    pending.append(edge.target)
        return tuple(found)

    def thread_hops(self, route: Route) -> int:
        """Plain functions that FastAPI runs in threads before the endpoint: its dependencies."""
        return sum(1 for target in self.dependencies_of(route) if not self.is_async(target))

    def _reverse(self) -> dict[str, list[tuple[str, int]]]:
        """Function -> (who runs it, how), for every call that runs its target."""
        if self._callers is None:
            self._callers = {}
            for function_id, links in self.links.items():
                for edge in (*links.edges, *self.routes.edges.get(function_id, ())):
                    self._callers.setdefault(edge.target, []).append((function_id, edge.how))
        return self._callers


def _same_links(fresh: Links, known: Links | None) -> bool:
    return (
        known is not None
        and fresh.edges == known.edges
        and fresh.hazards == known.hazards
        and fresh.registrations == known.registrations
    )
