"""Whether what a call makes outlives the function that makes it, or only stands in for what does.

Looks at one function's tree; what callers do with a result is for the call graph to know.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.project.syntax import FunctionNode
from unlag.rules.nodes import nodes_in

_ADDING = frozenset(
    {"append", "add", "setdefault", "put", "put_nowait", "set", "insert", "register"}
)
_OF_ITSELF = frozenset({"mount"})
"""Methods that configure an object; the others configure what it holds: `session.headers.update`."""
_CONFIGURING = _OF_ITSELF | {"update", "set", "set_policy", "set_cookie"}


def is_kept(function: FunctionNode, made: ast.expr) -> bool:
    """Whether the value, or what the function works out with it, is stored for the next time.

    That is: in an attribute, a container or a global. An attribute that the constructor of an object
    sets lives as long as that object, which the call graph knows about: it does not count.
    """
    names = set(_names_of(function, made))
    if names & _lasting(function) or _fills_cache(function):
        return True
    if _is_fallback(function, made) or _stands_in(function, made):
        return True
    is_constructor = function.name == "__init__"
    for node in nodes_in(function):
        match node:
            case ast.Assign(targets=targets, value=value) if _is(value, made, names):
                if any(_outlives(target, is_constructor) for target in targets):
                    return True
            case ast.AnnAssign(target=target, value=value) if _is(value, made, names):
                if _outlives(target, is_constructor):
                    return True
            case ast.Call(func=ast.Attribute(attr=attr), args=given) if attr in _ADDING:
                if any(_is(value, made, names) for value in given):
                    return True
    return False


def is_changed(function: FunctionNode, made: ast.expr) -> bool:
    """Whether the object is changed where it was made: an attribute is set, a method called for its effect."""
    names = set(_names_of(function, made))
    for node in nodes_in(function):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):
                if _is(owner, made, names):
                    return True
            case ast.Attribute(value=owner, ctx=ast.Store()) if _is(owner, made, names):
                return True
    return False


def asked_of(function: FunctionNode, made: ast.expr) -> Iterator[ast.Call]:
    """Every call in the function of a method of the object."""
    names = set(_names_of(function, made))
    for node in nodes_in(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if _is(node.func.value, made, names):
                yield node


def configuration(function: FunctionNode, made: ast.expr) -> Iterator[ast.expr]:
    """What the object is given after it was made: `session.mount(...)`, `session.headers["x"] = ...`."""
    names = set(_names_of(function, made))
    names |= {ast.unparse(target) for target in _attributes_of(function, made)}
    for node in nodes_in(function):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _CONFIGURING:
                if _starts_with(owner, names) and (attr in _OF_ITSELF) == _is_itself(owner, names):
                    yield from node.args
                    yield from (item.value for item in node.keywords)
            case ast.Assign(targets=[ast.Attribute(value=owner)], value=value):
                if _starts_with(owner, names):
                    yield value
            case ast.Assign(targets=[ast.Subscript(value=owner, slice=key)], value=value):
                if _starts_with(owner, names):
                    yield from (key, value)


def _lasting(function: FunctionNode) -> set[str]:
    return {
        name
        for node in nodes_in(function)
        if isinstance(node, ast.Global | ast.Nonlocal)
        for name in node.names
    }


def _fills_cache(function: FunctionNode) -> bool:
    """Whether the function puts something into a container that it does not make itself."""
    filled = {
        node.value.id
        for node in nodes_in(function)
        if isinstance(node, ast.Subscript) and _is_bound(node) and isinstance(node.value, ast.Name)
    }
    if not filled:
        return False
    own = {n.id for n in nodes_in(function) if isinstance(n, ast.Name) and _is_bound(n)}
    own |= {one.arg for one in nodes_in(function) if isinstance(one, ast.arg)}
    return not filled <= own


def _is_bound(node: ast.Name | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is_fallback(function: FunctionNode, made: ast.expr) -> bool:
    """Whether an earlier `if known: return known` leaves the value for when nothing is known."""
    for node in nodes_in(function):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if not isinstance(block, list):
                continue
            for index, statement in enumerate(block):
                if any(_returns_known(earlier) for earlier in block[:index]):
                    if any(inner is made for inner in ast.walk(statement)):
                        return True
    return False


def _stands_in(function: FunctionNode, made: ast.expr) -> bool:
    """Whether the value is for when the application's state lacks one: `getattr(app.state, "x", None)`."""
    looked_up: set[str] = set()
    for node in nodes_in(function):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="getattr"), args=[ast.Attribute(attr="state"), *_]),
            ):
                looked_up.add(name)
    return bool(looked_up) and any(
        isinstance(node, ast.If)
        and _missing(node.test) in looked_up
        and any(inner is made for statement in node.body for inner in ast.walk(statement))
        for node in nodes_in(function)
    )


def _missing(test: ast.expr) -> str:
    """The name that is empty where the test holds."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return name
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]
        ):
            return name
    return ""


def _returns_known(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=test, body=[*_, ast.Return(value=value)]) if value is not None:
            known = _tested(test)
            return any(isinstance(n, ast.Name) and n.id in known for n in ast.walk(value))
    return False


def _tested(test: ast.expr) -> set[str]:
    """Names that are set where the test holds."""
    match test:
        case ast.Name(id=name) | ast.NamedExpr(target=ast.Name(id=name)):
            return {name}
        case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return _tested(left)
    return set()


def _names_of(function: ast.AST, made: ast.expr) -> Iterator[str]:
    for node in nodes_in(function):
        match node:
            case ast.Assign(targets=targets, value=value) if _is(value, made, set()):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if _is(value, made, set()):
                yield name
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                if _is(value, made, set()):
                    yield name
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if value is made:
                yield name


def _attributes_of(function: ast.AST, made: ast.expr) -> Iterator[ast.Attribute]:
    for node in nodes_in(function):
        if isinstance(node, ast.Assign) and _is(node.value, made, set()):
            yield from (target for target in node.targets if isinstance(target, ast.Attribute))


def _is(value: ast.expr | None, made: ast.expr, names: set[str]) -> bool:
    while isinstance(value, ast.Await):
        value = value.value
    return value is made or (isinstance(value, ast.Name) and value.id in names)


def _starts_with(owner: ast.expr, names: set[str]) -> bool:
    written = ast.unparse(owner)
    return any(written == name or written.startswith(f"{name}.") for name in names)


def _is_itself(owner: ast.expr, names: set[str]) -> bool:
    return ast.unparse(owner) in names


def _outlives(target: ast.expr, is_constructor: bool) -> bool:
    match target:
        case ast.Subscript():
            return True
        case ast.Attribute(value=ast.Name(id="self")):
            return not is_constructor
        case ast.Attribute():
            return True
    return False
