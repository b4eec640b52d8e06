"""The names of all files: modules, classes, and who can resolve what; kept in step with edits.

Follows what one file can see of another. Functions' bodies are for `linked`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from unlag.knowledge import Knowledge
from unlag.project import keys
from unlag.project.callables import Callables
from unlag.project.edited_tables import calls_as_much, shares_as_much
from unlag.project.interface import changed_names
from unlag.project.linker import Linker
from unlag.project.modules import Modules
from unlag.project.moved_modules import NOTHING, Imported, imported_otherwise
from unlag.project.options import Options
from unlag.project.resolver import Resolver
from unlag.project.shared_names import NO_SHARE, Share, Subclasses, all_state, share_of
from unlag.project.table import FileTable


class Renamed(msgspec.Struct, frozen=True):
    """What an edit changed of the names."""

    keys: set[str]
    """Look-ups that may have another answer."""
    properties: frozenset[str] = frozenset()
    """Names that became properties, or are none any more."""
    dependencies: frozenset[str] = frozenset()
    """Names that came to stand for a dependency, or do no more."""
    imports: frozenset[str] = frozenset()
    """Functions with an import in their body that means another module."""


class Naming:
    """Resolver, callables and linker over one set of files."""

    def __init__(
        self,
        tables: Mapping[str, FileTable],
        shares: dict[str, Share],
        resolver: Resolver,
        linker: Linker,
    ) -> None:
        self._tables = tables
        self._shares = shares
        self._subclasses = Subclasses()
        self.resolver = resolver
        self.linker = linker
        self.callables = linker.callables

    @staticmethod
    def of(
        tables: Mapping[str, FileTable], knowledge: Knowledge, options: Options, *, tracks: bool
    ) -> Naming:
        """The names of all `tables`."""
        shares = {path: share_of(table) for path, table in tables.items()}
        modules = Modules(tables, options.roots, knowledge.is_library)
        resolver = Resolver(tables, modules, knowledge, tracks=tracks)
        resolver.state = all_state(shares.values())
        linker = Linker(resolver, Callables(resolver), *_all_names(shares.values()))
        naming = Naming(tables, shares, resolver, linker)
        naming._subclasses.build(tables, resolver)
        resolver.subclasses = naming._subclasses.by_base
        return naming

    def edit(
        self,
        before: Mapping[str, FileTable],
        after: Mapping[str, FileTable],
        moved: Collection[str] = (),
    ) -> Renamed:
        """Take in other states of some files, which `tables` holds by now; those in `moved` came or went."""
        imported = self._name_modules() if moved else NOTHING
        calling = {p: t for p, t in after.items() if not calls_as_much(before[p], t)}
        self.resolver.call_sites.replace(calling)
        changed = set(imported.keys)
        for path, table in after.items():
            changed |= changed_names(before[path], table)
        sharing = {p: t for p, t in after.items() if not shares_as_much(before[p], t)}
        renamed = self._share(sharing)
        if changed:
            self.resolver.forget(changed)
            moved = self._subclasses.update(self._tables, self.resolver, set(after), changed)
            found = {f"{base}{keys.SUBCLASSES}" for base in moved}
            if found:
                self.resolver.forget(found)
                changed |= found
        return msgspec.structs.replace(renamed, keys=changed, imports=imported.functions)

    def _name_modules(self) -> Imported:
        """Name the modules anew; what means something else for it."""
        before = self.resolver.modules
        after = self.resolver.modules = before.of(self._tables)
        return imported_otherwise(before, after, self._tables)

    def _share(self, after: Mapping[str, FileTable]) -> Renamed:
        """Count again what the files share with all others."""
        fresh = {path: share_of(table) for path, table in after.items()}
        known = {path: self._shares.get(path, NO_SHARE) for path in fresh}
        self._shares.update(fresh)
        if len(self._shares) != len(self._tables):  # those that came are among them by now
            self._shares = {path: self._shares[path] for path in self._tables}
        if all(share == known[path] for path, share in fresh.items()):
            return Renamed(set())
        self.resolver.state = all_state(self._shares.values())
        linker = self.linker
        properties, dependencies = _all_names(self._shares.values())
        renamed = Renamed(
            set(), linker.property_names ^ properties, linker.dependency_names ^ dependencies
        )
        linker.property_names, linker.dependency_names = properties, dependencies
        return renamed


def mention(knowledge: Knowledge, tables: Iterable[FileTable]) -> bool:
    """Read the knowledge files of every module imported; whether that was new."""
    grew = False
    for table in tables:
        for module in table.mentions():
            if module not in knowledge.mentioned:
                grew |= knowledge.mention(module)
    return grew


def _all_names(shares: Iterable[Share]) -> tuple[frozenset[str], frozenset[str]]:
    properties: set[str] = set()
    dependencies: set[str] = set()
    for share in shares:
        properties |= share.properties
        dependencies |= share.dependencies
    return frozenset(properties), frozenset(dependencies)
