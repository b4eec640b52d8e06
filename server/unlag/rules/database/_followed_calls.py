"""What calls give: methods of statements, results and rows, and functions of the project."""

from __future__ import annotations

import ast

import msgspec

from unlag.project.values import (
    Alternatives,
    Class,
    External,
    Function,
    Instance,
    Value,
    each,
)
from unlag.rules.database._evaluation import Evaluation
from unlag.rules.database._models import model_of
from unlag.rules.database._schemas import read_by_schema
from unlag.rules.database._statements import (
    LOADERS,
    MANY,
    ONE,
    OTHER_OPTIONS,
    as_many,
    changed,
    compared,
    elements_of,
    load_option,
    rows_of,
)
from unlag.rules.database._values import (
    Chosen,
    Flag,
    Known,
    Loaded,
    Loads,
    Made,
    Mapped,
    Path,
    Record,
    Result,
    Rows,
    Statement,
    Taken,
    Touch,
    Where,
)
from unlag.rules.places import last_name

_VALIDATING = frozenset({"model_validate", "from_orm", "validate_python"})
_SAME_ROWS = frozenset(
    {"unique", "yield_per", "tuples", "columns", "partitions", "mappings", "freeze"}
)
_SAME_COLUMN = frozenset({"col", "lower", "upper", "trim", "cast"})
"""Functions around a column that leave unlike values unlike, or nearly so."""


