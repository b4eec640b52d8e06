"""The loop around a place, and whether it runs once an item of something that can be long.

Pagination, retries, chunks, fixed lists and searches that stop at the first hit are no such loops.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.syntax import FunctionSyntax
from unlag.rules.database._lengths import Comprehension, is_long
from unlag.rules.nodes import all_nodes
from unlag.rules.places import Chain, bound_names, chain_to, names_in, tree_of
from unlag.rules.view import FunctionView, Site

_SHORT = 40
_LONG = 60
_BLOCKS = (ast.With, ast.AsyncWith, ast.Try, ast.ExceptHandler, ast.If, ast.Match, ast.match_case)


class Loop(msgspec.Struct, frozen=True):
    """A loop that runs once an item, and the way from it to the place inside."""

    node: ast.For | ast.AsyncFor | Comprehension
    iterated: ast.expr
    inside: Chain
    """The nodes between the loop and the place, the place last."""
    lines: tuple[int, int]
    """Its first and last line, in the numbering of facts."""

    @property
    def words(self) -> str:
        """What it runs over, after `every item`."""
        return words_for(self.text)

    @property
    def text(self) -> str:
        """What it runs over, with arguments left out where they are long; empty where it stays long."""
        return iterated_text(self.iterated)

    def body(self) -> list[ast.stmt]:
        """The statements of the loop; none for comprehensions."""
        return self.node.body if isinstance(self.node, ast.For | ast.AsyncFor) else []

    def depends_on_item(self, node: ast.AST) -> bool:
        """Whether `node` reads a name that an item gives a value, directly or by assignments in the loop."""
        return not item_names(self.node).isdisjoint(names_in(node))


def words_for(text: str) -> str:
    """Whose items a message speaks of."""
    return f"of `{text}`" if text else "of the loop"


def iterated_text(iterated: ast.expr) -> str:
    """An iterable as a message can name it; empty where that would take more than a line's half."""
    while isinstance(iterated, Comprehension):
        iterated = iterated.generators[0].iter
    text = ast.unparse(iterated)
    if len(text) > _SHORT:
        text = ast.unparse(_WithoutArguments().visit(ast.parse(text, mode="eval")))
    return text if len(text) <= _LONG else ""


class _WithoutArguments(ast.NodeTransformer):
    """`session.scalars(select(User).where(...))` becomes `session.scalars(...)`."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        given: list[ast.expr] = [ast.Constant(...)] if node.args or node.keywords else []
        return ast.Call(self.visit(node.func), given, [])


def loop_around(view: FunctionView, site: Site) -> Loop | None:
    """The innermost loop over many items that comes to `site` for each of them; None where none does for certain."""
    tree = tree_of(view.index, view.entry)
    return loop_in(view, tree, chain_to(tree, site)) if tree is not None else None


def loop_in(view: FunctionView, tree: FunctionSyntax, chain: Chain) -> Loop | None:
    """The innermost loop over many items on the way down `chain`."""
    for depth in range(len(chain) - 2, 0, -1):
        node, below = chain[depth], chain[depth + 1]
        if isinstance(node, ast.While):
            return None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return None
        if isinstance(node, ast.For | ast.AsyncFor):
            if below is node.iter or below in node.orelse or below is node.target:
                continue
            loop = Loop(node, node.iter, chain[depth + 1 :], _lines(tree, node))
            return loop if _is_for_each(view, tree, loop) and not _stops(node.body) else None
        if isinstance(node, Comprehension):
            around = _comprehended(tree, node, chain[depth + 1 :])
            if around is not None:
                return around if _is_for_each(view, tree, around) else None
    return None


def _is_for_each(view: FunctionView, tree: FunctionSyntax, loop: Loop) -> bool:
    return not _is_conditional(loop) and is_long(view, tree, loop.node, loop.iterated)


def _is_conditional(loop: Loop) -> bool:
    """Whether the place runs only for some items: in a branch, or behind `continue`."""
    for node, below in zip(loop.inside, loop.inside[1:], strict=False):
        if isinstance(node, ast.If | ast.IfExp) and below is not node.test:
            return True
        if isinstance(node, ast.ExceptHandler | ast.Match):
            return True
        if isinstance(node, ast.BoolOp) and below is not node.values[0]:
            return True
    return False


def _lines(tree: FunctionSyntax, node: ast.stmt | ast.expr) -> tuple[int, int]:
    site = tree.site(node)
    return site.line, site.end_line


def _comprehended(tree: FunctionSyntax, node: Comprehension, inside: Chain) -> Loop | None:
    first = node.generators[0]
    if inside[0] is first and len(inside) > 1 and inside[1] is first.iter:
        return None  # what a comprehension runs over is worked out once
    return Loop(node, first.iter, inside, _lines(tree, node))


def item_names(node: ast.For | ast.AsyncFor | Comprehension) -> set[str]:
    """The names that an item of a loop gives a value, directly or by assignments in the loop."""
    if isinstance(node, Comprehension):
        return set().union(*(bound_names(item.target) for item in node.generators))
    names = bound_names(node.target)
    given = [(names_in(value), bound_names(target)) for target, value in _assignments(node)]
    grown = True
    while grown:
        before = len(names)
        for read, bound in given:
            if not names.isdisjoint(read):
                names |= bound
        grown = len(names) > before
    return names


def only_chosen(node: ast.For | ast.AsyncFor) -> ast.expr | None:
    """The condition without which a loop does nothing at all with an item, if there is one."""
    match node.body:
        case [ast.If(test=test, orelse=[])]:
            return test
        case [ast.If(test=test, body=[ast.Continue()], orelse=[]), *_]:
            return test
    return None


def filled_by(node: ast.For | ast.AsyncFor) -> list[str]:
    """The names of the lists that a loop appends something to for every item."""
    if any(isinstance(item, ast.Break | ast.Continue | ast.Return) for item in all_nodes(node)):
        return []
    found = []
    for statement in node.body:
        match statement:
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(id=name), "append"))):
                found.append(name)
    return found


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Every target in `node` with what it is given, or goes through."""
    for item in all_nodes(node):
        match item:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield target, value
            case ast.NamedExpr(target=target, value=value):
                yield target, value
            case ast.AugAssign(target=target, value=value):
                yield target, value
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                yield item.target, item.iter
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                yield target, value


def _stops(body: list[ast.stmt]) -> bool:
    """Whether a loop can end early: a search for the first hit."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Break | ast.Return):
            return True
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            pending.extend(item for item in all_nodes(node) if isinstance(item, ast.Return))
        elif isinstance(node, _BLOCKS):
            pending.extend(ast.iter_child_nodes(node))
    return False
