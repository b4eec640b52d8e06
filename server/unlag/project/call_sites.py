"""Where anything of a name is called, anywhere in the project: found by the name alone, in the order of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from sys import intern

from unlag.project.kept_functions import holds_function
from unlag.project.table import FileTable, FunctionEntry
from unlag.source.facts import Call, FunctionFacts


class CallSites:
    """The functions that call something of a name; gathered when first asked for.

    Kept are the names that are likely to be asked for: of those that are called, 656 of 3,399 in open_webui,
    265 of 3,142 in letta.
    """

    def __init__(self, tables: Mapping[str, FileTable]) -> None:
        self._tables = tables
        self._wanted: set[str] = set()
        """Names of functions that leave a parameter without annotation, and others that were asked for."""
        self._files: dict[str, dict[str, tuple[str, ...]]] | None = None
        """Name -> file -> qualified names of the functions that call it."""
        self._names: dict[str, tuple[str, ...]] = {}
        """File -> names that are called in it."""

    def of(self, name: str, most: int) -> list[tuple[FunctionEntry, Call]] | None:
        """Every call of something named `name`; None where more than `most` functions make one."""
        if self._files is None:
            self._files = {}
            self._wanted = set(_open_names(self._tables.values()))
            for table in self._tables.values():
                self._enter(self._files, table, self._wanted)
        if name not in self._wanted:
            self._wanted.add(name)
            for table in self._tables.values():
                self._enter(self._files, table, {name})
        files = self._files.get(name, {})
        if sum(map(len, files.values())) > most:
            return None
        return [
            (entry, call)
            for path in sorted(files)
            for qualname in files[path]
            for entry in (self._tables[path].functions[qualname],)
            for call in entry.facts.calls
            if call.target.endswith(name) and called_name(call) == name
        ]

    def replace(self, after: Mapping[str, FileTable]) -> None:
        """Take in other states of some files."""
        if self._files is None:
            return
        for path, table in after.items():
            for name in self._names.pop(path, ()):
                files = self._files[name]
                del files[path]
                if not files:
                    del self._files[name]
            self._enter(self._files, table, self._wanted)

    def _enter(
        self, files: dict[str, dict[str, tuple[str, ...]]], table: FileTable, names: set[str]
    ) -> None:
        found: dict[str, list[str]] = {}
        for qualname, entry in table.functions.items():
            for name in names.intersection([_last(call.target) for call in entry.facts.calls]):
                if name.isidentifier():
                    # each file would keep texts of its own
                    found.setdefault(intern(name), []).append(qualname)
        self._names[table.path] = (*self._names.get(table.path, ()), *found)
        for name, qualnames in found.items():
            files.setdefault(name, {})[table.path] = tuple(qualnames)


def _open_names(tables: Iterable[FileTable]) -> Iterator[str]:
    for table in tables:
        for entry in table.functions.values():
            item = entry.facts
            own = item.parameters[1 if item.owner and not is_static(item) else 0 :]
            makes = is_constructor(item) and any(holds_function(one.annotation) for one in own)
            if makes or any(parameter.is_untyped for parameter in own):
                yield name_called_by(item)
        for owner in table.classes.values():
            if any(holds_function(path) for paths in owner.attributes.values() for path in paths):
                yield owner.facts.qualname.rpartition(".")[2]


def is_constructor(item: FunctionFacts) -> bool:
    """Whether a function makes the objects of its class ready."""
    return item.name == "__init__" and bool(item.owner)


def name_called_by(item: FunctionFacts) -> str:
    """The last name that stands where a function is called: its class's for a constructor."""
    return item.owner.rpartition(".")[2] if is_constructor(item) else item.name


def is_static(item: FunctionFacts) -> bool:
    """Whether a method is given no object of its class."""
    return any(decorator.target == "staticmethod" for decorator in item.decorators)


def called_name(call: Call) -> str:
    """The last name of what is called; empty where it is no name."""
    name = _last(call.target)
    return name if name.isidentifier() else ""


def _last(target: str) -> str:
    return target[target.rfind(".") + 1 :]


def changed_calls(old: FunctionEntry | None, new: FunctionEntry | None) -> Iterator[str]:
    """The names of which two states of a function make other calls, or find other values for them."""
    before, after = _calls(old), _calls(new)
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            yield name


def _calls(entry: FunctionEntry | None) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    bindings = entry.facts.bindings if entry is not None else ()
    narrowed = entry.facts.narrowed if entry is not None else ()
    for call in entry.facts.calls if entry is not None else ():
        earlier = [item.is_beside(call.line) for item in bindings if item.line <= call.line]
        earlier += [item.holds(call.line) for item in narrowed]
        found.setdefault(called_name(call), []).append((call.target, call.arguments, earlier))
    return found
