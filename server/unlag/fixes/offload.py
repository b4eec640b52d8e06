"""Runs a blocking call in a thread: `f(x)` becomes `await run_in_threadpool(f, x)`.

The receiver and the arguments are still evaluated on the loop; only the call itself moves, but for a file that is
opened to be read at once: `open(path).read()` moves as a whole.
"""

from __future__ import annotations

import ast

import libcst

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, opened_at_once, tree
from unlag.fixes.awaiting import awaited, obstacle, ordered
from unlag.fixes.blocks import indented, lines_from
from unlag.fixes.layout import fitted
from unlag.fixes.names import dotted, meaning
from unlag.fixes.offload_block import moved_block
from unlag.fixes.streamed import is_streamed, streamed
from unlag.fixes.syntax import code, comments, parse_expression
from unlag.fixes.threads import Runner, runner
from unlag.fixes.tree import Place
from unlag.source.running import Function, own_nodes

_WALKING = frozenset({"os.walk", "os.fwalk", "os.scandir", "glob.iglob"})
_WALKING_METHODS = frozenset({"iterdir", "glob", "rglob", "walk"})
"""What does its work while somebody loops over it."""
_USING_UP = frozenset(
    {"sorted", "list", "set", "frozenset", "tuple", "any", "all", "max", "min", "enumerate"}
)


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Hand the call or attribute at the span to a thread, and import what does that."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    done = opened_at_once.whole(place)
    place = done or place
    reason = obstacle(place) or _unfit(place)
    if reason:
        return Refusal(reason)
    if "iterated" in request.arguments[1:] or is_streamed(place):
        return streamed(place)
    # Offloading only what enters a block would leave the block itself on the loop.
    if isinstance(place.parent, ast.withitem) and isinstance(place.statement, ast.With):
        return moved_block(place, request.offload_style)
    found = runner(place, request.offload_style)
    if isinstance(found, Refusal):
        return found
    text = _moved(place, found) if done is None else _in_lambda(place, found)
    if isinstance(text, Refusal):
        return text
    if comments(text) != comments(place.code(place.node)):
        return Refusal("A comment inside the call would be lost.")
    text = fitted(place, f"await {text}").removeprefix("await ")
    return ordered((*found.edits, awaited(place, text)))


def _unfit(place: Place) -> str | None:
    """Why running this expression in a thread would not run the same work there."""
    if not isinstance(place.node, ast.Call | ast.Attribute):
        return "Only a call or the reading of an attribute can be moved to a thread."
    if isinstance(place.node, ast.Attribute) and not isinstance(place.node.ctx, ast.Load):
        return "The attribute is set here, not read: call a method in a thread instead."
    if isinstance(place.node, ast.Call):
        return _lazy(place, place.node)
    return _bound_to_frame(place.node)


def _lazy(place: Place, call: ast.Call) -> str | None:
    """Why calling it does not run it: generators and coroutines of this very file."""
    if not isinstance(call.func, ast.Name):
        return None
    name = call.func.id
    for node in place.tree.body:
        if not isinstance(node, Function) or node.name != name:
            continue
        if isinstance(node, ast.AsyncFunctionDef):
            return f"`{name}` is a coroutine function: await it instead."
        if any(isinstance(one, ast.Yield | ast.YieldFrom) for one in own_nodes(node)):
            return f"`{name}` is a generator: its work is done where it is looped over."
    return None


def _is_walk(place: Place) -> bool:
    """Whether the call only makes a generator, which does the work item by item."""
    call = place.node
    if not isinstance(call, ast.Call):
        return False
    function = meaning(place, call.func)
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    is_path = method in _WALKING_METHODS and function != "glob.glob"  # which gives a list
    return is_path or function in _WALKING


def _is_used_up(place: Place) -> bool:
    """Whether what the node gives is looped over at once, so that a list does as well."""
    parent = place.parent
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is place.node
    return isinstance(parent, ast.Call) and dotted(parent.func) in _USING_UP


def _steered(place: Place) -> str | None:
    """Why a walk cannot be done before its loop: the loop tells it by `dirs[:] = ...` where to go."""
    match place.parent:
        case ast.For(target=ast.Tuple(elts=[_, ast.Name(id=name), *_]), body=body):
            uses = (n for one in body for n in ast.walk(one) if isinstance(n, ast.Name))
            if any(node.id == name for node in uses):
                return f"The loop uses `{name}`, which steers the walk: move the loop to a thread."
    return None


def _bound_to_frame(node: ast.AST) -> str | None:
    """Why an expression cannot move into a lambda."""
    for one in ast.walk(node):
        match one:
            case ast.Await() | ast.Yield() | ast.YieldFrom():
                return "The expression awaits or yields: move that to a line of its own first."
            case ast.NamedExpr():
                return "The expression binds a name with `:=`, which a lambda would keep to itself."
            case ast.Call(func=ast.Name(id="super"), args=[]):
                return "`super()` has no meaning in a lambda: name it on a line of its own first."
    return None


def _in_lambda(place: Place, found: Runner) -> str | Refusal:
    """The expression with all that it is made of."""
    reason = _bound_to_frame(place.node)
    return Refusal(reason) if reason else found.call(f"lambda: {place.code(place.node)}")


def _moved(place: Place, found: Runner) -> str | Refusal:
    text = place.code(place.node)
    call = place.node
    taken = found.own_parameter
    if _is_walk(place):
        reason = _bound_to_frame(call) or _steered(place)
        if not reason and not _is_used_up(place):
            reason = "Its work is done where it is looped over: move that to a thread."
        return Refusal(reason) if reason else found.call(f"lambda: list({text})")
    if not isinstance(call, ast.Call) or (taken and taken in {k.arg for k in call.keywords}):
        return _in_lambda(place, found)
    parsed = parse_expression(text)
    if isinstance(parsed, Refusal):
        return parsed
    assert isinstance(parsed, libcst.Call)
    if "\n" in place.code(call.func) and not call.args and not call.keywords:
        return _on_own_lines(place, call.func, found)
    return code(found.rewritten(parsed))


def _on_own_lines(place: Place, function: ast.expr, found: Runner) -> str:
    """The call of a chain over several lines, which stays as it is, one level deeper."""
    lines = lines_from(place)
    first = place.lines[place.span(place.node).line - 1]
    outer = first[: len(first) - len(first.lstrip())]
    text = indented(f"{outer}{place.code(function)}", lines.unit)
    return found.call(f"\n{text}\n{outer}")
