"""What is known about libraries, read from the TOML files beside this module.

A file is read only when the project mentions one of its modules. README.md here documents the format.
Never imports or looks at an installed library.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent
_MODULES = re.compile(r"^modules\s*=\s*\[(.*?)\]", re.DOTALL | re.MULTILINE)
_ALWAYS = frozenset({"builtins"})
_KINDS = (
    "blocking",
    "cpu",
    "awaitable",
    "local",
    "offload",
    "schedule",
    "calls",
    "new-loop",
    "entry-point",
    "client",
    "setup",
    "send",
)


class Entry(msgspec.Struct, frozen=True):
    """What happens when a name is called."""

    kind: str
    """blocking, cpu, awaitable, local, offload, schedule, calls, new-loop, entry-point, client, setup or send."""
    name: str
    cost: str = ""
    counterpart: str = ""
    rewrite: str = ""
    otherwise: str = ""
    """The counterpart where the project does not use the library of the first one."""
    is_entered: bool = False
    """Whether the counterpart is a context manager, which is entered and not awaited."""
    note: str = ""
    callables: tuple[int | str, ...] = ()
    """Positions and keyword names under which a callable is passed."""
    to: str = ""
    form: str = ""
    drops: bool = False
    runs: str = ""
    sync: str = ""
    label: str = ""
    """What an entry point is called in messages."""
    each_call: tuple[str, ...] = ()
    """Options of a client that each of its calls takes as well."""
    spares: tuple[str, ...] = ()
    """Options that take the cost of a client or of a blocking call away, or make a client one of a kind."""
    waits_with: tuple[str, ...] = ()
    """Options, each with its value, of which a blocking call must be given one: it waits with those alone."""
    keeps_lock: bool = False
    """Whether computing never lets go of the interpreter lock: the loop stands still for a thread as well."""


class Library(msgspec.Struct, frozen=True):
    """One knowledge file."""

    modules: tuple[str, ...]
    aliases: dict[str, str]
    bases: dict[str, str]
    returns: dict[str, str]
    enters: dict[str, str]
    decorates: dict[str, str]
    entries: dict[str, tuple[Entry, ...]]


class Knowledge:
    """The libraries a project mentions. Grows with `mention`; answers never change otherwise."""

    def __init__(self, extra: tuple[Library, ...] = ()) -> None:
        self._files = _file_index()
        self._loaded: set[Path] = set()
        self.mentioned: set[str] = set()
        """Modules already looked for."""
        self.hooks: set[str] = set()
        """Last names of methods that libraries call on classes of the project."""
        self._aliases: dict[str, str] = {}
        self._bases: dict[str, str] = {}
        self._returns: dict[str, str] = {}
        self._enters: dict[str, str] = {}
        self._decorates: dict[str, str] = {}
        self.takes_over = False
        """Whether something is known of the `__call__` of what any decorator makes: it runs in a function's place."""
        self._entries: dict[str, tuple[Entry, ...]] = {}
        self._canonical: dict[str, str] = {}
        self._found: dict[str, tuple[Entry, ...]] = {}
        self._results: dict[str, str | None] = {}
        for module in _ALWAYS:
            self.mention(module)
        for library in extra:
            self._merge(library)

    def mention(self, module: str) -> bool:
        """Read what is known about a dotted module name; whether anything new was read."""
        self.mentioned.add(module)
        grew = False
        parts = module.split(".")
        for count in range(1, len(parts) + 1):
            for file in self._files.get(".".join(parts[:count]), ()):
                if file not in self._loaded:
                    self._loaded.add(file)
                    self._merge(_read(file))
                    grew = True
        return grew

    def is_library(self, top: str) -> bool:
        """Whether a knowledge file stands for the top-level module `top`."""
        return top in self._files

    def canonical(self, name: str) -> str:
        """The spelling of `name` that the knowledge files use."""
        known = self._canonical.get(name)
        if known is None:
            known = self._canonical[name] = self._spell(name)
        return known

    def entries(self, name: str) -> tuple[Entry, ...]:
        """What calling `name` does; empty where nothing is known."""
        known = self._found.get(name)
        if known is None:
            known = self._found[name] = self._lookup(self.canonical(name), self._entries, ())
        return known

    def entry(self, name: str, *kinds: str) -> Entry | None:
        """The first entry for `name` of one of `kinds`."""
        for found in self.entries(name):
            if found.kind in kinds:
                return found
        return None

    def result(self, name: str) -> str | None:
        """What calling `name`, or reading it where it is an attribute, gives."""
        if name not in self._results:
            self._results[name] = self._lookup(self.canonical(name), self._returns, None)
        return self._results[name]

    def entered(self, name: str) -> str | None:
        """What `with` binds for an object of class `name`, where it is not the object itself."""
        found: str | None = self._lookup(self.canonical(name), self._enters, None)
        return found

    def decorated(self, name: str) -> str | None:
        """What the decorator `name` makes of a function, where that has members of its own."""
        found: str | None = self._lookup(self.canonical(name), self._decorates, None)
        return found

    def base(self, name: str) -> str | None:
        """The class that the class `name` inherits from."""
        return self._bases.get(self.canonical(name))

    def is_a(self, name: str, classes: frozenset[str]) -> bool:
        """Whether the outside class `name` is one of `classes` or inherits from one."""
        current: str | None = self.canonical(name)
        for _ in range(12):
            if current is None or current in classes:
                return current is not None
            current = self.base(current)
        return False

    def _spell(self, name: str) -> str:
        aliases = self._aliases
        for _ in range(6):
            head, tail = name, ""
            while head and head not in aliases:
                head, _, last = head.rpartition(".")
                tail = f".{last}{tail}"
            if not head:
                return name
            name = aliases[head] + tail
        return name

    def _lookup(self, name: str, table: dict[str, Any], missing: Any) -> Any:
        for _ in range(12):
            found = table.get(name)
            if found is not None:
                return found
            owner, _, member = name.rpartition(".")
            is_named = not member.startswith("__") and not member.endswith("[]")
            wildcard = table.get(f"{owner}.*") if is_named else None
            if wildcard is not None:
                return wildcard
            base = self._bases.get(owner)
            if base is None:
                return missing
            name = self.canonical(f"{base}.{member}")
        return missing

    def _merge(self, library: Library) -> None:
        self._aliases.update(library.aliases)
        self._bases.update(library.bases)
        self._returns.update(library.returns)
        self._enters.update(library.enters)
        self._decorates.update(library.decorates)
        made = {f"{name}.__call__" for name in library.decorates.values()}
        self.takes_over = self.takes_over or not made.isdisjoint(library.entries)
        for name, entries in library.entries.items():
            self._entries[name] = self._entries.get(name, ()) + entries
            if any(entry.kind == "entry-point" and entry.form == "method" for entry in entries):
                self.hooks.add(name.rpartition(".")[2])
        self._canonical.clear()
        self._found.clear()
        self._results.clear()
        for table in (
            library.bases, library.returns, library.enters, library.decorates, library.aliases
        ):  # fmt: skip
            for described in table.values():
                self._mention_named(described)

    def _mention_named(self, described: str) -> None:
        """Read what is known of the library that a description such as `list[a.b.C]` names."""
        name = described.rpartition("[")[2].rstrip("]")
        module = name.rpartition(".")[0]
        if module and module not in self.mentioned:
            self.mention(module)


