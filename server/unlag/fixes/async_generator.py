"""Turns a plain generator that a response streams into an asynchronous one.

It looks at the file of the generator: that no other file runs it with a plain `for` is for the rule to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import member
from unlag.fixes.lifespan import function_named
from unlag.fixes.names import dotted, imported, loaded
from unlag.fixes.tree import Place, empty
from unlag.source.running import own_nodes

_ASYNCHRONOUS = {"Iterator": "AsyncIterator", "Iterable": "AsyncIterable"}
_STREAMING = ("StreamingResponse",)


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """The arguments: file and qualified name of the generator."""
    path, qualname = request.arguments
    text = request.text_at(path)
    if text is None:
        return Refusal("The generator's file cannot be read whole.")
    place = tree.whole(path, text)
    if isinstance(place, Refusal):
        return place
    function = function_named(place.tree, qualname)
    if not isinstance(function, ast.FunctionDef):
        return Refusal("The text has changed: there is no such generator.")
    reason = _reason(place, function)
    if reason:
        return Refusal(reason)
    span = place.span(function)
    start = Edit(path, empty(span.line, span.column), "async ")
    annotation = _annotation(place, function)
    return annotation if isinstance(annotation, Refusal) else ordered((start, *annotation))


def _reason(place: Place, function: ast.FunctionDef) -> str | None:
    for node in own_nodes(function):
        if isinstance(node, ast.YieldFrom):
            return "An asynchronous generator cannot `yield from`: write a loop."
        if isinstance(node, ast.Return) and node.value is not None:
            return "An asynchronous generator cannot return a value."
    harmless = set(map(id, _streamed(place.tree)))
    for use in loaded(ast.walk(place.tree), function.name):
        if id(use) not in harmless:
            return f"`{function.name}` is used in line {use.lineno}, where a plain generator is expected."
    return None


def _streamed(module: ast.Module) -> Iterator[ast.expr]:
    """Names of generators that are called for a streaming response, by way of a variable too."""
    for scope in ast.walk(module):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [one for node in ast.walk(scope) for one in _given(node)]
            kept = {id(one) for one in given if isinstance(one, ast.Name)}
            for one in given:
                if isinstance(one, ast.Call):
                    yield one.func
            for node in ast.walk(scope):
                match node:
                    case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=callee)):
                        uses = list(loaded(ast.walk(scope), name))
                        if uses and all(id(use) in kept for use in uses):
                            yield callee


def _given(node: ast.AST) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return []
    if (dotted(node.func) or "").rpartition(".")[2] not in _STREAMING:
        return []
    return [*node.args[:1], *(word.value for word in node.keywords if word.arg == "content")]


def _renamed(place: Place, statement: ast.ImportFrom, number: int, wanted: str) -> Edit:
    """The edit that imports another name instead, in its place where the names are sorted."""
    written = [place.code(alias) for alias in statement.names]
    first, last = place.span(statement.names[0]), place.span(statement.names[-1])
    after = [*written[:number], wanted, *written[number + 1 :]]
    if written != sorted(written) or first.line != last.end_line:
        return Edit(place.path, place.span(statement.names[number]), wanted)
    whole = Span(first.line, first.column, last.end_line, last.end_column)
    return Edit(place.path, whole, ", ".join(sorted(after)))


def _annotation(place: Place, function: ast.FunctionDef) -> tuple[Edit, ...] | Refusal:
    """Edits that make the declared result asynchronous too."""
    declared = function.returns
    if declared is None:
        return ()
    outer = declared.value if isinstance(declared, ast.Subscript) else declared
    name = (dotted(outer) or "").rpartition(".")[2]
    wanted = _ASYNCHRONOUS.get(name)
    if wanted is None:
        return Refusal(
            f"What `{function.name}` is declared to return has to change: do it by hand."
        )
    if isinstance(outer, ast.Attribute):
        whole = place.span(outer)
        end = empty(whole.end_line, whole.end_column - len(name))
        return (Edit(place.path, end, "Async"),)
    replaced = Edit(place.path, place.span(outer), wanted)
    return _imported(place, name, wanted, replaced)


def _imported(place: Place, name: str, wanted: str, replaced: Edit) -> tuple[Edit, ...] | Refusal:
    """The import of the asynchronous type: in place of the other where nothing else uses that."""
    for statement in place.tree.body:
        if not isinstance(statement, ast.ImportFrom):
            continue
        names = [written for written, _ in imported(statement)]
        if name not in names:
            continue
        is_last = len(list(loaded(ast.walk(place.tree), name))) == 1
        if is_last and wanted not in names:
            return (_renamed(place, statement, names.index(name), wanted), replaced)
        known = member(place, statement.module or "", wanted)
        if known is not None:
            return (*known.edits, replaced)
    return Refusal(f"Where `{name}` comes from is not seen: change the generator by hand.")
