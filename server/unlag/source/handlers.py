"""What each kind of syntax node means for the facts: one short function a node class, in one table."""

from __future__ import annotations

import ast
from typing import Any

from unlag.source import facts
from unlag.source.blocks import (
    EndOfBranch,
    EndOfWith,
    case,
    end_of_branch,
    end_of_with,
    except_,
    for_,
    if_,
    match_capture,
    try_,
    while_,
    with_,
)
from unlag.source.definitions import EndOfClass, class_definition, end_of_class, function, lambda_
from unlag.source.expressions import annotation_of, path_of
from unlag.source.facts import Import
from unlag.source.paths import UNKNOWN
from unlag.source.walker import LEAVES, Handler, Walker


def _call(walker: Walker, node: Any) -> None:
    walker.call(node, 0)


def _await(walker: Walker, node: Any) -> None:
    walker.awaiting(node)


def _attribute(walker: Walker, node: Any) -> None:
    walker.value(node, 0)


def _expression(walker: Walker, node: Any) -> None:
    walker.value(node.value, facts.STATEMENT)


def _return(walker: Walker, node: Any) -> None:
    if node.value is not None:
        path = path_of(node.value, walker.base)
        if path not in (UNKNOWN, "None"):
            walker.scope.results.append(path)
        walker.value(node.value, facts.RETURNED)


def _yield(walker: Walker, node: Any) -> None:
    scope = walker.scope
    scope.flags |= facts.GENERATOR
    if node.value is not None:
        path = path_of(node.value, walker.base)
        if path != UNKNOWN:
            is_delegating = node.__class__ is ast.YieldFrom
            scope.yields.append(path + ".for" if is_delegating else path)
        walker.value(node.value, facts.YIELDED)
    scope.region |= facts.AFTER_YIELD


def _assign(walker: Walker, node: Any) -> None:
    value = node.value
    path = path_of(value, walker.base)
    if path != "None":
        for target in node.targets:
            walker.bind(target, path)
    else:
        for target in node.targets:
            if target.__class__ is ast.Name and target.id not in walker.scope.global_names:
                walker.bind(target, UNKNOWN)
    walker.value(value, facts.ASSIGNED)


def _annotated_assign(walker: Walker, node: Any) -> None:
    annotation = annotation_of(node.annotation, walker.base)
    if annotation.rpartition(".")[2].partition("[")[0] in ("Final", "ClassVar", "InitVar"):
        inside = annotation.partition("[")[2][:-1]
        annotation = inside.replace("/", ".") if inside else ""
    value = path_of(node.value, walker.base) if node.value is not None else ""
    if annotation and annotation.rpartition(".")[2] != "TypeAlias":
        path = f":({annotation.replace('.', '/')})"
        walker.bind(node.target, path if value in ("", UNKNOWN, "None") else f"{path}|{value}")
    else:
        walker.bind(node.target, value or UNKNOWN)
    if node.value is not None:
        walker.value(node.value, facts.ASSIGNED)


def _type_alias(walker: Walker, node: Any) -> None:
    walker.bind(node.name, path_of(node.value, walker.base))
    walker.value(node.value, facts.ASSIGNED)


def _augmented_assign(walker: Walker, node: Any) -> None:
    walker.value(node.value, 0)
    if node.target.__class__ is not ast.Name:
        walker.value(node.target, 0)


def _named(walker: Walker, node: Any) -> None:
    walker.bind(node.target, path_of(node.value, walker.base))
    walker.value(node.value, facts.ASSIGNED)


def _comprehension(walker: Walker, node: Any) -> None:
    generators = node.generators
    inner: list[Any] = []
    for generator in generators:
        if generator.is_async:
            walker.scope.awaits += 1
        path = path_of(generator.iter, walker.base)
        walker.bind(generator.target, UNKNOWN if path == UNKNOWN or "|" in path else path + ".for")
        inner.extend(generator.ifs)
        if generator is not generators[0]:
            inner.append(generator.iter)
    inner.extend([node.key, node.value] if node.__class__ is ast.DictComp else [node.elt])
    walker.marked(inner, facts.IN_LOOP | facts.IN_COMPREHENSION)
    walker.value(generators[0].iter, facts.ITERATED)


