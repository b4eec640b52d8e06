"""Which names mean what at a place of one file, and which are still free.

It sees one file: a name it cannot trace to an import of that file stays as it is written.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from unlag.fixes.tree import Place
from unlag.source.running import Function, is_scope, own_nodes

Bound = tuple[tuple[str, ast.AST], ...]
"""Names, each with the node that binds it."""

_bound: WeakKeyDictionary[ast.AST, Bound] = WeakKeyDictionary()
"""What scopes bind, as long as their trees are there: all fixes of a file ask for its module's names."""


def unused(place: Place, name: str) -> str:
    """`name`, or `name_2`, `name_3`, ... where the function around or the module has it already."""
    outermost = next((node for node in place.around if isinstance(node, Function)), place.tree)
    taken = {text for node in ast.walk(outermost) for text in _names(node)}
    taken |= {bound for bound, _ in bound_in(place.tree)}
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def bound_in(scope: ast.AST) -> Bound:
    """Names the body of `scope` binds, each with the node that does it; parameters included."""
    known = _bound.get(scope)
    if known is None:
        own = ((parameter.arg, parameter) for parameter in parameters(scope))
        known = _bound[scope] = (*own, *bound_among(own_nodes(scope)))
    return known


def bound_among(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Names that `nodes` bind, but those that live only inside of a comprehension."""
    waiting = list(nodes)
    loops = (node.target for node in waiting if isinstance(node, ast.comprehension))
    inside = {id(one) for target in loops for one in ast.walk(target)}
    for node in waiting:
        if id(node) not in inside:
            for name in bound_by(node):
                yield name, node


def parameters(scope: ast.AST) -> tuple[ast.arg, ...]:
    """The parameters of a function or lambda, in order."""
    taken = getattr(scope, "args", None)
    if not is_scope(scope) or not isinstance(taken, ast.arguments):
        return ()
    rest = (one for one in (taken.vararg, taken.kwarg) if one is not None)
    return (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *rest)


def bound_by(node: ast.AST) -> tuple[str, ...]:
    """Names that `node` itself, not its children, binds or deletes."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import() | ast.ImportFrom():
            return tuple(name for name, _ in imported(node) if "." not in name)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return (name,)
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
    return ()


def imported(statement: ast.AST) -> tuple[tuple[str, str], ...]:
    """What an import makes available: how it is written, and the full dotted path it means."""
    pairs: list[tuple[str, str]] = []
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                pairs.append((alias.asname, alias.name))
            else:
                parts = alias.name.split(".")
                pairs.extend((path, path) for path in map(".".join, _prefixes(parts)))
    elif isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        pairs.extend((a.asname or a.name, f"{module}.{a.name}") for a in statement.names)
    return tuple(pairs)


def meaning(place: Place, node: ast.AST) -> str | None:
    """The full dotted path of a name or attribute chain, such as `asyncio.run`; None when unknown.

    A name nobody in the file binds is taken for a builtin and stays as it is.
    """
    written = dotted(node)
    if written is None:
        return None
    root, _, rest = written.partition(".")
    for scope in (*visible_scopes(place), place.tree):
        binders = [binder for name, binder in bound_in(scope) if name == root]
        if binders:
            return _meaning_of_import(binders, root, rest)
    return written


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` for a chain of names, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join((node.id, *reversed(parts)))


def visible_scopes(place: Place) -> tuple[ast.AST, ...]:
    """The scopes whose names the place can read, innermost first."""
    return tuple(
        scope
        for depth, scope in enumerate(place.scopes)
        if depth == 0 or not isinstance(scope, ast.ClassDef)
    )


def local_names(place: Place, node: ast.AST) -> set[str]:
    """The names in `node` that only the functions around the place know."""
    known = {name for scope in visible_scopes(place) for name, _ in bound_in(scope)}
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & known


def origins_of(place: Place, name: str) -> list[ast.AST | None]:
    """What the function around the place binds `name` to: values, or annotations where there are.

    None stands for a value that has no expression of its own, such as an item of a loop.
    """
    return origins_in(place.scopes[0], name) if place.scopes else []


def origins_in(scope: ast.AST, name: str) -> list[ast.AST | None]:
    """The same of one scope, such as a module."""
    return [_origin(scope, binder) for bound, binder in bound_in(scope) if bound == name]


def _origin(scope: ast.AST, binder: ast.AST) -> ast.AST | None:
    if isinstance(binder, ast.arg):
        return binder.annotation
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[target]) if target is binder:
                return node.value
            case ast.AnnAssign(target=target, annotation=annotation) if target is binder:
                return annotation
    return None


def loaded(nodes: Iterator[ast.AST], name: str) -> Iterator[ast.Name]:
    """The places among `nodes` that read `name`."""
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _meaning_of_import(binders: list[ast.AST], root: str, rest: str) -> str | None:
    meanings = {path for binder in binders for name, path in imported(binder) if name == root}
    if len(meanings) != 1 or not all(isinstance(b, ast.Import | ast.ImportFrom) for b in binders):
        return None
    return ".".join(filter(None, (meanings.pop(), rest)))


def _prefixes(parts: list[str]) -> Iterator[list[str]]:
    for length in range(1, len(parts) + 1):
        yield parts[:length]


def _names(node: ast.AST) -> Iterator[str]:
    yield from bound_by(node)
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
