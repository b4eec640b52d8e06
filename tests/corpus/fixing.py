"""Applies fixes to copies of real applications, and reports what is wrong with the result.

    python tests/corpus/fixing.py [APPLICATION ...] [--kinds] [--only CODE] [--diffs DIR] [--refusals]
        [--sources DIR]

First every safe fix at once, as `unlag check --fix` does; then rule by rule every fix that is offered, as
`--unsafe-fixes --select` does; with `--kinds`, where a rule offers several kinds, each kind for itself. Every
changed file must compile, keep its comments, encoding and line ends, and give linters nothing new to say; the
findings must be gone, a second run must change nothing, and no new error or warning may appear. Prints each
set and its faults as it goes and a table at the end, with `--refusals` also where fixes were refused and why;
the exit code is 1 if there was a fault.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
sys.path.insert(0, str(Path(__file__).parents[2] / "server"))
from applications import add_options, folders
from soundness import Fault, faults

from unlag import files, rules
from unlag.cli import fixing
from unlag.cli.analysis import Analysis, Engine, scope_of
from unlag.cli.progress import Progress
from unlag.configurations import Configurations, Overrides
from unlag.finding import Finding, Safety, Severity
from unlag.fixes.apply import Outcome, Project, Refused, fix_all

SIX = ("open_webui", "langflow_base", "arize_phoenix", "letta", "skypilot", "zenml")
_GRAVE = (Severity.ERROR, Severity.WARNING)


class Row(msgspec.Struct, frozen=True):
    """What became of one set of fixes on one application."""

    application: str
    what: str
    offered: int
    applied: int
    refused: int
    files: int
    faults: tuple[Fault, ...]
    diff: tuple[str, ...]
    refusals: tuple[str, ...]


class Copy:
    """One application, copied; as it was again after each set of fixes."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        overrides = Overrides(select=("ALL",))
        self._configurations = Configurations(rules.load(), overrides)
        scope = scope_of([str(folder)], self._configurations)
        self._engine = Engine(scope, self._configurations, Progress(), will_change=True)
        self._analysis = self._engine.run()

    def rows(self, only: str, *, by_kind: bool) -> Iterator[Row]:
        """Safe fixes at once, then rule by rule, and kind by kind."""
        findings = self._analysis.findings
        if not only:
            yield self._row("safe fixes", _offering(findings, safe=True), unsafe=False)
        for code in sorted({finding.code for finding in _offering(findings)}):
            if not code.startswith(only):
                continue
            mine = [finding for finding in _offering(findings) if finding.code == code]
            yield self._row(code, mine, unsafe=True)
            kinds = sorted({offer.kind for finding in mine for offer in finding.fixes})
            for kind in kinds if by_kind and len(kinds) > 1 else ():
                yield self._row(f"{code} {kind}", _offering(mine, kind=kind), unsafe=True)

    def _row(self, what: str, findings: Sequence[Finding], *, unsafe: bool) -> Row:
        originals = fixing.Originals()
        code, _, kind = what.partition(" ") if unsafe else ("", "", "")
        latest = [self._analysis]

        def analyse(texts: Mapping[str, str]) -> list[Finding]:
            latest.append(self._engine.again(texts))
            return _wanted(latest[-1].findings, code, kind)

        def style_of(path: str) -> str:
            return self._configurations.for_path(path).offload_style

        known: dict[str, str] = {}

        def text_of(path: str) -> str | None:
            return known[path] if path in known else originals.text(path)

        done = fix_all(findings, Project(originals.text, style_of, analyse), unsafe=unsafe)
        after = latest[-1]
        known.update(done.texts)
        found = list(self._faults(done, after, originals))
        again = fix_all(
            _wanted(after.findings, code, kind), Project(text_of, style_of, analyse), unsafe=unsafe
        )
        found += (Fault("fixed again", self._short(path), "") for path in sorted(again.texts))
        changed = {*done.texts, *again.texts}
        self._engine.again({path: originals.text(path) or "" for path in changed})
        return Row(
            self._name,
            what,
            len(findings),
            len(done.applied),
            len(done.refused),
            len(done.texts),
            tuple(found),
            tuple(fixing.diff(done.texts, originals)),
            tuple(map(self._why, done.refused)),
        )

    def _why(self, refused: Refused) -> str:
        finding = refused.fix.finding
        place = f"{self._short(finding.path)}:{finding.span.line}"
        return f"{finding.code} {refused.fix.offer.kind}: {refused.reason} {place}"

    def _faults(
        self, done: Outcome, after: Analysis, originals: fixing.Originals
    ) -> Iterator[Fault]:
        texts = {path: originals.text(path) or "" for path in done.texts}
        packages = [item.name for item in self._folder.iterdir() if item.is_dir()]
        for fault in faults(texts, done.texts, packages):
            yield msgspec.structs.replace(fault, path=self._short(fault.path))
        for refused in done.refused:
            place = f"{refused.fix.finding.code} {refused.fix.finding.function}"
            if refused.reason.startswith("it was made"):
                yield Fault("still there", self._short(refused.fix.finding.path), place)
            elif "fault in Unlag" in refused.reason:
                detail = f"{place}: {refused.reason}"
                yield Fault("failed", self._short(refused.fix.finding.path), detail)
        for finding in _new(self._analysis.findings, after.findings):
            detail = f"line {finding.span.line}: {finding.code} {finding.message}"
            yield Fault("new finding", self._short(finding.path), detail)
        for path, text in done.texts.items():
            if not _is_stored_alike(path, text, originals):
                yield Fault("bytes", self._short(path), "")

    def _short(self, path: str) -> str:
        return str(Path(path).relative_to(self._folder))


