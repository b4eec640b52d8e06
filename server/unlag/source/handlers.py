"""What each kind of syntax node means for the facts: one short function a node class, in one table."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from sys import intern
from typing import Any

from unlag.source import facts
from unlag.source.blocks import (
    EndOfBranch,
    EndOfWith,
    assert_,
    case,
    end_of_branch,
    end_of_with,
    except_,
    for_,
    if_,
    match,
    match_capture,
    note_filled,
    try_,
    while_,
    with_,
)
from unlag.source.definitions import EndOfClass, class_definition, end_of_class, function, lambda_
from unlag.source.expressions import annotation_of, path_of
from unlag.source.facts import Binding, FunctionFacts, Import, UnitFacts
from unlag.source.guards import empty, filled
from unlag.source.paths import UNKNOWN, pack
from unlag.source.scopes import MODULE, Scope
from unlag.source.walker import LEAVES, Handler, Walker

_CALLS = (ast.Call, ast.Await)


def _call(walker: Walker, node: Any) -> None:
    walker.call(node, 0)


def _await(walker: Walker, node: Any) -> None:
    walker.awaiting(node)


def _attribute(walker: Walker, node: Any) -> None:
    walker.value(node, 0)


def _expression(walker: Walker, node: Any) -> None:
    value = node.value
    if type(value) is ast.Call:
        walker.call(value, facts.STATEMENT)
    elif type(value) not in LEAVES:
        walker.value(value, facts.STATEMENT)


def _return(walker: Walker, node: Any) -> None:
    if node.value is not None:
        path = path_of(node.value, walker.base)
        if path != UNKNOWN:
            walker.scope.results.append(path)
        walker.value(node.value, facts.RETURNED)


def _yield(walker: Walker, node: Any) -> None:
    scope = walker.scope
    scope.flags |= facts.GENERATOR
    if node.value is not None:
        path = path_of(node.value, walker.base)
        if path != UNKNOWN:
            is_delegating = type(node) is ast.YieldFrom
            scope.yields.append(path + ".for" if is_delegating else path)
        walker.value(node.value, facts.YIELDED)
    scope.region |= facts.AFTER_YIELD


def _assign(walker: Walker, node: Any) -> None:
    value = node.value
    path = path_of(value, walker.base)
    is_none = path == UNKNOWN and type(value) is ast.Constant and value.value is None
    for target in node.targets:
        if is_none and type(target) is ast.Name and walker.scope.has_bound(target.id):
            continue  # None has no members: whoever asks for some means what was bound before
        walker.bind(target, path)
        if type(target) is ast.Name and type(value) in _CALLS:
            _note_own_value(walker.scope, target.id, node.end_lineno - walker.base)
    if type(value) not in LEAVES:
        walker.value(value, facts.ASSIGNED)


def _note_own_value(scope: Scope, name: str, end_line: int) -> None:
    """Note of a name that is bound once more that its value is found while it is still what it was."""
    bindings = scope.bindings
    if not bindings or bindings[-1].name != name:
        return
    latest = bindings.pop()
    beside = ((latest.line, end_line),) if scope.has_bound(name) else ()
    bindings.append(Binding(name, latest.line, latest.path, beside))


def _annotated_assign(walker: Walker, node: Any) -> None:
    annotation = annotation_of(node.annotation, walker.base)
    if annotation.rpartition(".")[2].partition("[")[0] in ("Final", "ClassVar", "InitVar"):
        inside = annotation.partition("[")[2][:-1]
        annotation = inside.replace("/", ".") if inside else ""
    value = path_of(node.value, walker.base) if node.value is not None else ""
    if annotation and annotation.rpartition(".")[2] != "TypeAlias":
        path = intern(f":({pack(annotation)})")
        is_known = value not in ("", UNKNOWN, "None")
        walker.bind(node.target, intern(f"{path}|{value}") if is_known else path)
    else:
        walker.bind(node.target, value or UNKNOWN)
    if node.value is not None:
        walker.value(node.value, facts.ASSIGNED)


def _type_alias(walker: Walker, node: Any) -> None:
    walker.bind(node.name, path_of(node.value, walker.base))
    walker.value(node.value, facts.ASSIGNED)


def _augmented_assign(walker: Walker, node: Any) -> None:
    walker.value(node.value, 0)
    if type(node.target) is not ast.Name:
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
        walker.bind(
            generator.target, UNKNOWN if path == UNKNOWN or "|" in path else intern(path + ".for")
        )
        inner.extend(generator.ifs)
        if generator is not generators[0]:
            inner.append(generator.iter)
    inner.extend([node.key, node.value] if type(node) is ast.DictComp else [node.elt])
    walker.marked(inner, facts.IN_LOOP | facts.IN_COMPREHENSION)
    walker.value(generators[0].iter, facts.ITERATED)


def _import(walker: Walker, node: Any) -> None:
    names = [(alias.name, alias.asname) for alias in node.names]
    walker.scope.imports.extend(_imported(*_source(node), names))


def import_unit(node: Any) -> UnitFacts:
    """The facts of a unit that is nothing but an import."""
    return _import_unit(*_source(node), *[(alias.name, alias.asname) for alias in node.names])


@lru_cache(maxsize=2048)
def _import_unit(module: str | None, level: int, *names: tuple[str, str | None]) -> UnitFacts:
    """One object for the imports that many files of a project have in common."""
    imports = tuple(_imported(module, level, names))
    return UnitFacts(FunctionFacts(MODULE, "", "", 0, 1, 0, 1, imports=imports), (), ())


def _source(node: Any) -> tuple[str | None, int]:
    """What an import imports from, and how many levels up; None where it imports modules."""
    return (node.module or "", node.level) if type(node) is ast.ImportFrom else (None, 0)


def _imported(
    module: str | None, level: int, names: Iterable[tuple[str, str | None]]
) -> list[Import]:
    if module is not None:
        return [Import(alias or name, level, module, name) for name, alias in names]
    return [
        Import(alias, 0, name, "") if alias else Import(name.partition(".")[0], 0, name, ".")
        for name, alias in names
    ]


def _global(walker: Walker, node: Any) -> None:
    walker.scope.global_names |= frozenset(node.names)


def _unary(walker: Walker, node: Any) -> None:
    walker.value(node.operand, facts.TESTED if type(node.op) is ast.Not else 0)


def _boolean(walker: Walker, node: Any) -> None:
    if type(node.op) is ast.Or and type(node.values[-1]) is ast.Call:
        note_filled(walker, filled(node.values[0]), [node.values[-1]])
    walker.marked(node.values[1:], facts.CONDITIONAL)
    walker.value(node.values[0], facts.TESTED)


def _conditional(walker: Walker, node: Any) -> None:
    if type(node.orelse) is ast.Call:
        note_filled(walker, filled(node.test), [node.orelse])
    if type(node.body) is ast.Call:
        note_filled(walker, empty(node.test), [node.body])
    walker.marked([node.body, node.orelse], facts.CONDITIONAL)
    walker.value(node.test, facts.TESTED)


def _subscript(walker: Walker, node: Any) -> None:
    if type(node.slice) not in LEAVES:
        walker.stack.append(node.slice)
    walker.value(node.value, facts.CONSUMED)


def _binary(walker: Walker, node: Any) -> None:
    stack = walker.stack
    if type(node.right) not in LEAVES:
        stack.append(node.right)
    if type(node.left) not in LEAVES:
        stack.append(node.left)


def _compare(walker: Walker, node: Any) -> None:
    walker.push(node.comparators)
    if type(node.left) not in LEAVES:
        walker.stack.append(node.left)


def _dict(walker: Walker, node: Any) -> None:
    walker.push(node.values)
    walker.push(node.keys)


def _text(walker: Walker, node: Any) -> None:
    stack = walker.stack
    for part in reversed(node.values):
        if type(part) is ast.FormattedValue:
            if type(part.value) not in LEAVES:
                stack.append(part.value)
        elif type(part) not in LEAVES:
            stack.append(part)


def _region(walker: Walker, region: int) -> None:
    walker.scope.region = region


def _nothing(walker: Walker, node: Any) -> None:
    """What the node says is of no use to facts."""


def _children(*fields: str) -> Handler:
    """A handler that only pushes children, in the order of the text."""
    backwards = tuple(reversed(fields))

    def push(walker: Walker, node: Any) -> None:
        stack = walker.stack
        for field in backwards:
            child = getattr(node, field)
            kind = type(child)
            if kind is list:
                walker.push(child)
            elif kind not in LEAVES:
                stack.append(child)

    return push


HANDLERS: dict[type, Handler] = {
    **{kind: _nothing for kind in vars(ast).values() if isinstance(kind, type)},
    int: _region,
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
    ast.ImportFrom: _import,
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
    ast.Assert: assert_,
    ast.BinOp: _binary,
    ast.Dict: _dict,
    ast.Set: _children("elts"),
    ast.List: _children("elts"),
    ast.Tuple: _children("elts"),
    ast.Compare: _compare,
    ast.FormattedValue: _children("value"),
    ast.JoinedStr: _text,
    ast.Starred: _children("value"),
    ast.Slice: _children("lower", "upper", "step"),
    ast.keyword: _children("value"),
    ast.Match: match,
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
