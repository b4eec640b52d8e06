"""The links of all functions, and which of them an edit asks to be followed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from unlag.project.changes import Watch
from unlag.project.differences import edited
from unlag.project.linker import Linker
from unlag.project.links import Links
from unlag.project.naming import Renamed
from unlag.project.table import FileTable, FunctionEntry

_FILES_IN_A_ROW = 500
"""What files have in common is found out anew so seldom that it takes no time, and it is 30 MiB less in litellm."""


class Linked:
    """What every function leads to."""

    def __init__(
        self,
        tables: Mapping[str, FileTable],
        linker: Linker,
        links: dict[str, Links],
        watch: Watch | None = None,
    ) -> None:
        self._tables = tables
        self._linker = linker
        self.watch = watch if watch is not None else Watch()
        """Functions, and what they looked up."""
        self.links = links

    @staticmethod
    def of(tables: Mapping[str, FileTable], linker: Linker, pause: Callable[[], None]) -> Linked:
        """The links of every function in `tables`."""
        linked = Linked(tables, linker, {})
        for number, table in enumerate(tables.values(), 1):
            pause()
            if number % _FILES_IN_A_ROW == 0:
                linker.rest()
            for entry in table.functions.values():
                linked.links[entry.id] = linked._link(entry)
        linked.watch.pack()
        return linked

    def again(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], renamed: Renamed
    ) -> dict[str, Links | None]:
        """The new links of every function that may lead elsewhere now; None for those that went."""
        found: dict[str, Links | None] = {}
        for path, table in before.items():
            for name in table.functions.keys() - after[path].functions.keys():
                found[f"{path}:{name}"] = None
                self.watch.write_down(f"{path}:{name}", ())
        return found | self.anew(self._stale(before, after, renamed))

    def anew(self, functions: Iterable[FunctionEntry]) -> dict[str, Links | None]:
        """The links of some functions, followed again."""
        return {entry.id: self._link(entry) for entry in functions}

    def _link(self, entry: FunctionEntry) -> Links:
        links = self._linker.link(entry)
        self.watch.write_down(entry.id, self._linker.looked_up)
        return links

    def _stale(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], renamed: Renamed
    ) -> Iterable[FunctionEntry]:
        """Edited functions, and those that looked up a changed name."""
        found = {entry.id: entry for path in after for entry in edited(before[path], after[path])}
        for entry in self._looking(renamed.keys, renamed.imports):
            found.setdefault(entry.id, entry)
        if renamed.properties or renamed.dependencies:
            for entry in self._naming(renamed):
                found.setdefault(entry.id, entry)
        return found.values()

    def _looking(self, changed: set[str], others: Set[str]) -> Iterator[FunctionEntry]:
        for function in self.watch.touched(changed) | others:
            path, _, name = function.rpartition(":")
            entry = self._tables[path].functions.get(name) if path in self._tables else None
            if entry is not None:
                yield entry

    def _naming(self, renamed: Renamed) -> Iterator[FunctionEntry]:
        """Functions that read something, or have a parameter, of a name that means something else now."""
        for table in self._tables.values():
            for entry in table.functions.values():
                item = entry.facts
                reads = (read.path.rpartition(".")[2] for read in item.reads)
                if not renamed.properties.isdisjoint(reads):
                    yield entry
                    continue
                for parameter in item.parameters:
                    names = (
                        parameter.annotation.rpartition(".")[2],
                        parameter.default.rpartition(".")[2],
                    )
                    if not renamed.dependencies.isdisjoint(names):
                        yield entry
                        break
