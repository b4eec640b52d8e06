"""What an expression of a function is, with the names that its statements gave values so far.

Records what expressions do on the way: statements that are sent, relationships that are read, results
of which only a part is taken.
"""

from __future__ import annotations

import ast
from typing import TypeAlias

import msgspec

from unlag.project.index import Index
from unlag.project.resolver import Place, is_property
from unlag.project.syntax import FunctionSyntax, NodeSite
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Alternatives,
    Class,
    Coroutine,
    External,
    Function,
    Instance,
    Tuple,
    Value,
    each,
)
from unlag.rules.database._calls import SESSIONS, may_query
from unlag.rules.database._models import model_of, relationship
from unlag.rules.database._schemas import read_by_schema
from unlag.rules.database._statements import (
    LOADERS,
    MANY,
    ONE,
    OTHER_OPTIONS,
    ROOTS,
    as_many,
    changed,
    compared,
    elements_of,
    load_option,
    rows_of,
    with_options,
)
from unlag.rules.database._values import (
    Chosen,
    Display,
    Event,
    Flag,
    Known,
    Loaded,
    Loads,
    Mapped,
    Path,
    Record,
    Result,
    Row,
    Rows,
    Sent,
    Statement,
    Taken,
    Touch,
    Where,
    merged,
)
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN

Given: TypeAlias = tuple[tuple[str, Known], ...]
"""Parameters with the values that are passed for them."""

_COPIES = frozenset(
    {"list", "tuple", "sorted", "reversed", "set", "iter", "enumerate", "next", "tqdm"}
)
_EXECUTING = frozenset({"execute", "exec", "scalars", "scalar", "stream", "stream_scalars"})
_VALIDATING = frozenset({"model_validate", "from_orm", "validate_python"})
_SAME_ROWS = frozenset(
    {"unique", "yield_per", "tuples", "columns", "partitions", "mappings", "freeze"}
)