@lru_cache(maxsize=1)
def _file_index() -> dict[str, tuple[Path, ...]]:
    """Module -> knowledge files that speak of it, from the head of each file only."""
    index: dict[str, tuple[Path, ...]] = {}
    for file in sorted(FOLDER.glob("*.toml")):
        with file.open(encoding="utf-8") as stream:
            head = stream.read(4000)
        match = _MODULES.search(head)
        for module in re.findall(r'"([^"]+)"', match.group(1)) if match else ():
            index[module] = (*index.get(module, ()), file)
    return index


@cache
def blocking_members() -> frozenset[str]:
    """Last names of everything that any knowledge file says blocks or burns CPU."""
    return frozenset(
        name.rpartition(".")[2]
        for files in _file_index().values()
        for file in files
        for name, entries in _read(file).entries.items()
        if any(entry.kind in ("blocking", "cpu") for entry in entries)
    )


@cache
def _read(file: Path) -> Library:
    return library_from(msgspec.toml.decode(file.read_bytes()))


def library_from(data: dict[str, Any]) -> Library:
    """A knowledge file's content, its entries by name."""
    entries: dict[str, tuple[Entry, ...]] = {}
    for kind in _KINDS:
        for item in data.get(kind, ()):
            for name in item["names"]:
                entries[name] = (*entries.get(name, ()), _entry(kind, name, item))
    return Library(
        tuple(data.get("modules", ())),
        data.get("aliases", {}),
        data.get("bases", {}),
        data.get("returns", {}),
        data.get("enters", {}),
        data.get("decorates", {}),
        entries,
    )


def _entry(kind: str, name: str, item: dict[str, Any]) -> Entry:
    given = item.get("callable", ())
    return Entry(
        kind,
        name,
        cost=item.get("cost", ""),
        counterpart=item.get("counterpart", "").replace("{member}", name.rpartition(".")[2]),
        rewrite=item.get("rewrite", ""),
        otherwise=item.get("otherwise", ""),
        is_entered=item.get("entered", False),
        note=item.get("note", ""),
        callables=tuple(given) if isinstance(given, list) else (given,) if given != () else (),
        to=item.get("to", ""),
        form=item.get("form", "call"),
        drops=item.get("drops", False),
        runs=item.get("runs", ""),
        sync=item.get("sync", ""),
        label=item.get("kind", ""),
        each_call=tuple(item.get("each-call", ())),
        spares=tuple(item.get("spares", ())),
        waits_with=tuple(item.get("waits-with", ())),
        keeps_lock=item.get("keeps-lock", False),
    )
