"""Defines a deprecated response class of FastAPI's in the module that imports it: what it does is two lines.

The argument is its name. Everything in the module that uses it, uses that class from then on.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.blocks import lines_from
from unlag.fixes.imports import Available, after_imports, insertion, library, member
from unlag.fixes.names import bound_in, loaded
from unlag.fixes.tree import Place
from unlag.fixes.unused import shortened

_BASE = "JSONResponse"
_BODIES = {
    "ORJSONResponse": (
        "orjson",
        "options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY",
        "return orjson.dumps(content, option=options)",
    ),
    "UJSONResponse": (
        "ujson",
        'return ujson.dumps(content, ensure_ascii=False).encode("utf-8")',
    ),
}
"""Class -> the library that it calls, and what its `render` does, as FastAPI 0.165 has it."""


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put the class below the imports, and `JSONResponse` in the place of its import."""
    (name,) = request.arguments
    place = tree.whole(request.path, request.text)
    if isinstance(place, Refusal):
        return place
    library_name, *body = _BODIES[name]
    statement = _import_of(place, name)
    base = member(place, "fastapi.responses", _BASE, same=f"starlette.responses.{_BASE}")
    module = library(place, library_name)
    if statement is None:
        return Refusal(f"`{name}` is not imported by that name once, at the top of this module.")
    if base is None or module is None:
        taken = _BASE if base is None else library_name
        return Refusal(f"`{taken}` means something else in this module.")
    line = after_imports(place)
    if any(node.lineno < line for node in loaded(ast.walk(place.tree), name)):
        return Refusal(f"`{name}` is used between the imports: define it there by hand.")
    imported = _imported(place, statement, name, base)
    if not imported:
        return Refusal("Something beside the import keeps it from being changed.")
    text = _definition(place, name, base.name, body)
    return _sorted((*imported, *module.edits, insertion(place, line, _spaced(place, line, text))))


def _import_of(place: Place, name: str) -> ast.ImportFrom | None:
    """The statement that alone gives the module the name."""
    binders = [binder for bound, binder in bound_in(place.tree) if bound == name]
    match binders:
        case [ast.ImportFrom(module="fastapi.responses", level=0) as statement]:
            is_plain = any(alias.name == name and alias.asname is None for alias in statement.names)
            return statement if is_plain and statement in place.tree.body else None
    return None


def _imported(
    place: Place, statement: ast.ImportFrom, name: str, base: Available
) -> tuple[Edit, ...]:
    if not base.edits:
        return tuple(shortened(place, place.tree.body, statement, {name}))
    alias = next(one for one in statement.names if one.name == name)
    return (Edit(place.path, place.span(alias), _BASE),)


def _definition(place: Place, name: str, base: str, body: Sequence[str]) -> str:
    unit = lines_from(place.at(place.tree.body[0])).unit
    inner = "".join(f"{unit}{unit}{line}\n" for line in body)
    return f"class {name}({base}):\n{unit}def render(self, content: object) -> bytes:\n{inner}"


def _spaced(place: Place, line: int, text: str) -> str:
    """`text` between two empty lines above and two below."""
    below = place.lines[line - 1 :]
    empty = next((number for number, one in enumerate(below) if one.strip()), 2)
    return "\n\n" + text + "\n" * max(2 - empty, 0)


def _sorted(made: Sequence[Edit]) -> tuple[Edit, ...]:
    return tuple(sorted(made, key=lambda edit: edit.span))
