"""Loops whose rounds go on by what a call in them gave: a claim, a step that can be refused.

Such a loop needs the answer, and so the commit behind it, before it knows what to do with the item.
"""

from __future__ import annotations

import ast

from unlag.rules.database._loops import Loop
from unlag.rules.nodes import all_nodes
from unlag.rules.places import bound_names, names_in


def is_decided(loop: Loop) -> bool:
    """Whether a test in a loop asks what the call at its place gave."""
    names: set[str] = set()
    for node, below in zip(loop.inside, loop.inside[1:], strict=False):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert) and below is node.test:
            return True
        if isinstance(node, ast.Assign) and below is node.value:
            names = set().union(*map(bound_names, node.targets))
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and below is node.value:
            names = bound_names(node.target)
    return bool(names) and any(
        isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert)
        and not names.isdisjoint(names_in(node.test))
        for statement in loop.body()
        for node in all_nodes(statement)
    )
