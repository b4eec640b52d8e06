"""What a function's values can come from, told from its facts before any tree is parsed.

Only calls give something loaded: those that begin a statement, those of functions of the project, and those
on what a caller hands in. Names are followed through everything they are given, in whatever order; what
facts leave open counts as all there is. Says too much rather than too little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from unlag.project.index import Index
from unlag.project.links import DEPENDS, Edge, Links
from unlag.project.table import FunctionEntry
from unlag.rules.database._expiry import expires_on_commit
from unlag.rules.database._lazy_names import VALIDATING, loading_names, may_load, related_names
from unlag.rules.database._leading_names import (
    DISPLAYS,
    GIVING_METHODS,
    WORKED_OUT,
    held_in,
)
from unlag.rules.database._statements import (
    EXECUTING,
    LOADERS,
    MANY,
    ONE,
    OTHER_OPTIONS,
    ROOTS,
    VOCABULARY,
)
from unlag.source.facts import Call, FunctionFacts, Read, passed_value
from unlag.source.paths import UNKNOWN, opening, root, split

OWN = ""
"""A statement that the function begins itself."""
Origin: TypeAlias = tuple[str, str]
"""`OWN`, `@` with a parameter's name, or the id of a function; and the first function that hands it on, or none."""
Origins: TypeAlias = frozenset[Origin]

_FURTHEST = 4
_NOTHING: Origins = frozenset()
_DIRECT = ""
_BEGINNING = frozenset({"select", "query", "get", "get_one"}) | LOADERS | OTHER_OPTIONS
_LITERAL = ("'", "#")
"""How the paths of literals start."""
_GIVEN_ON = frozenset({"list", "tuple", "sorted", "reversed", "set", "iter", "enumerate", "next",
                       "tqdm", "min", "max", "zip"})  # fmt: skip
_OF_LOADED = VOCABULARY | ONE | MANY | LOADERS | frozenset(
    {"tuples", "columns", "freeze", "copy", "pop", "values", "scalar_one_or_none"}
)  # fmt: skip
_CALLS = ("", "callback")
"""What an edge is `through` where the target's result is the call's."""


def results_of(index: Index, function_id: str) -> Origins:
    """What a function gives back can come from."""
    return index.recall(_results, function_id)


def touched_by(index: Index, function_id: str) -> Origins:
    """What a function reads something off that is called like a relationship, or hands to who does."""
    return index.recall(_touched, function_id)


def looped_by(index: Index, function_id: str) -> Origins:
    """What a function goes through one by one, or hands to who goes through something."""
    return index.recall(_looped, function_id, _FURTHEST)


def first_taken_by(index: Index, function_id: str) -> Origins:
    """What a function takes the first row of."""
    search = _search(index, function_id)
    if search is None:
        return _NOTHING
    owners = (call.target.rpartition(".") for call in search.item.calls)
    return search.origins(owner for owner, _, last in owners if last == "first")


def origins_of(index: Index, function_id: str, paths: Iterable[str]) -> Origins:
    """What any of `paths` in a function can come from."""
    search = _search(index, function_id)
    return search.origins(paths) if search is not None else _NOTHING


def asked_by(index: Index, function_id: str) -> frozenset[str]:
    """The names that a function calls something of, which facts cannot say for certain."""
    return index.recall(_asked, function_id)


def _asked(index: Index, function_id: str) -> frozenset[str]:
    entry, links = index.function(function_id), index.links.get(function_id)
    if entry is None or links is None:
        return frozenset()
    calls = zip(entry.facts.calls, links.callees, strict=True)
    return frozenset(root(call.target) for call, callee in calls if not callee or ":" in callee)


def _results(index: Index, function_id: str) -> Origins:
    search = _search(index, function_id)
    if search is None:
        return _NOTHING
    found = search.origins(search.item.results)
    return found | {(OWN, _DIRECT)} if _keeps_new(index, search.item) else found


def _keeps_new(index: Index, item: FunctionFacts) -> bool:
    """Whether a function adds objects to a session and commits: from then on they are the session's."""
    if not item.results or not expires_on_commit(index):
        return False
    names = {call.target.rpartition(".")[2] for call in item.calls}
    return not names.isdisjoint(_ADDING) and not names.isdisjoint(_COMMITTING)


