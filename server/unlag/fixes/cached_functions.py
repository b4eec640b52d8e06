"""Functions of a file that build something once and remember it: those it has already, and new ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.blocks import as_value
from unlag.fixes.imports import Import, either, insertion
from unlag.fixes.names import bound_in, dotted, meaning, unused, visible_scopes
from unlag.fixes.tree import Place
from unlag.source.running import Function, own_nodes

_CACHES = frozenset({"functools.lru_cache", "functools.cache"})


def cached(
    place: Place,
    call: ast.Call,
    name: str,
    imports: Sequence[str] = (),
    *,
    is_near: bool = False,
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """A cached function that builds what `call` builds: its name, and the edits that define it where the file has none.

    A new one is called `name`, or much like it. It stands above the file's first definition, where equal ones meet, or
    near its use, where what it builds is defined further up. `imports` are lines that it needs in its own body.
    """
    if own := known(place, call):
        return own, ()
    name = unused(place, name)
    made = _defined(place, call, name, imports, is_near=is_near)
    return made if isinstance(made, Refusal) else (name, made)


def known(place: Place, call: ast.Call) -> str:
    """The name of a cached function of the file that builds an equal thing; empty where it has none."""
    wanted = ast.unparse(call)
    for function in place.tree.body:
        if isinstance(function, ast.FunctionDef) and any(_caching(place, function)):
            match function.body:
                case [*before, ast.Return(value=ast.Call() as made)] if ast.unparse(made) == wanted:
                    is_bare = not any(ast.iter_child_nodes(function.args))
                    if is_bare and all(
                        isinstance(one, ast.Import | ast.ImportFrom) for one in before
                    ):
                        return function.name
    return ""


def importing(place: Place, names: set[str]) -> dict[str, Import]:
    """For each of the names, the import in a function around the place that brings it, by how it is written alone."""
    found: dict[str, Import] = {}
    for scope in visible_scopes(place):
        for node in own_nodes(scope):
            if not isinstance(node, Import):
                continue
            for one in node.names:
                if (one.asname or one.name) in names:
                    found[ast.unparse(_alone(node, one))] = node
    return found


def _alone(statement: Import, name: ast.alias) -> Import:
    if isinstance(statement, ast.Import):
        return ast.Import([name])
    return ast.ImportFrom(statement.module, [name], statement.level)


def is_remembered(place: Place) -> bool:
    """Whether a function around the place remembers what it gave already."""
    functions = [node for node in place.chain if isinstance(node, Function)]
    return any(flag for function in functions for flag in _caching(place, function))


def _defined(
    place: Place, call: ast.Call, name: str, imports: Sequence[str], *, is_near: bool
) -> tuple[Edit, ...] | Refusal:
    module = place.up_to(place.tree)
    found = either(module, "functools", "lru_cache")
    if found is None:
        return Refusal("`lru_cache` means something else in this module.")
    callee = dotted(call.func) or ""
    line = _line(place, is_near=is_near)
    if not _is_above(place, callee, line):
        line = _line(place, is_near=True)
    is_class = callee.rpartition(".")[2][:1].isupper() and _is_above(place, callee, line)
    hint = f" -> {callee}" if is_class and not imports else ""
    above = [f"    {one}\n" for one in imports] + ["\n"] * bool(imports)
    written = as_value(place, "    ") if call is place.node else ast.unparse(call)
    body = f"{''.join(above)}    return {written}\n"
    text = f"@{found.name}\ndef {name}(){hint}:\n{body}\n\n"
    return (*found.edits, insertion(module, line, text))


def _is_above(place: Place, callee: str, line: int) -> bool:
    """Whether the module gives a name its meaning above a line, if it does at all: the annotation is read there."""
    root = callee.partition(".")[0]
    binders = [binder for name, binder in bound_in(place.tree) if name == root]
    return all(getattr(binder, "lineno", 0) < line for binder in binders)


def _line(place: Place, *, is_near: bool) -> int:
    """The first line of the statement around the place, or of a definition before it, with comments on top."""
    around = place.chain[1]
    definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    first = next(
        one
        for one in place.tree.body
        if one is around or (not is_near and isinstance(one, definitions))
    )
    decorators = getattr(first, "decorator_list", ())
    line: int = min([first.lineno, *(one.lineno for one in decorators)])
    while line > 1 and place.lines[line - 2].startswith("#"):
        line -= 1
    return line


def _caching(place: Place, function: Function) -> Iterator[bool]:
    for decorator in function.decorator_list:
        callee = decorator.func if isinstance(decorator, ast.Call) else decorator
        yield meaning(place.up_to(place.tree), callee) in _CACHES
