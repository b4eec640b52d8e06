"""Follows statements, results and loaded objects through one function, and into what it calls.

Branches are alternatives, loop bodies run once, and what several functions do in turn is followed with
the values they are handed. Unknown values stay unknown: nothing is said of them.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place, is_context
from unlag.project.syntax import NodeSite
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, External, Function, Instance, Value
from unlag.rules.database._calls import may_query
from unlag.rules.database._client_numbers import chosen_by_client
from unlag.rules.database._library_calls import LibraryCalls
from unlag.rules.database._loops import filled_by, only_chosen
from unlag.rules.database._origins import asked_by, results_of, touched_by
from unlag.rules.database._prospects import (
    FURTHEST,
    asks_for_all,
    can_be_loaded,
    can_touch,
)
from unlag.rules.database._values import (
    Chosen,
    Event,
    Flag,
    Given,
    Known,
    Loaded,
    Made,
    Record,
    Rows,
    Statement,
    all_of,
    merged,
)
from unlag.rules.places import tree_of
from unlag.source import facts


class Summary(msgspec.Struct, frozen=True):
    """What running a function gives and does."""

    value: Known = None
    events: tuple[Event, ...] = ()
    returns: tuple[tuple[Known, NodeSite], ...] = ()
    """What each `return` gives, and where it stands."""
    shallowest: int = 1
    deepest: int = FURTHEST
    """It is the same behind any number of calls between these two."""


_NOTHING = Summary()
_RESPONSES = ("JSONResponse", "jsonable_encoder")


def flow_of(index: Index, function_id: str, *, is_thorough: bool = False) -> Summary:
    """What a function does with the database when it is only known what its parameters are called.

    Numbers that a client chooses for an endpoint, without a bound, are known as such. What called functions
    send is complete only if it is thorough; all else is the same, for much less.
    """
    given = chosen_by_client(index, function_id)
    return summary_of(index, function_id, given, is_thorough=is_thorough)


def summary_of(
    index: Index, function_id: str, given: Given, depth: int = 0, *, is_thorough: bool = False
) -> Summary:
    """What a function gives and does when it is handed `given`."""
    if depth > FURTHEST:
        return _NOTHING
    if index.tracks or not depth:
        return index.recall(_run, function_id, given, depth, is_thorough)
    known: list[Summary] = index.remember((summary_of, function_id, given, is_thorough), list)
    for summary in known:  # where nobody asks what was looked up for which depth
        if summary.shallowest <= depth <= summary.deepest:
            return summary
    known.append(_run(index, function_id, given, depth, is_thorough))
    return known[-1]


def _run(index: Index, function_id: str, given: Given, depth: int, is_thorough: bool) -> Summary:
    entry = index.function(function_id)
    tree = tree_of(index, entry) if entry is not None else None
    if entry is None or tree is None:
        return _NOTHING
    flow = _Flow(index, entry, tree, dict(given), depth, is_thorough=is_thorough)
    flow.statements(tree.node.body)
    return Summary(
        _given_back(entry, flow),
        tuple(flow.events),
        tuple(flow.returned),
        flow.shallowest,
        flow.deepest,
    )


def _given_back(entry: FunctionEntry, flow: _Flow) -> Known:
    value: Known = None
    for item, _ in flow.returned:
        value = merged(value, item)
    if entry.facts.flags & facts.GENERATOR and not is_context(entry.facts):
        return Rows(value, value.statement, False) if isinstance(value, Record) else None
    return value if isinstance(value, Loaded | Made) else None


class _Flow(LibraryCalls):
    """One function being followed, statement by statement."""

    shallowest, deepest = 1, FURTHEST
    """Behind how many calls it comes to the same."""

    def statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=inner):
                self.done(inner)
            case ast.Assign(targets=targets, value=value):
                given = self.value(value)
                for target in targets:
                    self.bind(target, given)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.bind(target, self.value(value))
            case ast.Return(value=value):
                if value is not None:
                    self.returned.append((self._answer(value), self.site(value)))
            case ast.If():
                self.tested(node.test)
                self._choice(node)
            case ast.While():
                self.tested(node.test)
                self._branches(node.body, node.orelse)
            case ast.For() | ast.AsyncFor():
                iterated = self.value(node.iter)
                if (rows := self.whole(iterated)) is not None and only_chosen(node):
                    self.taken(rows, "filter", node.iter)
                self.bind(node.target, self.element(iterated, node.iter))
                self._branches(node.body, node.orelse)
                self._filled(node, iterated)
            case ast.Assert(test=test):
                self.tested(test)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.bind(item.optional_vars, None)
                self.statements(node.body)
                for item in node.items:
                    if self.begins(item.context_expr):
                        self.committed(item.context_expr)
            case ast.Try():
                self.statements(node.body)
                for handler in node.handlers:
                    self._branches(handler.body, [])
                self.statements([*node.orelse, *node.finalbody])
            case ast.Match():
                self.value(node.subject)
                for choice in node.cases:
                    self._branches(choice.body, [])
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                self._parts_of(node)

    def _filled(self, node: ast.For | ast.AsyncFor, iterated: Known) -> None:
        """The lists that a loop appends something to for each row."""
        statement = all_of(iterated)
        if statement is not None:
            for name in filled_by(node):
                self.names[name] = Made(statement)

    def _answer(self, node: ast.expr) -> Known:
        """What is returned; an object or response made of all rows stands for them."""
        value = self.value(node)
        if isinstance(value, Loaded | Made) or not isinstance(node, ast.Call):
            return value
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        held = [all_of(self.names.get(item.id)) for item in given if isinstance(item, ast.Name)]
        statement = next((item for item in held if item is not None), None)
        if statement is None or not self._holds(self._resolved(node.func)):
            return value
        loaded: list[tuple[str, Known]] = []
        for item in node.keywords:
            known = self.names.get(item.value.id) if isinstance(item.value, ast.Name) else None
            if item.arg and isinstance(known, Record | Rows):
                loaded.append((item.arg, known))
        return Made(statement, tuple(loaded))

    def _holds(self, callee: Value) -> bool:
        """Whether what a call makes has all that it is handed."""
        if isinstance(callee, External):
            return callee.name.endswith(_RESPONSES)
        return isinstance(callee, Class)

    def _choice(self, node: ast.If) -> None:
        """The branch that a switch chooses, or both; what a callee does in one of both is unsure."""
        way = self._truth(node.test)
        if way is not None:
            self.statements(node.body if way else node.orelse)
            return
        before = len(self.events)
        self._branches(node.body, node.orelse)
        if self.depth:
            del self.events[before:]

    def _truth(self, node: ast.expr) -> bool | None:
        """Whether a condition holds, where it is made of switches alone."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._truth(node.operand)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            ways = [self._truth(item) for item in node.values]
            decides = isinstance(node.op, ast.Or)
            if decides in ways:
                return decides
            return None if None in ways else not decides
        known = self.names.get(node.id) if isinstance(node, ast.Name) else None
        return known.is_on if isinstance(known, Flag) else None

    def _branches(self, one: list[ast.stmt], other: list[ast.stmt]) -> None:
        before = dict(self.names)
        self.statements(one)
        after, self.names = self.names, before
        self.statements(other)
        for name, value in after.items():
            otherwise = self.names.get(name)
            if value is not otherwise:
                known = merged(value, otherwise)
                both = (value, otherwise)
                if isinstance(known, Statement) and not all(isinstance(v, Statement) for v in both):
                    if name in self.names:  # else it is given a value in one branch only
                        known = msgspec.structs.replace(known, is_vague=True)
                self.names[name] = known

    def called(self, callee: Value, node: ast.Call, values: list[Known]) -> Known:
        """What a function of the project gives here; what it does is done here too."""
        if not isinstance(callee, Function):
            return None
        entry = self.index.function(callee.id)
        self.handed_over(node)
        if entry is None or not self.is_worth_following(entry, values):
            return None
        return self._followed(entry, self.handed(entry, callee.receiver, node, values), node)

    def property_of(self, record: Record, entry: FunctionEntry, node: ast.expr) -> Known:
        """What a property of a model gives, which may read relationships itself."""
        own = entry.facts.parameters[0].name if entry.facts.parameters else "self"
        return self._followed(entry, ((own, record),), node)

    def _followed(self, entry: FunctionEntry, given: Given, node: ast.expr) -> Known:
        """What a function gives that is handed `given`; what it does is done here."""
        if self.depth == FURTHEST:
            self.shallowest = FURTHEST  # behind fewer calls it would be followed
            return None
        if not self.is_thorough and not self._matters(entry, given):
            return None
        summary = summary_of(
            self.index, entry.id, given, self.depth + 1, is_thorough=self.is_thorough
        )
        self.shallowest = max(self.shallowest, summary.shallowest - 1)
        self.deepest = min(self.deepest, summary.deepest - 1)
        step = (self.entry.id, self.site(node), entry.id)
        self.events += [
            msgspec.structs.replace(event, steps=(step, *event.steps))
            for event in summary.events
            if hasattr(event, "steps")
        ]
        return summary.value

    def _matters(self, entry: FunctionEntry, given: Given) -> bool:
        """Whether a function can give anything loaded, or read relationships of it."""
        own = f"{entry.path}:{entry.facts.owner}"
        known = [item for item in given if isinstance(item[1], Class | Instance)]
        better = {name for name, value in known if value != Instance(own)}
        loaded = [name for name, value in given if isinstance(value, Loaded)]
        return (
            can_be_loaded(self.index, results_of(self.index, entry.id), loaded)
            or (bool(better) and self._can_touch(entry))
            or (
                bool(loaded) and can_be_loaded(self.index, touched_by(self.index, entry.id), loaded)
            )
            or (bool(better) and not better.isdisjoint(asked_by(self.index, entry.id)))
            or (bool(entry.facts.results) and asks_for_all(self.index, entry.id))
            or (
                any(isinstance(value, Chosen) for _, value in given)
                and may_query(self.index, entry.id)
            )
        )

    def _can_touch(self, entry: FunctionEntry) -> bool:
        """Whether a function, or one behind it that is still followed, reads relationships."""
        if can_touch(self.index, entry.id, FURTHEST - self.depth - 1):
            self.deepest = min(self.deepest, self.depth)
            return True
        if can_touch(self.index, entry.id):
            self.shallowest = max(self.shallowest, self.depth)
        return False

    def handed(
        self, entry: FunctionEntry, receiver: Value, node: ast.Call, values: list[Known]
    ) -> Given:
        """The parameters of a callee with the known values that a call passes for them."""
        parameters = [item for item in entry.facts.parameters if item.star in ("", "k")]
        given: dict[str, Known] = {}
        names = [item.name for item in parameters if not item.star]
        is_bound = bool(entry.facts.owner) and receiver is not None and bool(names)
        if is_bound and not any(d.target == "staticmethod" for d in entry.facts.decorators):
            own = names.pop(0)
            if not any(d.target == "classmethod" for d in entry.facts.decorators):
                given[own] = receiver
        if not any(isinstance(argument, ast.Starred) for argument in node.args):
            given |= dict(zip(names, values, strict=False))
        for keyword, value in zip(node.keywords, values[len(node.args) :], strict=False):
            if keyword.arg is not None:
                given[keyword.arg] = value
        for item in parameters:
            if item.name not in given and item.default in ("True", "False", "None"):
                given[item.name] = Flag(item.default == "True")
        known = {item.name for item in parameters}
        return tuple(
            (name, value)
            for name, value in given.items()
            if name in known and self._says_more(entry, name, value)
        )

    def _says_more(self, entry: FunctionEntry, name: str, value: Known) -> bool:
        """Whether a callee would not know of a parameter what is passed for it."""
        if isinstance(value, Loaded | Chosen | Flag | Class):
            return True
        if not isinstance(value, Instance):
            return False
        own = Place(entry.path, entry.id.rpartition(":")[2])
        return self.index.resolver.resolve(own, name) != value
