"""Finds what a dotted path means in the installed packages, and whether that is asynchronous.

Looks only, by importing and `getattr`; no function of a package is called.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple, get_origin

# Functions that stand for a class: their members are looked up on what they give.
FACTORIES = {"threading.Lock", "threading.RLock", "select.poll"}
ASYNC_TYPES = re.compile(r"\b(Awaitable|Coroutine|Future|Task|Async\w*|_?Async\w*ContextManager)\b")


class Member(NamedTuple):
    """What a dotted path leads to, and the object it was found on."""

    owner: Any
    value: Any


class InstanceAttribute(NamedTuple):
    """Stands for an attribute that only instances have."""

    annotation: str


def resolve(path: str) -> Member:
    """The object at a dotted path; LookupError says which part is missing."""
    parts = path.split(".")
    owner, start = import_longest(parts)
    value = owner
    for index in range(start, len(parts)):
        owner = produced(".".join(parts[:index]), value)
        value = attribute(owner, parts[index])
    return Member(owner, value)


def import_longest(parts: list[str]) -> tuple[Any, int]:
    """The deepest module of a dotted path, and how many parts it takes."""
    if hasattr(builtins, parts[0]):
        return builtins, 0
    module: Any = None
    for end in range(1, len(parts) + 1):
        found = optional_attribute(module, parts[end - 1])
        if found is not None and not inspect.ismodule(found):
            return module, end - 1
        name = ".".join(parts[:end])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name or module is None:
                raise LookupError(f"importing {name} fails: {error}") from None
            return module, end - 1
        except Exception as error:
            raise LookupError(f"importing {name} fails: {error!r}") from None
    return module, len(parts)


def optional_attribute(owner: Any, name: str) -> Any:
    """The attribute, or None where there is none or making it fails."""
    try:
        return getattr(owner, name, None)
    except Exception:
        return None


def produced(path: str, value: Any) -> Any:
    """The class a factory stands for, other values as they are."""
    return type(value()) if path in FACTORIES and not inspect.isclass(value) else value


def attribute(owner: Any, name: str) -> Any:
    found = optional_attribute(owner, name)
    if found is not None or name in getattr(owner, "__dict__", {}):
        return found
    if inspect.isclass(owner):
        for ancestor in owner.__mro__:
            if name in inspect.get_annotations(ancestor):
                return InstanceAttribute(str(inspect.get_annotations(ancestor)[name]))
            if name in assigned_attributes(ancestor):
                return InstanceAttribute("")
    named = getattr(owner, "__qualname__", None) or getattr(
        owner, "__name__", "what instances have"
    )
    raise LookupError(f"{named} has no {name}")


def assigned_attributes(kind: type) -> set[str]:
    """Names assigned to `self` in the methods of a class written in Python."""
    return {
        node.attr
        for node in ast.walk(syntax(kind))
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def is_coroutine_function(member: Member) -> bool:
    return any(
        inspect.iscoroutinefunction(layer) or inspect.isasyncgenfunction(layer)
        for layer in layers(member.value)
    )


def gives_awaitable(member: Member) -> bool:
    """Whether calling it gives something to await, or to enter with `async with`."""
    if inspect.isclass(member.value):
        return is_async_class(member.value)
    return (
        is_coroutine_function(member)
        or bool(ASYNC_TYPES.search(return_annotation(member)))
        or is_async_class(annotated_result(member))
        or any(map(is_async_class, constructed_results(member)))
    )


def belongs_to_async_class(member: Member) -> bool:
    """Whether an unannotated method belongs to a class that is entered with `async with`."""
    return callable(member.value) and is_async_class(member.owner) and not return_annotation(member)


def is_async_class(kind: Any) -> bool:
    return inspect.isclass(kind) and (hasattr(kind, "__aenter__") or hasattr(kind, "__await__"))


def return_annotation(member: Member) -> str:
    function = layers(member.value)[-1]
    return str(inspect.get_annotations(function).get("return", "")) if callable(function) else ""


def annotated_result(member: Member) -> Any:
    """The class a return annotation names, where it is a plain name."""
    function = layers(member.value)[-1]
    annotation = getattr(function, "__annotations__", {}).get("return")
    if isinstance(annotation, str):
        annotation = getattr(function, "__globals__", {}).get(annotation.strip("'\""))
    return get_origin(annotation) or annotation


def constructed_results(member: Member) -> Iterator[Any]:
    """The classes whose instances a function returns by calling them in a `return`."""
    for layer in layers(member.value):
        for node in ast.walk(syntax(layer)):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
                called = ast.unparse(node.value.func)
                yield getattr(layer, "__globals__", {}).get(called)


def layers(value: Any) -> list[Any]:
    """A function with everything it wraps, outermost first."""
    found = [getattr(value, "__func__", value)]
    while hasattr(found[-1], "__wrapped__") and len(found) < 20:
        found.append(found[-1].__wrapped__)
    return found


def syntax(value: Any) -> ast.AST:
    """The syntax tree of a function or class written in Python, empty for others."""
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(value)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module(body=[], type_ignores=[])
