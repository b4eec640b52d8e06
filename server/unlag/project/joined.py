"""The files of a project, named, linked and solved; an edit is taken in where it matters and nowhere else.

Says which look-up keys an edit gives other answers to. Answers nobody itself: that is for `index`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from unlag.knowledge import Knowledge
from unlag.project import graph, keys
from unlag.project.calls import Calls
from unlag.project.changes import Watch
from unlag.project.differences import changed_entries, flipped_in, leads_alike, says_alike
from unlag.project.edited_tables import Edits
from unlag.project.graph import NOTHING, Edit, Graph, Lengths, Moves, seeds_of
from unlag.project.hints import Hint
from unlag.project.linked import Linked
from unlag.project.links import Links
from unlag.project.naming import Naming
from unlag.project.options import Options
from unlag.project.routes import Routes, join
from unlag.project.table import FileTable, FunctionEntry
from unlag.source.scopes import MODULE


class Changed(msgspec.Struct, frozen=True):
    """What an edit gave other answers to."""

    keys: set[str]
    moves: Moves
    routed: frozenset[str]
    """Functions of which frameworks are told something else."""
    files: frozenset[str] = frozenset()
    """Files that came or went."""
    edits: Edits = {}


class Joined:
    """Everything known of a set of files."""

    def __init__(
        self,
        tables: dict[str, FileTable],
        options: Options,
        naming: Naming,
        linked: Linked,
        lengths: Lengths | None = None,
    ) -> None:
        """`lengths` were worked out of the same links before."""
        self.tables = tables
        self.options = options
        self.naming = naming
        self.linked = linked
        self._registered = {
            function: links.registrations
            for function, links in self.linked.links.items()
            if links.registrations
        }
        self.routes = self._routes()
        self._seeds = self._entries()
        coroutines = {
            entry.id
            for table in tables.values()
            for entry in table.functions.values()
            if entry.facts.is_async
        }
        calls = Calls(self.linked.links, self.routes.edges, coroutines)
        self.graph = Graph(calls, self._seeds, lengths)

    @staticmethod
    def of(
        tables: dict[str, FileTable],
        knowledge: Knowledge,
        options: Options,
        hints: Mapping[str, Hint],
        *,
        tracks: bool,
        pause: Callable[[], None],
    ) -> Joined:
        """Everything about `tables`, from scratch."""
        naming = Naming.of(tables, knowledge, options, tracks=tracks)
        naming.linker.hints = hints
        linked = Linked.of(tables, naming.linker, pause)
        naming.resolver.rest()
        return Joined(tables, options, naming, linked)

    @staticmethod
    def restored(
        tables: dict[str, FileTable],
        knowledge: Knowledge,
        options: Options,
        links: Mapping[str, Links],
        watch: Watch,
        lengths: Lengths,
    ) -> Joined:
        """The same from links that are known, what was looked up for them, and what was worked out of them."""
        naming = Naming.of(tables, knowledge, options, tracks=True)
        linked = Linked(tables, naming.linker, dict(links), watch)
        return Joined(tables, options, naming, linked, lengths)

    def edit(self, files: Mapping[str, FileTable | None]) -> Changed:
        """Take in other states of some files; None for those that went."""
        moved = {path for path, table in files.items() if (table is None) is (path in self.tables)}
        before = {path: self.tables.get(path) or FileTable.absent(path) for path in files}
        after = {path: table or FileTable.absent(path) for path, table in files.items()}
        self._replace(files, moved)
        self.naming.resolver.lose(before.values())
        renamed = self.naming.edit(before, after, moved)
        fresh = self.linked.again(before, after, renamed)
        flipped = flipped_in(before, after)
        changed = {*renamed.keys, *(f"{function}{keys.COROUTINE}" for function in flipped)}
        changed.update(f"{path}{keys.THERE}" for path in moved)
        for path in after:
            changed.update(changed_entries(before[path], after[path]))
        edits = {path: (before[path], table) for path, table in after.items()}
        found = self._follow(fresh, changed, flipped, frozenset(moved))
        return msgspec.structs.replace(found, edits=edits)

    def _replace(self, files: Mapping[str, FileTable | None], moved: set[str]) -> None:
        """Put tables in the place of others, in the very mapping that everybody holds, by path."""
        tables = self.tables
        tables.update((path, table) for path, table in files.items() if table is not None)
        if moved:
            held = sorted(tables.items())
            tables.clear()
            tables.update(item for item in held if files.get(item[0], item[1]) is not None)

    def again(self, functions: Iterable[FunctionEntry]) -> Changed:
        """Follow the calls of some functions again: something else is known of what they mean."""
        return self._follow(self.linked.anew(functions), set(), set(), frozenset())

    def _follow(
        self,
        fresh: Mapping[str, Links | None],
        changed: set[str],
        flipped: set[str],
        moved: frozenset[str],
    ) -> Changed:
        elsewhere, registers = self._take(fresh, changed)
        routed: frozenset[str] = frozenset()
        if registers or flipped or not self.routes.by_function.keys().isdisjoint(elsewhere):
            routed = self._route()
        if moved:
            self._seeds = self._entries()
        moves = NOTHING
        if elsewhere or flipped or routed:
            asynchronous = frozenset(item for item in flipped if self._is_async(item))
            edit = Edit(elsewhere, self.routes.edges, frozenset(flipped), asynchronous, self._seeds)
            moves = self.graph.follow(edit)
        changed.update(_keys_of(moves, routed))
        return Changed(changed, moves, routed, moved)

    def _take(
        self, fresh: Mapping[str, Links | None], changed: set[str]
    ) -> tuple[dict[str, Links | None], bool]:
        """Keep links that lead where they led; gives the others, and whether any registers otherwise."""
        links = self.linked.links
        elsewhere: dict[str, Links | None] = {}
        registers = False
        for function, item in fresh.items():
            known = links.get(function)
            if item is None or not says_alike(item, known):
                changed.add(f"{function}{keys.LINKS}")
            registers |= self._register(function, item)
            if item is None or not leads_alike(item, known):
                elsewhere[function] = item
            else:
                links[function] = item
        return elsewhere, registers

    def _register(self, function: str, links: Links | None) -> bool:
        """Keep what a function registers; whether it is something else than before."""
        fresh = links.registrations if links is not None else ()
        if fresh == self._registered.get(function, ()):
            return False
        self._registered.pop(function, None)
        if fresh:
            self._registered[function] = fresh
        return True

    # -- routes

    def _route(self) -> frozenset[str]:
        """Join the routers again; the functions of which frameworks are told something else."""
        before, self.routes = self.routes, self._routes()
        if before == self.routes:
            self.routes = before
            if not self.options.entry_points:
                return frozenset()
        self._seeds = self._entries()
        return frozenset(
            {
                *_differing(before.by_function, self.routes.by_function),
                *_differing(before.edges, self.routes.edges),
            }
        )

    def _routes(self) -> Routes:
        return join(self._registered, self._answers_on_loop, self.options.is_test)

    def _entries(self) -> dict[str, int]:
        entries = {context: list(items) for context, items in self.routes.entries.items()}
        entries.setdefault(graph.REQUEST, []).extend(self._configured())
        entries.setdefault(graph.IMPORT, []).extend(
            f"{path}:{MODULE}" for path in self.tables if not self.options.is_test(path)
        )
        return seeds_of(entries)

    def _is_async(self, function_id: str) -> bool:
        entry = self.naming.resolver.function(function_id)
        return entry is not None and entry.facts.is_async

    def _answers_on_loop(self, function_id: str) -> bool:
        """Whether calling a function gives a coroutine: its own, or that of its outermost wrapper."""
        entry = self.naming.resolver.function(function_id)
        if entry is None or entry.facts.is_async:
            return entry is not None
        wrappers, _ = self.naming.callables.wrappers(entry)
        return bool(wrappers) and self._is_async(wrappers[0])

    def _configured(self) -> Iterator[str]:
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


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _keys_of(moves: Moves, routed: frozenset[str]) -> Iterator[str]:
    for function in moves.contexts:
        yield f"{function}{keys.CONTEXTS}"
    for category, functions in moves.reaches.items():
        kind = keys.reach(category)
        for function in functions:
            yield f"{function}{kind}"
    for function in moves.callers:
        yield f"{function}{keys.CALLERS}"
    if routed:
        yield keys.ALL_ROUTES
    for function in routed:
        yield f"{function}{keys.ROUTES}"
