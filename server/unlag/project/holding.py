"""Whether a call of something that is known to hold its thread does so as it is written."""

from __future__ import annotations

from unlag.knowledge import Entry
from unlag.project.callables import CALLED
from unlag.project.generators import Iterations
from unlag.project.resolver import Place, Resolver
from unlag.project.values import ExternalInstance
from unlag.source.facts import Call, is_keyword
from unlag.source.paths import UNKNOWN

_IMMEDIATE = frozenset({"blocking=False", "block=False", "timeout=#0", "wait=False"})
_NOTHING = frozenset({"None", "False", "#0", "#0.0"})
_IN_MEMORY = frozenset({"io.BytesIO", "io.StringIO"})


def holds(
    resolver: Resolver, place: Place, iterations: Iterations, call: Call, entry: Entry
) -> bool:
    """Whether a call of the function at `place` of what `entry` speaks of really waits or computes."""
    if any(map(is_immediate, call.arguments)):
        return False
    if (entry.waits_with or entry.spares) and not _waits_as_called(entry, call):
        return False
    if entry.form == "iterated" and not iterations.of(call) & CALLED:
        return False
    if entry.cost in ("disk", "metadata") and _is_in_memory(resolver, place, call):
        return False
    return entry.name != "time.sleep" or call.arguments != ("#0",)


def is_immediate(argument: str) -> bool:
    """Whether an argument makes a waiting call return at once."""
    return argument in _IMMEDIATE or argument.rpartition(".")[2] in ("WNOHANG", "LOCK_NB")


def _waits_as_called(entry: Entry, call: Call) -> bool:
    """Whether the options of a call leave it waiting."""
    given = dict(item.split("=", 1) for item in call.arguments if is_keyword(item))
    if not given.keys().isdisjoint(entry.spares):
        return False
    if not entry.waits_with:
        return True
    given |= {str(position): value for position, value in enumerate(call.positional())}
    written = {f"{name}={_last_name(value)}" for name, value in given.items()}
    written |= {f"{name}=*" for name, value in given.items() if value not in _NOTHING}
    return not written.isdisjoint(entry.waits_with)


def _last_name(value: str) -> str:
    return value.lstrip("'").rpartition(".")[2]


def _is_in_memory(resolver: Resolver, place: Place, call: Call) -> bool:
    """Whether what is opened, read or written is no file at all."""
    first = call.arguments[0] if call.arguments else UNKNOWN
    if first[0] in "'#*" or first == UNKNOWN or is_keyword(first):
        return False
    value = resolver.resolve(place, first, call.line)
    return isinstance(value, ExternalInstance) and value.name in _IN_MEMORY