class Evaluation:
    """The values of one function's expressions."""

    def __init__(
        self,
        index: Index,
        entry: FunctionEntry,
        tree: FunctionSyntax,
        names: dict[str, Known],
        depth: int,
    ) -> None:
        self.index = index
        self.entry = entry
        self.tree = tree
        self.names = names
        self.depth = depth
        self.events: list[Event] = []
        self.returned: list[tuple[Known, NodeSite]] = []
        self.place = Place(entry.path, entry.id.rpartition(":")[2])

    def site(self, node: ast.expr) -> NodeSite:
        """Where a node stands, in the numbering of the function's facts."""
        return self.tree.site(node)

    def called(self, callee: Value, node: ast.Call, values: list[Known]) -> Known:
        """What a function of the project gives: who follows functions says so."""
        raise NotImplementedError

    def property_of(self, record: Record, entry: FunctionEntry, node: ast.expr) -> Known:
        """What a property of a model gives: as `called`."""
        raise NotImplementedError

    def is_worth_following(self, entry: FunctionEntry, values: list[Known]) -> bool:
        """Whether a callee is handed something loaded, or asks a database itself."""
        is_handed = any(isinstance(value, Loaded) for value in values)
        return is_handed or may_query(self.index, entry.id)

    # -- names

    def bind(self, target: ast.expr, value: Known) -> None:
        """Give the names of an assignment's target their values."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Tuple(elts=items) | ast.List(elts=items):
                parts = _parts(value, len(items))
                for item, part in zip(items, parts, strict=True):
                    self.bind(item, part)
            case ast.Starred(value=inner):
                self.bind(inner, None)
            case _:
                pass

    def element(self, value: Known, node: ast.expr) -> Known:
        """What a loop over `value` goes through, one by one."""
        match value:
            case Rows():
                return as_many(value.element)
            case Result():
                return as_many(rows_of(self.index, value).element)
            case Statement() if value.session:
                self._sent(value, value.session, "__iter__", node)
                return as_many(elements_of(self.index, value, value.session, scalars=True))
            case Display():
                found: Known = None
                for item in value.elements:
                    found = merged(found, item)
                return found
            case Mapped():
                return None
            case Loads() | Record() | Row() | Statement() | Chosen() | Flag() | None:
                return None
        return self.index.resolver.attribute(value, "for")

    # -- expressions

    def value(self, node: ast.expr) -> Known:
        """What an expression is."""
        match node:
            case ast.Name(id=name):
                known = self.names.get(name)
                return known if known is not None else self._resolved(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Await(value=inner):
                return self._awaited(self.value(inner))
            case ast.Subscript():
                return self._subscript(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.IfExp():
                self.tested(node.test)
                return merged(self.value(node.body), self.value(node.orelse))
            case ast.BoolOp(values=values):
                found: Known = None
                for item in values:
                    found = merged(found, self.value(item))
                return found
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.tested(operand)
                return None
            case ast.NamedExpr():
                given = self.value(node.value)
                self.bind(node.target, given)
                return given
            case ast.Starred(value=inner):
                return self.value(inner)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return self._display(items)
            case ast.Constant(value=True | False as constant):
                return Flag(constant)
            case ast.Lambda():
                return None
        return self._parts_of(node)

    def tested(self, node: ast.expr) -> None:
        """A condition: only whether there is something counts."""
        value = self.value(node)
        if isinstance(value, Rows) and value.is_whole:
            self._taken(value, "truth", node)

    def _parts_of(self, node: ast.AST) -> Known:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
            elif isinstance(child, ast.keyword | ast.Slice | ast.FormattedValue):
                self._parts_of(child)
        return None

    def _display(self, items: list[ast.expr]) -> Known:
        values = tuple(self.value(item) for item in items)
        if any(isinstance(item, Rows) for item in values) and any(
            isinstance(item, ast.Starred) for item in items
        ):
            return next(item for item in values if isinstance(item, Rows))
        return Display(values) if any(isinstance(item, Loaded) for item in values) else None

    def _resolved(self, node: ast.expr) -> Value:
        path = path_of(node, 0)
        if path == UNKNOWN:
            return None
        return self.index.resolver.resolve(self.place, path, self.site(node).line)

    def _awaited(self, value: Known) -> Known:
        if isinstance(value, Loaded | Chosen | Flag) or value is None:
            return value
        if isinstance(value, Coroutine):
            return value.value
        return self.index.resolver.attribute(value, "await")

    def _attribute(self, node: ast.Attribute) -> Known:
        owner = self.value(node.value)
        match owner:
            case Record():
                return self._read(owner, node)
            case Row():
                return dict(zip(owner.names, owner.elements, strict=False)).get(node.attr)
            case Statement() | Loads() | Result() | Rows() | Display() | Mapped():
                return None
            case Chosen() | Flag() | None:
                return None
        return self.index.resolver.attribute(owner, node.attr)

    def _read(self, record: Record, node: ast.Attribute) -> Known:
        found = relationship(self.index, record.model, node.attr)
        if found is None:
            member = self.index.resolver.member(record.model, node.attr)
            if member is not None and isinstance(member[0], FunctionEntry):
                if is_property(member[0].facts) and not member[0].facts.is_async:
                    return self.property_of(record, member[0], node)
            return None
        path = (*record.path, node.attr)
        is_back = (
            not found.is_collection
            and bool(record.path)
            and (
                found.back == record.path[-1]
                or (len(record.path) == 1 and found.target in record.statement.entities)
            )
        )
        is_loaded = path in record.statement.loads or path in record.loaded or is_back
        if found.is_lazy and not is_loaded and record.is_certain:
            self.events.append(Touch(record, node.attr, self.site(node), self.entry.id))
            record = msgspec.structs.replace(record, is_certain=False)
        if not found.target:
            return None
        read = msgspec.structs.replace(record, model=found.target, path=path)
        return Rows(read, record.statement, False) if found.is_collection else read

    def _subscript(self, node: ast.Subscript) -> Known:
        owner = self.value(node.value)
        if not isinstance(node.slice, ast.Slice):
            self.value(node.slice)
        match owner:
            case Rows():
                if isinstance(node.slice, ast.Slice):
                    return Rows(owner.element, owner.statement, False)
                return owner.element
            case Mapped():
                return owner.element
            case Row() | Display():
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    at = node.slice.value
                    inside = -len(owner.elements) <= at < len(owner.elements)
                    return owner.elements[at] if inside else None
                return None
            case Statement() | Loads() | Result() | Record() | None:
                return None
        return self._resolved(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Known:
        outer, self.names = self.names, dict(self.names)
        source: Known = None
        for generator in node.generators:
            iterated = self.value(generator.iter)
            source = iterated if generator is node.generators[0] else None
            self.bind(generator.target, self.element(iterated, generator.iter))
            for condition in generator.ifs:
                self.value(condition)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
        made = self.value(node.value if isinstance(node, ast.DictComp) else node.elt)
        self.names = outer
        has_conditions = any(generator.ifs for generator in node.generators)
        if has_conditions and isinstance(source, Rows) and source.is_whole:
            self._taken(source, "filter", node.generators[0].iter)
        if isinstance(node, ast.DictComp):
            return Mapped(made) if isinstance(made, Record) else None
        if isinstance(made, Record):
            is_same = isinstance(source, Rows) and source.element is not None
            whole = is_same and not has_conditions and len(node.generators) == 1
            return Rows(
                made, made.statement, whole and isinstance(source, Rows) and source.is_whole
            )
        return made if isinstance(made, Loads) else None

    # -- calls

    def _call(self, node: ast.Call) -> Known:
        owner: Known = None
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if isinstance(owner, Loaded):
                return self._method(owner, node.func.attr, node)
            if isinstance(owner, Alternatives | Chosen | Flag) or owner is None:
                callee: Value = self._resolved(node.func)
            else:
                callee = self.index.resolver.attribute(owner, node.func.attr)
            if node.func.attr in _VALIDATING and isinstance(owner, Class):
                return self._validated(owner, node)
        else:
            found = self.value(node.func)
            callee = None if isinstance(found, Loaded | Chosen | Flag) else found
        if isinstance(callee, External):
            return self._outside(callee.name, node)
        values = self._arguments(node)
        for item in each(callee):
            if isinstance(item, Function):
                if isinstance(
                    owner, Instance
                ):  # the object's own class says more than the method's
                    item = Function(item.id, owner)
                known = self.called(item, node, values)
                if isinstance(known, Loaded):
                    return known
        return self.index.resolver.call(callee) if callee is not None else None

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
                self._arguments(node)
                if name == "values" and isinstance(owner.element, Record):
                    return Rows(owner.element, owner.element.statement, False)
                return owner.element if name in ("get", "pop") else None
            case Record():
                member = self.index.resolver.method(owner.model, name)
                values = self._arguments(node)
                if member is not None:
                    return self.called(Function(member.id, owner), node, values)  # type: ignore[arg-type] # a receiver that is known better
        self._arguments(node)
        return None

    def _of_statement(self, owner: Statement, name: str, node: ast.Call) -> Known:
        values = self._arguments(node)
        found = changed(owner, name, node, values)
        if found is not None:
            if name in ("where", "filter", "order_by"):
                found = msgspec.structs.replace(
                    found, wheres=(*found.wheres, *self._columns(node, name))
                )
            return found
        if not owner.session:
            return None
        if name in ONE or name in MANY or name in ("count", "get", "update", "delete"):
            self._sent(owner, owner.session, name, node)
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
        self._arguments(node)
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
            self._taken(owner, "sort", node.func)
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

    # -- calls of libraries

    def _outside(self, name: str, node: ast.Call) -> Known:
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
        values = self._arguments(node)
        if name in ("asyncio.gather", "itertools.chain"):
            return Display(tuple(values)) if any(isinstance(v, Loaded) for v in values) else None
        offload = self.index.knowledge.entry(name, "offload")
        if offload is not None and member != "run_sync" and node.args:
            return self._offloaded(node, values)
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
        is_known = bool(node.args)
        for argument in node.args:
            value = self.value(argument)
            is_model = isinstance(value, Class) and model_of(self.index, value.id) is not None
            entities.append(value.id if isinstance(value, Class) and is_model else "")
            is_known = is_known and (is_model or bool(self._column(argument, [])))
        is_shaped = any(isinstance(argument, ast.Starred | ast.Call) for argument in node.args)
        found = tuple(entities) if any(entities) else ()
        return Statement(
            self.entry.id,
            self.site(node),
            found,
            is_shaped=is_shaped,
            session=session,
            is_known=is_known,
        )

    def _of_session(self, owner: str, member: str, node: ast.Call) -> Known:
        session = "async" if ".asyncio." in owner else "sync"
        if member == "query":
            return self._statement_of(node, session)
        values = self._arguments(node)
        if member in _EXECUTING and values and isinstance(values[0], Statement):
            statement = values[0]
            self._sent(statement, session, member, node)
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
                self._taken(first, "len", node.args[0])
            elif name == "bool" and first.is_whole:
                self._taken(first, "truth", node.args[0])
            elif name == "sorted" and first.is_whole:
                self._taken(first, "sort", node.args[0])
            if name == "enumerate":
                element = Row((None, first.element))
                return Rows(element, first.statement, first.is_whole)
            if name in ("next", "min", "max"):
                return first.element
            return first if name in _COPIES else None
        if name == "zip":
            elements = tuple(self.element(value, node) for value in values)
            rows = next((value for value in values if isinstance(value, Rows)), None)
            return Rows(Row(elements), rows.statement, False) if rows is not None else None
        return self._resolved(node)

    # -- what is done

    def _sent(self, statement: Statement, session: str, how: str, node: ast.expr) -> None:
        self.events.append(Sent(statement, session, how, self.site(node), self.entry.id))

    def _taken(self, rows: Rows, what: str, node: ast.expr) -> None:
        variable = node.id if isinstance(node, ast.Name) else ""
        self.events.append(Taken(rows.statement, what, self.site(node), self.entry.id, variable))


def _parts(value: Known, count: int) -> list[Known]:
    elements: tuple[Known, ...] = ()
    if isinstance(value, Row | Display | Tuple):
        elements = value.elements
    return list(elements) if len(elements) == count else [None] * count


def _conditions(node: ast.expr) -> list[ast.expr]:
    """The single conditions in `and_(...)`, `a & b` and the like; those under `or` are left out."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return [*_conditions(node.left), *_conditions(node.right)]
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "and_":
            return [item for argument in node.args for item in _conditions(argument)]
    return [node]


def _is_connection(owner: str) -> bool:
    return owner.endswith((".Connection", ".AsyncConnection"))
