"""Draws findings on real applications for people to judge, and reports what they found so far.

    python tests/corpus/sample.py [APPLICATION ...] --output DIR [--size N] [--seed N] [--sources DIR]
    python tests/corpus/sample.py [APPLICATION ...] --report [--sources DIR]

The first writes a work list for each application: the drawn findings without a verdict, which become
`verdicts/<application>.toml` once `verdict`, `on_request_path` and `reason` are filled in. The second
counts verdicts on findings that still stand. Judges nothing itself.

A finding's place in the draw hangs on the seed and its fingerprint alone: when findings come and go,
the others drawn stay drawn.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import Literal

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from applications import SERVER, add_options, folders, pinned

VERDICTS = Path(__file__).parent / "verdicts"
PER_APPLICATION = 30
PER_GROUP = 3
"""Findings of one rule that come down to one call: one look judges them all."""
SEVERITIES = frozenset({"error", "warning"})
SHOWN_ENTRIES = 3

Key = tuple[str, str]
"""Application and fingerprint."""


class Place(msgspec.Struct, frozen=True):
    """A step of a trail, as the command prints it."""

    path: str
    line: int
    function: str


class Entry(msgspec.Struct, frozen=True):
    """An entry point, as the command prints it."""

    method: str
    route: str
    function: str
    path: str
    line: int


class Finding(msgspec.Struct, frozen=True):
    """A finding, as the command prints it."""

    code: str
    rule: str
    severity: str
    path: str
    line: int
    message: str
    trail: tuple[Place, ...]
    entry_points: tuple[Entry, ...]
    fingerprint: str


class Output(msgspec.Struct, frozen=True):
    """The command's report."""

    findings: tuple[Finding, ...]


class Verdict(msgspec.Struct, frozen=True):
    """What a reader of the code says of one finding; keys of the work list besides are passed over."""

    fingerprint: str
    application: str
    path: str
    line: int
    rule: str
    message: str
    verdict: Literal["true", "false", ""]
    """`true`: the code does what the message says; `false`; empty: not judged yet."""
    on_request_path: bool
    """Whether it happens while the application serves, or in a task that lives as long."""
    reason: str


class Verdicts(msgspec.Struct, frozen=True):
    """One file of verdicts."""

    finding: tuple[Verdict, ...] = ()


Found = Mapping[str, Sequence[Finding]]
"""Findings by application."""


