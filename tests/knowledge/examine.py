"""Checks one knowledge file against the packages of the interpreter this runs in.

Runs inside the environment that `verify.py` makes, so it imports nothing but the standard library
and what the knowledge file names. It does not install anything and does not print.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from package_members import (
    Member,
    belongs_to_async_class,
    gives_awaitable,
    is_coroutine_function,
    resolve,
)

COSTS = {
    "blocking": {"sleep", "network", "database", "disk", "metadata", "process", "wait", "input"},
    "cpu": {"heavy", "light"},
    "client": {"tls", "connections"},
}
REWRITES = {"same-arguments", "httpx-client", "anyio-path", "aiofiles-open", "subprocess-exec"}
KEYS: dict[str, set[str]] = {
    "blocking": {
        "cost",
        "names",
        "counterpart",
        "otherwise",
        "entered",
        "rewrite",
        "note",
        "form",
        "spares",
        "waits-with",
    },
    "cpu": {"cost", "names", "counterpart", "rewrite", "note", "waits-with", "form", "keeps-lock"},
    "awaitable": {"names", "note"},
    "local": {"names", "note"},
    "offload": {"names", "callable", "to", "form"},
    "schedule": {"names", "callable", "drops", "form"},
    "calls": {"names", "callable"},
    "new-loop": {"names", "callable", "form"},
    "entry-point": {"names", "kind", "runs", "sync", "form", "callable"},
    "client": {"names", "cost", "form", "each-call", "spares", "note"},
    "setup": {"names", "note"},
    "send": {"names"},
}
TABLES = {
    "modules", "distribution", "aliases", "bases", "returns", "enters", "decorates", "unverified"
}  # fmt: skip
WRAPPER = re.compile(r"^(list|tuple|awaitable|callable)\[(.*)\]$")


class Failure(NamedTuple):
    """One entry that the real package contradicts."""

    name: str
    problem: str


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
    for table in ("returns", "enters", "decorates"):
        for name, given in knowledge.get(table, {}).items():
            yield name, given_problem(name, given)
    for kind in KEYS:
        for entry in knowledge.get(kind, []):
            for name in entry["names"]:
                yield from entry_claims(kind, name, entry)


def entry_claims(kind: str, name: str, entry: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    if name.endswith(".*"):
        yield name, existence_problem(name[:-2])
    else:
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
        owner = resolve(name.removesuffix(".*").removesuffix("[]")).value
        if name.endswith("[]") and not is_subscriptable(owner):
            return "cannot be subscripted"
        if given == "Self":
            return None
        while match := WRAPPER.match(given):
            given = match[2]
        kinds = {part: resolve(part).value for part in given.split(", ")}
    except LookupError as error:
        return str(error)
    odd = [part for part, kind in kinds.items() if not inspect.isclass(kind)]
    return f"gives {odd[0]}, which is not a class" if odd else None


def is_subscriptable(owner: Any) -> bool:
    return hasattr(owner, "__getitem__") or hasattr(owner, "__class_getitem__")


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
    named = [parameter.name for parameter in parameters]
    if keyword and keyword not in named and inspect.Parameter.VAR_KEYWORD not in kinds:
        return f"has no parameter {keyword}"
    if position is None or (keyword not in named and inspect.Parameter.VAR_POSITIONAL in kinds):
        return None
    if position >= len(parameters):
        return f"has no parameter at position {position}"
    return (
        f"has {named[position]} at position {position}"
        if keyword not in (None, named[position])
        else None
    )


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
