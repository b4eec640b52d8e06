"""Whether a look-up of one row for every item can be one query before the loop: by a unique key of the same type."""

from __future__ import annotations

import ast

from unlag.finding import FixOffer, Safety
from unlag.project.values import Class, ExternalInstance, each
from unlag.rules.database._loops import Loop
from unlag.rules.database._models import Model, model_of
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.lookups import lookup_of

_PLAIN = {
    "int": "int", "integer": "int", "biginteger": "int", "smallinteger": "int",
    "str": "str", "string": "str", "text": "str", "unicode": "str", "varchar": "str", "autostring": "str",
    "uuid": "uuid", "guid": "uuid",
}  # fmt: skip


def hoist_offers(view: FunctionView, loop: Loop) -> tuple[FixOffer, ...]:
    """One `in_` query before the loop, where a dict of its rows answers as the look-up does."""
    if not isinstance(loop.node, ast.For):
        return ()
    found = lookup_of(loop.inside)
    if found is None:
        return ()
    line = loop.lines[0]
    model = _model(view, found.model, line)
    column = _key_of(model, found.column) if model is not None else ""
    if model is None or not column:
        return ()
    wanted = _PLAIN.get(model.columns[column].type.lower())
    given = _type_of(view, found.key, line)
    if wanted is None or wanted != given:
        return ()
    title = "Ask once before the loop, with `in_`: what the loop itself changes is not seen by it"
    return (FixOffer(title, Safety.UNSAFE, "hoist_query", (column,)),)


def _model(view: FunctionView, node: ast.expr, line: int) -> Model | None:
    for value in each(view.resolve(path_of(node, 0), line)):
        if isinstance(value, Class):
            return model_of(view.index, value.id)
    return None


def _key_of(model: Model, column: str) -> str:
    """The column, or the one primary key, where its values name one row each."""
    keys = [name for name, item in model.columns.items() if item.is_primary_key]
    if not column:
        return keys[0] if len(keys) == 1 else ""
    item = model.columns.get(column)
    is_one = item is not None and (item.is_unique or keys == [column])
    return column if is_one or (column,) in model.indexes else ""


def _type_of(view: FunctionView, node: ast.expr, line: int) -> str | None:
    value = view.resolve(path_of(node, 0), line + 1)
    if not isinstance(value, ExternalInstance):
        return None
    return _PLAIN.get(value.name.rpartition(".")[2].lower())
