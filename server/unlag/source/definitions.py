"""What functions, lambdas and classes mean for the facts: headers now, bodies queued."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

from unlag.source import facts
from unlag.source.arguments import arguments_of, value_of
from unlag.source.expressions import annotation_of, lambda_name, path_of
from unlag.source.facts import GENERIC, Call, ClassFacts, Parameter
from unlag.source.scopes import MODULE, Scope
from unlag.source.walker import LEAVES, Walker


class EndOfClass:
    """Marks on the stack where a class body ends."""

    __slots__ = ("attributes", "class_name", "node", "parent", "self_name")

    def __init__(self, node: ast.ClassDef, scope: Scope, parent: str) -> None:
        self.node = node
        self.parent = parent
        self.attributes = scope.class_attributes
        self.class_name = scope.class_name
        self.self_name = scope.self_name


def function(walker: Walker, node: Any) -> None:
    """Queue a function's body; what its header calls runs where it is defined."""
    scope = walker.scope
    in_class = scope.class_attributes is not None
    owner = scope.class_name if in_class else ""
    qualname = scope.nested(node.name)
    parent = "" if scope.qualname == MODULE else scope.qualname
    region = scope.region
    walker.pending.append(lambda: function_body(walker, node, qualname, owner, parent, region))
    for decorator in node.decorator_list:
        walker.value(decorator, facts.ARGUMENT)
    for default in (*node.args.defaults, *node.args.kw_defaults):
        if default is not None:
            walker.value(default, facts.ARGUMENT)


def is_silent(node: Any) -> bool:
    """Whether a function's header calls and reads nothing where it is defined."""
    arguments = node.args
    return not node.decorator_list and LEAVES.issuperset(
        map(type, (*arguments.defaults, *arguments.kw_defaults))
    )


def function_body(
    walker: Walker, node: Any, qualname: str, owner: str, parent: str, region: int
) -> None:
    """Walk a function's body and make its facts."""
    base = walker.base
    flags = facts.ASYNC if type(node) is ast.AsyncFunctionDef else 0
    decorators = tuple([_decorator(item, base) for item in node.decorator_list])
    parameters = _parameters(node.args, base)
    scope = Scope(qualname, node.body, flags)
    scope.parameters = frozenset([parameter.name for parameter in parameters])
    names = [decorator.target for decorator in decorators]
    if owner and parameters and "staticmethod" not in names:
        scope.self_name = parameters[0].name
    walker.run(scope)
    walker.functions.append(
        scope.frozen(
            owner,
            parent,
            scope.flags
            | (facts.AWAITS if scope.awaits else 0)
            | (facts.ABSTRACT if _is_abstract(node.body, names) else 0)
            | (facts.OVERLOAD if names and _names(names, "overload") else 0)
            | (region & facts.MAIN_GUARD),
            node.lineno - base,
            node.col_offset + (10 if flags else 4),
            node.end_lineno - base,
            parameters,
            annotation_of(node.returns, base),
            decorators,
        )
    )


def lambda_(walker: Walker, node: Any) -> None:
    """A lambda is a function whose body is one return."""
    scope = walker.scope
    qualname = scope.nested(lambda_name(node, walker.base))
    parent = "" if scope.qualname == MODULE else scope.qualname
    walker.pending.append(lambda: _lambda_body(walker, node, qualname, parent))


def _lambda_body(walker: Walker, node: ast.Lambda, qualname: str, parent: str) -> None:
    base = walker.base
    parameters = _parameters(node.args, base)
    scope = Scope(qualname, [ast.Return(node.body)], facts.LAMBDA)
    scope.parameters = frozenset([parameter.name for parameter in parameters])
    walker.run(scope)
    line, end_line = node.lineno - base, (node.end_lineno or node.lineno) - base
    walker.functions.append(
        scope.frozen("", parent, scope.flags, line, node.col_offset, end_line, parameters)
    )


def class_definition(walker: Walker, node: Any) -> None:
    """Walk a class in place, since its body runs in place; its attributes are kept apart."""
    scope = walker.scope
    qualname = scope.nested(node.name)
    parent = "" if scope.qualname == MODULE else scope.qualname
    for item in (*node.decorator_list, *node.bases):
        walker.value(item, facts.ARGUMENT)
    walker.stack.append(EndOfClass(node, scope, parent))
    scope.class_attributes = []
    scope.class_name = qualname
    scope.self_name = ""
    walker.stack.extend(reversed(node.body))


