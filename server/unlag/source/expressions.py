"""From `ast` expressions and annotations to the paths and values that facts keep.

Resolves nothing: `list` and `Optional` are read as what they say.
"""

from __future__ import annotations

import ast
from ast import Attribute, Call, Constant, Name  # the hottest names there are: nothing to look up
from functools import lru_cache
from sys import intern
from typing import Any, TypeAlias

from unlag.source.paths import CARRIERS, UNKNOWN, pack, text_path

Node: TypeAlias = Any
"""An `ast` node whose class is compared by identity, the cheapest test there is."""

_LONGEST_PATH = 600
_MOST_ALTERNATIVES = 12
_LONGEST_LIST = 48
_LONGEST_DECORATED = 120
_STRUCTURE = frozenset("()[],.|/'*= ")
_TELLING = CARRIERS | {"cast", "filter", "gather", "getattr", "map", "next", "zip"}
_LITERALS = {bytes: ":(bytes)", int: ":(int)", float: ":(float)", bool: ":(bool)"}


def path_of(node: Node, base: int) -> str:
    """The path of an expression; `base` is the line before the unit's first, for naming lambdas."""
    kind = type(node)
    if kind is Name:
        name: str = node.id
        return name
    if kind is Attribute:
        value = node.value
        if type(value) is Name:
            return intern(f"{value.id}.{node.attr}")
        if type(value) is Attribute and type(value.value) is Name:
            return intern(f"{value.value.id}.{value.attr}.{node.attr}")
    elif kind is Call:
        function = node.func
        if type(function) is Name:
            if function.id not in _TELLING:
                return intern(function.id + "()")
        elif type(function) is Attribute and type(function.value) is Name:
            if function.attr not in _TELLING:
                return intern(f"{function.value.id}.{function.attr}()")
    elif kind is Constant:
        return text_path(node.value) if type(node.value) is str else _literal(node.value)
    return _chained(node, base)


def _chained(node: Node, base: int) -> str:
    """The path of anything, from its end to its beginning."""
    suffix = ""
    while len(suffix) <= _LONGEST_PATH:
        kind = type(node)
        if kind is Attribute:
            suffix = f".{node.attr}{suffix}"
            node = node.value
        elif kind is Name:
            return intern(node.id + suffix)
        elif kind is Call:
            call = node
            node = node.func
            kind = type(node)
            name = node.id if kind is Name else node.attr if kind is Attribute else ""
            if name in _TELLING:
                rewritten = _transparent_call(call, base)
                if rewritten is not None:
                    return intern(rewritten + suffix)
                suffix = _carried(call, name, base) + suffix
            elif kind is Call and not call.keywords and len(call.args) == 1:
                suffix = _decorated(call.args[0]) + suffix
            else:
                suffix = "()" + suffix
        elif kind is ast.Await:
            suffix = ".await" + suffix
            node = node.value
        elif kind is ast.Subscript:
            suffix = f"[{_key(node.slice, base)}]{suffix}"
            node = node.value
        else:
            head = _head(node, base, whole=not suffix)
            return UNKNOWN if head == UNKNOWN else intern(head + suffix)
    return UNKNOWN


def _literal(value: object) -> str:
    return _LITERALS.get(type(value), UNKNOWN)


def annotation_of(node: ast.expr | None, base: int) -> str:
    """The path of an annotation; empty where it says nothing about the type."""
    if node is None:
        return ""
    path = _annotation(node, base)
    return "" if path == UNKNOWN else path


def lambda_name(node: ast.Lambda, base: int) -> str:
    """The name under which a lambda's facts stand: unique in its file, stable when text moves."""
    return f"<lambda {node.lineno - base}-{node.col_offset}>"


