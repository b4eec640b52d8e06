"""`[tool.unlag]` of the nearest pyproject.toml, as plain immutable data.

Wrong settings are said with their place and the default applies to that key only; nothing is
raised. Knows no rule: callers pass the codes and names there are.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from unlag.finding import Problem, Severity
from unlag.versions import Versions

OFFLOAD_STYLES = ("run_in_threadpool", "to_thread", "asyncify")
SEVERITIES = (*(severity.value for severity in Severity), "off")
EVERYTHING = "ALL"
_CODE = re.compile(r"LAG\d+")


class RuleId(Protocol):
    """What this module needs to know of a rule."""

    @property
    def code(self) -> str:
        """Such as `LAG101`."""
        ...

    @property
    def name(self) -> str:
        """Such as `blocking-call-on-loop`."""
        ...


class Config(msgspec.Struct, frozen=True):
    """The settings of one project; the defaults are what an empty table means."""

    root: str = ""
    """Folder of the pyproject.toml, absolute; patterns are relative to it. Empty: no file."""
    select: tuple[str, ...] = ()
    """Codes, prefixes of codes, names, or `ALL`; empty: every rule that is on by default."""
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()
    entry_points: tuple[str, ...] = ()
    blocking: tuple[str, ...] = ()
    offload: tuple[str, ...] = ()
    offload_style: str = "run_in_threadpool"
    versions: Versions = Versions()
    """What the table says, before what was found in an environment or in files."""

    def is_on(self, code: str, name: str, *, enabled: bool) -> bool:
        """Whether a rule runs that is on by default or not; the narrowest selector decides.

        `ignore` wins a draw. A rule that is off by default wants to be named by `select` or
        `severity`, or ALL rules to be selected: a prefix does not turn it on.
        """
        place, severity = _chosen(self.severity, code, name)
        if severity == "off":
            return False
        named = severity != "" and place == EXACT
        if self.select:
            wanted = max(narrowness(item, code, name) for item in self.select)
        else:
            wanted = ANY if enabled or named else 0
        if not enabled and not named and ANY < wanted < EXACT:
            return False
        unwanted = max((narrowness(item, code, name) for item in self.ignore), default=0)
        return wanted > unwanted

    def severity_of(self, code: str, name: str, default: Severity) -> Severity:
        """The configured severity of a rule that is on, else `default`."""
        chosen = _chosen(self.severity, code, name)[1]
        return default if chosen in ("", "off") else Severity(chosen)

    def is_ignored_in(self, path: str, code: str, name: str) -> bool:
        """Whether `per-file-ignores` leaves the rule out of the file at the absolute `path`."""
        return any(
            any(narrowness(item, code, name) for item in rules)
            and matcher((pattern,), self.root)(path)
            for pattern, rules in self.per_file_ignores
        )


class Loaded(msgspec.Struct, frozen=True):
    """A configuration and what was wrong with its source."""

    config: Config
    problems: tuple[Problem, ...] = ()


ANY, EXACT = 1, 100
"""How narrowly a selector means a rule; a prefix of a code lies between, by its length."""


def narrowness(selector: str, code: str, name: str) -> int:
    """0 where `selector` does not mean the rule, more the narrower it is."""
    if selector in (code, name):
        return EXACT
    if selector == EVERYTHING:
        return ANY
    return len(selector) if selector.startswith("LAG") and code.startswith(selector) else 0


def _chosen(table: tuple[tuple[str, str], ...], code: str, name: str) -> tuple[int, str]:
    best = (0, "")
    for selector, value in table:
        place = narrowness(selector, code, name)
        if place > best[0]:
            best = (place, value)
    return best


@functools.lru_cache(maxsize=1024)
def matcher(patterns: tuple[str, ...], root: str) -> Callable[[str], bool]:
    """A test whether an absolute path below `root` fits one of the gitignore-style `patterns`."""
    from pathspec import GitIgnoreSpec  # half of the commands never match a path

    spec = GitIgnoreSpec.from_lines(patterns)
    prefix = root.rstrip(os.sep) + os.sep

    def fits(path: str) -> bool:
        if not path.startswith(prefix):
            return False
        return spec.match_file(path[len(prefix) :].replace(os.sep, "/"))

    return fits


def nearest(folder: str) -> str | None:
    """The closest pyproject.toml with a `tool.unlag` table, in `folder` or above it."""
    while True:
        candidate = os.path.join(folder, "pyproject.toml")
        if _mentions_unlag(candidate):
            return candidate
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def load(path: str, rules: Sequence[RuleId]) -> Loaded:
    """The settings in the pyproject.toml at the absolute `path`."""
    empty = Config(root=os.path.dirname(path))
    try:
        with open(path, "rb") as handle:
            text = handle.read().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        message = f"The configuration cannot be read: {error.strerror}. Defaults are used."
        return Loaded(empty, (Problem(path, message, fatal=True),))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = "The configuration is not UTF-8. Save it as UTF-8; defaults are used until then."
        return Loaded(empty, (Problem(path, message, line, fatal=True),))
    return parse(text, path, rules)


def parse(text: str, path: str, rules: Sequence[RuleId]) -> Loaded:
    """The settings in the text of a pyproject.toml that stands at `path`."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    root = os.path.dirname(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Loaded(Config(root=root), (_syntax_problem(path, text, str(error)),))
    tool = document.get("tool")
    table = tool.get("unlag", {}) if isinstance(tool, dict) else {}
    from unlag.config_keys import convert  # its messages are only needed where there is a table

    return convert(table, text, path, rules)


def _syntax_problem(path: str, text: str, error: str) -> Problem:
    reason = error.split(" (at ")[0]
    message = f"This is not valid TOML: {reason}. Correct it; defaults are used until then."
    place = re.search(r"\(at line (\d+), column (\d+)\)", error)
    if place is not None:
        return Problem(path, message, int(place[1]), int(place[2]) - 1, fatal=True)
    body = text.rstrip("\n")  # the parser ran into the end
    column = len(body) - body.rfind("\n") - 1
    return Problem(path, message, body.count("\n") + 1, column, fatal=True)


def _mentions_unlag(path: str) -> bool:
    # reading a file is much cheaper than parsing it, and most projects have no table of ours
    try:
        with open(path, "rb") as handle:
            return b"unlag" in handle.read()
    except FileNotFoundError:
        return False
    except OSError:
        return not os.path.isdir(path)


def unknown_selector(selector: str, rules: Iterable[RuleId]) -> str | None:
    """None where `selector` means some rule, else what to tell the user."""
    known = list(rules)
    if selector == EVERYTHING or any(narrowness(selector, r.code, r.name) for r in known):
        return None
    words = [word for rule in known for word in (rule.code, rule.name)]
    return f"`{selector}` is no rule, code or prefix of a code{suggestion(selector, words)}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` where a known word is close, else a full stop."""
    import difflib  # nobody need pay for it whose configuration is right

    words = list(known)
    close = [item for item in words if item.lower() == word.lower()]
    if not close and not _CODE.fullmatch(word):  # a number is close to no other
        close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else "."
