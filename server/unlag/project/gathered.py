"""What is gathered while one function is linked."""

from __future__ import annotations

from unlag.knowledge import Entry
from unlag.project.generators import Iterations
from unlag.project.links import Edge, Hazard
from unlag.project.registration import Registration
from unlag.project.resolver import Place
from unlag.project.table import FunctionEntry
from unlag.source.facts import Block, Call, Read


class Gathered:
    """Edges, hazards, callees and registrations of one function, as far as it was followed."""

    __slots__ = (
        "callees",
        "edges",
        "entry",
        "handled",
        "hazards",
        "iterations",
        "place",
        "registrations",
    )

    def __init__(self, place: Place, entry: FunctionEntry) -> None:
        self.place = place
        self.entry = entry
        self.iterations = Iterations(entry.facts)
        self.edges: list[Edge] = []
        self.hazards: list[Hazard] = []
        self.callees: list[str] = []
        self.registrations: list[Registration] = []
        self.handled: set[str] = set()

    def add(
        self, target: str, how: int, site: Call | Read | Block, flags: int, through: str = ""
    ) -> None:
        """Note that `target` runs at `site`; `flags` are added to those of the site."""
        own = getattr(site, "flags", 0)
        self.edges.append(
            Edge(
                target, how, site.line, site.column, site.end_line, site.end_column, own | flags,
                through,
            )
        )  # fmt: skip

    def add_hazard(self, name: str, entry: Entry, site: Call | Block) -> None:
        """Note what `entry` says of `name`, at the place where it happens."""
        flags = site.flags if isinstance(site, Call) else 0
        self.hazards.append(
            Hazard(
                name, entry.kind, entry.cost, site.line, site.column, site.end_line,
                site.end_column, flags,
            )
        )  # fmt: skip
