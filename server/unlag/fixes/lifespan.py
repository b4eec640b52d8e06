"""Puts statements at the beginning of an application's lifespan, and writes a lifespan where there is none.

Start-up handlers of `on_event` do as well; an application that has only some the file does not show is left alone.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import above, lines_of
from unlag.fixes.imports import Available, attribute, insertion, member
from unlag.fixes.names import dotted, unused
from unlag.fixes.tree import Function, Place

_OLD_HANDLERS = ("on_startup", "on_shutdown", "add_event_handler")
Write = Callable[[str], str]
"""From how a name is written in the file to the statement that uses it."""


def with_statement(
    request: FixRequest, path: str, qualname: str, module: str, name: str, write: Write
) -> tuple[Edit, ...] | Refusal:
    """Edits that put a statement which uses `module.name` first in a lifespan.

    `qualname` names the function at `path`; empty where the application there has none.
    """
    text = request.text_at(path)
    if text is None:
        return Refusal("The file of the application cannot be read whole.")
    place = tree.whole(path, text)
    if isinstance(place, Refusal):
        return place
    function = function_named(place.tree, qualname) if qualname else _startup(place.tree)
    if function is not None:
        return _first_in(place.at(function), module, name, write)
    if qualname:
        return Refusal(f"The text has changed: there is no `{qualname}` in the application's file.")
    return _new(place, module, name, write)


def function_named(module: ast.AST, qualname: str) -> Function | None:
    """The function of that qualified name."""
    first, _, rest = qualname.partition(".")
    for node in ast.walk(module):
        if isinstance(node, Function | ast.ClassDef) and node.name == first:
            if rest:
                return function_named(node, rest)
            return node if isinstance(node, Function) else None
    return None


def _startup(module: ast.Module) -> Function | None:
    """A function that `@app.on_event("startup")` registers."""
    for node in ast.walk(module):
        if isinstance(node, Function):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(
                        func=ast.Attribute(attr="on_event"), args=[ast.Constant(value="startup")]
                    ):
                        return node
    return None


def _first_in(place: Place, module: str, name: str, write: Write) -> tuple[Edit, ...] | Refusal:
    body: list[ast.stmt] = place.node.body  # type: ignore[attr-defined] # a function
    is_docstring = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if is_docstring and len(body) > 1 else body[0]
    inside = place.at(first)
    lines = lines_of(inside, first)
    used = attribute(inside, module, name)
    if isinstance(lines, Refusal):
        return lines
    if used is None:
        return Refusal(f"`{module}` means something else in the application's file.")
    statement = write(used.name)
    target = statement.partition(" = ")[0].rpartition(".")[2]
    for node in ast.walk(place.node):
        if isinstance(node, ast.Attribute) and node.attr == target:
            return Refusal(f"The lifespan sets `{target}` already, in line {node.lineno}.")
    return ordered((*used.edits, above(inside, lines, [statement])))


def _new(place: Place, module: str, name: str, write: Write) -> tuple[Edit, ...] | Refusal:
    """A lifespan above the statement that makes the application."""
    reason = _why_not(place)
    made = [node for node in ast.walk(place.tree) if _makes_application(node)]
    if reason or len(made) != 1 or not isinstance(made[0], ast.Call):
        return Refusal(reason or "The file does not make one application with `FastAPI(...)`.")
    call = made[0]
    if any(word.arg in ("lifespan", None) for word in call.keywords):
        return Refusal("What lifespan the application has is not written down in its file.")
    at_call = place.at(call)
    used = attribute(place, module, name)
    manager = member(place, "contextlib", "asynccontextmanager")
    iterator = member(place, "collections.abc", "AsyncIterator", "typing.AsyncIterator")
    if used is None or manager is None or iterator is None:
        return Refusal("A name that the lifespan needs means something else in the file.")
    lifespan = unused(place, "lifespan")
    written = [
        f"@{manager.name}",
        f"async def {lifespan}(app: {place.code(call.func)}) -> {iterator.name}[None]:",
        f"    {write(used.name)}",
        "    yield",
    ]
    function = _above_statement(at_call, written)
    given = keywords.added(place, call, [f"lifespan={lifespan}"])
    return _merged((*_imports(iterator, manager, used), function, given))


def _imports(*available: Available) -> tuple[Edit, ...]:
    return tuple(edit for one in available for edit in one.edits)


def _why_not(place: Place) -> str | None:
    for node in ast.walk(place.tree):
        names = (getattr(node, "attr", None), getattr(node, "arg", None))
        for name in _OLD_HANDLERS:
            if name in names:
                return (
                    f"The application has handlers given with `{name}`, which a lifespan replaces."
                )
        if isinstance(node, ast.Attribute) and node.attr == "on_event":
            return "The application has `on_event` handlers, which a lifespan replaces: move them first."
    return None


def _makes_application(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] == "FastAPI"


def _above_statement(at_call: Place, written: list[str]) -> Edit:
    """The edit that puts a function above the outermost statement around a call."""
    statement = at_call.chain[1]
    decorators = getattr(statement, "decorator_list", ())
    line = min([statement.lineno, *(one.lineno for one in decorators)])  # type: ignore[attr-defined]
    while line > 1 and at_call.lines[line - 2].startswith("#"):
        line -= 1
    empty_above = 0
    while line - 2 - empty_above >= 0 and not at_call.lines[line - 2 - empty_above].strip():
        empty_above += 1
    lead = "\n" * max(2 - empty_above, 0) if line - empty_above > 1 else ""
    return insertion(at_call, line, lead + "".join(f"{one}\n" for one in written) + "\n\n")


def _merged(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits in order; imports of one new section stand together."""
    found: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.span):
        if found and found[-1].span == edit.span:
            earlier = found.pop()
            text = earlier.text
            if _is_standard(earlier) and _is_standard(edit):
                text = text.rstrip("\n") + "\n"
            edit = Edit(edit.path, edit.span, text + edit.text)
        found.append(edit)
    return tuple(found)


def _is_standard(edit: Edit) -> bool:
    """Whether an edit adds an import of the standard library."""
    words = edit.text.split(maxsplit=2)
    is_import = len(words) > 1 and words[0] in ("import", "from")
    return is_import and words[1].partition(".")[0] in sys.stdlib_module_names
