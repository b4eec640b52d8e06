"""Makes a dataclass with slots of a Pydantic model that only holds fields.

Defaults, `Field(default_factory=...)` and construction by keyword stay as they are. That nobody uses
objects as models is for the rule to know.
"""

from __future__ import annotations

import ast
import re

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.imports import member
from unlag.fixes.names import bound_in, dotted, meaning
from unlag.fixes.syntax import comments
from unlag.fixes.tree import Place, empty

_FRESH = {
    "list": ast.List | ast.ListComp,
    "dict": ast.Dict | ast.DictComp,
    "set": ast.Set | ast.SetComp,
}
_LITERALS = ast.Constant | ast.UnaryOp | ast.BinOp | ast.Tuple | ast.operator | ast.unaryop
_UNCHANGEABLE = frozenset(
    {"str", "int", "float", "complex", "bool", "bytes", "Optional", "Union", "Literal"}
)
"""Types that hold nothing which could be changed, and what joins them."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Turn the class at the span into a dataclass."""
    inside = tree.surroundings(request)
    if isinstance(inside, Refusal):
        return inside
    classes = [one for one in inside.chain if isinstance(one, ast.ClassDef)]
    if not classes:
        return Refusal("No class stands there.")
    place = inside.up_to(classes[-1])
    definition = classes[-1]
    if len(definition.bases) != 1 or definition.keywords or definition.decorator_list:
        return Refusal("The class is more than a model of its fields.")
    return _converted(place, definition)


def _converted(place: Place, definition: ast.ClassDef) -> tuple[Edit, ...] | Refusal:
    decorator = member(place, "dataclasses", "dataclass")
    factory = member(place, "dataclasses", "field")
    own = {name for name, _ in bound_in(definition)}
    if decorator is None or factory is None or factory.name.partition(".")[0] in own:
        return Refusal("`dataclass` or `field` means something else in this file.")
    made: list[Edit] = []
    needs_field = needs_keywords = has_default = False
    for statement in definition.body:
        if isinstance(statement, ast.AnnAssign) and _says_more(statement.annotation):
            name = ast.unparse(statement.target)
            return Refusal(f"The annotation of `{name}` says more than its type.")
        if not isinstance(statement, ast.AnnAssign) or statement.value is None:
            is_field = isinstance(statement, ast.AnnAssign)
            if not is_field and not isinstance(statement, ast.Expr | ast.Pass):
                return Refusal("The class holds more than fields.")
            needs_keywords |= is_field and has_default
            continue
        default = _default(place, statement.value, factory.name, statement.annotation)
        if isinstance(default, Refusal):
            return default
        if default is None:
            needs_keywords |= has_default
        has_default |= default is not None
        text = "" if default is None else default
        needs_field |= text.startswith(f"{factory.name}(")
        if text != place.code(statement.value):
            if comments(text) != comments(place.code(statement.value)):
                return Refusal("A comment in a `Field` would be lost.")
            made.append(_replaced(place, statement, text))
    bases = _bases(place, definition)
    if isinstance(bases, Refusal):
        return bases
    options = "slots=True, kw_only=True" if needs_keywords else "slots=True"
    made.append(_above(place, definition, f"@{decorator.name}({options})"))
    made.append(bases)
    imports = [*decorator.edits, *(_field_import(place, decorator.edits) if needs_field else ())]
    return tuple(sorted((*_merged(imports, needs_field), *made), key=lambda item: item.span))


def _says_more(annotation: ast.expr) -> bool:
    """Whether an annotation brings something along that a dataclass does not see, such as a `Field`."""
    return any(isinstance(node, ast.Call) for node in ast.walk(annotation))


def _default(
    place: Place, value: ast.expr, field: str, annotation: ast.expr
) -> str | Refusal | None:
    """The default as a dataclass takes it; None where there is none."""
    for name, kind in _FRESH.items():
        if isinstance(value, kind):
            is_empty = not any(ast.iter_child_nodes(value)) or ast.unparse(value) in ("[]", "{}")
            made = name if is_empty else f"lambda: {place.code(value)}"
            return f"{field}(default_factory={made})"
    if not isinstance(value, ast.Call):
        if _is_unchangeable(value, annotation):
            return place.code(value)
        return Refusal(
            f"`{ast.unparse(value)}` can be a list or a dict, which no dataclass takes for a default."
        )
    if not (meaning(place, value.func) or "").endswith(".Field"):
        return Refusal("A default is made by a call: look after it by hand.")
    return _of_field(place, value, field, annotation)


def _is_unchangeable(value: ast.expr, annotation: ast.expr) -> bool:
    """Whether a default is a literal, or has a type of which no object can be changed."""
    if all(isinstance(node, _LITERALS | ast.expr_context) for node in ast.walk(value)):
        return True
    if isinstance(value, ast.Attribute) and dotted(value.value) == dotted(annotation):
        return True  # a member of an enumeration
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    return names <= _UNCHANGEABLE and not any(
        isinstance(node, ast.Attribute) for node in ast.walk(annotation)
    )


def _of_field(
    place: Place, call: ast.Call, field: str, annotation: ast.expr
) -> str | Refusal | None:
    known = {item.arg: item.value for item in call.keywords}
    if known.keys() - {"default", "default_factory", "description", "title", "examples"}:
        return Refusal("A `Field` checks its value: a dataclass does not.")
    if "default_factory" in known:
        return f"{field}(default_factory={place.code(known['default_factory'])})"
    given = call.args[0] if call.args else known.get("default")
    if given is None or (isinstance(given, ast.Constant) and given.value is ...):
        return None
    return _default(place, given, field, annotation)


def _replaced(place: Place, statement: ast.AnnAssign, text: str) -> Edit:
    """Another default, or none with its equals sign."""
    assert statement.value is not None
    annotation, value = place.span(statement.annotation), place.span(statement.value)
    span = Span(annotation.end_line, annotation.end_column, value.end_line, value.end_column)
    return Edit(place.path, span, f" = {text}" if text else "")


def _above(place: Place, definition: ast.ClassDef, text: str) -> Edit:
    span = place.span(definition)
    indent = place.lines[span.line - 1][: span.column]
    return Edit(place.path, empty(span.line, 0), f"{indent}{text}\n")


def _bases(place: Place, definition: ast.ClassDef) -> Edit | Refusal:
    """The edit that takes the one base away, with the parentheses around it."""
    base = place.span(definition.bases[0])
    before = place.lines[base.line - 1][: base.column]
    behind = place.lines[base.end_line - 1][base.end_column :]
    closing = re.match(r"\s*,?\s*\)", behind)
    if not before.rstrip().endswith("(") or closing is None:
        return Refusal("The base class stands on a line of its own: change it by hand.")
    start = len(before.rstrip()) - 1
    end = base.end_column + len(closing[0])
    return Edit(place.path, Span(base.line, start, base.end_line, end), "")


def _field_import(place: Place, known: tuple[Edit, ...]) -> tuple[Edit, ...]:
    found = member(place, "dataclasses", "field")
    return () if found is None or (known and not found.edits) else found.edits


def _merged(imports: list[Edit], needs_field: bool) -> tuple[Edit, ...]:
    """One import of both names, where neither was there."""
    if not needs_field or len(imports) < 2:
        return tuple(imports[:1]) if imports else ()
    first, second = imports[0], imports[1]
    if first.span == second.span and "from dataclasses import dataclass" in first.text:
        text = first.text.replace("import dataclass", "import dataclass, field")
        return (Edit(first.path, first.span, text),)
    return (first, second)
