"""What an answer is put together from: the fields of a dict or object, and the items of a list that a loop fills."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.models import fields, model_of
from unlag.project.values import Collection, Instance, Value
from unlag.rules.validation._trees import Reading
from unlag.rules.view import FunctionView, spoken
from unlag.source.paths import split


class Part(msgspec.Struct, frozen=True):
    """An expression whose value comes into an answer, and what the response model has in its place."""

    node: ast.expr
    wanted: Value
    place: str = ""
    """Where it goes, in words: "the field `items` of `Page`"; empty for all of the answer."""
    is_item: bool = False
    """Whether it is an item of the answer, one of many."""


def parts_of(function: FunctionView, read: Reading, wanted: Value, node: ast.expr) -> list[Part]:
    """All of the answer, and the parts that the response model `wanted` has a type for."""
    parts = [Part(node, wanted)]
    if isinstance(wanted, Instance) and not wanted.arguments:
        parts += _fields(function, read, wanted, node)
    if isinstance(wanted, Collection) and not wanted.is_mapping and isinstance(node, ast.Name):
        parts += (Part(item, wanted.element, is_item=True) for item in _appended(read, node.id))
    return parts


def _fields(
    function: FunctionView, read: Reading, wanted: Instance, node: ast.expr
) -> Iterator[Part]:
    given = _given(read, wanted, node)
    resolver = function.index.resolver
    model = model_of(resolver, wanted.id) if given else None
    if model is None or model.is_old or model.is_root or model.hooks:
        return
    for name, path, place in fields(resolver, model):
        declared = split(path, "|")[0]
        if name in given and declared.startswith(":("):
            where = f"the field `{name}` of `{spoken(wanted.id)}`"
            yield Part(given[name], resolver.resolve(place, declared), where)


def _given(read: Reading, wanted: Instance, node: ast.expr) -> dict[str, ast.expr]:
    """What a dict display, or a call of the class, gives by name."""
    match node:
        case ast.Dict(keys=keys, values=values):
            return {
                str(key.value): value
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant)
            }
        case ast.Call(args=[], keywords=keywords) if read.instance(node) == wanted:
            return {item.arg: item.value for item in keywords if item.arg is not None}
    return {}


def _appended(read: Reading, name: str) -> list[ast.expr]:
    """What is appended to a list that begins empty, and is read for nothing but that and its return."""
    begun = read.assigned(name)
    if not isinstance(begun, ast.List) or begun.elts:
        return []
    found = [item for node in read.nodes for item in _appended_by(node, name)]
    return found if read.loads(name) == len(found) + 1 else []


def _appended_by(node: ast.AST, name: str) -> list[ast.expr]:
    match node:
        case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=owner), "append"), args=[item])):
            return [item] if owner == name else []
    return []
