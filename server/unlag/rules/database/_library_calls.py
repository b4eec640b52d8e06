"""What calls of SQLAlchemy, of its sessions, and of Python's own functions give."""

from __future__ import annotations

import ast
from typing import TypeGuard

import msgspec

from unlag.project.values import (
    Class,
    Function,
)
from unlag.rules.database._calls import SESSIONS
from unlag.rules.database._committed import Keeping
from unlag.rules.database._models import model_of
from unlag.rules.database._statements import (
    EXECUTING,
    LOADERS,
    OTHER_OPTIONS,
    ROOTS,
    elements_of,
    load_option,
    rows_of,
    with_options,
)
from unlag.rules.database._values import (
    Display,
    Known,
    Loaded,
    Loads,
    Made,
    Record,
    Result,
    Row,
    Rows,
    Statement,
)
from unlag.rules.places import dotted

_COPIES = frozenset(
    {"list", "tuple", "sorted", "reversed", "set", "iter", "enumerate", "next", "tqdm"}
)


class LibraryCalls(Keeping):
    """The values of calls that leave the project."""

    def outside(self, name: str, node: ast.Call) -> Known:
        """What a call of a library gives."""
        owner, _, member = self.index.knowledge.canonical(name).rpartition(".")
        if name.startswith(ROOTS):
            if member == "select":
                return self._select(node)
            if member in LOADERS:
                return load_option(member, self._relationships(node))
            if member in OTHER_OPTIONS:
                return Loads(frozenset(), ())
            if member == "aliased" and node.args:
                return self.value(node.args[0])
            if self.index.knowledge.is_a(owner, SESSIONS) or _is_connection(owner):
                return self._of_session(owner, member, node)
        if "." not in name:
            return self._builtin(name, node)
        if name in ("asyncio.gather", "itertools.chain"):
            values = self._arguments(node)
            return Display(tuple(values)) if any(isinstance(v, Loaded) for v in values) else None
        offload = self.index.knowledge.entry(name, "offload")
        if offload is not None and member != "run_sync" and node.args:
            return self._offloaded(node, self._arguments(node))
        self.go_through(node)
        return self._resolved(node)

    def _offloaded(self, node: ast.Call, values: list[Known]) -> Known:
        callee = values[0]
        if not isinstance(callee, Function):
            return None
        inner = ast.Call(node.args[0], node.args[1:], node.keywords)
        ast.copy_location(inner, node)
        return self.called(callee, inner, values[1:])

    def _select(self, node: ast.Call) -> Known:
        """A statement of the 2.x style; what is given in a list is 1.3's."""
        return self._statement_of(node, "")

    def _statement_of(self, node: ast.Call, session: str) -> Statement:
        entities = []
        owners = []
        for argument in node.args:
            value = self.value(argument)
            is_model = isinstance(value, Class) and model_of(self.index, value.id) is not None
            entities.append(value.id if isinstance(value, Class) and is_model else "")
            columns = self._column(argument, [])
            owners.append(entities[-1] or (columns[0].model if columns else ""))
        is_shaped = any(isinstance(argument, ast.Starred | ast.Call) for argument in node.args)
        found = tuple(entities) if any(entities) else ()
        return Statement(
            self.entry.id,
            self.site(node),
            found,
            is_shaped=is_shaped,
            session=session,
            is_known=bool(owners) and all(owners),
            owner=owners[0] if owners else "",
            is_generic=not self._own_parameters().isdisjoint(map(dotted, node.args)),
        )

    def _own_parameters(self) -> set[str]:
        return {item.name for item in self.entry.facts.parameters}

    def _of_session(self, owner: str, member: str, node: ast.Call) -> Known:
        session = "async" if ".asyncio." in owner else "sync"
        if member == "query":
            return self._statement_of(node, session)
        values = self._arguments(node)
        if session == "async":
            self.kept(member, node)
        if member in EXECUTING and values and isinstance(values[0], Statement):
            statement = values[0]
            self.sent(statement, session, member, node)
            if member == "scalar":
                return elements_of(self.index, statement, session, scalars=True)
            is_scalars = "scalars" in member or (member == "exec" and len(statement.entities) <= 1)
            return Result(statement, session, is_scalars)
        if member in ("get", "get_one") and values and isinstance(values[0], Class):
            return self._got(values[0], session, node)
        if member == "refresh" and node.args:
            self._refreshed(node)
        return None

    def _got(self, model: Class, session: str, node: ast.Call) -> Known:
        if model_of(self.index, model.id) is None:
            return None
        statement = Statement(
            self.entry.id, self.site(node), (model.id,), limit="?", is_filtered=True
        )
        for keyword in node.keywords:
            if keyword.arg == "options":
                given = self.value(keyword.value)
                options = given.elements if isinstance(given, Display) else (given,)
                statement = with_options(statement, options)
            elif keyword.arg is None:
                statement = msgspec.structs.replace(statement, is_open=True)
        return Record(model.id, statement, session, is_certain=not statement.is_open)

    def _refreshed(self, node: ast.Call) -> None:
        target = node.args[0]
        known = self.names.get(target.id) if isinstance(target, ast.Name) else None
        given = node.args[1:2] + [k.value for k in node.keywords if k.arg == "attribute_names"]
        if isinstance(target, ast.Name) and isinstance(known, Record):
            known = self.names[target.id] = msgspec.structs.replace(known, expired=None)
        if isinstance(target, ast.Name) and isinstance(known, Record) and given:
            names = {
                (*known.path, item.value)
                for item in ast.walk(given[0])
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            }
            self.names[target.id] = msgspec.structs.replace(
                known, loaded=known.loaded | frozenset(names)
            )

    def _builtin(self, name: str, node: ast.Call) -> Known:
        values = self._arguments(node)
        first = values[0] if values else None
        if isinstance(first, Result) and name in _COPIES:
            first = rows_of(self.index, first)
        if isinstance(first, Statement) and first.session and name in _COPIES:
            first = Rows(self.element(first, node), first)
        if isinstance(first, Rows):
            self._with_lambdas(first, node)
            if name == "len" and first.is_whole:
                self.taken(first, "len", _gone_through(node.args[0]))
            elif name == "bool" and first.is_whole:
                self.taken(first, "truth", node.args[0])
            elif name == "sorted" and first.is_whole:
                self.taken(first, "sort", node.args[0])
            if name == "enumerate":
                element = Row((None, first.element))
                return Rows(element, first.statement, first.is_whole)
            if name in ("next", "min", "max"):
                return first.element
            return first if name in _COPIES else None
        if name == "filter" and len(node.args) == 2:
            return self._chosen(node, values[1])
        if name in ("len", "sum") and len(node.args) == 1:
            self._counted(node.args[0], first, name)
        if name == "zip":
            elements = tuple(self.element(value, node) for value in values)
            rows = next((value for value in values if isinstance(value, Rows)), None)
            return Rows(Row(elements), rows.statement, False) if rows is not None else None
        return self._resolved(node)

    def _chosen(self, node: ast.Call, given: Known) -> Known:
        """The rows that `filter(lambda user: user.is_active, users)` takes."""
        rows = self.whole(given)
        if rows is None:
            return None
        if isinstance(node.args[0], ast.Lambda):
            self.taken(rows, "filter", node.args[1])
        return Rows(rows.element, rows.statement, False)

    def _counted(self, node: ast.expr, given: Known, name: str) -> None:
        """`sum(1 for _ in rows)` and `len([user.id for user in rows])` count all of them."""
        if isinstance(given, Made) and is_count(node, name):
            self.taken(Rows(None, given.statement), "len", node.generators[0].iter)


def is_count(node: ast.expr, name: str) -> TypeGuard[ast.ListComp | ast.GeneratorExp]:
    """Whether the builtin `name` gives the number of all items that a comprehension goes through."""
    match node:
        case ast.ListComp(elt=elt, generators=[ast.comprehension(ifs=[], is_async=0)]):
            return name == "len" or (name == "sum" and _is_one(elt))
        case ast.GeneratorExp(elt=elt, generators=[ast.comprehension(ifs=[], is_async=0)]):
            return name == "sum" and _is_one(elt)
    return False


def _gone_through(node: ast.expr) -> ast.expr:
    """What is counted: the items of `[user for user in users]` are those of `users`."""
    return node.generators[0].iter if is_count(node, "len") else node


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _is_connection(owner: str) -> bool:
    return owner.endswith((".Connection", ".AsyncConnection"))