class Calls(Evaluation):
    """The values of one function's calls."""

    def outside(self, name: str, node: ast.Call) -> Known:
        """What a call of a library gives: who knows libraries says so."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Known:
        """What a call gives."""
        owner: Known = None
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if isinstance(owner, Loaded):
                return self._method(owner, node.func.attr, node)
            if isinstance(owner, Alternatives | Made | Chosen | Flag) or owner is None:
                callee: Value = self._resolved(node.func)
            else:
                callee = self.index.resolver.attribute(owner, node.func.attr)
            if node.func.attr in _VALIDATING and isinstance(owner, Class):
                return self._validated(owner, node)
        else:
            found = self.value(node.func)
            callee = None if isinstance(found, Loaded | Made | Chosen | Flag) else found
        if isinstance(callee, External):
            return self.outside(callee.name, node)
        functions = [item for item in each(callee) if isinstance(item, Function)]
        values = self._arguments(node) if functions else self.go_through(node)
        for item in functions:
            if isinstance(owner, Instance):  # the object's own class says more than the method's
                item = Function(item.id, owner)
            known = self.called(item, node, values)
            if isinstance(known, Loaded | Made):
                return known
        return self.index.resolver.call(callee) if callee is not None else None

    def go_through(self, node: ast.Call) -> list[Known]:
        """Go through the arguments of a call that makes nothing of them."""
        for item in (*node.args, *(k.value for k in node.keywords)):
            self.done(item)
        return []

    def _arguments(self, node: ast.Call) -> list[Known]:
        return [self.value(item) for item in (*node.args, *(k.value for k in node.keywords))]

    def _validated(self, schema: Class, node: ast.Call) -> Known:
        """`OrderOut.model_validate(order)` reads every relationship that the model has a field for."""
        for value in self._arguments(node):
            record = value.element if isinstance(value, Rows) else value
            if isinstance(record, Record):
                self.events += [
                    Touch(owner, name, self.site(node), self.entry.id)
                    for owner, name in read_by_schema(self.index, schema.id, record)
                ]
        return Instance(schema.id)

    def _method(self, owner: Known, name: str, node: ast.Call) -> Known:
        match owner:
            case Statement():
                return self._of_statement(owner, name, node)
            case Loads():
                return self._chained(owner, name, node)
            case Result():
                return self._of_result(owner, name, node)
            case Rows():
                return self._of_rows(owner, name, node)
            case Mapped():
                self.go_through(node)
                if name == "values" and isinstance(owner.element, Record):
                    return Rows(owner.element, owner.element.statement, False)
                return owner.element if name in ("get", "pop") else None
            case Record():
                member = self.index.resolver.method(owner.model, name)
                values = self._arguments(node)
                if member is not None:
                    return self.called(Function(member.id, owner), node, values)  # type: ignore[arg-type] # a receiver that is known better
        self.go_through(node)
        return None

    def _of_statement(self, owner: Statement, name: str, node: ast.Call) -> Known:
        values = self._arguments(node)
        found = changed(owner, name, node, values)
        if found is not None:
            if name in ("where", "filter", "order_by"):
                found = msgspec.structs.replace(
                    found,
                    wheres=(*found.wheres, *self._columns(node, name)),
                    is_vague=found.is_vague or _is_vague(node),
                )
            return found
        if not owner.session:
            return None
        if name in ONE or name in MANY or name in ("count", "get", "update", "delete"):
            self.sent(owner, owner.session, name, node)
        element = elements_of(self.index, owner, owner.session, scalars=True)
        if name in MANY:
            return Rows(element, owner)
        return element if name in ("first", "one", "one_or_none", "get") else None

    def _columns(self, node: ast.Call, name: str) -> list[Where]:
        """The columns that conditions compare, or that rows are sorted by."""
        found: list[Where] = []
        for argument in node.args:
            if name == "order_by":
                found += self._sorted_by(argument)
                continue
            for item in _conditions(argument):
                if isinstance(item, ast.Compare):
                    for side in (item.left, *item.comparators):
                        found += self._column(side, item.ops)
                elif isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
                    if item.func.attr in ("in_", "between", "startswith"):
                        found += self._column(item.func.value, [ast.Eq()])
        return found

    def _sorted_by(self, node: ast.expr) -> list[Where]:
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            node = node.func.value
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name):
            node = node.args[0] if node.func.id in ("desc", "asc") else node
        return [Where(item.model, item.column, "order") for item in self._column(node, [])]

    def _column(self, node: ast.expr, operators: list[ast.cmpop]) -> list[Where]:
        if isinstance(node, ast.Call) and node.args and operators:
            name = last_name(node.func)
            node = node.args[0] if name in _SAME_COLUMN else node
        if not isinstance(node, ast.Attribute):
            return []
        owner = self.value(node.value)
        if isinstance(owner, Class) and model_of(self.index, owner.id) is not None:
            return [compared(owner, node.attr, operators)]
        return []

    def _chained(self, owner: Loads, name: str, node: ast.Call) -> Known:
        if name in LOADERS:
            return load_option(name, self._relationships(node), owner)
        if name == "options":
            found = owner
            for value in self._arguments(node):
                if not isinstance(value, Loads):
                    return msgspec.structs.replace(owner, is_open=True)
                nested = frozenset((*owner.last, *path) for path in value.paths)
                found = msgspec.structs.replace(
                    found, paths=found.paths | nested, is_open=found.is_open or value.is_open
                )
            return found
        return owner if name in OTHER_OPTIONS else msgspec.structs.replace(owner, is_open=True)

    def _relationships(self, node: ast.Call) -> list[Path]:
        """The relationships that a loader option names."""
        found: list[Path] = []
        for argument in node.args:
            while isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
                argument = argument.func.value  # `User.orders.of_type(...)`, `.and_(...)`
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                found.append(tuple(argument.value.split(".")))
            elif isinstance(argument, ast.Attribute):
                found.append((argument.attr,))
            else:
                return []
        return found

    def _of_result(self, owner: Result, name: str, node: ast.Call) -> Known:
        self.go_through(node)
        if name == "scalars":
            return msgspec.structs.replace(owner, scalars=True)
        if name in _SAME_ROWS:
            return owner
        rows = rows_of(self.index, owner)
        if name in MANY:
            return rows
        if name == "first":
            self.events.append(Taken(owner.statement, "first", self.site(node), self.entry.id))
        if name.startswith("scalar"):
            return rows_of(self.index, msgspec.structs.replace(owner, scalars=True)).element
        return rows.element if name in ONE else None

    def _of_rows(self, owner: Rows, name: str, node: ast.Call) -> Known:
        values = self._arguments(node)
        if name == "sort" and owner.is_whole:
            self._with_lambdas(owner, node)
            self.taken(owner, "sort", node.func)
        if name in ("append", "extend", "insert", "add") and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name):
                self.names[node.func.value.id] = None if values else owner
        return owner if name == "copy" else owner.element if name == "pop" else None

    def _with_lambdas(self, rows: Rows, node: ast.Call) -> None:
        """`key=lambda order: order.user.name` runs for every row."""
        for item in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(item, ast.Lambda) and item.args.args:
                outer, self.names = self.names, dict(self.names)
                self.names[item.args.args[0].arg] = as_many(rows.element)
                self.value(item.body)
                self.names = outer


def _is_vague(call: ast.Call) -> bool:
    """Whether some condition stands elsewhere: `where(*conditions)`, `where(condition)`, `where(of(user))`."""
    for argument in call.args:
        for item in _conditions(argument):
            if isinstance(item, ast.Starred | ast.Name):
                return True
            if isinstance(item, ast.Call) and isinstance(item.func, ast.Name):
                if item.func.id not in _CONDITIONS:
                    return True
    return False


_CONDITIONS = frozenset({"or_", "not_", "and_", "exists", "text", "func", "col", "desc", "asc"})


def _conditions(node: ast.expr) -> list[ast.expr]:
    """The single conditions in `and_(...)`, `a & b` and the like; those under `or` are left out."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return [*_conditions(node.left), *_conditions(node.right)]
    if isinstance(node, ast.Call):
        name = last_name(node.func)
        if name == "and_":
            return [item for argument in node.args for item in _conditions(argument)]
    return [node]
