"""The links of all functions, and which of them an edit asks to be followed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from unlag.project.changes import key_file
from unlag.project.differences import edited
from unlag.project.links import Linker, Links
from unlag.project.naming import Renamed
from unlag.project.table import FileTable, FunctionEntry


class Linked:
    """What every function leads to."""

    def __init__(
        self, tables: Mapping[str, FileTable], linker: Linker, links: dict[str, Links]
    ) -> None:
        self._tables = tables
        self._linker = linker
        self._lookers: dict[str, list[str]] = {}
        """Key -> the other files some function of which looked it up."""
        self.links = links

    @staticmethod
    def of(
        tables: Mapping[str, FileTable], linker: Linker, *, tracks: bool, pause: Callable[[], None]
    ) -> Linked:
        """The links of every function in `tables`."""
        linked = Linked(tables, linker, {})
        for table in tables.values():
            pause()
            found = {entry.id: linker.link(entry) for entry in table.functions.values()}
            linked.links.update(found)
            if tracks:
                linked._note(table.path, set().union(*(links.seen for links in found.values())))
        return linked

    def again(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], renamed: Renamed
    ) -> dict[str, Links | None]:
        """The new links of every function that may lead elsewhere now; None for those that went."""
        found: dict[str, Links | None] = {}
        for path, table in before.items():
            for name in table.functions.keys() - after[path].functions.keys():
                found[f"{path}:{name}"] = None
        for entry in self._stale(before, after, renamed):
            found[entry.id] = links = self._linker.link(entry)
            known = self.links.get(entry.id)
            self._note(entry.path, set(links.seen).difference(known.seen if known else ()))
        return found

    def anew(self, functions: Iterable[FunctionEntry]) -> dict[str, Links | None]:
        """The links of some functions, followed again."""
        found: dict[str, Links | None] = {}
        for entry in functions:
            found[entry.id] = links = self._linker.link(entry)
            self._note(entry.path, links.seen)
        return found

    def _note(self, path: str, seen: Iterable[str]) -> None:
        own = f"{path}:"
        for key in seen:
            if not key.startswith(own):
                files = self._lookers.setdefault(key, [])
                if path not in files:
                    files.append(path)

    def _stale(
        self, before: Mapping[str, FileTable], after: Mapping[str, FileTable], renamed: Renamed
    ) -> Iterable[FunctionEntry]:
        """Edited functions, and those that looked up a changed name."""
        found = {entry.id: entry for path in after for entry in edited(before[path], after[path])}
        for entry in self._looking(renamed.keys):
            found.setdefault(entry.id, entry)
        if renamed.properties or renamed.dependencies:
            for entry in self._naming(renamed):
                found.setdefault(entry.id, entry)
        return found.values()

    def _looking(self, changed: set[str]) -> Iterator[FunctionEntry]:
        files: set[str] = set()
        for key in changed:
            files.update(self._lookers.get(key, ()))
            files.add(key_file(key))
        for path in files & self._tables.keys():
            for entry in self._tables[path].functions.values():
                known = self.links.get(entry.id)
                if known is not None and not changed.isdisjoint(known.seen):
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
