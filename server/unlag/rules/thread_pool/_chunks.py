"""What a stream is made of: which generator, how many chunks, and whether making one can wait."""

from __future__ import annotations

import ast

import msgspec

from unlag.project.resolver import Place
from unlag.project.table import FunctionEntry
from unlag.project.values import (
    Collection,
    ExternalInstance,
    Function,
    Tuple,
    Value,
    each,
)
from unlag.rules.places import Chain, chain_to, tree_of
from unlag.rules.thread_pool import _inert
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_DEEPEST = 3
_FEW = 8
_BUFFERS = frozenset({"io.BytesIO", "io.StringIO"})
_IN_MEMORY = (
    "csv.",
    "_csv.",
    "io.",
    "json.",
    "itertools.",
    "re.",
    "string.",
    "orjson.",
    "collections.",
)
_WRITES_ONE = frozenset({"json.dumps", "orjson.dumps", "ujson.dumps"})
"""What writes one item as JSON, which is too little to wait for."""
_MODEL_METHODS = ("model_dump", "model_dump_json")


def generator_of(function: FunctionView, call: Call) -> FunctionEntry | None:
    """The plain generator function of the project that a response streams."""
    path = _content(function, call)
    if not path.endswith(")") or "(" not in path:
        return None
    callee = _called(path).replace("/", ".")
    for value in each(function.resolve(callee, call.line)):
        entry = function.index.function(value.id) if isinstance(value, Function) else None
        if entry is not None and _is_plain_generator(entry):
            return entry
    return None


def buffer_of(function: FunctionView, call: Call) -> str:
    """The name of a buffer in memory that a response streams line by line, or empty."""
    path = call.argument(0, "content") or ""
    if not path.isidentifier():
        return ""
    values = each(function.resolve(path, call.line))
    return path if all(_is_buffer(value) for value in values) else ""


def gives_many(function: FunctionView, entry: FunctionEntry) -> bool:
    """Whether a generator yields once for each of an unknown number of items, and not large slices."""
    syntax = function.index.syntax(entry)
    if syntax is None:
        return False
    for node in ast.walk(syntax.node):
        if isinstance(node, ast.For) and not _is_short(node.iter):
            yields = [
                one for part in node.body for one in ast.walk(part) if isinstance(one, ast.Yield)
            ]
            if yields and not any(_is_slice(one.value) for one in yields):
                return True
    return False


def never_waits(function: FunctionView, entry: FunctionEntry, depth: int = 0) -> bool:
    """Whether everything a function calls and iterates over is known to compute at once."""
    links = function.index.links[entry.id]
    is_wrapped = entry.facts.decorators and entry.id not in function.index.routes.by_function
    slow = [hazard for hazard in links.hazards if hazard.name not in _WRITES_ONE]
    if depth > _DEEPEST or slow or entry.facts.blocks or is_wrapped:
        return False
    if not all(_is_quick(function, callee, depth) for callee in links.callees):
        return False
    syntax = function.index.syntax(entry)
    if syntax is None or any(isinstance(node, ast.While) for node in ast.walk(syntax.node)):
        return False
    loops = [node.iter for node in ast.walk(syntax.node) if isinstance(node, ast.For)]
    return all(_is_at_hand(function, entry, node) for node in loops)


def is_quick_expression(function: FunctionView, call: Call) -> bool:
    """Whether a response streams a generator expression of many items, each made at once of what is in memory."""
    tree = tree_of(function.index, function.entry)
    node = _streamed(chain_to(tree, call))
    if tree is None or not isinstance(node, ast.GeneratorExp) or len(node.generators) != 1:
        return False
    loop = node.generators[0]
    if loop.is_async or _is_short(loop.iter) or _is_slice(node.elt):
        return False
    if not _is_at_hand(function, function.entry, loop.iter):
        return False
    site = tree.site(node)
    around = msgspec.structs.replace(
        call, line=site.line, column=site.column, end_line=site.end_line, end_column=site.end_column
    )
    inside = [(one, callee) for one, callee in function.calls() if facts.is_inside(one, around)]
    slow = {(one.line, one.column) for one in function.links.hazards if one.name not in _WRITES_ONE}
    return all(
        _is_quick(function, callee, 0) and (one.line, one.column) not in slow
        for one, callee in inside
    )


def _streamed(chain: Chain) -> ast.expr | None:
    """What the response at the end of a chain is given."""
    match chain[-1] if chain else None:
        case ast.Call(args=[first, *_]):
            return first
        case ast.Call(keywords=keywords):
            return next((item.value for item in keywords if item.arg == "content"), None)
    return None


def _content(function: FunctionView, call: Call) -> str:
    path = call.argument(0, "content") or ""
    if not path.isidentifier():
        return path
    bound = [item for item in function.facts.bindings if item.name == path]
    return bound[0].path if len(bound) == 1 else ""


def _called(path: str) -> str:
    """What is called last in a path that ends with a call: `Export().lines` of `Export().lines(rows)`."""
    depth = 0
    for place in range(len(path) - 1, -1, -1):
        depth += (path[place] == ")") - (path[place] == "(")
        if not depth:
            return path[:place]
    return ""


def _is_plain_generator(entry: FunctionEntry) -> bool:
    return bool(entry.facts.flags & facts.GENERATOR) and not entry.facts.is_async


def _is_buffer(value: Value) -> bool:
    return isinstance(value, ExternalInstance) and value.name in _BUFFERS


def _is_short(node: ast.expr) -> bool:
    """Whether a loop runs over a written list or a small range."""
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return len(elements) <= _FEW
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            return count <= _FEW
    return False


def _is_slice(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)


def _is_quick(function: FunctionView, callee: str, depth: int) -> bool:
    index = function.index
    if not callee:
        return False
    if ":" in callee:
        entry = index.function(callee)
        return (
            entry is not None
            and not entry.facts.is_async
            and (never_waits(function, entry, depth + 1))
        )
    name = index.knowledge.canonical(callee)
    owner = name.rpartition(".")[0]
    return (
        name in _inert.FUNCTIONS
        or owner in _inert.TYPES
        or name.startswith((*_inert.CONTAINERS, *_IN_MEMORY))
        or name.rpartition(".")[2] in _MODEL_METHODS
        or index.knowledge.entry(name, "local") is not None
    )


def _is_at_hand(function: FunctionView, entry: FunctionEntry, node: ast.expr) -> bool:
    """Whether what a loop runs over is in memory: a list, not a cursor or an open connection."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in ("range", "enumerate", "zip", "sorted", "reversed"):
            inner = [one for one in node.args if not isinstance(one, ast.Constant)]
            is_count = node.func.id == "range"
            return is_count or all(_is_at_hand(function, entry, one) for one in inner)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        is_view = node.func.attr in ("items", "values", "keys", "splitlines", "split")
        return is_view and _is_at_hand(function, entry, node.func.value)
    if not isinstance(node, ast.Name):
        return False
    declared = next((one for one in entry.facts.parameters if one.name == node.id), None)
    if declared is not None and declared.annotation.partition("[")[0].rpartition(".")[2] in (
        "Iterator", "Iterable", "Generator", "",
    ):  # fmt: skip
        return False
    place = Place(entry.path, entry.id.rpartition(":")[2])
    values = each(function.index.resolver.resolve(place, node.id, entry.facts.end_line))
    return all(isinstance(value, Collection | Tuple) or _is_text(value) for value in values)


def _is_text(value: Value) -> bool:
    return isinstance(value, ExternalInstance) and value.name in ("str", "bytes", "list", "dict")
