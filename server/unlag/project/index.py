"""The whole project, joined: built from every file's facts, and brought up to date when some change.

An update gives exactly what building from scratch would; a property test holds that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from unlag.deployment.project import Deployment
from unlag.finding import EntryPoint
from unlag.knowledge import Knowledge
from unlag.project import graph
from unlag.project.callables import Callables
from unlag.project.graph import Graph
from unlag.project.interface import changed_names
from unlag.project.links import DEPENDS, Linker, Links, remembers
from unlag.project.modules import Modules
from unlag.project.resolver import Resolver
from unlag.project.routes import Route, Routes, join
from unlag.project.shared_names import Share, Subclasses, all_state, share_of
from unlag.project.surveys import Survey, Surveys
from unlag.project.syntax import Syntaxes
from unlag.project.table import FileTable, FunctionEntry
from unlag.source import facts
from unlag.source.facts import FileFacts
from unlag.versions import Versions

_MOST_CONDITIONS = 2
"""Steps in branches after which nobody knows any more whether a way is taken at all."""
TEST_FOLDERS = frozenset({"tests", "test"})

_NOWHERE = Deployment({})


class Options(msgspec.Struct, frozen=True):
    """What the configuration says about the project's structure."""

    roots: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    """Dotted names of functions that a framework calls on the loop without it being seen."""
    versions_of: Callable[[str], Versions] = lambda path: Versions()
    """The versions of libraries that a file's project runs with."""


class Update(msgspec.Struct, frozen=True):
    """What an update may have changed."""

    files: frozenset[str] = frozenset()
    """Files whose functions were edited or linked again; nothing else leads elsewhere than before."""
    everything: bool = False
    """Whether contexts and ways were worked out anew."""
    names: frozenset[str] = frozenset()
    """Look-up keys whose answers changed: of interest to whoever wrote down what he looked up."""


