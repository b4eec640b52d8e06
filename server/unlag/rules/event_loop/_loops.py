"""What is looped over, as a call in the loop shows it by the names it uses, or the syntax tree.

Facts know that a call stands in a loop, not in which one: a name in its arguments that runs over
something tells. Where none does, as in `get(f"/users/{key}")`, the tree has to be read.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from unlag.project.values import (
    Class,
    Tuple,
    each,
)
from unlag.rules.nodes import all_nodes
from unlag.rules.places import chain_to, dotted
from unlag.rules.places import names_in as names_read
from unlag.rules.view import FunctionView
from unlag.source.expressions import path_of
from unlag.source.facts import Call, passed_value
from unlag.source.paths import UNKNOWN, is_dotted, root, unkeyed

_WRAPPERS = frozenset({"enumerate", "sorted", "reversed", "iter"})
_FIXED = frozenset({"range", "zip", "count", "repeat", "product", "batched", "chunked"})
_PIECES = ("chunk", "batch", "page", "window", "slice", "group", "wave")
_SETTINGS = ("config", "setting", "environ", "getenv")
_OF_ONE_KIND = 2
"""Branches in a loop, one within the other, that let few of many items through."""
_AMOUNTS = ("limit", "max_", "top_k", "page_size", "batch_size")


def iterable_of(function: FunctionView, call: Call) -> str:
    """The path of what the innermost loop around `call` runs over, by a name `call` uses, else by the syntax tree."""
    names = [name for argument in call.arguments for name in names_in(argument)]
    by_name = _looped(function, [*names, root(call.target)], call.line)
    return by_name or _iterable_around(function, call)


def _iterable_around(function: FunctionView, call: Call) -> str:
    for node in reversed(chain_to(function.syntax(function.entry), call)):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return _source(f"{path_of(node.generators[-1].iter, 0)}.for")
        if isinstance(node, ast.For):
            return _source(f"{path_of(node.iter, 0)}.for")
        if isinstance(node, ast.While | ast.AsyncFor):
            return ""
    return ""


def _looped(function: FunctionView, names: list[str], line: int) -> str:
    for name in names:
        paths = [b.path for b in function.facts.bindings if b.name == name and b.line <= line]
        if paths and _is_item(paths[-1]):
            return _source(paths[-1])
    return ""


def filtered_from(function: FunctionView, name: str, line: int) -> str:
    """The path of what a comprehension that `name` is bound to up to `line` runs over; empty where there is none."""
    bindings = function.facts.bindings
    places = [at for at, b in enumerate(bindings) if b.name == name and b.line <= line]
    if not places or not bindings[places[-1]].path.startswith("each("):
        return ""
    following = bindings[places[-1] + 1 : places[-1] + 2]
    return next((_source(b.path) for b in following if _is_item(b.path)), "")


def starts_many(function: FunctionView, start: Call) -> bool:
    """Whether a loop starts a task for item after item: it does not end there, nor wait for the last one first.

    Where a branch within another starts it, that is for items of one kind, however many there are of others.
    """
    chain = chain_to(function.syntax(function.entry), start)
    kept = ""
    branches = 0
    for below, above in pairwise(reversed(chain)):
        match below:
            case ast.If():
                branches += 1
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
                kept = root(dotted(target))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return True
            case ast.stmt() if isinstance(below, ast.For | ast.AsyncFor | ast.While):
                return branches < _OF_ONE_KIND and not (kept and _awaits(below, kept))
            case _:
                pass
        if isinstance(below, ast.stmt) and _ends_after(above, below):
            return False
    return True


def _ends_after(block: ast.AST, statement: ast.stmt) -> bool:
    """Whether the loop, or the function, is left after a statement of a block."""
    for name in ("body", "orelse"):
        body = getattr(block, name, None)
        if isinstance(body, list) and statement in body:
            rest = body[body.index(statement) :]
            return any(isinstance(item, ast.Break | ast.Return | ast.Raise) for item in rest)
    return False


def _awaits(loop: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Await) and name in names_read(node) for node in all_nodes(loop))


def is_open_ended(function: FunctionView, path: str, line: int) -> bool:
    """Whether nothing shows that what `path` names is small: no literal, constant, slice or chunk."""
    if not path or path == UNKNOWN or path.startswith(("list(", "tuple(", "dict(", ":(")):
        return False
    plain = path.removesuffix("()")
    for ending in (".items", ".values", ".keys"):
        plain = plain.removesuffix(ending)
    last = plain.rpartition(".")[2]
    if plain.endswith("]") or last.partition("(")[0] in _FIXED or last.isupper():
        return False
    if any(word in last.lower() for word in _PIECES) or _is_configured(plain):
        return False
    return not (_is_written_down(function, plain, line) or _is_cut(function, plain, line))


def in_words(iterable: str) -> str:
    """A loop's iterable for a message: its text where that is short and plain."""
    is_plain = is_dotted(iterable.removesuffix("()"))
    return f"of `{iterable}`" if is_plain else "of the loop"


def _is_configured(path: str) -> bool:
    return any(word in path.lower() for word in _SETTINGS)


def _is_cut(function: FunctionView, path: str, line: int) -> bool:
    """Whether the collection is a slice or a range, or comes from settings or a call told how much to give."""
    bound = [b.path for b in function.facts.bindings if b.name == path and b.line <= line]
    if not bound:
        return False
    source = bound[-1].lower()
    if _is_configured(source) or "limit(" in source:
        return True
    callee = bound[-1].partition("(")[0]
    if source.endswith("[]") or callee.rpartition(".")[2] in _FIXED:
        return True
    return any(
        word in argument.lower()
        for call in function.facts.calls
        if call.target == callee
        for argument in call.arguments
        for word in _AMOUNTS
    )


def _is_written_down(function: FunctionView, path: str, line: int) -> bool:
    """Whether the collection is a display, an enumeration or a tuple of known length."""
    value = function.resolve(path, line)
    if any(isinstance(item, Tuple | Class) for item in each(value)):
        return True
    bound = [b.path for b in function.facts.bindings if b.name == path and b.line <= line]
    bound += function.index.tables[function.entry.path].bindings.get(path, ())
    return bool(bound) and all(
        item.startswith(("list(", "tuple(", "dict(", "set(")) and not item.endswith("(?)")
        for item in bound
    )


def _is_item(path: str) -> bool:
    return ".for" in path


def _source(path: str) -> str:
    """`enumerate(users).for[1]` as `users`."""
    path = path.rpartition(".for")[0]
    head, bracket, rest = path.partition("(")
    if bracket and head in _WRAPPERS and rest.endswith(")") and rest != ")":
        return rest[:-1].replace("/", ".")
    return path


def names_in(argument: str) -> list[str]:
    """The names that an argument starts from, those in displays included."""
    if argument[:1] in "'#":
        return []
    path = passed_value(argument)
    for separator in "()[]|,*":
        path = path.replace(separator, " ")
    return [root(unkeyed(part)[1].replace("/", ".")) for part in path.split()]
