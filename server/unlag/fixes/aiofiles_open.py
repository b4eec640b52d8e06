"""`with open(p) as f:` becomes `async with aiofiles.open(p) as f:`, its reads and writes awaited.

Or `async with await anyio.open_file(p) as f:`, which takes the same arguments and whose files have the same methods.
Every use of the file has to stand in the block and be one that both know; a file handed to
other code (`csv.reader(f)`) is refused, `json.load(f)` and `json.dump(x, f)` excepted.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import Refusal
from unlag.fixes.awaiting import inserted, obstacle, ordered, preceding
from unlag.fixes.imports import attribute
from unlag.fixes.names import meaning
from unlag.fixes.tree import Comprehension, Place, empty

_FUNCTIONS = ("open", "io.open", "builtins.open")
_AWAITED = {
    "read", "readline", "readlines", "read1", "readinto", "write", "writelines", "seek", "tell",
    "truncate", "flush",
}  # fmt: skip


def rewrite(place: Place, callee: str, counterpart: str) -> tuple[Edit, ...] | Refusal:
    """Open the file with the counterpart and await what is done with it."""
    call, block = place.node, place.statement
    if not isinstance(call, ast.Call) or not isinstance(block, ast.With):
        return Refusal("The file is not opened by a `with` block of its own.")
    item = block.items[0]
    if len(block.items) > 1 or item.context_expr is not call:
        return Refusal("The `with` block holds something else that is not asynchronous.")
    if not isinstance(item.optional_vars, ast.Name):
        return Refusal("The opened file has no name of its own.")
    if callee not in _FUNCTIONS and callee != "pathlib.Path.open":
        return Refusal(f"`{counterpart}` has nothing like `{callee}`.")
    library, _, function = counterpart.rpartition(".")
    opened = attribute(place, library, function)
    if opened is None:
        return Refusal(f"`{library}` means something else here.")
    uses = _uses(place, block, item.optional_vars.id)
    if isinstance(uses, Refusal):
        return uses
    name = opened.name if library == "aiofiles" else f"await {opened.name}"
    start = place.span(block)
    header = Edit(place.path, empty(start.line, start.column), "async ")
    return ordered((*opened.edits, header, _opening(place, call, callee, name), *uses))


def _opening(place: Place, call: ast.Call, callee: str, name: str) -> Edit:
    """The callee replaced; `path.open("r")` gets its path as the first argument."""
    func, whole = place.span(call.func), place.span(call)
    if callee in _FUNCTIONS or not isinstance(call.func, ast.Attribute):
        return Edit(place.path, func, name)
    rest = Span(func.end_line, func.end_column, whole.end_line, whole.end_column)
    arguments = place.between(rest).strip()[1:]
    comma = ", " if call.args or call.keywords else ""
    return Edit(place.path, whole, f"{name}({place.code(call.func.value)}{comma}{arguments}")


def _uses(place: Place, block: ast.With, name: str) -> tuple[Edit, ...] | Refusal:
    scope = place.function or place.tree
    inside = {id(node) for statement in block.body for node in ast.walk(statement)}
    elsewhere = _in_other_blocks(scope, block, name)
    made: list[Edit] = []
    whole = place.up_to(scope)
    for node in ast.walk(scope):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        if node is block.items[0].optional_vars or id(node) in elsewhere:
            continue
        if id(node) not in inside or not isinstance(node.ctx, ast.Load):
            return Refusal(f"`{name}` is used outside of the block in line {node.lineno}.")
        edits = _use(whole.at(node))
        if isinstance(edits, Refusal):
            return edits
        made += edits
    return tuple(made)


def _in_other_blocks(scope: ast.AST, block: ast.With, name: str) -> set[int]:
    """The nodes of other `with` blocks that have a file of their own under the same name."""
    nodes: set[int] = set()
    for other in ast.walk(scope):
        if isinstance(other, ast.With | ast.AsyncWith) and other is not block:
            targets = [item.optional_vars for item in other.items]
            inner = {id(node) for node in ast.walk(other)}
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                nodes |= inner if id(block) not in inner else set()
    return nodes - {id(node) for node in ast.walk(block)}


def _use(use: Place) -> tuple[Edit, ...] | Refusal:
    """The edits that await one use of the file."""
    match use.parent:
        case ast.Attribute(attr=method) if method in _AWAITED:
            return _called(use, method)
        case ast.For(iter=use.node) if not obstacle(use):
            start = use.span(use.parent)
            return (Edit(use.path, empty(start.line, start.column), "async "),)
        case ast.comprehension(iter=use.node):
            return _asynchronous_comprehension(use)
        case ast.Call(func=function) if (path := meaning(use, function)) in (
            "json.load",
            "json.dump",
        ):
            return _json(use, path)
    return Refusal(f"`{use.code(use.node)}` is handed on in line {use.span(use.node).line}.")


def _called(use: Place, method: str) -> tuple[Edit, ...] | Refusal:
    call = use.up_to(use.around[-2])
    if not isinstance(call.node, ast.Call) or call.node.func is not use.parent:
        return Refusal(f"`{method}` is handed on in line {use.span(use.node).line}.")
    reason = obstacle(call)
    return Refusal(reason) if reason else inserted(call)


def _asynchronous_comprehension(use: Place) -> tuple[Edit, ...] | Refusal:
    whole, comprehension = use.up_to(use.around[-2]), use.parent
    assert isinstance(comprehension, ast.comprehension)
    nested = any(isinstance(node, Comprehension) for node in whole.around)
    before = preceding(use, comprehension.target)
    if nested or isinstance(whole.node, ast.GeneratorExp) or obstacle(whole):
        return Refusal("The file is read by an expression that cannot be asynchronous.")
    if not before.endswith("for"):
        return Refusal("The comprehension breaks its line after `for`.")
    line = use.span(comprehension.target).line
    return (Edit(use.path, empty(line, len(before) - len("for")), "async "),)


def _json(use: Place, path: str) -> tuple[Edit, ...] | Refusal:
    """`json.load(f)` as `json.loads(await f.read())`, `json.dump(x, f)` as `await f.write(...)`."""
    place, call = use.up_to(use.parent), use.parent
    assert isinstance(call, ast.Call)
    func = place.span(call.func)
    plural = Edit(use.path, empty(func.end_line, func.end_column), "s")
    if not isinstance(call.func, ast.Attribute) or obstacle(use):
        return Refusal(f"`{path}` reads the file itself in a form that stays blocking.")
    if path == "json.load" and call.args[0] is use.node:
        read = Edit(use.path, use.span(use.node), f"await {use.code(use.node)}.read()")
        return plural, read
    if path == "json.dump" and isinstance(place.parent, ast.Expr) and call.args[1:2] == [use.node]:
        return _dumped(place, call, plural)
    return Refusal(f"`{path}` is used in a form that stays blocking.")


def _dumped(place: Place, call: ast.Call, plural: Edit) -> tuple[Edit, ...] | Refusal:
    value, file, whole = (place.span(node) for node in (call.args[0], call.args[1], call))
    between = Span(value.end_line, value.end_column, file.line, file.column)
    if place.between(between).strip() != ",":
        return Refusal("Parentheses stand around the value that is written.")
    name = place.code(call.args[1])
    opening = Edit(place.path, empty(whole.line, whole.column), f"await {name}.write(")
    gone = Span(between.line, between.column, file.end_line, file.end_column)
    closing = Edit(place.path, empty(whole.end_line, whole.end_column), ")")
    return opening, plural, Edit(place.path, gone, ""), closing
