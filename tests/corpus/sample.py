"""Draws findings on real applications for people to judge, and reports what they found so far.

    python tests/corpus/sample.py [APPLICATION ...] --output DIR [--of SET] [--size N] [--by-rule] [--seed N]
    python tests/corpus/sample.py [APPLICATION ...] --report [--of SET] [--sources DIR]

`SET` is a file of applications that Unlag was not tuned on, such as `second_hold_out`.
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
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from applications import HELD_OUT, PINNED, add_options, folders, pinned
from precision import read_verdicts, report
from reported import SEVERITIES, Entry, Finding, Found, Key, Place, checked

VERDICTS = Path(__file__).parent / "verdicts"
PER_APPLICATION = 30
PER_GROUP = 3
"""Findings of one rule that come down to one call: one look judges them all."""
SHOWN_ENTRIES = 3


def main() -> None:
    """Write work lists, or report."""
    options = _options()
    verdicts = {
        (item.application, item.fingerprint): item for item in read_verdicts(options.verdicts)
    }
    judged = {application for application, _ in verdicts}
    names = options.applications or _names(judged, options)
    where = folders(names, options)
    found = {name: checked(folder) for name, folder in where.items()}
    wanted = {
        name: [item for item in items if item.code.startswith(options.select)]
        for name, items in found.items()
    }
    drawn: dict[Key, Finding] = {}
    for stratum in by_rule(wanted) if options.by_rule else (wanted,):
        drawn |= draw(stratum, options.size, options.seed, options.per_application)
    if options.report:
        known = [item for item in verdicts.values() if item.application in found]
        for line in report(found, drawn, known):
            print(line)
        return
    left = [key for key in drawn if key not in verdicts]
    _write(options.output, where, drawn, left)
    print(f"{len(drawn)} findings drawn, {len(left)} of them not judged yet: {options.output}")


def _names(judged: Collection[str], options: argparse.Namespace) -> list[str]:
    known = pinned(HELD_OUT.get(options.of, PINNED))
    return [name for name in known if name in judged or not options.report]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("applications", nargs="*", metavar="APPLICATION")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--output", type=Path, metavar="DIR", help="write work lists there")
    task.add_argument("--report", action="store_true", help="count the verdicts")
    parser.add_argument("--of", choices=HELD_OUT, help="the applications of this set")
    parser.add_argument("--size", type=int, default=120, metavar="N")
    parser.add_argument("--by-rule", action="store_true", help="so many of each rule")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--select", default="", metavar="CODE", help="draw of rules that begin so")
    parser.add_argument("--per-application", type=int, default=PER_APPLICATION, metavar="N")
    parser.add_argument("--verdicts", type=Path, default=VERDICTS, metavar="DIR")
    add_options(parser)
    return parser.parse_args()


# -- drawing


def by_rule(found: Found) -> Iterator[Found]:
    """The findings of each rule for itself."""
    for code in sorted({item.code for items in found.values() for item in items}):
        yield {name: [item for item in items if item.code == code] for name, items in found.items()}


def draw(
    found: Found, size: int, seed: int, per_application: int = PER_APPLICATION
) -> dict[Key, Finding]:
    """At most `size` findings at error and warning; of no application or group too many."""
    candidates = [(name, item) for name, items in found.items() for item in items]
    candidates.sort(key=lambda pair: _lot(seed, *pair))
    drawn: dict[Key, Finding] = {}
    applications: Counter[str] = Counter()
    groups: Counter[tuple[str, str, str, int]] = Counter()
    for name, item in candidates:
        last = item.trail[-1] if item.trail else Place(item.path, item.line, "")
        group = (name, item.rule, last.path, last.line)
        is_full = applications[name] == per_application or groups[group] == PER_GROUP
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


if __name__ == "__main__":
    main()
