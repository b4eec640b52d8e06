"""Runs a whole `with` block in a thread: it moves into a nested function, whose results come back.

Only where the block can live in a function of its own: no `await`, no way out but a `return` at its
end, and names that it surely binds before it reads them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.finding import Edit
from unlag.fixes import Refusal
from unlag.fixes.assignment import always_leaves, flow
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import Lines, indented, lines_of, replaced, text_of
from unlag.fixes.names import bound_among, bound_in, parameters, unused
from unlag.fixes.threads import Runner, runner
from unlag.fixes.tree import Place
from unlag.source.running import own_nodes, running


def moved_block(place: Place, style: str) -> tuple[Edit, ...] | Refusal:
    """Put the `with` statement around the node into a function and run that in a thread."""
    block = place.statement
    if not isinstance(block, ast.With) or not isinstance(place.scopes[0], ast.AsyncFunctionDef):
        return Refusal("The `with` block does not stand directly in a coroutine.")
    if reason := _cannot_move(block) or _handles(place, block):
        return Refusal(f"The `with` block {reason}: it cannot run in a thread as a whole.")
    results = _results(place, block)
    lines = lines_of(place, block)
    found = runner(place, style)
    for refused in (results, lines, found):
        if isinstance(refused, Refusal):
            return refused
    assert isinstance(results, list)
    assert isinstance(lines, Lines)
    assert isinstance(found, Runner)
    target = "return " if _returns(block) else ""
    return ordered((*found.edits, _function(place, lines, found, results, target)))


def _function(place: Place, lines: Lines, found: Runner, results: list[str], target: str) -> Edit:
    name = unused(place, "blocking_part")
    given = ", ".join(results)
    above = place.lines[lines.first - 2].strip()
    gap = [""] if above and not above.startswith("#") and above[-1] != ":" else []
    inside = [f"{lines.indent}def {name}():", indented(text_of(place, lines), lines.unit)]
    if results:
        inside.append(f"{lines.indent}{lines.unit}return {given}")
        target = f"{given} = "
    awaited = f"{lines.indent}{target}await {found.call(name)}"
    return replaced(place, lines, "\n".join([*gap, *inside, "", awaited]))


def _cannot_move(block: ast.With) -> str | None:
    """What the block does that a function of its own could not do for it."""
    for node in running([block]):
        match node:
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                return "awaits"
            case ast.Return() if not _returns(block):
                return "returns on some of its ways only"
            case ast.Yield() | ast.YieldFrom():
                return "yields"
            case ast.Global() | ast.Nonlocal() | ast.Delete():
                return "changes where names belong"
            case ast.Call(func=ast.Name(id="super"), args=[]):
                return "calls `super()`"
    if always_leaves(block.body) and not _returns(block):
        return "ends with an error whatever happens"
    return "leaves a loop around it" if _leaves_loop(block.body) else None


def _handles(place: Place, block: ast.With) -> str | None:
    """A read of the exception that is being handled, whose name belongs to no function inside."""
    caught = {node.name for node in place.around if isinstance(node, ast.ExceptHandler)}
    for node in ast.walk(block):
        if isinstance(node, ast.Name) and node.id in caught:
            return f"reads the exception `{node.id}`"
    return None


def _returns(block: ast.With) -> bool:
    """Whether the block ends with a `return` whatever happens in it."""
    returns = any(isinstance(node, ast.Return) for node in running([block]))
    return returns and always_leaves(block.body) and _passes_errors_on(block)


def _leaves_loop(statements: list[ast.stmt]) -> bool:
    for statement in statements:
        if isinstance(statement, ast.Break | ast.Continue):
            return True
        loop = isinstance(statement, ast.For | ast.While)
        for field in ("orelse",) if loop else ("body", "orelse", "finalbody"):
            inner = getattr(statement, field, [])
            if not isinstance(statement, _DEFINITIONS) and _leaves_loop(inner):
                return True
        branches = [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
        if any(_leaves_loop(branch.body) for branch in branches):
            return True
    return False


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _results(place: Place, block: ast.With) -> list[str] | Refusal:
    """Names the block binds that the rest of the coroutine reads, in the order they are bound."""
    known = flow([block])
    bound = dict.fromkeys(name for name, _ in bound_among(running([block])))
    outside = _bound_outside(place, block)
    for name in bound:
        if name in known.read_early and name in outside:
            return Refusal(f"The `with` block changes `{name}`, which has a value before it.")
    if _returns(block):
        return []
    read = {*_read_outside(place, block), *_declared(place)}
    wanted = [name for name in bound if name in read]
    for name in wanted:
        if name not in known.bound:
            return Refusal(f"The `with` block binds `{name}` only on some of its ways.")
    if outside & set(wanted) and not _passes_errors_on(block):
        return Refusal("The `with` block can swallow an error and leave a name as it was.")
    return wanted


def _bound_outside(place: Place, block: ast.With) -> set[str]:
    own = {id(node) for node in ast.walk(block)}
    function = place.function or place.tree
    return {name for name, node in bound_in(function) if id(node) not in own} | _declared(place)


def _declared(place: Place) -> set[str]:
    """Names of the coroutine that belong to the module or to a function around it."""
    nodes = list(ast.walk(place.function or place.tree))
    return {
        name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    }


def _read_outside(place: Place, block: ast.With) -> Iterator[str]:
    """Names read in the coroutine where the block's value of them can arrive."""
    own = {id(node) for node in ast.walk(block)}
    in_loop = any(isinstance(node, ast.For | ast.AsyncFor | ast.While) for node in place.around)
    function = place.function or place.tree
    direct = {id(node) for node in own_nodes(function)}
    for node in ast.walk(function):
        again, parts = _bound_again(node) if id(node) not in own else (set(), [])
        own |= {id(one) for part in parts for one in ast.walk(part) if _name(one) in again}
        later = getattr(node, "lineno", 0) > (block.end_lineno or 0) or id(node) not in direct
        is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if is_read and id(node) not in own and (later or in_loop):
            yield _name(node)


def _bound_again(node: ast.AST) -> tuple[set[str], Sequence[ast.AST]]:
    """Names to which a node gives values of its own, and the parts of it in which they have those."""
    match node:
        case ast.With(items=items, body=body):
            return {name for name, _ in bound_among(running(list(items)))}, body
        case ast.Lambda(body=value):
            return {argument.arg for argument in parameters(node)}, [value]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            first, *others = node.generators
            targets = (one for loop in node.generators for one in ast.walk(loop.target))
            values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            names = {one.id for one in targets if isinstance(one, ast.Name)}
            return names, [*values, *first.ifs, *others]  # the first runs over what is outside
    return set(), []


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _passes_errors_on(block: ast.With) -> bool:
    """Whether every context manager of the block is a file, which lets errors through."""
    for item in block.items:
        opened = item.context_expr
        name = getattr(opened, "func", None)
        if (
            not isinstance(name, ast.Name | ast.Attribute)
            or ast.unparse(name).split(".")[-1] != "open"
        ):
            return False
    return True
