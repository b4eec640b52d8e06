"""Whether a path can be the empty string, which names nothing for `os.path` and `.` for a path object.

Asks the tree of one function alone, so that a rule can ask before a fix is offered and the fix when it is made.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

from unlag.source.running import own_nodes

DIFFERS_FOR_EMPTY = frozenset({"os.path.exists", "os.path.isdir"})
_ALWAYS_PATHS = frozenset(
    {"Path", "PurePath", "abspath", "absolute", "getcwd", "gettempdir", "joinpath", "mkdtemp", "normpath",
     "realpath", "resolve", "with_name", "with_suffix"}
)  # fmt: skip
"""What never gives an empty text, whatever it is called with."""
_LIKE_THEIR_ARGUMENT = frozenset({"str", "fspath", "expanduser"})
_LEAVING = ast.Return | ast.Raise | ast.Continue | ast.Break
_DEEPEST = 4


def is_never_empty(chain: Sequence[ast.AST]) -> bool:
    """Whether the expression that ends a chain of nodes, from its function down, visibly holds some text."""
    function, path = chain[0], chain[-1]
    return _holds_text(path, function, _DEEPEST) or _is_tested(chain)


def _holds_text(path: ast.AST, function: ast.AST, depth: int) -> bool:
    if not depth:
        return False

    def holds(other: ast.AST) -> bool:
        return _holds_text(other, function, depth - 1)

    match path:
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.JoinedStr(values=values):
            return any(isinstance(one, ast.Constant) and one.value for one in values)
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return holds(left) or holds(right)
        case ast.IfExp(body=one, orelse=other):
            return holds(one) and holds(other)
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            return holds(last)
        case ast.Call():
            return _gives_text(path, function, depth)
        case ast.Name(id=name):
            given = list(_given(function, name))
            return bool(given) and all(one is not None and holds(one) for one in given)
        case ast.Attribute(value=ast.Name(id=name), attr="name"):
            files = list(_given(function, name))
            return bool(files) and all(_is_temporary(one) for one in files)
    return False


def _gives_text(call: ast.Call, function: ast.AST, depth: int) -> bool:
    name = _last_name(call.func)
    if name == "join":
        # several parts that are all empty make no path that anybody asks for
        is_of_paths = isinstance(call.func, ast.Attribute) and _last_name(call.func.value) == "path"
        is_several = len(call.args) > 1 and not any(
            isinstance(one, ast.Starred) for one in call.args
        )
        return (is_of_paths and is_several) or any(
            _holds_text(one, function, depth - 1) for one in call.args
        )
    if name in _ALWAYS_PATHS:
        return True
    if name in _LIKE_THEIR_ARGUMENT and len(call.args) == 1:
        return _holds_text(call.args[0], function, depth - 1)
    return False


def _is_temporary(made: ast.AST | None) -> bool:
    return isinstance(made, ast.Call) and _last_name(made.func) == "NamedTemporaryFile"


def _given(function: ast.AST, name: str) -> Iterator[ast.AST | None]:
    """What a function gives a name, or what annotates a parameter; None for what has no expression of its own."""
    arguments = getattr(function, "args", None)
    if isinstance(arguments, ast.arguments):
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if one.arg == name:
                is_path = one.annotation is not None and _last_name(one.annotation) == "Path"
                yield ast.Call(ast.Name("Path"), [], []) if is_path else None
    nodes = list(own_nodes(function))
    values: dict[int, ast.AST | None] = {}
    for node in nodes:
        match node:
            case ast.Assign(targets=[target], value=value):
                values[id(target)] = value
            case ast.AnnAssign(target=target, value=value) if value is not None:
                values[id(target)] = value
            case ast.withitem(optional_vars=ast.Name() as target, context_expr=value):
                # of all that is entered only temporary files give themselves
                values[id(target)] = value if _is_temporary(value) else None
    for node in nodes:
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load):
            yield values.get(id(node))


def _is_tested(chain: Sequence[ast.AST]) -> bool:
    """Whether a condition on every way to the end of the chain says that it holds something."""
    path = chain[-1]
    if not isinstance(path, ast.Name | ast.Attribute):
        return False
    written = ast.unparse(path)
    for outer, inner in pairwise(chain):
        for test, is_true in _tests_before(outer, inner):
            if _says(test, written, is_true=is_true) and not _set_after(chain[0], path, test):
                return True
    return False


def _tests_before(outer: ast.AST, inner: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """The conditions that are known to be true, or not to be, where `inner` runs, as far as `outer` says so."""
    match outer:
        case ast.BoolOp(op=operator, values=values) if inner in values:
            for value in values[: values.index(inner)]:
                yield value, isinstance(operator, ast.And)
        case ast.IfExp(test=test, body=body):
            if inner is not test:
                yield test, inner is body
        case (
            ast.If(test=test, body=block, orelse=other)
            | ast.While(test=test, body=block, orelse=other)
        ):
            if inner in block or inner in other:
                yield test, inner in block
    for field in ("body", "orelse", "finalbody"):
        statements = getattr(outer, field, None)
        if isinstance(statements, list) and inner in statements:
            for statement in statements[: statements.index(inner)]:
                if isinstance(statement, ast.If) and isinstance(statement.body[-1], _LEAVING):
                    yield statement.test, False


def _says(test: ast.expr, written: str, *, is_true: bool) -> bool:
    """Whether a condition that is true, or is not, says that what is written so holds something."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _says(operand, written, is_true=not is_true)
        case ast.BoolOp(op=operator, values=values):
            return isinstance(operator, ast.And) == is_true and any(
                _says(value, written, is_true=is_true) for value in values
            )
    return is_true and ast.unparse(test) == written


def _set_after(function: ast.AST, path: ast.expr, test: ast.expr) -> bool:
    """Whether the path can be another one by the time it is used."""
    root = path
    while isinstance(root, ast.Attribute):
        root = root.value
    names = {ast.unparse(path), ast.unparse(root)}
    return any(
        isinstance(node, ast.Name | ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and node.lineno >= test.lineno
        and ast.unparse(node) in names
        for node in own_nodes(function)
    )


def _last_name(node: ast.AST) -> str:
    name: str = getattr(node, "attr", getattr(node, "id", ""))
    return name
