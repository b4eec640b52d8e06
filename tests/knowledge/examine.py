"""Checks one knowledge file against the packages of the interpreter this runs in.

Runs inside the environment that `verify.py` makes, so it imports nothing but the standard library
and what the knowledge file names. It does not install anything and does not print.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

COSTS = {
    "blocking": {"sleep", "network", "database", "disk", "metadata", "process", "wait", "input"},
    "cpu": {"heavy", "light"},
}
REWRITES = {"same-arguments", "httpx-client", "anyio-path", "aiofiles-open", "subprocess-exec"}
KEYS: dict[str, set[str]] = {
    "blocking": {"cost", "names", "counterpart", "rewrite", "note"},
    "cpu": {"cost", "names", "counterpart", "rewrite", "note"},
    "awaitable": {"names", "note"},
    "local": {"names", "note"},
    "offload": {"names", "callable", "to", "form"},
    "schedule": {"names", "callable", "drops", "form"},
    "calls": {"names", "callable"},
    "new-loop": {"names", "callable", "form"},
    "entry-point": {"names", "kind", "runs", "sync", "form", "callable"},
}
TABLES = {"modules", "distribution", "aliases", "bases", "returns", "enters", "unverified"}
# Functions that stand for a class: their members are looked up on what they give.
FACTORIES = {"threading.Lock", "threading.RLock", "select.poll"}
ASYNC_TYPES = re.compile(r"\b(Awaitable|Coroutine|Future|Task|Async\w*|_?Async\w*ContextManager)\b")
WRAPPER = re.compile(r"^(list|awaitable|callable)\[(.*)\]$")


class Failure(NamedTuple):
    """One entry that the real package contradicts."""

    name: str
    problem: str


class Member(NamedTuple):
    """What a dotted path leads to, and the object it was found on."""

    owner: Any
    value: Any


class InstanceAttribute(NamedTuple):
    """Stands for an attribute that only instances have."""

    annotation: str


class Report(NamedTuple):
    """The outcome for one knowledge file."""

    checked: int
    unverified: int
    failures: tuple[Failure, ...]


def examine(knowledge: dict[str, Any]) -> Report:
    """What the installed packages say to every entry of a parsed knowledge file."""
    claims = list(all_claims(knowledge))
    excused = tuple(knowledge.get("unverified", {}))
    failures = list(shape_failures(knowledge))
    unverified = 0
    for name, problem in claims:
        if problem is None:
            continue
        if any(name == excuse or name.startswith(excuse + ".") for excuse in excused):
            unverified += 1
        else:
            failures.append(Failure(name, problem))
    return Report(len(claims), unverified, tuple(failures))


def all_claims(knowledge: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """Every name the file claims something of, with what is wrong with it or None."""
    for alias, target in knowledge.get("aliases", {}).items():
        yield alias, alias_problem(alias, target)
    for child, base in knowledge.get("bases", {}).items():
        yield child, base_problem(child, base)
    for table in ("returns", "enters"):
        for name, given in knowledge.get(table, {}).items():
            yield name, given_problem(name, given)
    for kind in KEYS:
        for entry in knowledge.get(kind, []):
            for name in entry["names"]:
                yield from entry_claims(kind, name, entry)


def entry_claims(kind: str, name: str, entry: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    if name.endswith(".*"):
        yield name, existence_problem(name[:-2])
        return
    yield name, name_problem(kind, name, entry)
    counterpart = entry.get("counterpart")
    if counterpart is not None:
        counterpart = counterpart.replace("{member}", name.rpartition(".")[2])
        yield counterpart, counterpart_problem(counterpart)


def shape_failures(knowledge: dict[str, Any]) -> Iterator[Failure]:
    """What is wrong with the file itself, whatever is installed."""
    for key in knowledge.keys() - TABLES - KEYS.keys():
        yield Failure(key, "is no table of the knowledge format")
    seen: dict[str, str] = {}
    for kind, keys in KEYS.items():
        for entry in knowledge.get(kind, []):
            for key in entry.keys() - keys:
                yield Failure(f"{kind}.{key}", "is no key of this table")
            if kind in COSTS and entry.get("cost") not in COSTS[kind]:
                yield Failure(f"{kind}.cost", f"{entry.get('cost')!r} is no cost")
            if "rewrite" in entry and entry["rewrite"] not in REWRITES:
                yield Failure(f"{kind}.rewrite", f"{entry['rewrite']!r} is no rewrite")
            if "rewrite" in entry and "counterpart" not in entry:
                yield Failure(f"{kind}.rewrite", "has no counterpart to write")
            yield from repeated(kind, entry["names"], seen)


def repeated(kind: str, names: list[str], seen: dict[str, str]) -> Iterator[Failure]:
    exclusive = kind in {"blocking", "awaitable", "local"}
    for name in names:
        if not exclusive:
            continue
        if name in seen:
            yield Failure(name, f"stands under {seen[name]} and again under {kind}")
        seen[name] = kind


def existence_problem(name: str) -> str | None:
    try:
        resolve(name)
    except LookupError as error:
        return str(error)
    return None


def alias_problem(alias: str, target: str) -> str | None:
    try:
        first, second = resolve(alias).value, resolve(target).value
    except LookupError as error:
        return str(error)
    return None if first == second else f"is not the same object as {target}"


def base_problem(child: str, base: str) -> str | None:
    try:
        derived, ancestor = resolve(child).value, resolve(base).value
    except LookupError as error:
        return str(error)
    if not (inspect.isclass(derived) and inspect.isclass(ancestor)):
        return f"or {base} is not a class"
    return None if issubclass(derived, ancestor) else f"does not inherit from {base}"


def given_problem(name: str, given: str) -> str | None:
    try:
        resolve(name)
        while match := WRAPPER.match(given):
            given = match[2]
        kind = resolve(given).value
    except LookupError as error:
        return str(error)
    return None if inspect.isclass(kind) else f"gives {given}, which is not a class"


def name_problem(kind: str, name: str, entry: dict[str, Any]) -> str | None:
    """What the package says against listing `name` under `kind`."""
    try:
        member = resolve(name)
    except LookupError as error:
        return str(error)
    if kind in COSTS:
        return "is asynchronous, not blocking" if is_coroutine_function(member) else None
    if kind == "awaitable" and not gives_awaitable(member):
        return "is not a coroutine function"
    if kind in {"offload", "schedule", "calls", "new-loop"} and "callable" in entry:
        return callable_problem(member, entry["callable"])
    return None


def counterpart_problem(name: str) -> str | None:
    try:
        member = resolve(name)
    except LookupError as error:
        return f"counterpart: {error}"
    if gives_awaitable(member) or belongs_to_async_class(member):
        return None
    return "counterpart is not asynchronous"


def callable_problem(member: Member, where: Any) -> str | None:
    """Why the callable is not found at `where`: a position, a keyword, or both."""
    try:
        parameters = list(inspect.signature(member.value).parameters.values())
    except (TypeError, ValueError):
        return None
    if takes_self(member):
        parameters = parameters[1:]
    kinds = {parameter.kind for parameter in parameters}
    position, keyword = split_place(where)
    named = {parameter.name for parameter in parameters}
    if keyword and keyword not in named and inspect.Parameter.VAR_KEYWORD not in kinds:
        return f"has no parameter {keyword}"
    if position is None or inspect.Parameter.VAR_POSITIONAL in kinds:
        return None
    if position >= len(parameters):
        return f"has no parameter at position {position}"
    found = parameters[position].name
    return f"has {found} at position {position}" if keyword and found != keyword else None


def takes_self(member: Member) -> bool:
    """Whether the signature starts with the instance."""
    if not inspect.isclass(member.owner):
        return False
    if inspect.ismethoddescriptor(member.value):
        return True
    name = getattr(member.value, "__name__", "")
    static = isinstance(inspect.getattr_static(member.owner, name, None), staticmethod)
    return inspect.isfunction(member.value) and not static


def split_place(where: Any) -> tuple[int | None, str | None]:
    if isinstance(where, list):
        return where[0], where[1]
    return (where, None) if isinstance(where, int) else (None, where)


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
    if hasattr(builtins, parts[0]):
        return builtins, 0
    module, length = None, 0
    for end in range(1, len(parts) + 1):
        try:
            module = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            if error.name is None or not ".".join(parts).startswith(error.name):
                raise LookupError(f"importing {'.'.join(parts[:end])} fails: {error}") from None
            if end > 1 and hasattr(module, parts[end - 1]):
                break
            if module is not None and end > length + 1:
                break
            continue
        except Exception as error:
            raise LookupError(f"importing {'.'.join(parts[:end])} fails: {error!r}") from None
        length = end
    if module is None:
        raise LookupError(f"{parts[0]} is not installed")
    return module, length


def produced(path: str, value: Any) -> Any:
    return type(value()) if path in FACTORIES and not inspect.isclass(value) else value


def attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        pass
    if inspect.isclass(owner):
        for ancestor in owner.__mro__:
            if name in inspect.get_annotations(ancestor):
                return InstanceAttribute(str(inspect.get_annotations(ancestor)[name]))
            if name in assigned_attributes(ancestor):
                return InstanceAttribute("")
    raise LookupError(f"{getattr(owner, '__qualname__', None) or owner.__name__} has no {name}")


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
