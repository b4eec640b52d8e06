"""Writes a lifespan for an application that has none, above the statement that makes the application.

An application with start-up handlers, or with more arguments than its file shows, is left alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.finding import Edit
from unlag.fixes import Refusal, keywords
from unlag.fixes.imports import insertion, member
from unlag.fixes.names import meaning, unused
from unlag.fixes.tree import Place

_APPLICATIONS = ("fastapi.FastAPI", "fastapi.applications.FastAPI")
_OLD_HANDLERS = ("on_event", "on_startup", "on_shutdown", "add_event_handler")


def with_body(
    module: Place, body: Sequence[str], imports: tuple[Edit, ...]
) -> tuple[Edit, ...] | Refusal:
    """The edits that give the file's one application a lifespan of these lines, `app` its parameter.

    `imports` are those that the lines need; they come back in their place among the others.
    """
    applications = list(_applications(module))
    if len(applications) != 1:
        return Refusal("The file does not make one application with `FastAPI(...)`.")
    application = applications[0]
    made = application.node
    assert isinstance(made, ast.Call)
    if any(item.arg in ("lifespan", None) for item in made.keywords):
        return Refusal("What lifespan the application has is not written down in its file.")
    if handler := _old_handler(module.tree):
        return Refusal(
            f"The application has start-up events (`{handler}`), which a lifespan would switch off."
        )
    manager = member(module, "contextlib", "asynccontextmanager")
    iterator = member(module, "collections.abc", "AsyncIterator", "typing.AsyncIterator")
    if manager is None or iterator is None:
        return Refusal("`asynccontextmanager` or `AsyncIterator` means something else in the file.")
    name = unused(module, "lifespan")
    head = f"async def {name}(app: {module.code(made.func)}) -> {iterator.name}[None]:"
    lines = [f"@{manager.name}", head, *(f"    {line}" for line in body)]
    function = _above_statement(application, lines)
    given = keywords.added(application, made, [f"lifespan={name}"])
    return (*iterator.edits, *manager.edits, *imports, function, given)


def _applications(module: Place) -> Iterator[Place]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            place = module.at(node)
            if meaning(place, node.func) in _APPLICATIONS:
                yield place


def _old_handler(module: ast.Module) -> str:
    for node in ast.walk(module):
        for name in (getattr(node, "attr", None), getattr(node, "arg", None)):
            if name in _OLD_HANDLERS:
                return str(name)
    return ""


def _above_statement(application: Place, written: list[str]) -> Edit:
    """The edit that puts a function above the outermost statement around a call."""
    statement = application.chain[1]
    decorators = getattr(statement, "decorator_list", ())
    line = min([statement.lineno, *(one.lineno for one in decorators)])  # type: ignore[attr-defined] # a statement
    while line > 1 and application.lines[line - 2].startswith("#"):
        line -= 1
    empty_above = 0
    while line - 2 - empty_above >= 0 and not application.lines[line - 2 - empty_above].strip():
        empty_above += 1
    lead = "\n" * max(2 - empty_above, 0) if line - empty_above > 1 else ""
    return insertion(application, line, lead + "".join(f"{one}\n" for one in written) + "\n\n")
