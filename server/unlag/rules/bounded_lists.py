"""How many items a list has at most: `Field(max_length=20)` of a body's model, `Query(max_length=20)`, `conlist`.

Follows names down to the parameters of an endpoint, or to what callers write down: `load(session, ["a", "b"])`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from unlag.project.index import Index
from unlag.project.passed import passed
from unlag.project.place import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import Instance, each
from unlag.rules.places import last_name, tree_of
from unlag.rules.view import call_at
from unlag.source.facts import FunctionFacts
from unlag.source.signature import with_defaults

_SAME_ITEMS = re.compile(r"(?:list|set|tuple|sorted|reversed|enumerate|frozenset)\(([^()]+)\)")
_WRITTEN = re.compile(r"(?:list|set|tuple)\(:\(\w+\)(?:[|,]:\(\w+\))*\)")
"""A display of constants, as facts write it."""
_CHANGING = frozenset({"append", "extend", "insert", "add", "update"})
_DISTINCT = "dict.fromkeys"
_SAYING = frozenset({"Field", "Query", "Body", "Form", "conlist", "conset", "Len", "MaxLen"})
_KEYWORDS = frozenset({"max_length", "max_items"})
_DEEPEST = 3
_MOST_LINES = 12


def has_few_items(index: Index, function_id: str, path: str, line: int, few: int) -> bool:
    """Whether what a path names has `few` items at most, by declarations of what a client sends, or as written down."""
    most = _most_items(index, function_id, path, line)
    return most is not None and most <= few


def _most_items(index: Index, function_id: str, path: str, line: int, depth: int = 0) -> int | None:
    """The most items that what a path names can have, where declarations say so, or callers write them down."""
    entry = index.function(function_id)
    if entry is None or depth == _DEEPEST:
        return None
    if depth and _is_written(index, entry, path):
        return 0
    path = _unwrapped(entry.facts, path, line)
    name, dot, field = path.partition(".")
    if dot:
        return _of_field(index, entry, name, field, line) if field.isidentifier() else None
    if all(parameter.name != name for parameter in entry.facts.parameters):
        bound = [b.path for b in entry.facts.bindings if b.name == name and b.line <= line]
        is_once = len(bound) == 1 and bound[0] != path and not _is_changed(index, entry, name)
        return _most_items(index, function_id, bound[0], line, depth + 1) if is_once else None
    own = _of_parameter(index, entry, name)
    is_called_alone = own is None and not index.routes.by_function.get(entry.id)
    return _of_callers(index, entry, name, depth) if is_called_alone else own


def _is_written(index: Index, entry: FunctionEntry, path: str) -> bool:
    """Whether a path is a display of constants, a constant, or a name that has such a display and keeps it."""
    if _WRITTEN.fullmatch(path) or path.rpartition(".")[2].isupper():
        return True
    bound = [binding.path for binding in entry.facts.bindings if binding.name == path]
    return (
        bool(bound) and all(map(_WRITTEN.fullmatch, bound)) and not _is_changed(index, entry, path)
    )


def _is_changed(index: Index, entry: FunctionEntry, name: str) -> bool:
    """Whether a function puts more into a list that it has under a name."""
    changes = {f"{name}.{method}" for method in _CHANGING}
    if any(call.target in changes for call in entry.facts.calls):
        return True
    adds = re.compile(rf"\b{re.escape(name)}\s*[+|]=")
    return any(map(adds.search, index.lines_in(entry)))


def _unwrapped(item: FunctionFacts, path: str, line: int) -> str:
    """`ids` of `list(ids)`, of `ids or []` and of `dict.fromkeys(ids)`."""
    path = path.partition("|")[0].replace("/", ".")
    if path.startswith(f"{_DISTINCT}("):
        given = [
            call.argument(0)
            for call in item.calls
            if call.target == _DISTINCT and call.line <= line
        ]
        return (given[-1] or "").replace("/", ".") if given else path
    found = _SAME_ITEMS.fullmatch(path)
    return found[1] if found else path


def _of_callers(index: Index, entry: FunctionEntry, name: str, depth: int) -> int | None:
    """What all callers pass has at most."""
    found: list[int] = []
    for caller_id, edge in index.callers_of(entry.id):
        caller = index.function(caller_id)
        call = call_at(caller.facts, edge) if caller is not None else None
        given = [v for p, v in passed(entry.facts, call) if p.name == name] if call else []
        most = _most_items(index, caller_id, given[0], edge.line, depth + 1) if given else None
        if most is None:
            return None
        found.append(most)
    return max(found, default=None)


def _of_parameter(index: Index, entry: FunctionEntry, name: str) -> int | None:
    """What `Query(max_length=20)` says of a parameter."""
    tree = tree_of(index, entry) if index.routes.by_function.get(entry.id) else None
    if tree is None:
        return None
    pairs = [pair for pair in with_defaults(tree.node.args) if pair[0].arg == name]
    said = [
        node for item, default in pairs for node in (item.annotation, default) if node is not None
    ]
    return _least(number for node in said for number in _numbers_in(node))


def _of_field(index: Index, entry: FunctionEntry, name: str, field: str, line: int) -> int | None:
    """What a model says of a field: `ids: list[int] = Field(max_length=20)`."""
    place = Place(entry.path, entry.facts.qualname)
    found: list[int] = []
    for value in each(index.resolver.resolve(place, name, line)):
        model = index.resolver.class_(value.id) if isinstance(value, Instance) else None
        member = model.members.get(field) if model is not None else None
        if model is None or member is None or not member.bindings:
            return None
        declared = _declaration(index, model.path, member.offset + member.bindings[0].line)
        most = _least(_numbers_in(declared)) if declared is not None else None
        if most is None:
            return None
        found.append(most)
    return max(found, default=None)


def _declaration(index: Index, path: str, line: int) -> ast.AST | None:
    lines = index.lines_of(path)[line - 1 : line - 1 + _MOST_LINES]
    for number in range(1, len(lines) + 1):
        try:
            return ast.parse("\n".join(lines[:number]).strip())
        except SyntaxError:
            continue
    return None


def _numbers_in(node: ast.AST) -> Iterator[int]:
    for call in _about_the_list(node):
        name = last_name(call.func)
        said = [word.value for word in call.keywords if word.arg in _KEYWORDS]
        said += {"MaxLen": call.args[:1], "Len": call.args[1:2]}.get(name, [])
        for value in said if name in _SAYING else ():
            if isinstance(value, ast.Constant) and isinstance(value.value, int):
                yield value.value


def _about_the_list(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a declaration that are about the list itself: in `list[...]` they are about each item."""
    inner: list[ast.AST | None] = []
    match node:
        case ast.Call():
            yield node
        case ast.Module(body=[statement]):
            inner = [statement]
        case ast.AnnAssign(annotation=annotation, value=value):
            inner = [annotation, value]
        case ast.BinOp(left=left, right=right):
            inner = [left, right]
        case ast.Subscript(value=kind, slice=ast.Tuple(elts=items)) if (
            last_name(kind) == "Annotated"
        ):
            inner = [*items]
        case ast.Subscript(value=kind, slice=maybe) if last_name(kind) == "Optional":
            inner = [maybe]
    for part in inner:
        if part is not None:
            yield from _about_the_list(part)


def _least(numbers: Iterator[int]) -> int | None:
    return min(numbers, default=None)
