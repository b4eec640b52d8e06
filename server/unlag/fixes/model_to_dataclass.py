"""Makes a dataclass with slots of a Pydantic model that only holds fields.

Defaults, `Field(default_factory=...)` and construction by keyword stay as they are. That nobody uses
objects as models is for the rule to know.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.imports import member
from unlag.fixes.names import meaning
from unlag.fixes.tree import Place, empty

_FRESH = {"list": ast.List, "dict": ast.Dict, "set": ast.Set}


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
    if decorator is None or factory is None:
        return Refusal("`dataclass` or `field` means something else in this file.")
    made: list[Edit] = []
    needs_field = needs_keywords = has_default = False
    for statement in definition.body:
        if not isinstance(statement, ast.AnnAssign) or statement.value is None:
            is_field = isinstance(statement, ast.AnnAssign)
            if not is_field and not isinstance(statement, ast.Expr | ast.Pass):
                return Refusal("The class holds more than fields.")
            needs_keywords |= is_field and has_default
            continue
        default = _default(place, statement.value, factory.name)
        if isinstance(default, Refusal):
            return default
        if default is None:
            needs_keywords |= has_default
        has_default |= default is not None
        text = "" if default is None else default
        needs_field |= text.startswith(f"{factory.name}(")
        if text != place.code(statement.value):
            made.append(_replaced(place, statement, text))
    options = "slots=True, kw_only=True" if needs_keywords else "slots=True"
    made.append(_above(place, definition, f"@{decorator.name}({options})"))
    made.append(Edit(place.path, _bases(place, definition), ""))
    imports = [*decorator.edits, *(_field_import(place, decorator.edits) if needs_field else ())]
    return tuple(sorted((*_merged(imports, needs_field), *made), key=lambda item: item.span))


def _default(place: Place, value: ast.expr, field: str) -> str | Refusal | None:
    """The default as a dataclass takes it; None where there is none."""
    for name, kind in _FRESH.items():
        if isinstance(value, kind):
            is_empty = not any(ast.iter_child_nodes(value)) or ast.unparse(value) in ("[]", "{}")
            made = name if is_empty else f"lambda: {place.code(value)}"
            return f"{field}(default_factory={made})"
    if not isinstance(value, ast.Call):
        return place.code(value)
    if not (meaning(place, value.func) or "").endswith(".Field"):
        return Refusal("A default is made by a call: look after it by hand.")
    return _of_field(place, value, field)


def _of_field(place: Place, call: ast.Call, field: str) -> str | Refusal | None:
    known = {item.arg: item.value for item in call.keywords}
    if known.keys() - {"default", "default_factory", "description", "title", "examples"}:
        return Refusal("A `Field` checks its value: a dataclass does not.")
    if "default_factory" in known:
        return f"{field}(default_factory={place.code(known['default_factory'])})"
    given = call.args[0] if call.args else known.get("default")
    if given is None or (isinstance(given, ast.Constant) and given.value is ...):
        return None
    return _default(place, given, field)


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


def _bases(place: Place, definition: ast.ClassDef) -> Span:
    """The parentheses around the one base."""
    base = place.span(definition.bases[0])
    line = place.lines[base.line - 1]
    start = line.rindex("(", 0, base.column)
    stop = place.lines[base.end_line - 1].index(")", base.end_column) + 1
    return Span(base.line, start, base.end_line, stop)


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
