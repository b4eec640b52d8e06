"""Which names a run of statements surely binds, and which it reads before it surely has.

Careful rather than clever: what happens only in a branch, a loop or a nested function is unsure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import msgspec

from unlag.fixes.names import bound_among
from unlag.source.running import running


class Flow(msgspec.Struct, frozen=True):
    """What is known after some statements have run."""

    bound: frozenset[str] = frozenset()
    read_early: frozenset[str] = frozenset()
    ends: bool = False
    """True where nothing runs after them: they raise."""

    def reading(self, nodes: Iterable[ast.AST | None]) -> Flow:
        """After the expressions `nodes` have been evaluated."""
        early, bound = set(self.read_early), set(self.bound)
        for node in nodes:
            if node is None:
                continue
            names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
            early |= {one.id for one in names if isinstance(one.ctx, ast.Load)} - self.bound
            bound |= {name for name, _ in bound_among(running([node]))}
        return msgspec.structs.replace(self, read_early=frozenset(early), bound=frozenset(bound))

    def binding(self, names: Iterable[str]) -> Flow:
        """After `names` are bound."""
        return msgspec.structs.replace(self, bound=self.bound | set(names))


_NOTHING = Flow()


def flow(statements: Sequence[ast.stmt], before: Flow = _NOTHING) -> Flow:
    """What is known when the last of `statements` has run."""
    for statement in statements:
        before = _after(statement, before)
    return before


def always_leaves(statements: Sequence[ast.stmt]) -> bool:
    """Whether nothing below `statements` runs: they return or raise on every way."""
    for statement in statements:
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case ast.If(body=body, orelse=orelse) if always_leaves(body) and always_leaves(orelse):
                return True
            case ast.With(body=body) if always_leaves(body):
                return True
            case ast.Try(body=body, handlers=handlers, orelse=orelse) if always_leaves(
                [*body, *orelse]
            ) and all(always_leaves(handler.body) for handler in handlers):
                return True
    return False


def _after(statement: ast.stmt, before: Flow) -> Flow:
    match statement:
        case ast.Raise():
            ended = before.reading([statement.exc, statement.cause])
            return msgspec.structs.replace(ended, ends=True)
        case ast.AugAssign(target=target, value=value):
            read = [one.id for one in ast.walk(target) if isinstance(one, ast.Name)]
            early = before.read_early | (set(read) - before.bound)
            return msgspec.structs.replace(before, read_early=early).reading([value, target])
        case ast.Assign() | ast.AnnAssign():
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            bound = [] if statement.value is None else targets
            return before.reading([statement.value]).reading(bound)
        case ast.If(test=test, body=body, orelse=orelse):
            head = before.reading([test])
            return _either([flow(body, head), flow(orelse, head)])
        case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
            head = before.reading([iterable])
            return _perhaps(head, [flow(body, head.reading([target])), flow(orelse, head)])
        case ast.While(test=test, body=body, orelse=orelse):
            head = before.reading([test])
            return _perhaps(head, [flow(body, head), flow(orelse, head)])
        case ast.With(items=items, body=body):
            for item in items:
                before = before.reading([item.context_expr]).reading([item.optional_vars])
            return flow(body, before)
        case ast.Try():
            return _after_try(statement, before)
    return _after_other(statement, before)


def _after_other(statement: ast.stmt, before: Flow) -> Flow:
    """Simple statements, and those whose parts all count as unsure: `match` and `except*`."""
    read = before.reading([statement])
    if isinstance(statement, ast.Match) or hasattr(statement, "handlers"):
        return msgspec.structs.replace(read, bound=before.bound)
    return read


def _after_try(statement: ast.Try, before: Flow) -> Flow:
    tried = flow([*statement.body, *statement.orelse], before)
    caught = []
    for handler in statement.handlers:
        head = before.reading([handler.type]).binding([handler.name] if handler.name else [])
        left = flow(handler.body, head)
        known = left.bound - {handler.name} if handler.name else left.bound
        caught.append(msgspec.structs.replace(left, bound=known))
    joined = _either([tried, *caught])
    final = flow(statement.finalbody, _perhaps(before, [joined]))
    gained = final.bound - before.bound if statement.finalbody else frozenset()
    return msgspec.structs.replace(
        joined, bound=joined.bound | gained, read_early=joined.read_early | final.read_early
    )


def _either(branches: Sequence[Flow]) -> Flow:
    """After exactly one of the branches has run; those that raise leave nothing behind."""
    going = [branch for branch in branches if not branch.ends] or list(branches)
    return Flow(
        frozenset.intersection(*(branch.bound for branch in going)),
        frozenset.union(*(branch.read_early for branch in branches)),
        all(branch.ends for branch in branches),
    )


def _perhaps(before: Flow, branches: Sequence[Flow]) -> Flow:
    """After none, one or several of the branches have run."""
    early = frozenset.union(*(branch.read_early for branch in branches))
    return msgspec.structs.replace(before, read_early=before.read_early | early)