def _transparent_call(call: ast.Call, base: int) -> str | None:
    """The path of the value itself for `cast`, `getattr` with a literal, `next` and their kin."""
    function: Node = call.func
    if type(function) is ast.Attribute and function.attr == "gather" and call.args:
        return _gathered(call, base)
    if type(function) is not ast.Name or not call.args:
        if type(function) is ast.Attribute and function.attr == "cast" and len(call.args) == 2:
            return _instance(call.args[0], base)
        return None
    name = function.id
    if name == "zip":
        return "each(tuple(" + ",".join(pack(f"{_element(a, base)}.for") for a in call.args) + "))"
    if name == "map":
        return f"each({pack(path_of(call.args[0], base))}())"
    if name == "filter" and len(call.args) == 2:
        return f"each({pack(path_of(call.args[1], base))}/for)"
    if name == "next":
        return path_of(call.args[0], base) + ".for"
    if name == "cast" and len(call.args) == 2:
        return _instance(call.args[0], base)
    if name == "getattr" and len(call.args) >= 2:
        attribute = call.args[1]
        if isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
            return f"{path_of(call.args[0], base)}.{attribute.value}"
    return None


def _gathered(call: ast.Call, base: int) -> str | None:
    """What awaiting `asyncio.gather(...)` gives, or None where its arguments do not say it."""
    only = call.args[0].value if isinstance(call.args[0], ast.Starred) else None
    if isinstance(only, ast.ListComp | ast.GeneratorExp):
        return f"each({pack(_element(only.elt, base))}/await)"
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    awaited = [f"{pack(_element(argument, base))}/await" for argument in call.args]
    return "tuple(" + ",".join(awaited[:_MOST_ALTERNATIVES]) + ")"


def _instance(annotation: ast.expr, base: int) -> str:
    path = _annotation(annotation, base)
    return UNKNOWN if path == UNKNOWN else f":({pack(path)})"


def _carried(call: ast.Call, name: str, base: int) -> str:
    """`()`, with the first argument inside where the callee `name` hands it on."""
    if name not in CARRIERS:
        return "()"
    candidates = call.args or [k.value for k in call.keywords if k.arg in ("dependency", "func")]
    if name == "run_in_executor":
        candidates = call.args[1:]
    if not candidates:
        return "()"
    path = path_of(candidates[0], base)
    if path == UNKNOWN or len(path) > 120:
        return "()"
    return f"({pack(path)},'function)" if _ends_early(call, name) else f"({pack(path)})"


def _decorated(argument: Node) -> str:
    """`(read)` of `limited(5)(read)`: what a decorator makes of a function is most often that function."""
    path = path_of(argument, 0) if type(argument) in (Name, Attribute) else UNKNOWN
    return "()" if path == UNKNOWN or len(path) > _LONGEST_DECORATED else f"({pack(path)})"


def _ends_early(call: ast.Call, name: str) -> bool:
    """Whether a dependency is said to end with the endpoint: `Depends(f, scope="function")`."""
    if name not in ("Depends", "Security") or not call.keywords:
        return False
    return any(
        item.arg == "scope" and getattr(item.value, "value", None) == "function"
        for item in call.keywords
    )


def _key(node: Node, base: int) -> str:
    if type(node) is Constant:
        value = node.value
        if type(value) is str:
            is_short = 0 < len(value) <= 40 and _STRUCTURE.isdisjoint(value)
            return "'" + value if is_short else ""
        if isinstance(value, int) and -1 <= value < 10:
            return str(value)
        return ""
    if type(node) is ast.Tuple:
        return ",".join(_key(element, base) or UNKNOWN for element in node.elts)
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp):
        path = pack(_annotation(node, base))
        return "" if path == UNKNOWN else path
    return ""