def end_of_class(walker: Walker, marker: Any) -> None:
    """Make the class's facts from what its body bound."""
    scope = walker.scope
    node = marker.node
    base = walker.base
    walker.classes.append(
        ClassFacts(
            scope.class_name,
            marker.parent,
            node.lineno - base,
            node.col_offset + 6,
            (*_type_parameters(node), *[_base_path(item, base) for item in node.bases]),
            tuple([f"{k.arg}={value_of(k.value, base)}" for k in node.keywords if k.arg]),
            tuple([_decorator(item, base) for item in node.decorator_list]),
            tuple(scope.class_attributes or ()),
        )
    )
    scope.class_attributes = marker.attributes
    scope.class_name = marker.class_name
    scope.self_name = marker.self_name


def _type_parameters(node: Any) -> tuple[str, ...]:
    """`class Store[K, V]` says what `class Store(Generic[K, V])` says, without an import."""
    names = [item.name for item in getattr(node, "type_params", ())]
    return (f"{GENERIC}[{','.join(names)}]",) if names else ()


def _base_path(node: Any, base: int) -> str:
    return annotation_of(node, base) if type(node) is ast.Subscript else path_of(node, base)


def _decorator(node: Any, base: int) -> Call:
    end_line = node.end_lineno - base
    if type(node) is ast.Call:
        target, flags = path_of(node.func, base), 0
        arguments = arguments_of(node, base, [], decorates=True)
    else:
        target, flags, arguments = path_of(node, base), facts.BARE, ()
    return Call(
        target, node.lineno - base, node.col_offset, end_line, node.end_col_offset, flags, arguments
    )


def _parameters(arguments: ast.arguments, base: int) -> tuple[Parameter, ...]:
    found = []
    by_position = arguments.args
    if arguments.posonlyargs:
        by_position = [*arguments.posonlyargs, *by_position]
    first = len(by_position) - len(arguments.defaults)
    for index, item in enumerate(by_position):
        default = arguments.defaults[index - first] if index >= first else None
        found.append(_parameter(item, default, "", base))
    if arguments.vararg is not None:
        found.append(_parameter(arguments.vararg, None, "*", base))
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(_parameter(item, default, "k", base))
    if arguments.kwarg is not None:
        found.append(_parameter(arguments.kwarg, None, "**", base))
    return _shared_parameters(tuple(found))


def _parameter(item: ast.arg, default: ast.expr | None, star: str, base: int) -> Parameter:
    return _shared_parameter(
        item.arg,
        "" if item.annotation is None else annotation_of(item.annotation, base),
        "" if default is None else value_of(default, base),
        star,
    )


@lru_cache(maxsize=1024)
def _shared_parameters(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """`parameters` as one object wherever they are the same."""
    return parameters


_shared_parameter = lru_cache(maxsize=2048)(Parameter)
"""One object for the parameters that many functions have in common: `self`, `session: Session`."""


def _names(targets: list[str], name: str) -> bool:
    return any(target.endswith(name) for target in targets)


def _is_abstract(body: list[Any], decorators: list[str]) -> bool:
    """Whether a body only says that there is none; under `abstractmethod` all that calls nothing."""
    if decorators and _names(decorators, "abstractmethod"):
        nodes = (node for statement in body for node in ast.walk(statement))
        return not any(isinstance(node, ast.Call) for node in nodes) or _is_empty(body)
    return _is_empty(body)


def _is_empty(body: list[Any]) -> bool:
    for statement in body:
        kind = type(statement)
        if kind is ast.Pass:
            continue
        if kind is ast.Expr and type(statement.value) is ast.Constant:
            continue
        if kind is ast.Raise:
            return _is_not_implemented(
                statement.exc
            )  # a `yield` may follow, which makes a generator of it
        return False
    return True


def _is_not_implemented(error: Any) -> bool:
    """Whether what is raised says `NotImplemented` in its name or its arguments."""
    if error is None:
        return False
    words = (
        getattr(node, field, "") for node in ast.walk(error) for field in ("id", "attr", "value")
    )
    return any(isinstance(word, str) and "NotImplemented" in word for word in words)
