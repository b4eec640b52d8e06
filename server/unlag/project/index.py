"""The whole project, as rules and presenters ask it.

Whatever is asked is written down (`noting`), so that an edit can tell what is to be asked again;
`live_index` is who edits.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from unlag.deployment.project import Deployment
from unlag.finding import EntryPoint
from unlag.knowledge import Knowledge
from unlag.project import keys
from unlag.project.asked import AskedGraph, AskedResolver, AskedRoutes, asked
from unlag.project.changes import Watch
from unlag.project.contexts import ON_LOOP, THREAD_POOL
from unlag.project.entries import Entries
from unlag.project.joined import Joined
from unlag.project.links import DEPENDS, Edge, Links
from unlag.project.options import Options
from unlag.project.remembered import Recalled, Remembered
from unlag.project.resolver import Resolver
from unlag.project.routes import Route
from unlag.project.surveys import Survey, Surveys
from unlag.project.syntax import FunctionSyntax, NodeSite, Syntaxes
from unlag.project.table import FileTable, FunctionEntry

Answer = TypeVar("Answer")
_NOWHERE = Deployment({})


class Index:
    """Answers about the whole project, and who asked for them."""

    def __init__(self, knowledge: Knowledge, options: Options, *, tracks: bool) -> None:
        """Nothing can be asked before the files are joined; `tracks` is off where no edit will follow."""
        self.knowledge = knowledge
        self.options = options
        self.tracks = tracks
        self._syntaxes = Syntaxes()
        self._deployments: Mapping[str, Deployment] = {}

    def _use(self, joined: Joined) -> None:
        self._joined = joined
        self._resolver: Resolver = joined.naming.resolver
        self._resolver.seen = set()
        self._entries = Entries(joined)
        self._surveys: Surveys[Index] = Surveys(tracks=self.tracks)
        self.watch = Watch()
        """Who is looked at again, by what they asked: kept by whoever looks."""
        self._remembered: Remembered = Remembered(self._ask, self._is_used)
        resolver = self._resolver
        self.resolver = AskedResolver(resolver)
        self.tables = self.resolver.tables
        self.links: Mapping[str, Links] = asked(joined.linked.links, resolver, keys.LINKS)
        self.graph = AskedGraph(joined.graph, resolver)

    # -- what is written down

    def noting(self, find: Callable[[], Answer]) -> tuple[Answer, set[str]]:
        """What `find` gives, and everything that it asked."""
        outer = self._resolver.set_apart()
        seen: set[str] = set()
        try:
            return find(), seen
        finally:
            seen |= self._resolver.go_on(outer)

    def remember(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        """What `find` gives, remembered under `key` until something changes that it asked.

        Start the key with what belongs to the question alone, such as the function that asks it.
        """
        known = self._remembered.get(key) or self._find_out(key, find)
        if known[1]:
            self._resolver.seen.add(known[1])
        remembered: Answer = known[0]
        return remembered

    def _find_out(self, key: Hashable, find: Callable[[], Any]) -> tuple[Any, str]:
        """What `find` gives and the key of that, kept for who asks again."""
        answer, seen = self.noting(find) if self.tracks else (find(), ())
        return self._remembered.keep(key, answer, seen)

    # -- of what is looked at itself: not written down, it is looked at again anyway

    def own_table(self, path: str) -> FileTable:
        """The table of a file whose functions and classes are looked at, each for itself."""
        return self._joined.tables[path]

    def recall(self, question: Callable[..., Answer], *about: Hashable) -> Answer:
        """What `question(index, *about)` gives, remembered.

        When something changes that it asked, it is asked again, and only where the answer is another one, by
        `==`, are those who used it looked at again.
        """
        asked = Recalled(question, about)
        known = self._remembered.get(asked)
        if known is None:
            known = self._find_out(asked, lambda: question(self, *about))
        if known[1]:
            self._resolver.seen.add(known[1])
        answer: Answer = known[0]
        return answer

    def _ask(self, asked: Recalled) -> tuple[Any, set[str]]:
        return self.noting(lambda: asked.question(self, *asked.about))

    def _is_used(self, key: str) -> bool:
        return self.watch.is_watched(key) or self._surveys.is_watched(key)

    def own_links(self, function_id: str) -> Links:
        """The links of a function that is looked at."""
        return self._joined.linked.links[function_id]

    def own_serves(self, function_id: str) -> bool:
        """Whether a function that is looked at runs while a request is served, wherever."""
        return self._joined.graph.serves(function_id)

    def own_runs_on_loop(self, function_id: str) -> bool:
        """Whether a function that is looked at runs on an event loop that serves requests."""
        return self._joined.graph.runs_on_loop(function_id)

    def own_is_entered(self, function_id: str) -> bool:
        """Whether a framework is told to call a function that is looked at."""
        return function_id in self._joined.routes.by_function

    def own_is_entered_on_loop(self, function_id: str) -> bool:
        """Whether a framework calls a function that is looked at on an event loop, and nobody in a thread.

        Of a function under a decorator of the project only the decorator's wrapper is called.
        """
        routes = self._joined.routes.by_function.get(function_id, ())
        if not any(route.context in ON_LOOP for route in routes):
            return False
        if any(edge.through == "decorator" for edge in self.own_links(function_id).edges):
            return False
        return THREAD_POOL not in self._joined.graph.contexts_of(function_id)

    # -- files

    def deployment(self, path: str) -> Deployment:
        """The deployment files of the root that `path` lies in."""
        self._resolver.seen.add(keys.DEPLOYMENT)
        return self._deployments.get(path[: len(path) - len(self.relative(path))], _NOWHERE)

    def relative(self, path: str) -> str:
        """`path` from the innermost root it lies in: the same on every machine."""
        return self.options.relative(path)

    def is_test(self, path: str) -> bool:
        """Whether a file belongs to a test suite, by its name or a folder below its root."""
        return self.options.is_test(path)

    # -- functions

    def is_async(self, function_id: str) -> bool:
        """Whether a function of the project is an `async def`."""
        self._resolver.seen.add(function_id + keys.COROUTINE)
        return function_id in self._joined.graph.calls.coroutines

    def function(self, function_id: str) -> FunctionEntry | None:
        """The function with that id."""
        return self.resolver.function(function_id)

    def offset_of(self, function_id: str) -> int:
        """What to add to the lines of a function or class: whoever asks is told when it moves."""
        self._resolver.seen.add(function_id + keys.PLACE)
        entry = self._resolver.function(function_id) or self._resolver.class_(function_id)
        return entry.offset if entry is not None else 0

    def functions(self) -> Iterator[FunctionEntry]:
        """Every function of the project."""
        for table in self.tables.values():
            yield from table.functions.values()

    def table_of(self, path: str) -> FileTable:
        """All that is known of one file: another object once any of it is another."""
        self._resolver.seen.add(path + keys.FILE)
        return self._joined.tables[path]

    def text_of(self, path: str) -> str | None:
        """The text of a file as it is now."""
        self._resolver.seen.add(path + keys.FILE)
        return self._syntaxes.text_of(path)

    def lines_of(self, path: str) -> Sequence[str]:
        """The lines of a file as it is now; none where it cannot be read."""
        self._resolver.seen.add(path + keys.FILE)
        return self._syntaxes.lines_of(path)

    def lines_in(self, entry: FunctionEntry) -> Sequence[str]:
        """The lines of a function from its `def` on, as they are now; none where they cannot be read."""
        self._resolver.seen.update((entry.id + keys.TEXT, entry.id + keys.PLACE))
        item, offset = entry.facts, entry.offset
        return self._syntaxes.lines_of(entry.path)[item.line + offset - 1 : item.end_line + offset]

    def syntax(self, entry: FunctionEntry) -> FunctionSyntax | None:
        """The syntax tree of a function; None where the text does not parse just now."""
        self._resolver.seen.update((entry.id + keys.TEXT, entry.id + keys.PLACE))
        return self._syntaxes.function(entry)

    def expression(self, path: str, site: NodeSite) -> ast.expr | None:
        """The tree of an expression, by where it stands in its file; None where it does not parse."""
        self._resolver.seen.add(path + keys.FILE)
        return self._syntaxes.expression(path, site)

    def survey(self, survey: Survey[Index, Any, Any]) -> Any:
        """What a survey of the whole project says; worked out when first asked for."""
        answer, key = self._surveys.answer(self, survey)
        self._resolver.seen.add(key)
        return answer

    # -- who runs what

    @property
    def routes(self) -> AskedRoutes:
        """All entry points of the project."""
        return AskedRoutes(self._joined.routes, self._resolver)

    def entry_routes(self, function_id: str) -> tuple[Route, ...]:
        """Every entry point that leads to a function where it runs, by function id.

        Where it runs on the event loop, only those that lead there on the loop.
        """
        self._resolver.seen.add(function_id + keys.ENTRIES)
        return self._entries.routes(function_id)

    def entry_points(self, function_id: str) -> tuple[EntryPoint, ...]:
        """Where the framework enters the project on the way to a function; shared objects."""
        self._resolver.seen.add(function_id + keys.ENTRIES)
        return self._entries.points(function_id)

    def is_dependency(self, function_id: str) -> bool:
        """Whether FastAPI calls the function to fill a parameter."""
        self._resolver.seen.add(function_id + keys.CALLERS)
        return self._joined.graph.calls.is_dependency(function_id)

    def callers_of(self, function_id: str) -> list[tuple[str, Edge]]:
        """The functions that run a function, each with the place where it does."""
        calls = self._joined.graph.calls
        callers = sorted(calls.callers(function_id))
        self._resolver.seen.add(function_id + keys.CALLERS)
        self._resolver.seen.update(f"{caller}{keys.LINKS}" for caller in callers)
        return [
            (caller, edge)
            for caller in callers
            for edge in calls.edges(caller)
            if edge.target == function_id
        ]

    def is_called(self, function_id: str) -> bool:
        """Whether any function of the project calls it itself."""
        self._resolver.seen.add(function_id + keys.CALLERS)
        return self._joined.graph.calls.is_called(function_id)

    def runs_for_each(self, function_id: str, labels: frozenset[str], branches: int) -> bool:
        """Whether a function runs anew each time an entry point under one of `labels` is called.

        Nothing on the way remembers what it gave: no cache, no `if x is None: x = ...`; and no more than
        `branches` steps of it stand in branches.
        """
        key = (Index.runs_for_each, function_id, labels, branches)
        return self.remember(
            key, lambda: self._entries.runs_for_each(function_id, labels, branches)
        )

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
