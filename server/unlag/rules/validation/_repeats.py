"""What is done more than once to the answer of a route, for the table of endpoints."""

from __future__ import annotations

from unlag.project.index import Index
from unlag.project.routes import Route
from unlag.rules.validation import double_validation, manual_jsonable_encoder
from unlag.rules.validation._answers import is_new
from unlag.rules.view import FunctionView


def repeats_of(index: Index, route: Route) -> tuple[str, ...]:
    """Of `validated` and `serialised` those that happen to an answer more than once.

    Whatever the configuration says of the rules that know it.
    """
    entry = index.function(route.function)
    if entry is None or route.answer is None:
        return ()
    view = FunctionView(index, entry, "")
    sinks = [finding.sink for finding in double_validation.check(view)]
    names = {callee.rpartition(".")[2] for callee in view.links.callees}
    is_encoded = not manual_jsonable_encoder.NEEDS.isdisjoint(names) and any(
        True for _ in manual_jsonable_encoder.check(view)
    )
    is_written_again = is_new(view) and any(_takes_apart(sink) for sink in sinks)
    is_validated_again = any(not sink.startswith("JSON") for sink in sinks)
    found = {"validated": is_validated_again, "serialised": is_encoded or is_written_again}
    return tuple(name for name, is_so in found.items() if is_so)


def _takes_apart(sink: str) -> bool:
    return sink.endswith("taken apart") or sink.startswith("JSON")
