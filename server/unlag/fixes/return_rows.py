"""Returns rows as they are in place of models made of them: `[M(**row) for row in rows]` becomes `rows`.

That FastAPI makes the same models under the response model is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.instead import instead
from unlag.fixes.return_instance import as_list
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place

_MAKERS = ("model_validate", "parse_obj", "from_orm")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put the rows, or the one row, where the models at the span are made."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    node = place.node
    is_list = "list" in request.arguments
    if isinstance(node, ast.ListComp):
        text = _rows(place, node, is_list=is_list)
    else:
        row = _row(node)
        text = None if row is None else instead(place, row)
    if text is None:
        return Refusal("The models are made of more than one row each.")
    if comments(text) != comments(place.code(node)):
        return Refusal("A comment inside the expression would be lost.")
    return (Edit(place.path, place.span(node), text),)


def _row(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.Call(args=[], keywords=[ast.keyword(arg=None, value=value)]):
            return value
        case ast.Call(func=ast.Attribute(attr=name), args=[value], keywords=[]) if name in _MAKERS:
            return value
    return None


def _rows(place: Place, node: ast.ListComp, *, is_list: bool) -> str | None:
    row = _row(node.elt)
    generator = node.generators[0]
    if row is None or len(node.generators) > 1:
        return None
    is_same = ast.unparse(generator.target) == ast.unparse(row)
    if is_same and not generator.ifs and not generator.is_async:
        return as_list(place, generator.iter, is_list=is_list)
    whole, element = place.span(node), place.span(node.elt)
    before = Span(whole.line, whole.column, element.line, element.column)
    after = Span(element.end_line, element.end_column, whole.end_line, whole.end_column)
    return place.between(before) + instead(place.at(node.elt), row) + place.between(after)