_ADDING = frozenset({"add", "add_all"})
_COMMITTING = frozenset({"commit", "begin"})


def _touched(index: Index, function_id: str) -> Origins:
    search = _search(index, function_id)
    return search.origins(_touching(search)) if search is not None else _NOTHING


def _looped(index: Index, function_id: str, calls: int) -> Origins:
    search = _search(index, function_id)
    return search.origins(_looping(search, calls)) if search is not None else _NOTHING


def _search(index: Index, function_id: str) -> _Search | None:
    entry, links = index.function(function_id), index.links.get(function_id)
    return _Search(index, entry, links) if entry is not None and links is not None else None


class _Search:
    """One function's facts, looked through for what its values come from."""

    def __init__(self, index: Index, entry: FunctionEntry, links: Links) -> None:
        self.index = index
        self.item: FunctionFacts = entry.facts
        self.links = links
        self._methods: frozenset[str] = index.survey(GIVING_METHODS)
        self._attributes: frozenset[str] = index.survey(WORKED_OUT)
        self._names = related_names(index)
        self._parameters = {parameter.name for parameter in self.item.parameters}
        self._bound: dict[str, list[str]] = {}
        for binding in self.item.bindings:
            self._bound.setdefault(binding.name, []).append(binding.path)
        self._calls: dict[str, list[tuple[Call, str]]] = {}
        for call, callee in zip(self.item.calls, links.callees, strict=True):
            self._calls.setdefault(call.target, []).append((call, callee))
        self._edges: dict[tuple[int, int, int, int], list[Edge]] = {}
        for edge in links.edges:
            if edge.how != DEPENDS:
                site = (edge.line, edge.column, edge.end_line, edge.end_column)
                self._edges.setdefault(site, []).append(edge)
        self._pending: list[tuple[str, str]] = []
        self._found: set[Origin] = set()

    def origins(self, paths: Iterable[str]) -> Origins:
        """What any of `paths` can come from."""
        self._pending = [(path, _DIRECT) for path in paths]
        self._found = set()
        visited: set[tuple[str, str]] = set()
        while self._pending:
            item = self._pending.pop()
            if item not in visited:
                visited.add(item)
                self._follow(*item)
        return frozenset(self._found) or _NOTHING  # each empty one takes 216 bytes

    def edges_at(self, site: Call | Read) -> list[Edge]:
        """What runs where a call or an attribute stands."""
        return self._edges.get((site.line, site.column, site.end_line, site.end_column), [])

    def is_unsure(self, call: Call, callee: str) -> bool:
        """Whether the call is on a name with several values, of which nobody knows one."""
        return not callee and len(self._bound.get(root(call.target), ())) > 1

    def _push(self, path: str, through: str) -> None:
        self._pending.append((path, through))

    def _follow(self, path: str, through: str) -> None:
        if "|" in path and len(parts := split(path, "|")) > 1:
            for part in parts:
                self._push(part, through)
        elif path[-1:] == ")":
            start = opening(path)
            head = path[:start]
            if head in DISPLAYS:
                for item in held_in(path[start + 1 : -1]):
                    self._push(item, through)
            elif head and head != ":":
                self._called(head, through)
        elif path[-1:] == "]":
            self._push(path[: opening(path)], through)
        elif path == UNKNOWN:
            self._found.update((origin, through) for origin in self._anything())
        else:
            owner, _, name = path.rpartition(".")
            if not owner:
                self._named(name, through)
            elif self._leads_on(name):
                self._push(owner, through)

    def _leads_on(self, name: str) -> bool:
        """Whether an attribute of something loaded can be loaded too; of rows those with a class's name."""
        if name in ("await", "for") or name[:1].isupper():
            return True
        return name in self._names or name in self._attributes

    def _named(self, name: str, through: str) -> None:
        if name in self._parameters:
            self._found.add((f"@{name}", through))
        for path in self._bound.get(name, ()):
            self._push(path, through)

    def _called(self, head: str, through: str) -> None:
        owner, _, name = head.rpartition(".")
        if owner and (name in _OF_LOADED or name in self._methods):
            self._push(owner, through)
        for call, callee in self._calls.get(head, ()):
            if self._begins(call, callee) or self.is_unsure(call, callee):
                self._found.add((OWN, through))
            if self._hands_on(callee):
                self._push_arguments(call, through)
            for edge in self.edges_at(call):
                if edge.through in _CALLS:
                    self._found.add((edge.target, through))
                    self._push_arguments(call, through or edge.target)
                    if owner:
                        self._push(owner, through or edge.target)

    def handing(self) -> Iterator[tuple[Call, list[str], bool]]:
        """Every call with the paths it hands over, and whether nobody knows what becomes of those."""
        for call, callee in zip(self.item.calls, self.links.callees, strict=True):
            handed = _handed_by(call)
            has_lambda = any(path.startswith("<lambda") for path in handed)
            yield call, handed, has_lambda or self.is_unsure(call, callee)

    def _push_arguments(self, call: Call, through: str) -> None:
        for path in _handed_by(call):
            self._push(path, through)

    def _begins(self, call: Call, callee: str) -> bool:
        """Whether a call gives a statement, a loader option or a row by itself."""
        if ":" in callee:
            return False
        if not callee:  # a session is asked for a class, a mapping for a literal
            is_asked = call.target.rpartition(".")[2] in _BEGINNING
            return is_asked and (call.argument(0) or "")[:1] not in _LITERAL
        if not callee.startswith(ROOTS):
            return False
        return self.index.knowledge.canonical(callee).rpartition(".")[2] in _BEGINNING

    def _hands_on(self, callee: str) -> bool:
        """Whether a call of a library gives what it is handed, or the rows of it."""
        if not callee or ":" in callee:
            return False
        if callee.startswith(ROOTS):
            last = self.index.knowledge.canonical(callee).rpartition(".")[2]
            return last in EXECUTING or last == "aliased"
        return callee in _GIVEN_ON or callee in ("asyncio.gather", "itertools.chain")

    def _anything(self) -> Iterator[str]:
        """Everything that a value of the function can come from."""
        yield from (f"@{name}" for name in self._parameters)
        for calls in self._calls.values():
            for call, callee in calls:
                if self._begins(call, callee):
                    yield OWN
                yield from (e.target for e in self.edges_at(call) if e.through in _CALLS)


