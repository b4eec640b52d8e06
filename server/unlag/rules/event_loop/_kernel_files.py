"""Files that the kernel makes up when they are read, `/proc` and `/sys`: no disk is waited for."""

from __future__ import annotations

import re

from unlag.project.graph import category_of
from unlag.project.index import Index
from unlag.project.links import Hazard
from unlag.rules.event_loop._boundaries import Boundary, boundary_to, is_database
from unlag.rules.view import FunctionView

_KERNEL_FILE = re.compile(r"""["']/(?:proc|sys)/""")


def is_kernel_file(index: Index, function_id: str, hazard: Hazard) -> bool:
    """Whether a call that waits for files, in the function with that id, names one of the kernel's."""
    if hazard.cost != "disk" and category_of(hazard) != "metadata":
        return False
    entry = index.function(function_id)
    if entry is None:
        return False
    first = hazard.line - entry.facts.line
    lines = index.lines_in(entry)[first : hazard.end_line - entry.facts.line + 1]
    return any(map(_KERNEL_FILE.search, lines))


def ends_at_kernel_file(function: FunctionView, boundary: Boundary) -> bool:
    """Whether the way of a boundary leads to one of the kernel's files."""
    last = boundary.trail[-1]
    return is_kernel_file(function.index, f"{last.path}:{last.function}", boundary.hazard)


def past_kernel_files(function: FunctionView, boundary: Boundary) -> Boundary | None:
    """The way through the same call to something else that is waited for; None where there is none."""
    return boundary_to(function, boundary.edge, category_of(boundary.hazard), _is_waited_for)


def _is_waited_for(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    return not is_database(hazard) and not is_kernel_file(function.index, function_id, hazard)
