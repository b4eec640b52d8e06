"""Takes out what an edit leaves without use: imports, as a linter would want it, and names of the event loop.

Of imports only those that stand directly in the file or are for types, or in a function and no `try` that is there for
what cannot be imported. A name that is exported, or that anything else in its scope may mean, stays.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from unlag.finding import Edit, Span
from unlag.fixes import Refusal, tree
from unlag.fixes.names import dotted, loaded
from unlag.fixes.tree import Place
from unlag.source.running import Function

Import = ast.Import | ast.ImportFrom
_Scope = ast.Module | Function
_BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith
_Name = tuple[str, str]
"""Qualified name of a scope, and a name that is imported there."""
_FOR_TYPES = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING"})
_LOOPS = frozenset({"get_running_loop", "get_event_loop"})
_NOT_THERE = frozenset({"ImportError", "ModuleNotFoundError"})
_FORWARD = frozenset({"cast", "TypeVar", "NewType", "ForwardRef"})
"""Functions that take types as texts."""


def left_behind(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """Edits of `after` that remove what was used in `before` and no longer is: imports, and the loop's name."""
    if not path.endswith(".py"):
        return ()
    old, new = tree.whole(path, before), tree.whole(path, after)
    if isinstance(old, Refusal) or isinstance(new, Refusal):
        return ()
    edits = []
    gone: set[int] = set()
    for statement in _lost_loops(old.tree, new.tree):
        edit = without_statement(new, statement)
        if edit is not None:
            edits.append(edit)
            gone.update(id(node) for node in ast.walk(statement))
    if path.rpartition("/")[2] != "__init__.py":  # what a package imports is its interface
        edits += _lost_imports(old, new, gone)
    return tuple(sorted(edits, key=lambda edit: edit.span))


def _lost_imports(old: Place, new: Place, gone: set[int]) -> Iterator[Edit]:
    lost = {name for name, used in _imported(old.tree, set()).items() if used}
    lost &= {name for name, used in _imported(new.tree, gone).items() if not used}
    for qualname, scope in _scopes(new.tree) if lost else ():
        own = {name for owner, name in lost if owner == qualname}
        for block, statement in _imports_in_blocks(scope) if own else ():
            yield from shortened(new, block, statement, own)


def _lost_loops(old: ast.Module, new: ast.Module) -> Iterator[ast.stmt]:
    """The statements `loop = asyncio.get_running_loop()` of functions that read `loop` no more."""
    were_read = {
        (qualname, name)
        for qualname, scope in _scopes(old)
        for _, _, name in _loops(scope)
        if _is_read(scope, name)
    }
    for qualname, scope in _scopes(new):
        for block, statement, name in _loops(scope):
            if (qualname, name) in were_read and not _is_read(scope, name) and len(block) > 1:
                yield statement


def _loops(scope: _Scope) -> Iterator[tuple[list[ast.stmt], ast.stmt, str]]:
    """The block, the statement and the name of every event loop that a function asks for."""
    for node in ast.walk(scope) if isinstance(scope, Function) else ():
        body = getattr(node, "body", None)
        block: list[ast.stmt] = body if isinstance(body, list) else []
        for statement in block:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=called, args=[]))
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=called, args=[]))
                ):
                    if (dotted(called) or "").rpartition(".")[2] in _LOOPS:
                        yield block, statement, name


def _is_read(scope: _Scope, name: str) -> bool:
    return any(True for _ in loaded(ast.walk(scope), name))


def without_statement(place: Place, statement: ast.stmt) -> Edit | None:
    """An edit that removes the lines of a statement; None where something else stands in them."""
    span = place.span(statement)
    before = place.lines[span.line - 1][: span.column]
    after = place.lines[span.end_line - 1][span.end_column :]
    if before.strip() or after.strip() or span.end_line >= len(place.lines):
        return None
    return Edit(place.path, Span(span.line, 0, span.end_line + 1, 0), "")


def _imported(module: ast.Module, gone: set[int]) -> dict[_Name, bool]:
    """Whether each imported name is used in its scope by more than the nodes that are `gone`."""
    found: dict[_Name, bool] = {}
    for qualname, scope in _scopes(module):
        statements = _imports(scope)
        read = set(_read(scope, gone)) if statements else set()
        for statement in statements:
            for alias in statement.names:
                name = _bound(statement, alias)
                is_exported = alias.asname == alias.name
                key = (qualname, name)
                found[key] = found.get(key, False) or name in read or is_exported
    return found


def _scopes(node: ast.AST, qualname: str = "") -> Iterator[tuple[str, _Scope]]:
    if isinstance(node, _Scope):
        yield qualname, node
    for child in ast.iter_child_nodes(node):
        is_named = isinstance(child, Function | ast.ClassDef)
        yield from _scopes(child, f"{qualname}.{child.name}" if is_named else qualname)  # type: ignore[attr-defined] # named


def _imports(scope: _Scope) -> list[Import]:
    return [one for _, one in _imports_in_blocks(scope)]