class Index:
    """Answers about the whole project, from facts that are handed in and can be replaced."""

    def __init__(self, knowledge: Knowledge, options: Options, *, tracks: bool = True) -> None:
        self.knowledge = knowledge
        self.options = options
        self.tracks = tracks
        self.text_of: Callable[[str], str | None] = lambda path: None
        """The text of a file as it is now, for `syntax`; whoever owns the texts sets it."""
        self.syntaxes = Syntaxes(lambda path: self.text_of(path))
        self.deployments: Mapping[str, Deployment] = {}
        """By root, with its last separator."""
        self.remembered: dict[Any, Any] = {}
        """What rules worked out about the project as it is now; every update empties it."""
        self.tables: dict[str, FileTable] = {}
        self.links: dict[str, Links] = {}
        self.routes: Routes = Routes((), {}, {}, {})
        self.graph: Graph = Graph({}, {})
        self.resolver: Resolver
        self._callables: Callables
        self._linker: Linker
        self._modules: Modules
        self._subclasses: Subclasses
        self._shares: dict[str, Share] = {}
        self._property_names: frozenset[str] = frozenset()
        self._dependency_names: frozenset[str] = frozenset()
        self._callers: dict[str, list[tuple[str, int, int]]] | None = None
        self._renewed: dict[str, bool] = {}
        self._leading: dict[tuple[str, bool], frozenset[str]] = {}
        self._entry_routes: dict[str, tuple[Route, ...]] = {}
        self._surveys: Surveys[Index] = Surveys()
        self._entry_points: dict[str, tuple[EntryPoint, ...]] = {}
        self._points: dict[Route, EntryPoint] = {}
        self._shared: dict[tuple[EntryPoint, ...], tuple[EntryPoint, ...]] = {}

    # -- building

    def build(self, files: Mapping[str, FileFacts]) -> None:
        """Join `files`, forgetting all there was."""
        self.remembered = {}
        self.tables = {path: FileTable(path, files[path]) for path in sorted(files)}
        self._join()

    def update(self, files: Mapping[str, FileFacts | None]) -> Update:
        """Replace the facts of some files, None removes one; says what may have changed."""
        self.syntaxes.forget()
        self.remembered = {}
        update = self._update(files)
        return Update(everything=True) if self._surveys.renew(self) else update

    def _update(self, files: Mapping[str, FileFacts | None]) -> Update:
        self._entry_points, self._points, self._shared = {}, {}, {}
        before = {path: self.tables[path] for path in files if path in self.tables}
        after = {path: FileTable(path, facts) for path, facts in files.items() if facts is not None}
        if before.keys() != after.keys():
            self.tables = dict(
                sorted(
                    {**{p: t for p, t in self.tables.items() if p not in files}, **after}.items()
                )
            )
            self._join()
            return Update(everything=True)
        self.tables = {**self.tables, **after}
        self.resolver.tables = self.tables
        mentioned = self._mention(after.values())
        shares = {path: share_of(table) for path, table in after.items()}
        names = self._names(shares)
        if mentioned or names != (self._property_names, self._dependency_names):
            self._shares.update(shares)
            self._relink()
            return Update(everything=True)
        return self._relink_changed(before, after, shares)

    def _join(self) -> None:
        self._mention(self.tables.values())
        self._modules = Modules(self.tables, self.options.roots, self.knowledge.is_library)
        self._shares = {path: share_of(table) for path, table in self.tables.items()}
        self._relink()

    def _mention(self, tables: Iterable[FileTable]) -> bool:
        """Read the knowledge files of every module imported; whether that was new."""
        grew = False
        for table in tables:
            for module in table.mentions():
                if module not in self.knowledge.mentioned:
                    grew |= self.knowledge.mention(module)
        return grew

    def _names(self, fresh: Mapping[str, Share]) -> tuple[frozenset[str], frozenset[str]]:
        """Property and dependency names of the project with some files' shares replaced."""
        same = all(
            (share.properties, share.dependencies)
            == (self._shares[path].properties, self._shares[path].dependencies)
            for path, share in fresh.items()
        )
        if same:
            return self._property_names, self._dependency_names
        return _all_names({**self._shares, **fresh}.values())

    def _relink(self) -> None:
        self._property_names, self._dependency_names = _all_names(self._shares.values())
        self.resolver = Resolver(self.tables, self._modules, self.knowledge, tracks=self.tracks)
        self.resolver.state = all_state(self._shares.values())
        self._callables = Callables(self.resolver)
        self._linker = Linker(
            self.resolver, self._callables, self._property_names, self._dependency_names
        )
        self._subclasses = Subclasses()
        self._subclasses.build(self.tables, self.resolver)
        self.resolver.subclasses = self._subclasses.by_base
        self.links = {}
        for table in self.tables.values():
            for entry in table.functions.values():
                self.links[entry.id] = self._linker.link(entry)
        self._solve()

    def _relink_changed(
        self,
        before: Mapping[str, FileTable],
        after: Mapping[str, FileTable],
        shares: Mapping[str, Share],
    ) -> Update:
        changed: set[str] = set()
        for path, table in after.items():
            changed |= changed_names(before[path], table)
        if any(share.state != self._shares[path].state for path, share in shares.items()):
            self._shares.update(shares)
            self.resolver.state = all_state(self._shares.values())
        self._shares.update(shares)
        if changed:
            self._forget(changed)
            moved = self._subclasses.update(self.tables, self.resolver, set(after), changed)
            changed |= {f"{base}<subclasses>" for base in moved}
            if moved:
                self._forget(changed)
        return self._relink_functions(before, after, changed)

    def _forget(self, changed: set[str]) -> None:
        self.resolver.forget(changed)
        self._callables.forget(changed)

    def _relink_functions(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], changed: set[str]
    ) -> Update:
        links = dict(self.links)
        for path, table in before.items():
            for qualname in table.functions.keys() - after[path].functions.keys():
                links.pop(f"{path}:{qualname}", None)
        is_same = len(links) == len(self.links) and not _changed_async(before, after)
        relinked = self._stale(before, after, changed)
        for entry in relinked:
            fresh = self._linker.link(entry)
            is_same = is_same and _leads_alike(fresh, links.get(entry.id))
            links[entry.id] = fresh
        self.links = links
        self._forget_callers()
        if is_same:
            files = frozenset({*after, *(entry.path for entry in relinked)})
            return Update(files=files, names=frozenset(changed))
        self._solve()
        return Update(everything=True)

    def _stale(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], changed: set[str]
    ) -> list[FunctionEntry]:
        """The functions to link again: edited ones, and those that looked up a changed name."""
        found: dict[str, FunctionEntry] = {}
        for path, table in after.items():
            old = before[path].functions
            for qualname, entry in table.functions.items():
                earlier = old.get(qualname)
                if earlier is None or (
                    earlier.facts is not entry.facts and earlier.facts != entry.facts
                ):
                    found[entry.id] = entry
        if changed:
            for function_id, links in self.links.items():
                if function_id not in found and not changed.isdisjoint(links.seen):
                    current = self.resolver.function(function_id)
                    if current is not None:
                        found[function_id] = current
        return list(found.values())

    def _solve(self) -> None:
        self.routes = join(self.links, self._answers_on_loop, self.is_test)
        entries = {context: list(items) for context, items in self.routes.entries.items()}
        entries.setdefault(graph.REQUEST, []).extend(self._configured_entries())
        entries.setdefault(graph.IMPORT, []).extend(
            f"{path}:<module>" for path in self.tables if not self.is_test(path)
        )
        self.graph = graph.solve(self.links, self.is_async, entries, self.routes.edges)
        self._forget_callers()
        self._leading = {}
        self._entry_routes = {}

    def _answers_on_loop(self, function_id: str) -> bool:
        """Whether calling a function gives a coroutine: its own, or that of its outermost wrapper."""
        entry = self.function(function_id)
        if entry is None or entry.facts.is_async:
            return entry is not None
        wrappers, _ = self._callables.wrappers(entry)
        return bool(wrappers) and self.is_async(wrappers[0])

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

    def relative(self, path: str) -> str:
        """`path` from the innermost root it lies in: the same on every machine."""
        inside = [root for root in self.options.roots if path.startswith(root.rstrip("/") + "/")]
        start = max((len(root.rstrip("/")) + 1 for root in inside), default=0)
        return path[start:]

    def deployment(self, path: str) -> Deployment:
        """The deployment files of the root that `path` lies in."""
        return self.deployments.get(path[: len(path) - len(self.relative(path))], _NOWHERE)

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

    def entry_routes(self, function_id: str) -> tuple[Route, ...]:
        """Every entry point that leads to a function where it runs, by function id.

        Where it runs on the event loop, only those that lead there on the loop.
        """
        known = self._entry_routes.get(function_id)
        if known is None:
            known = self._entry_routes[function_id] = self._find_entry_routes(function_id)
        return known

    def entry_points(self, function_id: str) -> tuple[EntryPoint, ...]:
        """Where the framework enters the project on the way to a function; shared objects."""
        known = self._entry_points.get(function_id)
        if known is None:
            points = (self._point(route) for route in self.entry_routes(function_id))
            known = tuple(dict.fromkeys(point for point in points if point is not None))
            self._entry_points[function_id] = known = self._shared.setdefault(known, known)
        return known

    def _point(self, route: Route) -> EntryPoint | None:
        known = self._points.get(route)
        if known is None:
            entry = self.function(route.function)
            if entry is None:
                return None
            path, _, qualname = route.function.rpartition(":")
            line = entry.facts.line + entry.offset
            known = EntryPoint(route.label, route.method, route.route, qualname, path, line)
            self._points[route] = known
        return known

    def _find_entry_routes(self, function_id: str) -> tuple[Route, ...]:
        on_loop = self.graph.runs_on_loop(function_id)
        visited = {function_id}
        pending = [function_id]
        while pending:
            callers = self._leading_to(pending.pop(), on_loop) - visited
            visited |= callers
            pending.extend(callers)
        by_function = self.routes.by_function
        found = sorted(function for function in visited if function in by_function)
        return tuple(route for function in found for route in by_function[function])

    def _leading_to(self, function_id: str, on_loop: bool) -> frozenset[str]:
        """Who runs a function while serving requests, on an event loop where that is asked for."""
        known = self._leading.get((function_id, on_loop))
        if known is None:
            leads_there = self.graph.runs_on_loop if on_loop else self.graph.serves
            callers = self._reverse().get(function_id, ())
            known = frozenset(c for c, how, _ in callers if how == DEPENDS or leads_there(c))
            self._leading[function_id, on_loop] = known
        return known

    def survey(self, survey: Survey[Index, Any, Any]) -> Any:
        """What a survey of the whole project says; worked out when first asked for."""
        return self._surveys.answer(self, survey)

    def is_dependency(self, function_id: str) -> bool:
        """Whether FastAPI calls the function to fill a parameter."""
        return any(how == DEPENDS for _, how, _ in self._reverse().get(function_id, ()))

    def is_called(self, function_id: str) -> bool:
        """Whether any function of the project calls it itself."""
        return any(how != DEPENDS for _, how, _ in self._reverse().get(function_id, ()))

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

    def runs_for_each(self, function_id: str, labels: Container[str]) -> bool:
        """Whether a function runs anew each time an entry point under one of `labels` is called.

        Nothing on the way remembers what it gave: no cache, no `if x is None: x = ...`; and few steps
        of it stand in branches.
        """
        known = self._renewed.get(function_id)
        if known is None:
            known = self._renewed[function_id] = self._find_renewed(function_id, labels)
        return known

    def _find_renewed(self, function_id: str, labels: Container[str]) -> bool:
        callers = self._reverse()
        conditions = {function_id: 0}
        pending = deque([function_id])
        while pending:
            current = pending.popleft()
            entry = self.function(current)
            if entry is not None and remembers(entry.facts):
                continue
            if any(route.label in labels for route in self.routes.by_function.get(current, ())):
                return True
            for caller, _, flags in callers.get(current, ()):
                price = conditions[current] + bool(flags & facts.CONDITIONAL)
                is_better = price < conditions.get(caller, _MOST_CONDITIONS + 1)
                if is_better and not flags & (facts.ONCE | facts.IN_EXCEPT):
                    conditions[caller] = price
                    pending.append(caller)
        return False

    def _forget_callers(self) -> None:
        self._callers = None
        self._renewed = {}

    def _reverse(self) -> dict[str, list[tuple[str, int, int]]]:
        """Function -> (who runs it, how, flags of the call), for every call that runs its target."""
        if self._callers is None:
            self._callers = {}
            for function_id, links in self.links.items():
                for edge in (*links.edges, *self.routes.edges.get(function_id, ())):
                    caller = (function_id, edge.how, edge.flags)
                    self._callers.setdefault(edge.target, []).append(caller)
        return self._callers


