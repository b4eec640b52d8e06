"""`unlag check`: from options to a report in the form asked for, and an exit code.

Puts the steps in order; each step lives in a module of its own.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

import msgspec

from unlag import files, rules
from unlag.cli import baseline, json_report, plain
from unlag.cli.analysis import (
    Analysis,
    Engine,
    Scope,
    analyse,
    libraries,
    scope_of,
    without_collector,
)
from unlag.cli.places import is_below
from unlag.cli.progress import Progress
from unlag.cli.report import CLEAN, FAILURE, Report, plural, worth_saying
from unlag.config import Config
from unlag.configurations import Configurations, Overrides
from unlag.deployment.names import kind_of
from unlag.files import Source
from unlag.finding import Problem
from unlag.rules import Rule
from unlag.versions import Versions


class Options(msgspec.Struct, frozen=True):
    """The command line of `check`, already checked for sense."""

    paths: tuple[str, ...] = (".",)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    output_format: str = "text"
    baseline: str | None = None
    write_baseline: bool = False
    exit_zero: bool = False
    statistics: bool = False
    use_cache: bool = True
    versions: Versions | None = None
    """Of the environment named on the command line."""


class Run(msgspec.Struct, frozen=True):
    """What every step of one check needs."""

    options: Options
    rules: Sequence[Rule]
    configurations: Configurations
    scope: Scope
    accepted: baseline.Baseline
    progress: Progress
    started: float

    @property
    def checked_files(self) -> int:
        """How many files of Python, and others named, the run looks for findings in."""
        targets = self.scope.targets
        return sum(
            path in targets or (kind_of(path) is None and is_below(path, targets))
            for path in self.scope.files
        )

    @property
    def folder(self) -> str:
        """Where the baseline stands."""
        return os.path.dirname(os.path.abspath(self.options.baseline or "."))

    def is_checked(self, entry: baseline.Entry) -> bool:
        """Whether the command line has findings looked for that an entry of the baseline speaks of."""
        chosen = Config(select=self.options.select, ignore=self.options.ignore)
        return is_below(entry.path_in(self.folder), self.scope.targets) and not any(
            rule.name == entry.rule and not chosen.is_on(rule.code, rule.name, enabled=True)
            for rule in self.rules
        )


def check(options: Options) -> int:
    """Run the check, print its report, give the exit code."""
    started = time.perf_counter()
    accepted = _accepted(options)
    if isinstance(accepted, Problem):
        _say([accepted])
        return FAILURE
    with without_collector():
        run = _prepared(options, accepted, started)
        report, changes = _checked(run)
    run.progress.clear()
    if options.write_baseline and not report.is_failure:
        return _write_baseline(run, report)
    _present(run, report, changes)
    return report.exit_code if not options.exit_zero or report.is_failure else CLEAN


def _accepted(options: Options) -> baseline.Baseline | Problem:
    if options.baseline is None or options.write_baseline:
        return baseline.Baseline()
    return baseline.load(options.baseline)


def _prepared(options: Options, accepted: baseline.Baseline, started: float) -> Run:
    known = rules.load()
    overrides = Overrides(options.select, options.ignore, options.versions)
    configurations = Configurations(known, overrides)
    scope = scope_of(options.paths, configurations)
    return Run(options, known, configurations, scope, accepted, Progress(), started)


def _checked(run: Run) -> tuple[Report, list[str]]:
    """The report, and the lines of the diff where one was asked for."""
    if (run.options.fix or run.options.diff) and run.scope.files:
        return _fixed(run)
    use_cache = run.options.use_cache
    analysis = analyse(run.scope, run.configurations, run.progress, use_cache=use_cache)
    return _report(run, analysis), []


def _fixed(run: Run) -> tuple[Report, list[str]]:
    from unlag.cli import fixing  # as for the report's other forms: a check need not load it

    use_cache = run.options.use_cache
    engine = Engine(
        run.scope, run.configurations, run.progress, use_cache=use_cache, will_change=True
    )
    analysis = engine.run()
    originals = fixing.Originals()
    before = _report(run, analysis)
    unsafe = run.options.unsafe_fixes
    done = fixing.fix(
        engine, analysis, before.findings, run.configurations, originals, unsafe=unsafe
    )
    if run.options.diff:
        report = msgspec.structs.replace(
            before, fixed=done.applied, refused=done.refused, would_fix=True
        )
        return report, list(fixing.diff(done.texts, originals))
    problems = fixing.write(done.texts, originals)
    report = msgspec.structs.replace(
        _report(run, done.analysis, problems), fixed=done.applied, refused=done.refused
    )
    return report, []


def _report(run: Run, analysis: Analysis, problems: Iterable[Problem] = ()) -> Report:
    compared = baseline.compare(analysis.findings, run.accepted, run.folder, run.is_checked)
    everything = [*run.configurations.problems, *analysis.problems, *problems]
    return Report(
        compared.new,
        tuple(dict.fromkeys(everything)),
        analysis.statistics,
        time.perf_counter() - run.started,
        libraries(run.scope, run.configurations) if run.options.statistics else (),
        compared.known,
        run.checked_files,
        compared.stale,
    )


def _write_baseline(run: Run, report: Report) -> int:
    path = os.path.abspath(run.options.baseline or "")
    others = baseline.unchecked(path, run.is_checked)
    written = baseline.of(report.findings, run.folder, others)
    problem = baseline.write(written, path)
    _say([*report.problems, *([problem] if problem else [])])
    if problem:
        return FAILURE
    _write(plain.fixed(report))
    print(f"Wrote {plural(len(report.findings), 'finding')} to {run.options.baseline}.")
    if others:
        count = sum(entry.count for entry in others)
        print(f"It keeps {plural(count, 'finding')} that this run did not look for.")
    return CLEAN


def _present(run: Run, report: Report, changes: Sequence[str]) -> None:
    form, statistics = run.options.output_format, run.options.statistics
    if form != "github":  # which shows them as annotations
        _say(report.problems)
    if run.options.diff:
        _write(changes, sys.stdout)
        _write(plain.closing(report), sys.stderr)
    elif form == "json":
        _write(json_report.lines(report, statistics=statistics))
    elif form == "sarif":
        _write([_sarif(run, report)])
    elif form == "github":
        from unlag.cli import github

        _write(github.lines(report))
    elif _is_terminal():
        _show(report, statistics)
    else:
        _write(plain.lines(report, statistics=statistics))


def _sarif(run: Run, report: Report) -> str:
    from unlag.cli import fixing, sarif  # needs libcst for the fixes

    def style_of(path: str) -> str:
        return run.configurations.for_path(path).offload_style

    return sarif.render(report, run.rules, fixing.Originals().text, style_of)


def _show(report: Report, statistics: bool) -> None:
    from rich.console import Console  # a tenth of a second that pipes need not pay

    from unlag.cli import terminal

    terminal.show(Console(), report, _lines_of(), statistics=statistics)


def _lines_of() -> Callable[[str], Sequence[str]]:
    known: dict[str, list[str]] = {}

    def lines_of(path: str) -> list[str]:
        if path not in known:
            source = files.read(path)
            known[path] = source.text.split("\n") if isinstance(source, Source) else []
        return known[path]

    return lines_of


def _is_terminal() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _say(problems: Iterable[Problem]) -> None:
    _write(map(plain.problem_line, worth_saying(problems)), sys.stderr)


def _write(lines: Iterable[str], stream: TextIO | None = None) -> None:
    stream = stream or sys.stdout
    for line in lines:
        stream.write(line + "\n")
