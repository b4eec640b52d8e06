"""Findings of the open files while the project is still being read: from the files their calls lead to.

Reads a file when the first name in it is looked up, and links a function when the first call to it is
met. What it leaves out, such as callers elsewhere and files for which there was no time, can only cost
findings: the whole index brings them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, ValuesView

import msgspec

from unlag import engine
from unlag.config import Config
from unlag.finding import Finding
from unlag.project.callables import CALLED, Callables
from unlag.project.index import Index
from unlag.project.joined import Joined
from unlag.project.linked import Linked
from unlag.project.linker import Linker
from unlag.project.links import Links
from unlag.project.modules import Modules
from unlag.project.naming import Naming
from unlag.project.resolver import Resolver
from unlag.project.shared_names import share_of
from unlag.project.table import FileTable
from unlag.rules import load
from unlag.source.facts import FileFacts
from unlag.source.parse import Parsed, parse

_WANTS_CALLERS = frozenset({"endpoint_to_def"})

_CHARACTERS_A_SECOND = 2_000_000
"""How fast texts are read, at least: one file can take longer than all others."""

Read = Callable[[str], str | None]


class Tables(dict[str, FileTable]):
    """Tables by path, each made when it is first asked for."""

    def __init__(
        self,
        paths: frozenset[str],
        read: Read,
        on_load: Callable[[FileTable], None],
        known: dict[str, Parsed],
    ) -> None:
        super().__init__()
        self.parsed = known
        self.is_whole = True
        """Whether there was time for every file that was asked for."""
        self._until = float("inf")
        self._paths = paths
        self._read = read
        self._on_load = on_load

    def read_until(self, moment: float) -> None:
        """Read no file after `moment`: names in those that were not read by then stay unknown."""
        self._until = moment

    def __missing__(self, path: str) -> FileTable:
        parsed = self.parsed.get(path)
        if parsed is None:
            if path not in self._paths:
                raise KeyError(path)
            text = self._read(path) if self._has_time() else None
            if not self._has_time(text or ""):
                self.is_whole = False
                return FileTable(path, FileFacts((), 0))
            if text is None:
                raise KeyError(path)
            parsed = self.parsed[path] = parse(text)
        table = self[path] = FileTable(path, parsed.facts)
        self._on_load(table)
        return table

    def _has_time(self, text: str = "") -> bool:
        """Whether `text` is read, roughly, before the time is up."""
        return time.monotonic() + len(text) / _CHARACTERS_A_SECOND < self._until

    def get(self, path: str, default: FileTable | None = None) -> FileTable | None:  # type: ignore[override]
        """The table at `path`, made now if there is a file for it."""
        try:
            return self[path]
        except KeyError:
            return default

    def values(self) -> ValuesView[FileTable]:  # type: ignore[override]  # a view of a copy
        """The tables made so far; others can be made meanwhile."""
        return dict(self).values()


class Focus(Index):
    """An index of as much of the project as some files reach."""

    _known: dict[str, Parsed]

    def join(
        self,
        opened: Collection[str],
        paths: frozenset[str],
        read: Read,
        known: dict[str, Parsed],
        patience: float,
    ) -> bool:
        """Join `opened` with whatever their coroutines lead to; `known` files are not read again.

        Whether `patience`, in seconds, was enough to read all of it.
        """
        properties: set[str] = set()
        dependencies: set[str] = set()

        knowledge = self.knowledge

        def on_load(table: FileTable) -> None:  # holds no index: nothing frees cycles meanwhile
            for module in table.mentions():
                knowledge.mention(module)
            share = share_of(table)
            properties.update(share.properties)
            dependencies.update(share.dependencies)

        self._known = known
        tables = Tables(paths, read, on_load, known)
        found = [path for path in opened if tables.get(path)]
        tables.read_until(time.monotonic() + patience)
        modules = Modules(sorted(paths), self.options.roots, self.knowledge.is_library)
        resolver = Resolver(tables, modules, self.knowledge, tracks=False)
        linker = Linker(resolver, Callables(resolver), properties, dependencies)  # type: ignore[arg-type]  # they grow
        linked = Linked(tables, linker, {})
        _link(tables, linker, linked.links, found)
        self._use(Joined(tables, self.options, Naming(tables, {}, resolver, linker), linked))
        return tables.is_whole

    def findings(self, path: str, config: Config) -> tuple[Finding, ...]:
        """The findings of an open file, as far as they show from there."""
        rules = load()
        parsed = self._known.get(path)
        if parsed is None:
            return ()
        checked = engine.check_file(self, path, rules, config)
        kept = engine.suppress(checked.findings, parsed.suppressions, path, rules, config)
        return tuple(
            _without_guesses(item)
            for item in kept
            if not config.is_ignored_in(path, item.code, item.rule)
        )


def _link(tables: Tables, linker: Linker, links: dict[str, Links], paths: Iterable[str]) -> None:
    """Link the functions of some files, and the plain ones that their coroutines lead to."""
    entries = [entry for path in paths for entry in tables[path].functions.values()]
    for entry in entries:
        links[entry.id] = linker.link(entry)
    pending = [entry.id for entry in entries if entry.facts.is_async]
    followed = set(pending)
    while pending:
        for edge in links[pending.pop()].edges:
            path, _, name = edge.target.rpartition(":")
            table = tables.get(path) if edge.how == CALLED else None
            target = table.functions.get(name) if table is not None else None
            if target is None or target.facts.is_async or target.id in followed:
                continue
            followed.add(target.id)
            pending.append(target.id)
            if target.id not in links:
                links[target.id] = linker.link(target)


def _without_guesses(finding: Finding) -> Finding:
    """A finding without the fixes that are right only where all callers are known."""
    fixes = tuple(offer for offer in finding.fixes if offer.kind not in _WANTS_CALLERS)
    return msgspec.structs.replace(finding, fixes=fixes) if fixes != finding.fixes else finding
