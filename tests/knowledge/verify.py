"""Checks every knowledge file against the packages it speaks of, installed from PyPI.

Each file gets a throw-away environment, unless `--shared` asks for one for all of them. What is
checked stands in `examine.py`; the engine and its loader take no part.

    python tests/knowledge/verify.py [--only NAME ...] [--shared]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

sys.path.insert(0, str(Path(__file__).parent))
from examine import KEYS, Failure, Report, examine

KNOWLEDGE = Path(__file__).parents[2] / "server" / "unlag" / "knowledge"


class KnowledgeFile(NamedTuple):
    """One knowledge file and what has to be installed to check it."""

    name: str
    path: Path
    distributions: tuple[str, ...]


def main(arguments: list[str] | None = None) -> int:
    """0 where every entry of the chosen files holds, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="stems of knowledge files")
    parser.add_argument("--shared", action="store_true", help="one environment for all files")
    parser.add_argument("--inside", nargs=2, metavar=("FILE", "RESULT"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        report = examine(parsed(Path(options.inside[0])))
        Path(options.inside[1]).write_text(json.dumps(report), encoding="utf-8")
        return 0
    files = chosen(options.only)
    reports = {file.name: report for file, report in verified(files, shared=options.shared)}
    print(table(reports))
    return 1 if any(report.failures for report in reports.values()) else 0


def parsed(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def chosen(only: list[str] | None) -> list[KnowledgeFile]:
    """The knowledge files to check, all of them unless some are named."""
    everything = {path.stem: path for path in sorted(KNOWLEDGE.glob("*.toml"))}
    missing = set(only or ()) - everything.keys()
    if missing:
        raise SystemExit(f"no such knowledge file: {', '.join(sorted(missing))}")
    contents = {name: parsed(path) for name, path in everything.items()}
    owners = package_owners(contents)
    return [
        KnowledgeFile(name, everything[name], needed(contents[name], owners))
        for name in only or everything
    ]


def package_owners(contents: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Top-level module to the distribution that has it, as the knowledge files say."""
    return {
        module: knowledge["distribution"]
        for knowledge in contents.values()
        for module in knowledge["modules"]
        if isinstance(knowledge.get("distribution"), str)
    }


def needed(knowledge: dict[str, Any], owners: dict[str, str]) -> tuple[str, ...]:
    """What to install: the file's own distributions and those of its foreign counterparts."""
    own = knowledge.get("distribution", [])
    wanted = {own} if isinstance(own, str) else set(own)
    roots = {module.partition(".")[0] for module in knowledge["modules"]}
    for root in mentioned_roots(knowledge) - roots - set(sys.stdlib_module_names):
        wanted.add(owners.get(root, root))
    return tuple(sorted(wanted))


def mentioned_roots(knowledge: dict[str, Any]) -> set[str]:
    """Top-level modules of all counterparts and types a file mentions."""
    counterparts = {
        entry["counterpart"]
        for kind in KEYS
        for entry in knowledge.get(kind, [])
        if "counterpart" in entry
    }
    return {name.partition(".")[0] for name in counterparts}


def verified(files: list[KnowledgeFile], *, shared: bool) -> Iterator[tuple[KnowledgeFile, Report]]:
    """Each file's report, in environments that are gone afterwards."""
    groups = [files] if shared else [[file] for file in files]
    for group in groups:
        with tempfile.TemporaryDirectory(prefix="unlag-knowledge-") as folder:
            distributions = {name for file in group for name in file.distributions}
            failure = None
            python = Path(sys.executable)
            if distributions:
                python = environment(Path(folder))
                failure = install(python, sorted(distributions))
            for file in group:
                print(file.name, file=sys.stderr, flush=True)
                if failure:
                    yield file, Report(0, 0, (Failure(file.name, failure),))
                else:
                    yield file, run_inside(python, file.path, Path(folder))


def environment(folder: Path) -> Path:
    venv.create(folder / "venv", with_pip=False)
    return folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def install(python: Path, distributions: list[str]) -> str | None:
    """Why pip could not install them, or None."""
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command += ["--disable-pip-version-check", *distributions]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if outcome.returncode == 0 else f"pip fails: {outcome.stderr.strip()[-400:]}"


def run_inside(python: Path, file: Path, folder: Path) -> Report:
    """The file's report from the interpreter that has its packages."""
    result = folder / f"{file.stem}.json"
    command = [str(python), __file__, "--inside", str(file), str(result)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        return Report(0, 0, (Failure(file.stem, outcome.stderr.strip()[-400:]),))
    checked, unverified, failures = json.loads(result.read_text(encoding="utf-8"))
    return Report(checked, unverified, tuple(Failure(*failure) for failure in failures))


def table(reports: dict[str, Report]) -> str:
    """One line a failure, then one line a file with its counts, then the sum."""
    width = max(map(len, reports), default=4)
    lines = [
        f"{name:{width}}  {failure.name}  {failure.problem}"
        for name, report in reports.items()
        for failure in report.failures
    ]
    lines.append(f"{'file':{width}}  checked  unverified  failed")
    for name, report in {**reports, "all": combined(reports)}.items():
        counts = f"{report.checked:7}  {report.unverified:10}  {len(report.failures):6}"
        lines.append(f"{name:{width}}  {counts}")
    return "\n".join(lines)


def combined(reports: dict[str, Report]) -> Report:
    return Report(
        sum(report.checked for report in reports.values()),
        sum(report.unverified for report in reports.values()),
        tuple(failure for report in reports.values() for failure in report.failures),
    )


if __name__ == "__main__":
    sys.exit(main())