def _head(node: Node, base: int, *, whole: bool) -> str:
    """The path of an expression that is no chain of names, attributes, calls and subscripts."""
    kind = type(node)
    if kind is ast.Constant:
        return text_path(node.value) if type(node.value) is str else _literal(node.value)
    if kind is ast.JoinedStr:
        return ":(str)"
    if kind is ast.Lambda:
        return lambda_name(node, base)
    if kind is ast.BoolOp or kind is ast.IfExp:
        parts = node.values if kind is ast.BoolOp else [node.body, node.orelse]
        found = _alternatives(parts, base)
        return found if whole or "|" not in found else found.rpartition("|")[2]
    if kind is ast.List or kind is ast.Set:
        return f"list({pack(_alternatives(node.elts, base, _LONGEST_LIST))})"
    if kind is ast.Tuple:
        is_data = any(isinstance(item, ast.Constant | ast.Tuple) for item in node.elts)
        elements = node.elts[: _MOST_ALTERNATIVES if is_data else _LONGEST_LIST]
        return "tuple(" + ",".join(pack(_element(item, base)) for item in elements) + ")"
    if kind is ast.Dict:
        return f"dict({_items(node, base)})"
    if kind is ast.ListComp or kind is ast.GeneratorExp or kind is ast.SetComp:
        return f"each({pack(_element(node.elt, base))})"
    if kind is ast.DictComp:
        return f"dict({pack(_element(node.value, base))})"
    if kind is ast.BinOp and type(node.op) is ast.BitOr:
        found = _alternatives(_sides(node), base)
        return found if whole or "|" not in found else found.rpartition("|")[2]
    if kind is ast.BinOp and type(node.op) is ast.Div:
        left = path_of(node.left, base)
        return UNKNOWN if left == UNKNOWN or "|" in left else f"{left}.joinpath()"
    if kind is ast.NamedExpr:
        return path_of(node.value, base)
    if kind is ast.Starred:
        return path_of(node.value, base)
    return UNKNOWN


def _sides(node: Node) -> list[ast.expr]:
    """All that stands between the bars of `prompt | model | parser`."""
    sides: list[ast.expr] = []
    while type(node) is ast.BinOp and type(node.op) is ast.BitOr:
        sides.append(node.right)
        node = node.left
    return [node, *reversed(sides)]


def _element(node: Node, base: int) -> str:
    path = path_of(node, base)
    return UNKNOWN if "|" in path else path


def _items(node: ast.Dict, base: int) -> str:
    """What a dict display holds, after `'key:` where the key is a short literal."""
    found: dict[str, None] = {}
    for key, value in zip(node.keys[: 4 * _MOST_ALTERNATIVES], node.values, strict=False):
        if type(value) is Constant:
            continue
        path = path_of(value, base)
        if path == UNKNOWN or "|" in path or path.startswith(":("):
            continue
        text = _key(key, base) if key is not None else ""
        named = text[:1] == "'" and text[1:].isidentifier()
        found[f"{text}:{pack(path)}" if named else pack(path)] = None
    if not found and node.values:
        return pack(path_of(node.values[0], base).partition("|")[0])
    return "|".join(list(found)[:_LONGEST_LIST]) or UNKNOWN


def _alternatives(nodes: list[ast.expr], base: int, most: int = _MOST_ALTERNATIVES) -> str:
    found: dict[str, None] = {}
    first = ""
    for node in nodes[: 4 * _MOST_ALTERNATIVES]:
        path = path_of(node, base)
        first = first or path
        if path != UNKNOWN and "|" not in path and not path.startswith(":("):
            found[path] = None
    if not found and first:
        return first.partition("|")[0]
    return "|".join(list(found)[:most]) or UNKNOWN


def _annotation(node: Node, base: int) -> str:
    kind = type(node)
    if kind is ast.Constant:
        value = node.value
        return _quoted(value) if isinstance(value, str) else UNKNOWN
    if kind is ast.BinOp:
        parts = [_annotation(node.left, base), _annotation(node.right, base)]
        return "|".join(part for part in parts if part != UNKNOWN) or UNKNOWN
    if kind is ast.Subscript:
        return _generic(node, base)
    if kind is ast.List:
        return UNKNOWN
    return path_of(node, base)


def _generic(node: ast.Subscript, base: int) -> str:
    name = path_of(node.value, base)
    tail = name.rpartition(".")[2]
    elements = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if tail == "Optional":
        return _annotation(elements[0], base)
    if tail == "Union":
        parts = [_annotation(element, base) for element in elements]
        return "|".join(part for part in parts if part != UNKNOWN) or UNKNOWN
    if tail == "Literal":
        return UNKNOWN
    return intern(f"{name}[{','.join(pack(_annotation(element, base)) for element in elements)}]")


@lru_cache(maxsize=2048)
def _quoted(text: str) -> str:
    try:
        return _annotation(ast.parse(text.strip(), mode="eval").body, 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return UNKNOWN