def _imports_in_blocks(scope: _Scope) -> Iterator[tuple[list[ast.stmt], Import]]:
    """Each import with the block that it stands in; those of nested functions and classes are not the scope's."""
    blocks = [scope.body]
    while blocks:
        block = blocks.pop()
        for statement in block:
            if isinstance(statement, Import):
                yield block, statement
            elif isinstance(scope, Function) and isinstance(statement, _BLOCKS):
                blocks += [statement.body, getattr(statement, "orelse", [])]
            elif isinstance(scope, Function) and isinstance(statement, ast.Try):
                handled = [handler.body for handler in statement.handlers]
                guarded = [] if _is_about_imports(statement) else [statement.body]
                blocks += [*guarded, *handled, statement.orelse, statement.finalbody]
            elif isinstance(statement, ast.If) and dotted(statement.test) in _FOR_TYPES:
                blocks.append(statement.body)


def _is_about_imports(statement: ast.Try) -> bool:
    """Whether the `try` is there for what cannot be imported, or for nothing but an import."""
    caught = [node for one in statement.handlers if one.type for node in ast.walk(one.type)]
    names = {(dotted(node) or "").rpartition(".")[2] for node in caught}
    return bool(names & _NOT_THERE) or all(isinstance(one, Import) for one in statement.body)


def _read(scope: _Scope, gone: set[int]) -> Iterator[str]:
    """Every name of the scope that something in it may mean, those in the texts of types included."""
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(scope, frozenset())]
    while waiting:
        node, hidden = waiting.pop()
        if id(node) in gone:
            continue
        if isinstance(node, Function) and node is not scope:
            own = (_bound(one, alias) for one in _imports(node) for alias in one.names)
            hidden = hidden.union(own)
        yield from (name for name in _read_by(node) if name not in hidden)
        waiting.extend((child, hidden) for child in ast.iter_child_nodes(node))


def _read_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case _:
            for part in _types_of(node):
                yield from _words(part)


def _types_of(node: ast.AST) -> Iterator[ast.AST | None]:
    """The parts of a node whose texts are read as names."""
    match node:
        case ast.arg(annotation=part) | ast.Subscript(slice=part):
            yield part
        case ast.FunctionDef(returns=part) | ast.AsyncFunctionDef(returns=part):
            yield part
        case ast.AnnAssign(annotation=annotation, target=target, value=value):
            yield annotation
            if dotted(target) == "__all__":
                yield value
        case ast.Assign(targets=[target], value=value) | ast.AugAssign(target=target, value=value):
            if dotted(target) == "__all__":
                yield value
        case ast.Call(func=function, args=arguments):
            name = dotted(function) or ""
            if name.rpartition(".")[2] in _FORWARD or name.startswith("__all__."):
                yield from arguments


def _words(part: ast.AST | None) -> Iterator[str]:
    for node in ast.walk(part) if part is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value)


def shortened(
    place: Place, block: list[ast.stmt], statement: Import, lost: set[str]
) -> Iterator[Edit]:
    """The edits that take the names `lost` out of an import; none where that takes more with it."""
    kept = [alias for alias in statement.names if _bound(statement, alias) not in lost]
    if len(kept) == len(statement.names):
        return
    span = place.span(statement)
    line, end = place.lines[span.line - 1], place.lines[span.end_line - 1]
    is_alone = not line[: span.column].strip() and not end[span.end_column :].strip()
    if "#" in place.code(statement) or not is_alone:
        return  # the comment may be why it is there
    if kept:
        yield from _without_names(place, statement, kept)
    elif span.end_line < len(place.lines) and len(block) > 1:
        stop = span.end_line + 1 + _empty_below(place, block, statement)
        yield Edit(place.path, Span(span.line, 0, stop, 0), "")


def _without_names(place: Place, statement: Import, kept: list[ast.alias]) -> Iterator[Edit]:
    """One edit a run of neighbouring names, the comma that goes with it included."""
    last: ast.alias | None = None
    start: ast.alias | None = None
    for alias in statement.names:
        if alias not in kept:
            start = start or alias
            continue
        if start is not None:
            first, stop = place.span(start), place.span(alias)
            yield Edit(place.path, Span(first.line, first.column, stop.line, stop.column), "")
        last, start = alias, None
    if start is not None and last is not None:
        end, stop = place.span(last), place.span(statement.names[-1])
        span = Span(end.end_line, end.end_column, stop.end_line, stop.end_column)
        yield Edit(place.path, span, "")


def _empty_below(place: Place, block: list[ast.stmt], statement: Import) -> int:
    """How many empty lines must go with the statement: one, where it stood alone between them."""
    span = place.span(statement)
    below = itertools.takewhile(lambda line: not line.strip(), place.lines[span.end_line : -1])
    empty = sum(1 for _ in below)
    if span.line == 1:
        return empty
    is_first = statement is block[0] and block is not place.tree.body
    is_between = is_first or not place.lines[span.line - 2].strip()
    return min(empty, 1) if is_between else 0


def _bound(statement: Import, alias: ast.alias) -> str:
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name
