"""Reads rule examples and suites, and runs the whole engine over the files they hold.

`check` is the only way into the engine. A suite is `<rule_module>.md`: a heading a case, in it
files, each a fence after a line with its path in backticks (without one it is app/main.py). A line
that must be reported ends in `# error: [rule-name] words of the message`; a line without such a
mark must not be. A toml fence after the line `config` in backticks holds settings, for all cases
where it stands before the first heading. A fence after ``fix: kind `path` `` is that file once the
first offer of that kind is applied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from unlag.config import Config, parse
from unlag.deployment.names import kind_of
from unlag.finding import Finding
from unlag.rules import load
from unlag.workspace import Change, Workspace

FOLDER = Path(__file__).parent
ROOT = "/project"
MAIN = "app/main.py"
_FENCE = re.compile(r"^(`{3,})(\w*)$")
_PATH = re.compile(r"`([^`]+)`$")
_MARK = re.compile(r"  # (error|warning|information|hint): \[([a-z0-9-]+)\]")
_KNOWN = re.compile(r"^- `(\w+)`, \"(.+)\": (.+)$")


class Block(msgspec.Struct, frozen=True):
    """A fence and the line that says what it is."""

    label: str
    text: str


class Mark(msgspec.Struct, frozen=True, order=True):
    """A finding that a line announces."""

    path: str
    line: int
    severity: str
    rule: str
    words: str = ""
    """Text that its message must contain."""


class Case(msgspec.Struct, frozen=True):
    """One heading of a suite."""

    suite: str
    name: str
    files: Mapping[str, str]
    """Text by path, without the marks."""
    marks: tuple[Mark, ...]
    settings: str
    """A pyproject.toml."""
    fixed: tuple[tuple[str, str, str], ...]
    """Kind of fix, path and the text it must give."""

    @property
    def id(self) -> str:
        """How pytest calls it."""
        return f"{self.suite}: {self.name}"


def check(files: Mapping[str, str], settings: str = "") -> tuple[Finding, ...]:
    """What the engine says about a project of these files; paths are relative, as given.

    What discovery would pass over, such as a Makefile, is passed over here.
    """
    workspace = Workspace((ROOT,), config(settings), tracks=False)
    wanted = [path for path in files if path.endswith(".py") or kind_of(path) is not None]
    snapshot = workspace.apply(Change(f"{ROOT}/{path}", files[path]) for path in wanted)
    assert not snapshot.problems, snapshot.problems
    found = [finding for items in snapshot.findings.values() for finding in items]
    return tuple(
        msgspec.structs.replace(finding, path=finding.path.removeprefix(f"{ROOT}/"))
        for finding in sorted(found, key=lambda finding: (finding.path, finding.span, finding.code))
    )


def config(settings: str) -> Config:
    """The settings in the text of a pyproject.toml."""
    loaded = parse(settings, f"{ROOT}/pyproject.toml", load())
    assert not loaded.problems, loaded.problems
    return loaded.config


@lru_cache(maxsize=1)
def cases() -> tuple[Case, ...]:
    """Every case of every suite."""
    found = [case for path in sorted(FOLDER.glob("*.md")) for case in _cases_in(path)]
    assert len({case.id for case in found}) == len(found), "two cases have one name"
    return tuple(found)


@lru_cache(maxsize=1)
def known_wrong() -> Mapping[str, str]:
    """Cases the engine gets wrong today, by id, and what it does instead: the list in KNOWN.md."""
    lines = (FOLDER / "KNOWN.md").read_text("utf-8").splitlines()
    matches = [match for line in lines if (match := _KNOWN.match(line))]
    return {f"{match[1]}: {match[2]}": match[3] for match in matches}


def files_in(section: str) -> tuple[dict[str, str], dict[tuple[str, int], str]]:
    """The files of an example, with the codes that its lines are marked with taken out."""
    files: dict[str, str] = {}
    codes: dict[tuple[str, int], str] = {}
    for block in blocks(section):
        lines = block.text.split("\n")
        path = path_in(block.label) or MAIN
        for number, line in enumerate(lines, 1):
            code, mark, name = line.partition("  # LAG")
            if mark:
                lines[number - 1] = code
                codes[path, number] = f"LAG{name}"
        files[path] = "\n".join(lines)
    return files, codes


def section(docs: str, heading: str) -> str:
    """The part of a rule's docs below `## heading`."""
    return dict(_sections(docs)).get(heading, "")


def blocks(text: str) -> Iterator[Block]:
    """Every fence in a piece of Markdown."""
    label = closing = ""
    held: list[str] = []
    for line in text.splitlines():
        fence = _FENCE.match(line.strip())
        if closing:
            if line.strip() == closing:
                yield Block(label, "\n".join([*held, ""]))
                label = closing = ""
            else:
                held.append(line)
        elif fence:
            closing, held = fence[1], []
        elif line.strip():
            label = line.strip()


def path_in(label: str) -> str:
    """The path in backticks that ends a label, or an empty string."""
    match = _PATH.search(label)
    return match[1] if match else ""


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Title and body of every `## ` heading outside fences; what comes first has no title."""
    title = closing = ""
    body: list[str] = []
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if closing:
            closing = "" if line == closing else closing
        elif fence:
            closing = fence[1]
        elif line.startswith("## "):
            yield title, "\n".join(body)
            title, body = line[3:].strip(), []
            continue
        body.append(line)
    yield title, "\n".join(body)


def _cases_in(path: Path) -> Iterator[Case]:
    if path.name == "KNOWN.md":
        return
    settings = ""
    for title, body in _sections(path.read_text("utf-8")):
        if title:
            yield _case(path.stem, title, body, settings)
        else:
            settings = "".join(block.text for block in blocks(body) if block.label == "`config`")


def _case(suite: str, name: str, body: str, settings: str) -> Case:
    files: dict[str, str] = {}
    marks: list[Mark] = []
    fixed: list[tuple[str, str, str]] = []
    for block in blocks(body):
        path = path_in(block.label) or MAIN
        if block.label == "`config`":
            settings = block.text
        elif block.label.startswith("fix: "):
            fixed.append((block.label.split()[1], path, block.text))
        else:
            files[path] = _unmarked(path, block.text, marks)
    assert files, f"{suite}: {name} holds no file"
    return Case(suite, name, files, tuple(sorted(marks)), settings, tuple(fixed))


def _unmarked(path: str, text: str, marks: list[Mark]) -> str:
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        code, *rest = _MARK.split(line)
        for severity, rule, words in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
            marks.append(Mark(path, number, severity, rule, words.strip()))
        lines[number - 1] = code
    return "\n".join(lines)
