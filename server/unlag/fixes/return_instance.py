"""Returns an object itself in place of what was made of it: `return item.model_dump()` becomes `return item`.

Knows the shapes that take an object apart and put it together again; what FastAPI makes of the object
is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.instead import instead
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place

_READY = ("all", "list", "sorted")
"""Calls that give a list."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put the object, or the collection of objects, where the expression at the span stands."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    node = place.node
    assert isinstance(node, ast.expr)
    is_list = "list" in request.arguments
    text = (
        many(place, node, is_list=is_list) if isinstance(node, ast.ListComp) else _one(place, node)
    )
    if text is None:
        return Refusal("It is not known what this is made of.")
    if comments(text) != comments(place.code(node)):
        return Refusal("A comment inside the expression would be lost.")
    return (_collapsed(place, text) or _assigned(place, node, text),)


def source_of(node: ast.expr) -> ast.expr | None:
    """The object that an expression dumps, decodes or copies."""
    match node:
        case ast.Call(func=ast.Attribute(attr="model_dump" | "dict", value=value), args=[]):
            return value
        case ast.Call(func=ast.Attribute(attr="loads"), args=[ast.Call() as text], keywords=[]):
            return _written(text)
        case ast.Call(args=[], keywords=[ast.keyword(arg=None, value=value)]):
            return source_of(value)
        case ast.Call(func=ast.Attribute(attr="model_validate" | "parse_obj"), args=[value]):
            return source_of(value)
    return None


def _written(text: ast.Call) -> ast.expr | None:
    match text:
        case ast.Call(func=ast.Attribute(attr="model_dump_json" | "json", value=value), args=[]):
            return value
        case ast.Call(func=ast.Attribute(attr="dumps"), args=[value], keywords=[]):
            return value
    return None


def _one(place: Place, node: ast.expr) -> str | None:
    source = source_of(node)
    return None if source is None else instead(place, source)


def many(place: Place, node: ast.ListComp, *, is_list: bool) -> str | None:
    """`[x.model_dump() for x in xs]` as `list(xs)`; with conditions the comprehension stays."""
    source = source_of(node.elt)
    if source is None:
        return None
    generator = node.generators[0]
    is_same = isinstance(source, ast.Name) and ast.unparse(generator.target) == source.id
    if is_same and len(node.generators) == 1 and not generator.ifs and not generator.is_async:
        return as_list(place, generator.iter, is_list=is_list)
    whole, element = place.span(node), place.span(node.elt)
    before = Span(whole.line, whole.column, element.line, element.column)
    after = Span(element.end_line, element.end_column, whole.end_line, whole.end_column)
    return place.between(before) + instead(place.at(node.elt), source) + place.between(after)


def as_list(place: Place, node: ast.expr, *, is_list: bool) -> str:
    """The text of an iterable as a list; `is_list` where it is known to be one."""
    text = place.code(node)
    is_ready = (is_list or _is_list(node)) and "\n" not in text
    return instead(place, node) if is_ready else f"list({text})"


def _is_list(node: ast.expr) -> bool:
    if isinstance(node, ast.ListComp | ast.List):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    return name in _READY


def _collapsed(place: Place, text: str) -> Edit | None:
    """`data = ...` and `return data` below it as one `return`, where nothing else reads the name."""
    function, statement = place.function, place.statement
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ) if function is not None and value is place.node:
            pass
        case _:
            return None
    below = next(iter(place.block[place.block.index(statement) + 1 :]), None)
    reads = sum(isinstance(one, ast.Name) and one.id == name for one in ast.walk(function))
    match below:
        case ast.Return(value=ast.Name(id=read)) if read == name and reads == 2:
            start, end = place.span(statement), place.span(below)
            between = Span(start.end_line, start.end_column, end.line, end.column)
            if place.between(between).strip():
                return None
            span = Span(start.line, start.column, end.end_line, end.end_column)
            return Edit(place.path, span, f"return {text}")
    return None


def _assigned(place: Place, node: ast.expr, text: str) -> Edit:
    """The text in place of an expression; a name that was said to be a dict is not said to be one any more."""
    statement = place.statement
    if isinstance(statement, ast.AnnAssign) and statement.value is node:
        name, whole = place.span(statement.target), place.span(node)
        span = Span(name.end_line, name.end_column, whole.end_line, whole.end_column)
        return Edit(place.path, span, f" = {text}")
    return Edit(place.path, place.span(node), text)
