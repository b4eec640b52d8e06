"""Names in a project's models that lead from something loaded to more of it, told from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from unlag.project.index import Index
from unlag.project.surveys import Survey
from unlag.project.table import FileTable
from unlag.rules.database._lazy_names import VALIDATING
from unlag.source.facts import FunctionFacts
from unlag.source.paths import UNKNOWN, opening, split, unkeyed, unpack

DISPLAYS = frozenset({"list", "tuple", "set", "dict", "each", "frozenset"})


def held_in(inside: str) -> Iterator[str]:
    """The paths in what stands between a display's parentheses."""
    for part in split(inside, ","):
        for item in split(part, "|"):
            path = unpack(unkeyed(item)[1])
            if path and path != UNKNOWN:
                yield path


def _methods_in(index: Index, table: FileTable) -> frozenset[str]:
    """Methods of classes that can be models, which can give something loaded."""
    return _methods_of_models(table, _can_give)


def _can_give(item: FunctionFacts) -> bool:
    """Whether a method gives anything but new objects of a class and plain values, as far as its text says."""
    return not all(_is_made(item, path, 0) for path in item.results)


def _is_made(item: FunctionFacts, path: str, depth: int) -> bool:
    if "|" in path and len(parts := split(path, "|")) > 1:
        return all(_is_made(item, part, depth) for part in parts)
    if path.startswith((":(", "dict(")) or path == UNKNOWN:
        return True
    if path[-1:] == ")":
        start = opening(path)
        if path[:start] in DISPLAYS:
            return all(_is_made(item, held, depth) for held in held_in(path[start + 1 : -1]))
        name = path[:start].rpartition(".")[2]
        return name[:1].isupper() or name in _MAKING or name.startswith("__")
    bound = [binding.path for binding in item.bindings if binding.name == path]
    return bool(bound) and depth < _DEEPEST and all(_is_made(item, p, depth + 1) for p in bound)


_MAKING = VALIDATING | {"cls", "str", "int", "bool", "float", "len", "join", "format"}
"""What a new object or a plain value comes from; so it does from a class under a name such as `__schema__`."""
_DEEPEST = 3


def _attributes_in(index: Index, table: FileTable) -> frozenset[str]:
    """Attributes of classes that can be models, which are worked out when they are read."""
    return _methods_of_models(table, _is_decorated)


def _is_decorated(item: FunctionFacts) -> bool:
    return bool(item.decorators)


def _methods_of_models(
    table: FileTable, is_wanted: Callable[[FunctionFacts], bool]
) -> frozenset[str]:
    """The wanted ones among the methods of classes that can be models, by name."""
    return frozenset(
        name
        for entry in table.classes.values()
        if entry.facts.bases or entry.members
        for name, qualname in entry.methods.items()
        if is_wanted(table.functions[qualname].facts)
    )


def _all_names(parts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*parts.values())


GIVING_METHODS: Survey[Index, frozenset[str], frozenset[str]] = Survey(
    _methods_in, _all_names, is_local=True, of_function=_can_give
)
"""Methods that can give something loaded."""
WORKED_OUT: Survey[Index, frozenset[str], frozenset[str]] = Survey(
    _attributes_in, _all_names, is_local=True, of_function=_is_decorated
)
"""Methods under a decorator, such as properties."""