def _handed_by(call: Call) -> list[str]:
    return [passed_value(argument).lstrip("*") for argument in call.arguments]


def _touching(search: _Search) -> Iterator[str]:
    """The paths of what relationships are read off, and of what is handed to who reads some."""
    index = search.index
    names = loading_names(index)
    for read in search.item.reads:
        owner, _, name = read.path.rpartition(".")
        if name in names or any(may_load(index, edge.target) for edge in search.edges_at(read)):
            yield owner
    for call, handed, is_open in search.handing():
        owner, _, name = call.target.rpartition(".")
        is_handed = (
            is_open
            or name in VALIDATING
            or any(may_load(index, edge.target) for edge in search.edges_at(call))
        )
        if owner and (is_handed or name in names):
            yield owner
        if is_handed:
            yield from handed


def _looping(search: _Search, calls: int) -> Iterator[str]:
    """The paths of what loops and comprehensions go through, and of what is handed to who goes through it."""
    yield from (binding.path for binding in search.item.bindings if ".for" in binding.path)
    for read in search.item.reads:
        if any(_goes_through(search.index, edge, calls)[0] for edge in search.edges_at(read)):
            yield read.path.rpartition(".")[0]
    for call, handed, is_open in search.handing():
        ways = [_goes_through(search.index, edge, calls) for edge in search.edges_at(call)]
        if is_open or any(itself for itself, _ in ways):
            yield call.target.rpartition(".")[0]
        if is_open or any(others for _, others in ways):
            yield from handed


def _goes_through(index: Index, edge: Edge, calls: int) -> tuple[bool, bool]:
    """Whether a callee goes through something of its first parameter, and of any other."""
    entry = index.function(edge.target)
    if not calls or entry is None or edge.how == DEPENDS:
        return False, False
    looped = {name for name, _ in index.recall(_looped, edge.target, calls - 1)}
    first = f"@{entry.facts.parameters[0].name}" if entry.facts.parameters else ""
    others = any(name[:1] == "@" and name != first for name in looped)
    return first in looped, others or (first in looped and not entry.facts.owner)
