"""Functions that do so much at each run that a statement or a commit of theirs is one step of many.

Where a loop gives every item such a job, no one query can take the place of all of them, and the items are
usually few. Of 301 judged findings of LAG601 that stood on 30 November 2026, 31 were such: 11 of the 26 wrong
ones and 20 of the 275 right ones; on applications that Unlag was not tuned on, 6 of 17 and 1 of 87. Of 57 of
LAG611, 4 were: 3 of the 10 wrong ones and 1 of the 47 right ones.
"""

from __future__ import annotations

from unlag.project.index import Index
from unlag.rules.database._calls import sent_query
from unlag.rules.database._reaches import edges_at
from unlag.rules.view import FunctionView
from unlag.source.facts import Call

_DEEPEST = 4
_MOST_FUNCTIONS = 64
_MOST_STATEMENTS = 12


def gives_jobs(view: FunctionView, call: Call, callee: str) -> bool:
    """Whether what a loop has done for each item, by a call in it, is a job of its own.

    One run of that comes, within a few calls, to very many functions of the project, or many statements.
    """
    return ":" in callee and any(
        view.index.recall(_is_job, edge.target) for edge in edges_at(view, call)
    )


def _is_job(index: Index, function_id: str) -> bool:
    run = {function_id}
    around = [function_id]
    statements = 0
    for _ in range(_DEEPEST):
        further: list[str] = []
        for current in around:
            statements += _sent_by(index, current)
            links = index.links.get(current)
            for edge in links.edges if links is not None else ():
                if edge.target not in run:
                    run.add(edge.target)
                    further.append(edge.target)
            if len(run) > _MOST_FUNCTIONS or statements >= _MOST_STATEMENTS:
                return True
        around = further
    return False


def _sent_by(index: Index, function_id: str) -> int:
    """How many statements a function sends itself."""
    entry, links = index.function(function_id), index.links.get(function_id)
    if entry is None or links is None:
        return 0
    calls = zip(entry.facts.calls, links.callees, strict=True)
    return sum(1 for call, callee in calls if sent_query(index.knowledge, call, callee))