def main() -> None:
    """Write work lists, or report."""
    options = _options()
    verdicts = {(item.application, item.fingerprint): item for item in _verdicts(options.verdicts)}
    judged = {application for application, _ in verdicts}
    names = options.applications or (sorted(judged) if options.report else list(pinned()))
    where = folders(names, options)
    found = {name: _checked(folder) for name, folder in where.items()}
    drawn = draw(found, options.size, options.seed)
    if options.report:
        known = [item for item in verdicts.values() if item.application in found]
        for line in report(found, drawn, known):
            print(line)
        return
    left = [key for key in drawn if key not in verdicts]
    _write(options.output, where, drawn, left)
    print(f"{len(drawn)} findings drawn, {len(left)} of them not judged yet: {options.output}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", metavar="APPLICATION")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--output", type=Path, metavar="DIR", help="write work lists there")
    task.add_argument("--report", action="store_true", help="count the verdicts")
    parser.add_argument("--size", type=int, default=120, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--verdicts", type=Path, default=VERDICTS, metavar="DIR")
    add_options(parser)
    return parser.parse_args()


def _checked(folder: Path) -> tuple[Finding, ...]:
    """Everything the command finds in an application."""
    command = [sys.executable, "-m", "unlag", "check", "--no-cache", "--exit-zero"]
    answer = subprocess.run(
        [*command, "--output-format", "json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SERVER)},
        stdout=subprocess.PIPE,
        check=False,
    )
    if answer.returncode:
        sys.exit(f"`unlag check` of {folder} ended with {answer.returncode}: no sample without it.")
    return msgspec.json.decode(answer.stdout, type=Output).findings


# -- drawing


def draw(found: Found, size: int, seed: int) -> dict[Key, Finding]:
    """At most `size` findings at error and warning; of no application or group too many."""
    candidates = [(name, item) for name, items in found.items() for item in items]
    candidates.sort(key=lambda pair: _lot(seed, *pair))
    drawn: dict[Key, Finding] = {}
    applications: Counter[str] = Counter()
    groups: Counter[tuple[str, str, str, int]] = Counter()
    for name, item in candidates:
        last = item.trail[-1] if item.trail else Place(item.path, item.line, "")
        group = (name, item.rule, last.path, last.line)
        is_full = applications[name] == PER_APPLICATION or groups[group] == PER_GROUP
        if item.severity in SEVERITIES and not is_full and len(drawn) < size:
            drawn[name, item.fingerprint] = item
            applications[name] += 1
            groups[group] += 1
    return drawn


def _lot(seed: int, application: str, finding: Finding) -> bytes:
    return hashlib.sha256(f"{seed}:{application}:{finding.fingerprint}".encode()).digest()


# -- work lists


def _write(
    output: Path, where: Mapping[str, Path], drawn: Mapping[Key, Finding], left: Iterable[Key]
) -> None:
    output.mkdir(parents=True, exist_ok=True)
    by_application: dict[str, list[str]] = {name: [] for name in where}
    for key in sorted(left, key=lambda key: (key[0], drawn[key].path, drawn[key].line)):
        by_application[key[0]].append(_item(key[0], where[key[0]], drawn[key]))
    for name, items in by_application.items():
        if items:
            (output / f"{name}.toml").write_text("\n".join(items), encoding="utf-8")


def _item(application: str, folder: Path, finding: Finding) -> str:
    """One finding to judge, with what a judge starts from."""
    fields: dict[str, object] = {
        "application": application,
        "path": finding.path,
        "line": finding.line,
        "code": _code(folder / finding.path, finding.line),
        "rule": f"{finding.code} {finding.rule}",
        "severity": finding.severity,
        "message": finding.message,
        "trail": [_step(folder, step) for step in finding.trail],
        "entry_points": [_entry(point) for point in finding.entry_points[:SHOWN_ENTRIES]],
        "entry_point_count": len(finding.entry_points),
        "fingerprint": finding.fingerprint,
        "verdict": "",
        "on_request_path": False,
        "reason": "",
    }
    return "".join(["[[finding]]\n", *(f"{key} = {_toml(fields[key])}\n" for key in fields)])


def _step(folder: Path, step: Place) -> str:
    code = _code(folder / step.path, step.line)
    return f"{step.path}:{step.line} {step.function}: {code}"


@lru_cache(maxsize=64)
def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").split("\n")


def _code(path: Path, line: int) -> str:
    return _lines(path)[line - 1].strip()


def _entry(point: Entry) -> str:
    return f"{point.method} {point.route} {point.path}:{point.line} {point.function}".strip()


def _toml(value: object) -> str:
    """A value in TOML, whose strings and lists are JSON's but for one character."""
    if isinstance(value, list):
        lines = "".join(f"    {_toml(item)},\n" for item in value)
        return f"[\n{lines}]" if value else "[]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# -- the report


def _verdicts(folder: Path) -> Iterator[Verdict]:
    for path in sorted(folder.glob("*.toml")):
        try:
            yield from msgspec.toml.decode(path.read_bytes(), type=Verdicts).finding
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            sys.exit(f"{path}: {error}. Fields: {', '.join(Verdict.__struct_fields__)}.")


def report(
    found: Found, drawn: Mapping[Key, Finding], verdicts: Sequence[Verdict]
) -> Iterator[str]:
    """Precision by rule and by application, then what no longer stands or is not judged."""
    now = {(name, item.fingerprint): item for name, items in found.items() for item in items}
    judged: list[Verdict] = []
    gone: list[tuple[Verdict, str]] = []
    for verdict in verdicts:
        finding = now.get((verdict.application, verdict.fingerprint))
        if verdict.verdict not in ("true", "false"):
            continue
        if finding is not None and finding.severity in SEVERITIES:
            rule = f"{finding.code} {finding.rule}"
            judged.append(msgspec.structs.replace(verdict, rule=rule, line=finding.line))
        else:
            gone.append((verdict, f"now {finding.severity}" if finding else "no longer reported"))
    yield from _precision("rule", judged, _rule)
    yield from _precision("application", judged, _application)
    yield from _wrong(judged)
    yield from _gone(gone)
    known = {(item.application, item.fingerprint) for item in judged}
    yield f"Of {len(drawn)} findings drawn now, {sum(key not in known for key in drawn)} are not judged."


def _rule(verdict: Verdict) -> str:
    return verdict.rule


def _application(verdict: Verdict) -> str:
    return verdict.application


def _precision(
    title: str, judged: Sequence[Verdict], group_of: Callable[[Verdict], str]
) -> Iterator[str]:
    yield f"| {title} | judged | true | on a request path | true, % | at least, % | on path, % |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    groups: dict[str, list[Verdict]] = {}
    for verdict in judged:
        groups.setdefault(group_of(verdict), []).append(verdict)
    for name, items in [*sorted(groups.items()), ("all", list(judged))]:
        true = sum(item.verdict == "true" for item in items)
        on_path = sum(item.verdict == "true" and item.on_request_path for item in items)
        shares = [_share(true, len(items)), _lowest(true, len(items)), _share(on_path, len(items))]
        yield f"| {name} | {len(items)} | {true} | {on_path} | {' | '.join(shares)} |"
    yield ""


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else ""


def _lowest(true: int, judged: int) -> str:
    """The lower end of Wilson's interval: 95 of 100 samples like this one have a truth above it."""
    if not judged:
        return ""
    z = 1.645
    share, weight = true / judged, z * z / judged
    spread = z * sqrt(share * (1 - share) / judged + weight / (4 * judged))
    return f"{100 * (share + weight / 2 - spread) / (1 + weight):.0f}"


def _wrong(judged: Iterable[Verdict]) -> Iterator[str]:
    wrong = [item for item in judged if item.verdict == "false"]
    yield f"False and still reported: {len(wrong)}"
    for item in wrong:
        yield f"- {item.application} {item.path}:{item.line} {item.rule}: {item.reason}"
    yield ""


def _gone(gone: Sequence[tuple[Verdict, str]]) -> Iterator[str]:
    yield f"Judged and no longer at error or warning: {len(gone)}"
    for item, how in gone:
        yield (
            f"- {item.application} {item.path}:{item.line} {item.rule}, "
            f"judged {item.verdict}: {how}"
        )
    yield ""


if __name__ == "__main__":
    main()
