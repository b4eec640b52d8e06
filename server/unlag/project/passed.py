"""Which parameter of a function gets what from a call, as facts write it."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.source.facts import Call, FunctionFacts, Parameter, is_keyword, passed_value
from unlag.source.paths import UNKNOWN

_SIGNATURE_KEPT = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "contextmanager",
     "asynccontextmanager", "lru_cache", "cache", "override", "abstractmethod"}
)  # fmt: skip
"""Decorators under which a function gets what its callers write."""


def passed(item: FunctionFacts, call: Call) -> Iterator[tuple[Parameter, str]]:
    """What each parameter is given, and its default where that is left; nothing for those nobody can tell."""
    parameters = list(item.parameters)
    if parameters and takes_itself(item):
        if _is_of_class(item, call):
            return
        del parameters[0]
    by_position = [_certain(value) for value in call.positional()]
    keywords = [argument.partition("=") for argument in call.arguments if is_keyword(argument)]
    by_name = {name: _certain(value) for name, _, value in keywords}
    is_spread = any(argument.startswith("*") for argument in call.arguments)
    may_default = not is_spread and has_plain_signature(item)
    for number, parameter in enumerate(parameters):
        if parameter.star == "*":
            by_position = []
        elif parameter.name in by_name:
            yield parameter, by_name[parameter.name]
        elif not parameter.star and number < len(by_position):
            yield parameter, by_position[number]
        elif parameter.default and parameter.star != "**" and may_default:
            yield parameter, parameter.default


def takes_itself(item: FunctionFacts) -> bool:
    """Whether the first parameter is the object or class that a method is called on."""
    return bool(item.owner) and all(call.target != "staticmethod" for call in item.decorators)


def has_plain_signature(item: FunctionFacts) -> bool:
    """Whether no decorator can fill what a call leaves out, or call the function with anything else."""
    names = {call.target.rpartition(".")[2] for call in item.decorators}
    return names <= _SIGNATURE_KEPT


def values_passed(call: Call) -> set[str]:
    """All that a call passes, without the names it is passed by."""
    return {passed_value(value) for value in call.arguments}


def is_passed_as(call: Call, argument: str, places: tuple[int | str, ...]) -> bool:
    """Whether `argument` of `call` stands at one of `places` (positions and keyword names)."""
    for place in places:
        if isinstance(place, int):
            by_position = call.positional()
            if place < len(by_position) and by_position[place] == argument:
                return True
        elif argument.startswith(f"{place}="):
            return True
    return False


def parameter_for(item: FunctionFacts, call: Call, argument: str) -> str:
    """The name of the parameter that receives `argument`, or an empty string."""
    if is_keyword(argument):
        return argument.partition("=")[0]
    by_position = call.positional()
    if argument not in by_position:
        return ""
    index = by_position.index(argument)
    parameters = item.parameters
    if item.owner and parameters and parameters[0].name in ("self", "cls"):
        index += 1
    for parameter in parameters:
        if parameter.star == "*":
            return parameter.name
        if index == 0:
            return parameter.name
        index -= 1
    return ""


def _certain(value: str) -> str:
    """An argument as facts write it; unknown where it can be an f-string, which is an empty text there."""
    return UNKNOWN if value == "'" else value


def _is_of_class(item: FunctionFacts, call: Call) -> bool:
    """Whether a method is called on its class, as in `Base.load(self, path)`: the arguments stand shifted."""
    if any(decorator.target == "classmethod" for decorator in item.decorators):
        return False
    owner, _, name = call.target.rpartition(".")
    is_class = owner.rpartition(".")[2][:1].isupper() and not owner.endswith(")")
    return is_class and name == item.name
