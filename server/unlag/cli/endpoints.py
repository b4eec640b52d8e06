"""`unlag endpoints`: the routes of a project, from the same run that `check` makes."""

from __future__ import annotations

import sys

from unlag import rules
from unlag.cli import listings, plain
from unlag.cli.analysis import Engine, analyse, scope_of, without_collector
from unlag.cli.progress import Progress
from unlag.cli.report import CLEAN, exit_code, worth_saying
from unlag.configurations import Configurations, Overrides
from unlag.snapshot import Queries


def endpoints(path: str, *, as_json: bool, use_cache: bool, with_queries: bool = False) -> int:
    """Print the table, give the exit code."""
    queries: Queries = {}
    configurations = Configurations(rules.load(), Overrides())
    progress = Progress()
    with without_collector():
        scope = scope_of((path,), configurations)
        analysis = analyse(
            scope, configurations, progress, use_cache=use_cache, wants_endpoints=True
        )
        if with_queries and scope.files:
            queries = Engine(scope, configurations, progress, use_cache=use_cache).queries()
    progress.clear()
    problems = (*configurations.problems, *analysis.problems)
    for problem in worth_saying(problems):
        print(plain.problem_line(problem), file=sys.stderr)
    code = exit_code(problems)
    rows = analysis.endpoints or ()
    if as_json:
        print(listings.endpoints_json(rows, queries))
    elif rows:
        print(listings.endpoints_table(rows, queries))
    elif code == CLEAN:
        print(f"No endpoints found in `{path}`.", file=sys.stderr)
    return code