def _all_names(shares: Iterable[Share]) -> tuple[frozenset[str], frozenset[str]]:
    properties: set[str] = set()
    dependencies: set[str] = set()
    for share in shares:
        properties |= share.properties
        dependencies |= share.dependencies
    return frozenset(properties), frozenset(dependencies)


def _changed_async(before: Mapping[str, FileTable], after: Mapping[str, FileTable]) -> bool:
    """Whether a function came, went or changed between `def` and `async def`."""
    for path, table in after.items():
        old = before[path].functions
        if old.keys() != table.functions.keys():
            return True
        for qualname, entry in table.functions.items():
            if old[qualname].facts.is_async != entry.facts.is_async:
                return True
    return False


def _leads_alike(fresh: Links, known: Links | None) -> bool:
    """Whether two states of a function lead to the same places, wherever in its lines."""
    return (
        known is not None
        and len(fresh.edges) == len(known.edges)
        and len(fresh.hazards) == len(known.hazards)
        and fresh.registrations == known.registrations
        and all(
            (new.target, new.how, new.flags, new.through)
            == (old.target, old.how, old.flags, old.through)
            for new, old in zip(fresh.edges, known.edges, strict=True)
        )
        and all(
            (new.name, new.kind, new.cost, new.flags) == (old.name, old.kind, old.cost, old.flags)
            for new, old in zip(fresh.hazards, known.hazards, strict=True)
        )
    )
