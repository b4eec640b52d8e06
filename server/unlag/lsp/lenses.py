"""Code lenses: one line above each function that a framework runs or that runs on the loop."""

from __future__ import annotations

from lsprotocol import types

from unlag.lsp.cards import Card
from unlag.lsp.convert import Converter, entry_name
from unlag.project import graph

SHOW_CHAIN = "unlag.showChain"
"""A command of the client: URI, position and locations, to be listed as references."""


def lens(card: Card, converter: Converter) -> types.CodeLens:
    """The line for one function."""
    start = converter.position(card.path, card.first_line, card.column)
    name = title(card)
    locations = [
        types.Location(converter.uri_of(step.path), types.Range(place, place))
        for step in card.chain
        for place in [converter.position(step.path, step.line, step.column)]
    ]
    command = types.Command(name, "")
    if locations and converter.client.has_rule_pages:
        arguments = [converter.uri_of(card.path), start, locations]
        command = types.Command(name, SHOW_CHAIN, arguments=arguments)
    return types.CodeLens(types.Range(start, start), command)


def title(card: Card) -> str:
    """Such as `event loop · GET /users/{id} and 3 more · blocks via requests.get`."""
    parts = [" and ".join(_places(card)) or "not known to run"]
    if card.entries:
        more = len(card.entries) - 1
        first = entry_name(card.entries[0]).replace("`", "")
        parts.append(f"{first} and {more} more" if more else first)
    if card.chain and card.is_on_loop:
        parts.append(f"blocks via {card.sink}")
    return " · ".join(parts)


def _places(card: Card) -> list[str]:
    """Where it runs, as far as requests are concerned."""
    serving = [item for item in card.runs if item in (*graph.ON_LOOP, graph.THREAD_POOL)]
    return serving or list(card.runs[:1])