def _import(walker: Walker, node: Any) -> None:
    imports = walker.scope.imports
    for alias in node.names:
        if alias.asname:
            imports.append(Import(alias.asname, 0, alias.name, ""))
        else:
            imports.append(Import(alias.name.partition(".")[0], 0, alias.name, "."))


def _import_from(walker: Walker, node: Any) -> None:
    module = node.module or ""
    imports = walker.scope.imports
    for alias in node.names:
        imports.append(Import(alias.asname or alias.name, node.level, module, alias.name))


def _global(walker: Walker, node: Any) -> None:
    walker.scope.global_names |= frozenset(node.names)


def _unary(walker: Walker, node: Any) -> None:
    walker.value(node.operand, facts.TESTED if node.op.__class__ is ast.Not else 0)


def _boolean(walker: Walker, node: Any) -> None:
    walker.marked(node.values[1:], facts.CONDITIONAL)
    walker.value(node.values[0], facts.TESTED)


def _conditional(walker: Walker, node: Any) -> None:
    walker.marked([node.body, node.orelse], facts.CONDITIONAL)
    walker.value(node.test, facts.TESTED)


def _subscript(walker: Walker, node: Any) -> None:
    if node.slice.__class__ not in LEAVES:
        walker.stack.append(node.slice)
    walker.value(node.value, facts.CONSUMED)


def _children(*fields: str) -> Handler:
    """A handler that only pushes children, in the order of the text."""
    backwards = tuple(reversed(fields))

    def push(walker: Walker, node: Any) -> None:
        stack = walker.stack
        for field in backwards:
            child = getattr(node, field)
            if child.__class__ is list:
                walker.push(child)
            elif child.__class__ not in LEAVES:
                stack.append(child)

    return push


HANDLERS: dict[type, Handler] = {
    ast.Call: _call,
    ast.Await: _await,
    ast.Attribute: _attribute,
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Assign: _assign,
    ast.AnnAssign: _annotated_assign,
    ast.AugAssign: _augmented_assign,
    ast.NamedExpr: _named,
    ast.If: if_,
    EndOfBranch: end_of_branch,
    ast.While: while_,
    ast.For: for_,
    ast.AsyncFor: for_,
    ast.With: with_,
    ast.AsyncWith: with_,
    EndOfWith: end_of_with,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Global: _global,
    ast.FunctionDef: function,
    ast.AsyncFunctionDef: function,
    ast.Lambda: lambda_,
    ast.ClassDef: class_definition,
    EndOfClass: end_of_class,
    ast.Try: try_,
    ast.ExceptHandler: except_,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Subscript: _subscript,
    ast.MatchAs: match_capture,
    ast.MatchStar: match_capture,
    ast.Delete: _children("targets"),
    ast.Raise: _children("exc", "cause"),
    ast.Assert: _children("test", "msg"),
    ast.BinOp: _children("left", "right"),
    ast.Dict: _children("keys", "values"),
    ast.Set: _children("elts"),
    ast.List: _children("elts"),
    ast.Tuple: _children("elts"),
    ast.Compare: _children("left", "comparators"),
    ast.FormattedValue: _children("value"),
    ast.JoinedStr: _children("values"),
    ast.Starred: _children("value"),
    ast.Slice: _children("lower", "upper", "step"),
    ast.keyword: _children("value"),
    ast.Match: _children("subject", "cases"),
    ast.match_case: case,
    ast.MatchOr: _children("patterns"),
    ast.MatchSequence: _children("patterns"),
    ast.MatchMapping: _children("patterns"),
    ast.MatchClass: _children("patterns", "kwd_patterns"),
}
_NEWER: dict[str, Handler] = {
    "TryStar": try_,  # Python 3.11
    "TypeAlias": _type_alias,  # 3.12
    "TemplateStr": _children("values"),  # 3.14
    "Interpolation": _children("value"),
}
for _name, _handler in _NEWER.items():
    if hasattr(ast, _name):
        HANDLERS[getattr(ast, _name)] = _handler