def _offering(
    findings: Sequence[Finding], *, kind: str = "", safe: bool = False
) -> Sequence[Finding]:
    """The findings that offer fixes of the kind, with those offers only."""
    chosen = []
    for finding in findings:
        offers = tuple(
            offer
            for offer in finding.fixes
            if (not kind or offer.kind == kind) and (not safe or offer.safety is Safety.SAFE)
        )
        if offers:
            chosen.append(msgspec.structs.replace(finding, fixes=offers))
    return chosen


def _wanted(findings: Sequence[Finding], code: str, kind: str) -> list[Finding]:
    return [
        finding for finding in _offering(findings, kind=kind) if not code or finding.code == code
    ]


def _new(before: Sequence[Finding], after: Sequence[Finding]) -> Iterator[Finding]:
    known = Counter((finding.path, finding.fingerprint) for finding in before)
    for finding in after:
        if finding.severity in _GRAVE and (finding.path, finding.fingerprint) not in known:
            yield finding


def _is_stored_alike(path: str, text: str, originals: fixing.Originals) -> bool:
    """Write a text, read it again as it was written, and put back what was there."""
    kept = Path(path).read_bytes()
    source = originals(path)
    try:
        problems = fixing.write({path: text}, originals)
        now = files.read(path)
    finally:
        Path(path).write_bytes(kept)
    if problems or source is None or not isinstance(now, files.Source):
        return False
    if now.text != text or now.form is None or source.form is None:
        return False
    return (now.form.encoding, now.form.bom, now.form.newline) == (
        *(source.form.encoding, source.form.bom),
        source.form.newline,
    )


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| application | fixes | offered | applied | refused | files | faults |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for row in rows:
        counts = Counter(fault.kind for fault in row.faults)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        cells = (row.application, row.what, row.offered, row.applied, row.refused, row.files, told)
        yield f"| {' | '.join(map(str, cells))} |"


def _told(row: Row) -> Iterator[str]:
    for fault in row.faults:
        yield f"{row.application}, {row.what}: {fault.kind}: {fault.path}: {fault.detail}"


def main() -> int:
    """Fix copies of the applications; 1 where anything is wrong with one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", default=SIX, metavar="APPLICATION")
    parser.add_argument("--kinds", action="store_true", help="each kind of fix for itself, too")
    parser.add_argument("--only", default="", metavar="CODE", help="rules whose code starts so")
    parser.add_argument("--refusals", action="store_true", help="why fixes were not made")
    parser.add_argument("--diffs", type=Path, metavar="DIR", help="keeps what was changed")
    add_options(parser)
    options = parser.parse_args()
    gc.disable()  # as the command line does
    rows: list[Row] = []
    for name, folder in folders(options.applications, options).items():
        with tempfile.TemporaryDirectory() as working:
            copied = Path(working).resolve() / name
            shutil.copytree(folder, copied)
            for row in Copy(name, copied).rows(options.only, by_kind=options.kinds):
                rows.append(row)
                print(*list(_table([row]))[-1:], *_told(row), sep="\n", file=sys.stderr, flush=True)
                if options.diffs:
                    options.diffs.mkdir(parents=True, exist_ok=True)
                    file = options.diffs / f"{name}-{row.what.replace(' ', '-')}.diff"
                    file.write_text("\n".join((*row.diff, "")), "utf-8")
    print(*_table(rows), sep="\n")
    if options.refusals:
        told = (f"{row.application}, {row.what}: {why}" for row in rows for why in row.refusals)
        print("", *told, sep="\n")
    return int(any(row.faults for row in rows))


if __name__ == "__main__":
    sys.exit(main())
