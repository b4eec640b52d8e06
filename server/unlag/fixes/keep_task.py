"""Keeps a task that nobody holds: in a module-level set, until it is done.

A set that the file uses that way already is used again, one of the same object included.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.blocks import below, lines_of
from unlag.fixes.imports import after_imports, insertion, library, member
from unlag.fixes.names import bound_in, dotted, loaded, parameters, unused
from unlag.fixes.tree import Place, empty


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Give the task at the span a name, a set that holds it, and a callback that lets it go."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.node, ast.Call) or place.function is None:
        return Refusal("Only a task that is created in a function can be kept.")
    old_name = _name_of(place)
    if isinstance(old_name, Refusal):
        return old_name
    name = _free_name(place) if old_name in ("", "_") else old_name
    holder = _used_set(place)
    made: tuple[Edit, ...] = ()
    if holder is None:
        holder = unused(place.up_to(place.tree), "background_tasks")
        created = _new_set(place, holder)
        if isinstance(created, Refusal):
            return created
        made = created
    kept = [f"{holder}.add({name})", f"{name}.add_done_callback({holder}.discard)"]
    return ordered((*made, *_named(place, old_name, name), _followed(place, kept)))


def _name_of(place: Place) -> str | Refusal:
    """The name the task has already, empty where it has none."""
    match place.parent:
        case ast.Expr():
            return ""
        case ast.Assign(targets=[ast.Name(id=name)]):
            function = place.function or place.tree
            told = _told(function)
            for user in loaded(ast.walk(function), name):
                if name == "_":
                    return name
                if id(user) not in told:
                    return Refusal(_used(name, user))
            return name
    return Refusal("The task is part of a larger expression: give it a name first.")


def _told(function: ast.AST) -> set[int]:
    """The names, by `id`, of what only gets a callback or a name, which keeps nothing."""
    return {
        id(node.func.value)
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("add_done_callback", "set_name")
    }


def _free_name(place: Place) -> str:
    """`task`, also where the function calls other tasks so that it only keeps."""
    assert place.function is not None
    nodes = list(ast.walk(place.function))
    kept = 0
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("task"), attr="add_done_callback")):
                kept += 1
            case ast.Call(func=ast.Attribute(attr="add"), args=[ast.Name("task")]):
                kept += 1
    is_only_kept = kept and kept == sum(1 for _ in loaded(iter(nodes), "task"))
    return "task" if is_only_kept else unused(place, "task")


def _used(name: str, user: ast.Name) -> str:
    return f"`{name}` is used in line {user.lineno}: keep it there."


def _named(place: Place, old_name: str, name: str) -> Iterator[Edit]:
    span = place.span(place.node)
    if not old_name:
        yield Edit(place.path, empty(span.line, span.column), f"{name} = ")
    elif old_name != name:
        assert isinstance(place.parent, ast.Assign)
        yield Edit(place.path, place.span(place.parent.targets[0]), name)


def _followed(place: Place, kept: list[str]) -> Edit:
    """The edit that puts the lines `kept` below the statement, or behind it on a shared line."""
    lines = lines_of(place, place.statement)
    if not isinstance(lines, Refusal):
        return below(place, lines, kept)
    span = place.span(place.statement)
    end = empty(span.end_line, span.end_column)
    return Edit(place.path, end, "".join(f"; {one}" for one in kept))


def _used_set(place: Place) -> str | None:
    """A set that other tasks of the module, or of the same object, are kept in."""
    for node in ast.walk(place.tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="add_done_callback"),
                args=[ast.Attribute(value=holder, attr="discard")],
            ) if _is_reachable(place, holder):
                return dotted(holder)
    return None


def _is_reachable(place: Place, holder: ast.expr) -> bool:
    owners = [node for node in place.around if isinstance(node, ast.ClassDef)]
    match holder:
        case ast.Name(id=name):
            inner = {bound for scope in place.scopes for bound, _ in bound_in(scope)}
            return name not in inner and any(bound == name for bound, _ in bound_in(place.tree))
        case ast.Attribute(value=ast.Name(id="self")) if owners and place.function:
            same_class = any(node is holder for node in ast.walk(owners[-1]))
            return same_class and "self" in {one.arg for one in parameters(place.function)}
    return False


def _new_set(place: Place, holder: str) -> tuple[Edit, ...] | Refusal:
    module = place.up_to(place.tree)
    asyncio, anything = library(module, "asyncio"), member(module, "typing", "Any")
    if asyncio is None or anything is None:
        return Refusal("`asyncio` or `Any` means something else in this module.")
    line = after_imports(place)
    text = f"\n{holder}: set[{asyncio.name}.Task[{anything.name}]] = set()\n"
    if line <= len(place.lines) and place.lines[line - 1].strip():
        text += "\n"
    return _together((*asyncio.edits, *anything.edits), insertion(place, line, text))


def _together(imports: tuple[Edit, ...], created: Edit) -> tuple[Edit, ...]:
    """The edits, those of the same place made one without blank lines between the imports."""
    same = [edit for edit in imports if edit.span == created.span]
    if not same:
        return (*imports, created)
    above = "\n" if same[0].text.startswith("\n") else ""
    block = "".join(edit.text.strip("\n") + "\n" for edit in same)
    whole = msgspec.structs.replace(created, text=above + block + created.text)
    return (*(edit for edit in imports if edit not in same), whole)
