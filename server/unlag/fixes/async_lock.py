"""Makes a `threading.Lock` that only coroutines take an `asyncio.Lock`, and awaits it everywhere.

The lock or semaphore has to be created in this file and used in it by `with` alone. Queues,
events and threads need another design, so they are refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from unlag.finding import Edit
from unlag.fixes import FixRequest, Refusal, tree
from unlag.fixes.awaiting import ordered
from unlag.fixes.imports import library
from unlag.fixes.names import bound_by, dotted, meaning
from unlag.fixes.tree import Place, empty

_COUNTERPARTS = {
    "threading.Lock": "Lock",
    "threading.RLock": "Lock",
    "threading.Semaphore": "Semaphore",
    "threading.BoundedSemaphore": "BoundedSemaphore",
}


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Change the lock at the span where it is created, and each `with` that takes it."""
    place = tree.expression(request)
    if isinstance(place, Refusal):
        return place
    if not isinstance(place.parent, ast.withitem) or not dotted(place.node):
        return Refusal("Only a lock that is taken by `with` has a counterpart used the same way.")
    lock = place.code(place.node)
    uses = list(_uses(place))
    creations = [use for use in uses if _created_by(use) is not None]
    if len(creations) != 1:
        return Refusal(f"`{lock}` is not created once in this file as a lock of `threading`.")
    if reason := next(filter(None, (_misuse(use, lock) for use in uses)), None):
        return Refusal(reason)
    takers = [use for use in uses if use.node is not creations[0].node]
    if _is_reentrant(creations[0]) and (line := _entered_again(takers)):
        return Refusal(f"`{lock}` is taken again in line {line}, which `asyncio.Lock` cannot do.")
    return _made(creations[0], takers)


def _uses(place: Place) -> Iterator[Place]:
    """Every place of the file that speaks of the lock."""
    name = (dotted(place.node) or "").rpartition(".")[2]
    module = place.up_to(place.tree)
    owner = _class_of(place) if isinstance(place.node, ast.Attribute) else None
    for node in ast.walk(place.tree):
        spoken = getattr(node, "attr" if owner else "id", None)
        if spoken == name or (owner and isinstance(node, ast.Name) and node.id == name):
            use = module.at(node)
            if owner is None or not _is_of_other_class(use, owner):
                yield use
        elif owner is None and name in (*bound_by(node), getattr(node, "arg", None)):
            yield module.at(node)


def _class_of(place: Place) -> ast.ClassDef | None:
    classes = [node for node in place.around if isinstance(node, ast.ClassDef)]
    return classes[-1] if classes else None


def _is_of_other_class(use: Place, owner: ast.ClassDef) -> bool:
    """Whether a use belongs to a class that has nothing to do with `owner`."""
    other = _class_of(use)
    if isinstance(use.node, ast.Name):
        return other is not owner or use.scopes[:1] != (owner,)
    if other is None or other is owner:
        return False
    return owner.name not in {dotted(base) for base in other.bases} and not owner.bases


def _misuse(use: Place, lock: str) -> str | None:
    """How the lock is used that an `asyncio.Lock` does not allow."""
    line = getattr(use.node, "lineno", 0)
    if isinstance(use.node, ast.Attribute) and use.code(use.node) != lock:
        return f"`{use.code(use.node)}` in line {line} can be another object's lock."
    if _created_by(use) is not None:
        return None
    block = use.around[-2] if len(use.around) > 1 else None
    if not isinstance(use.parent, ast.withitem) or not isinstance(block, ast.With):
        return f"`{lock}` is used in line {line} in another way than by `with`."
    if len(block.items) > 1 or use.parent.optional_vars:
        return f"The `with` in line {line} holds something else besides the lock."
    if not isinstance(use.scopes[:1][0] if use.scopes else None, ast.AsyncFunctionDef):
        return f"`{lock}` is taken in line {line} by code that cannot await."
    return None


def _created_by(use: Place) -> ast.Call | None:
    """The call that makes the lock, where the use is the target of its assignment."""
    match use.parent:
        case ast.Assign(targets=[target], value=ast.Call() as call):
            pass
        case ast.AnnAssign(target=target, value=ast.Call() as call):
            pass
        case _:
            return None
    at_home = isinstance(use.node, ast.Attribute) or not use.function
    is_lock = target is use.node and meaning(use, call.func) in _COUNTERPARTS
    return call if is_lock and at_home else None


def _is_reentrant(creation: Place) -> bool:
    call = _created_by(creation)
    return call is not None and meaning(creation, call.func) == "threading.RLock"


def _entered_again(takers: Sequence[Place]) -> int | None:
    """The line of a block that takes the lock once more, by itself or in what it calls."""
    users = {taker.function.name for taker in takers if taker.function}
    nodes = {id(taker.node) for taker in takers}
    for taker in takers:
        for statement in taker.around[-2].body:  # type: ignore[attr-defined]
            for node in ast.walk(statement):
                called = isinstance(node, ast.Call) and (dotted(node.func) or "").split(".")[-1]
                if id(node) in nodes or called in users:
                    return int(node.lineno)  # type: ignore[attr-defined]
    return None


def _made(creation: Place, takers: Sequence[Place]) -> tuple[Edit, ...] | Refusal:
    asyncio = library(creation, "asyncio")
    call = _created_by(creation)
    if asyncio is None or call is None:
        return Refusal("`asyncio` means something else here.")
    name = f"{asyncio.name}.{_COUNTERPARTS[meaning(creation, call.func) or '']}"
    made = [*asyncio.edits, Edit(creation.path, creation.span(call.func), name)]
    kind = getattr(creation.parent, "annotation", None)
    if kind is not None and meaning(creation, kind) in _COUNTERPARTS:
        made.append(Edit(creation.path, creation.span(kind), name))
    for taker in takers:
        start = taker.span(taker.around[-2])
        made.append(Edit(taker.path, empty(start.line, start.column), "async "))
    return ordered(tuple(made))
