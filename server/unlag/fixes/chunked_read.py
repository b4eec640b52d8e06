"""Reads an upload in pieces where all of it goes to one `write`.

`await file.write(await upload.read())`, or the content under a name that only that `write` uses.
"""

from __future__ import annotations

import ast

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import Lines, lines_of, replaced
from unlag.fixes.names import unused
from unlag.fixes.tree import Place

_SIZE = "1024 * 1024"


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put a loop over pieces in place of the `write` that takes what the call at the span reads."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.node, ast.Call) or not isinstance(place.parent, ast.Await):
        return Refusal("Only an awaited `read()` can be made in pieces.")
    read = place.up_to(place.parent)
    match read.parent:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return _through_name(place, read, name)
        case ast.Call(args=[argument], keywords=[]) if argument is read.node:
            return _in_place_of(place, read.up_to(read.parent))
    return Refusal("What is read is used as a whole here: read it in pieces by hand.")


def _through_name(place: Place, read: Place, name: str) -> tuple[Edit, ...] | Refusal:
    scope = read.function or read.tree
    users = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name]
    loads = [user for user in users if isinstance(user.ctx, ast.Load)]
    if len(loads) != 1 or len(users) != 2:
        return Refusal(f"`{name}` is used more than once: read it in pieces by hand.")
    assignment = lines_of(read, read.statement)
    if isinstance(assignment, Refusal):
        return assignment
    used = read.up_to(read.tree).at(loads[0])
    if not isinstance(used.parent, ast.Call) or used.parent.args != [loads[0]]:
        return Refusal(f"`{name}` is used as a whole: read it in pieces by hand.")
    if _rebinds(read, used):
        return Refusal("The statements between reading and writing do more than open the file.")
    made = _in_place_of(place, used.up_to(used.parent))
    if isinstance(made, Refusal):
        return made
    last = min(assignment.last + 1, len(read.lines))
    return ordered((Edit(read.path, Span(assignment.first, 0, last, 0), ""), *made))


def _rebinds(read: Place, used: Place) -> bool:
    """Whether the write does not follow the read at once, at most inside of a `with` of its own."""
    block = getattr(read.up_to(read.statement).parent, "body", [])
    if read.statement not in block:
        return True
    following = block[block.index(read.statement) + 1 :][:1]
    if not following:
        return True
    inside = following[0]
    while isinstance(inside, ast.With | ast.AsyncWith) and inside is not used.statement:
        inside = inside.body[0]
    return inside is not used.statement


def _in_place_of(place: Place, write: Place) -> tuple[Edit, ...] | Refusal:
    """The loop in place of the statement that is nothing but `write`, awaited or not."""
    call = write.node
    assert isinstance(call, ast.Call)
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "write":
        return Refusal("What is read goes to no `write`: read it in pieces by hand.")
    outer = write.parent
    awaited = isinstance(outer, ast.Await)
    statement = write.up_to(outer).parent if awaited else outer
    if not isinstance(statement, ast.Expr):
        return Refusal("The result of `write` is used: read it in pieces by hand.")
    lines = lines_of(write, statement)
    if isinstance(lines, Refusal):
        return lines
    return (replaced(write, lines, _loop(place, write, call.func, lines, awaited=awaited)),)


def _loop(place: Place, write: Place, writer: ast.Attribute, lines: Lines, *, awaited: bool) -> str:
    chunk = unused(write, "chunk")
    assert isinstance(place.node, ast.Call)
    reader = place.code(place.node.func)
    keyword = "await " if awaited else ""
    return (
        f"{lines.indent}while {chunk} := await {reader}({_SIZE}):\n"
        f"{lines.indent}{lines.unit}{keyword}{write.code(writer)}({chunk})"
    )
