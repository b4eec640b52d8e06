"""How SQLAlchemy's own calls change statements, options and results; the vocabulary of the flow.

Pure functions on values; names that are not listed leave nothing known.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import msgspec

from unlag.project.index import Index
from unlag.project.values import Class
from unlag.rules.database._models import model_of
from unlag.rules.database._values import (
    Chosen,
    Known,
    Loads,
    Path,
    Record,
    Result,
    Row,
    Rows,
    Statement,
    Where,
)

ROOTS = ("sqlalchemy.", "sqlmodel.")
LOADERS = frozenset(
    {"selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager", "eagerload",
     "selectin_polymorphic", "defaultload", "lazyload", "noload", "raiseload"}
)  # fmt: skip
_NOT_EAGER = frozenset({"lazyload", "defaultload"})
OTHER_OPTIONS = frozenset(
    {
        "load_only",
        "defer",
        "undefer",
        "undefer_group",
        "with_loader_criteria",
        "with_expression",
        "Load",
    }
)
_FILTERS = frozenset({"where", "filter", "filter_by", "having"})
_SHAPES = frozenset(
    {"group_by", "distinct", "select_from", "with_only_columns", "with_entities", "add_columns",
     "union", "union_all", "intersect", "except_", "from_statement", "subquery", "alias", "cte",
     "scalar_subquery", "exists", "lateral", "slice", "fetch", "add_entity", "label"}
)  # fmt: skip
_SAME = frozenset(
    {"join", "outerjoin", "order_by", "with_for_update", "execution_options", "params", "enable_eagerloads",
     "populate_existing", "correlate", "prefix_with", "suffix_with", "with_hint", "yield_per", "join_from",
     "outerjoin_from", "tuples", "autoflush", "with_session", "enable_assertions", "reset_joinpoint"}
)  # fmt: skip
NARROWING = _FILTERS | {"limit", "get", "count"}
"""Names of what leaves fewer rows."""
VOCABULARY = _FILTERS | _SHAPES | _SAME | OTHER_OPTIONS | frozenset(
    {"select", "query", "options", "limit", "offset", "execute", "exec", "scalars", "scalar", "get",
     "stream", "stream_scalars", "refresh", "aliased", "unique", "partitions", "mappings"}
)  # fmt: skip
"""Names of everything that builds, sends or reads a statement."""
ONE = frozenset({"first", "one", "one_or_none", "scalar", "scalar_one", "scalar_one_or_none"})
EXECUTING = frozenset({"execute", "exec", "scalars", "scalar", "stream", "stream_scalars"})
MANY = frozenset({"all", "fetchall", "fetchmany", "to_list"})
_RANGES = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def load_option(name: str, attributes: list[Path], base: Loads | None = None) -> Loads:
    """The option `name(...)` over relationships, at the end of `base` where it is chained."""
    before = base.last if base is not None else ()
    known = base.paths if base is not None else frozenset()
    is_open = base.is_open if base is not None else False
    if not attributes:
        return Loads(known, before, True)
    if any("*" in path for path in attributes):
        return Loads(known, before, True)
    whole = [(*before, *path) for path in attributes]
    if len(whole) > 1 and not before:  # `joinedload(User.orders, Order.lines)` of 1.4: a chain
        whole += [tuple(name for path in attributes for name in path)]
    loaded = frozenset() if name in _NOT_EAGER else frozenset(whole)
    is_filled = name == "contains_eager" or (base is not None and base.fills_from_joins)
    return Loads(known | loaded, whole[-1], is_open, is_filled)


def with_options(statement: Statement, options: Sequence[Known]) -> Statement:
    """A statement after `.options(...)`; unknown ones leave it open."""
    loads, is_open = statement.loads, statement.is_open
    is_filled = statement.fills_from_joins
    for option in options:
        if isinstance(option, Loads):
            loads, is_open = loads | option.paths, is_open or option.is_open
            is_filled = is_filled or option.fills_from_joins
        else:
            is_open = True
    return msgspec.structs.replace(
        statement, loads=loads, is_open=is_open, fills_from_joins=is_filled
    )


def changed(
    statement: Statement, name: str, call: ast.Call, values: list[Known]
) -> Statement | None:
    """A statement after the method `name`; None where that gives something else."""
    if name == "options":
        return with_options(statement, values)
    if name in _FILTERS:
        wheres = _named(statement, call)
        return msgspec.structs.replace(
            statement, wheres=(*statement.wheres, *wheres), is_filtered=True
        )
    if name in ("limit", "fetch"):
        return msgspec.structs.replace(statement, limit=_amount(call, values))
    if name == "offset":
        return msgspec.structs.replace(statement, offset=_skipped(call, values))
    if name in _SHAPES:
        return msgspec.structs.replace(statement, is_shaped=True, is_open=True)
    if name in ("join", "outerjoin"):
        return msgspec.structs.replace(statement, is_filtered=True, is_joined=True)
    if name == "order_by":
        return msgspec.structs.replace(statement, is_sorted=True)
    if name == "with_for_update":
        return msgspec.structs.replace(statement, is_locking=True)
    return statement if name in _SAME else None


def _amount(call: ast.Call, values: list[Known]) -> str:
    """What bounds a number of rows: the name of the parameter a client sets, or `?`."""
    if call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value is None:
        return ""
    return values[0].name if values and isinstance(values[0], Chosen) else "?"


def _skipped(call: ast.Call, values: list[Known]) -> str:
    """What sets an offset; empty where it is a fixed number."""
    return "" if call.args and isinstance(call.args[0], ast.Constant) else _amount(call, values)


def _named(statement: Statement, call: ast.Call) -> list[Where]:
    """The columns that `filter_by(name=...)` names."""
    owner = statement.owner
    if not call.keywords or not owner:
        return []
    return [Where(owner, item.arg, "=") for item in call.keywords if item.arg is not None]


def compared(owner: Class, column: str, operators: list[ast.cmpop]) -> Where:
    """A column on one side of a comparison."""
    if all(isinstance(item, ast.Eq) for item in operators):
        return Where(owner.id, column, "=")
    if all(isinstance(item, _RANGES) for item in operators):
        return Where(owner.id, column, "range")
    return Where(owner.id, column, "other")


def elements_of(index: Index, statement: Statement, session: str, *, scalars: bool) -> Known:
    """What one row of a statement's result is."""
    if not statement.entities:
        return None
    records = [
        Record(entity, statement, session, is_certain=not statement.is_open)
        if entity and model_of(index, entity)
        else None
        for entity in statement.entities
    ]
    if scalars or (statement.session and len(records) == 1):
        return records[0]
    names = tuple(entity.rpartition(":")[2].rpartition(".")[2] for entity in statement.entities)
    return Row(tuple(records), names)


def rows_of(index: Index, result: Result) -> Rows:
    """Every row of a result, as a list."""
    element = elements_of(index, result.statement, result.session, scalars=result.scalars)
    return Rows(element, result.statement)


def as_many(value: Known) -> Known:
    """A value as one of many that a loop goes through."""
    if isinstance(value, Record):
        return msgspec.structs.replace(value, many=True)
    if isinstance(value, Row):
        return Row(tuple(as_many(item) for item in value.elements), value.names)
    return value
