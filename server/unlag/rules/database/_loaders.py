"""The offer to add a loader option to the query that loads some rows, and the words for it."""

from __future__ import annotations

from unlag.finding import FixOffer, Safety
from unlag.rules.database._touches import Lazy, loader_chain, place_of
from unlag.rules.database._values import Record
from unlag.rules.view import FunctionView


def loader_offers(view: FunctionView, record: Record, name: str) -> tuple[FixOffer, ...]:
    """The fix that loads the relationship `name` of a record with the statement it came from.

    Names the file, the place of the statement in it, and the option; one offer, or none where the
    option cannot be written.
    """
    statement = record.statement
    chain = loader_chain(view.index, statement, record, name)
    entry = view.index.function(statement.function)
    if not chain or entry is None:
        return ()
    site = statement.site
    place = (
        entry.path,
        str(site.line + entry.offset),
        str(site.column),
        str(site.end_line + entry.offset),
        str(site.end_column),
    )
    title = f"Add `.options({'.'.join(chain)})` to {place_of(view, statement)}"
    return (FixOffer(title, Safety.SAFE, "add_loader", (*place, *chain)),)


def cure_of(view: FunctionView, lazy: Lazy) -> str:
    """The end of a message: the calls that lead to what is not loaded, and what loads it."""
    record, name = lazy.touch.record, lazy.touch.name
    chain = ".".join(loader_chain(view.index, record.statement, record, name))
    way = f" ({' → '.join(step.call for step in lazy.trail)})" if lazy.touch.steps else ""
    cure = f"Add `.options({chain})` to" if chain else "Load it with"
    return f"{way}. {cure} {place_of(view, record.statement)}."
