"""What the index knows about one function: where it runs, for whom, and what it holds up.

Runs on the analysis thread and gives plain data; writes no text.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator, Set

import msgspec

from unlag.finding import EntryPoint, Severity, Step
from unlag.knowledge import Entry
from unlag.lsp.project import Project
from unlag.project import graph
from unlag.project.callables import CALLED
from unlag.project.graph import category_of
from unlag.project.index import Index
from unlag.project.links import DEPENDS, Edge, Hazard, Links
from unlag.project.resolver import Place as Scope
from unlag.project.routes import Route
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, Function
from unlag.rules.places import dotted
from unlag.rules.view import FunctionView, spoken
from unlag.source import facts
from unlag.source.facts import Call

_HOLDING = ("blocking", "cpu-heavy", "loop")
_MOST_FUNCTIONS = 200
_NAMELESS = ("<module>", "<lambda")
_SERIOUS = (Severity.ERROR, Severity.WARNING)

Place = tuple[str, int, int]
"""Path, line and column of a call."""


class Card(msgspec.Struct, frozen=True):
    """One function of the project."""

    id: str
    name: str
    is_async: bool
    path: str
    line: int
    first_line: int
    """That of its first decorator."""
    column: int
    runs: tuple[str, ...]
    """Contexts, the one that matters most first; empty where nothing is known to call it."""
    entries: tuple[EntryPoint, ...]
    is_entry: bool
    """Whether the framework calls it."""
    chain: tuple[Step, ...]
    """The way from it to a call that holds its thread; on the event loop only over what is reported."""

    @property
    def is_on_loop(self) -> bool:
        """Whether it runs on an event loop that serves requests."""
        return any(context in graph.ON_LOOP for context in self.runs)

    @property
    def sink(self) -> str:
        """The call that holds its thread, or empty."""
        return self.chain[-1].call if self.chain else ""


class Outside(msgspec.Struct, frozen=True):
    """A call to a library of which something is known."""

    entry: Entry


def reported(project: Project) -> Set[Place]:
    """Where the calls stand that errors and warnings speak of, those on the way among them."""
    return {
        (step.path, step.line, step.column)
        for findings in project.findings().values()
        for finding in findings
        if finding.severity in _SERIOUS
        for step in finding.trail
    }


def card_of(index: Index, entry: FunctionEntry, wrong: Set[Place]) -> Card:
    """What is known of a function; `wrong` are the places that are reported."""
    lines = [entry.facts.line, *(decorator.line for decorator in entry.facts.decorators)]
    return Card(
        id=entry.id,
        name=spoken(entry.id),
        is_async=entry.facts.is_async,
        path=entry.path,
        line=entry.facts.line + entry.offset,
        first_line=min(lines) + entry.offset,
        column=entry.facts.column,
        runs=tuple(
            context for context in index.graph.contexts_of(entry.id) if context != graph.IMPORT
        ),
        entries=_entries(index, entry.id),
        is_entry=entry.id in index.routes.by_function or index.is_dependency(entry.id),
        chain=chain_of(index, entry.id, wrong),
    )


def cards_in(project: Project, path: str) -> list[Card]:
    """The functions of a file that are worth a word: entry points, and what runs on the loop."""
    index = project.workspace.index
    table = index.tables.get(path) if project.is_indexed else None
    if table is None or index.is_test(path):
        return []
    found = []
    wrong = reported(project)
    for entry in table.functions.values():
        is_named = not any(name in entry.facts.qualname for name in _NAMELESS)
        is_busy = index.graph.runs_on_loop(entry.id) or entry.id in index.routes.by_function
        if is_named and (is_busy or index.is_dependency(entry.id)):
            found.append(card_of(index, entry, wrong))
    return found


def at(project: Project, path: str, line: int, column: int, word: str) -> Card | Outside | None:
    """What `word`, which stands at a place of a file, names: a function, or a known call.

    None where that is a function that nothing is known to run, and that holds up nothing.
    """
    index = project.workspace.index
    table = index.tables.get(path) if project.is_indexed else None
    if table is None:
        return None
    for entry in table.functions.values():
        if entry.facts.name == word and entry.facts.line + entry.offset == line:
            return _if_telling(card_of(index, entry, reported(project)))
    entries, place = list(table.functions.values()), (line, column)
    callee = _callee_at(index, entries, place, word) or _meant_at(index, entries, place, word)
    entry_called = index.function(callee) or index.function(f"{callee}.__init__")
    if entry_called is not None:
        return _if_telling(card_of(index, entry_called, reported(project)))
    known = index.knowledge.entry(callee, "blocking", "cpu") if callee else None
    return Outside(known) if known is not None else None


def _if_telling(card: Card) -> Card | None:
    return card if card.runs or card.chain else None


def chain_of(index: Index, function_id: str, wrong: Set[Place]) -> tuple[Step, ...]:
    """The shortest way from a function, over what it awaits, to a call that holds its thread.

    On the event loop such a call must stand in `wrong`: nothing is said of what is not reported, such as
    what happens once and is remembered.
    """
    places = wrong if index.graph.runs_on_loop(function_id) else None
    pending: deque[tuple[str, tuple[Step, ...]]] = deque([(function_id, ())])
    visited = {function_id}
    while pending and len(visited) < _MOST_FUNCTIONS:
        current, steps = pending.popleft()
        entry, links = index.function(current), index.links.get(current)
        if entry is None or links is None:
            continue
        view = FunctionView(index, entry, "")
        end = next(_ends(view, links, places), None)
        if end is not None:
            return (*steps, *end)
        for edge in _awaited(index, current, links):
            if edge.target not in visited:
                visited.add(edge.target)
                pending.append((edge.target, (*steps, view.step(edge, spoken(edge.target)))))
    return ()


def _ends(
    view: FunctionView, links: Links, places: Set[Place] | None
) -> Iterator[tuple[Step, ...]]:
    """The ways from one function to a hazard that lead over plain functions only, from any of `places`."""

    def counts(step: Step) -> bool:
        return places is None or (step.path, step.line, step.column) in places

    for category in _HOLDING:
        for hazard in links.hazards:
            step = view.step(hazard, hazard.name)
            if category_of(hazard) == category and _holds(hazard) and counts(step):
                yield (step,)
        for edge in links.edges:
            is_plain_call = edge.how == CALLED and not view.index.is_async(edge.target)
            if is_plain_call and counts(view.step(edge, edge.target)):
                if view.reach(edge.target, category) is not None:
                    yield view.trail(edge, category)[0]


def _holds(hazard: Hazard) -> bool:
    return not hazard.flags & facts.AWAITED


def _awaited(index: Index, function_id: str, links: Links) -> Iterator[Edge]:
    """The coroutines that run on the same loop as part of one."""
    for edge in (*links.edges, *index.routes.edges.get(function_id, ())):
        if edge.how in (CALLED, DEPENDS) and index.is_async(edge.target):
            yield edge


def _entries(index: Index, function_id: str) -> tuple[EntryPoint, ...]:
    routes = index.entry_routes(function_id) or _routes_above(index, function_id)
    found: dict[EntryPoint, None] = {}
    for route in routes:
        entry = index.function(route.function)
        if entry is not None:
            path, _, qualname = route.function.rpartition(":")
            line = entry.facts.line + entry.offset
            point = EntryPoint(route.label, route.method, route.route, qualname, path, line)
            found[point] = None
    return tuple(found)


def _routes_above(index: Index, function_id: str) -> tuple[Route, ...]:
    """Where the framework enters on the way to a function off the loop."""
    for start in index.graph.contexts_of(function_id):
        above: tuple[str, str] | None = (function_id, start)
        while above is not None:
            current, context = above
            if current in index.routes.by_function:
                return index.routes.by_function[current]
            above = index.graph.above(current, context)
    return ()


def _callee_at(
    index: Index, entries: list[FunctionEntry], place: tuple[int, int], word: str
) -> str:
    """What the innermost call at a place, whose last name is `word`, calls; else empty."""
    best: tuple[tuple[int, int], str] | None = None
    for entry in entries:
        links = index.links.get(entry.id)
        if links is None:
            continue
        for call, callee in zip(entry.facts.calls, links.callees, strict=True):
            if callee and _names(call, word) and _holds_place(call, entry.offset, place):
                start = (call.line + entry.offset, call.column)
                if best is None or start > best[0]:
                    best = (start, callee)
    return best[1] if best is not None else ""


def _meant_at(index: Index, entries: list[FunctionEntry], place: tuple[int, int], word: str) -> str:
    """The function or class that a name means which is not called, such as one in `Depends(...)`; else empty."""
    for entry in sorted(entries, key=lambda item: item.facts.line + item.offset, reverse=True):
        line = place[0] - entry.offset
        tops = (entry.facts.line, *(call.line for call in entry.facts.decorators))
        tree = index.syntax(entry) if min(tops) <= line <= entry.facts.end_line else None
        name = _name_at(tree, (line, place[1]), word) if tree is not None else ""
        if name:
            value = index.resolver.resolve(Scope(entry.path, entry.facts.qualname), name)
            return value.id if isinstance(value, Function | Class) else ""
    return ""


def _name_at(tree: FunctionSyntax, place: tuple[int, int], word: str) -> str:
    """The dotted name of which `word` is the last part, at a place in the numbering of facts; else empty."""
    for node in ast.walk(tree.node):
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node).endswith(word):
            site = tree.site(node)
            start = site.end_column - len(word)
            if site.end_line == place[0] and start <= place[1] <= site.end_column:
                return dotted(node)
    return ""


def _names(call: Call, word: str) -> bool:
    return call.target.rpartition(".")[2] == word


def _holds_place(call: Call, offset: int, place: tuple[int, int]) -> bool:
    start = (call.line + offset, call.column)
    end = (call.end_line + offset, call.end_column)
    return start <= place <= end
