"""The one mutable object: files as they are now, in; immutable snapshots of all findings, out.

Reads no disk: whoever owns it hands in texts. The same texts give the same snapshot, whatever the order
of the changes that led there.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from unlag import engine
from unlag.config import Config
from unlag.deployment.facts import DeploymentFile
from unlag.deployment.names import kind_of
from unlag.deployment.project import Deployment
from unlag.deployment.reading import read as read_deployment
from unlag.engine import Checked, Checks
from unlag.finding import Finding, Problem
from unlag.knowledge import Entry, Knowledge, Library
from unlag.project.hints import Hint
from unlag.project.live_index import LiveIndex, Update, go_on
from unlag.project.options import Options
from unlag.project.stored import StoredIndex
from unlag.project.table import FileTable
from unlag.rules import load
from unlag.snapshot import Snapshot
from unlag.source.document import Document
from unlag.source.facts import FileFacts
from unlag.source.parse import Parsed, parse
from unlag.source.suppressions import Suppression


class Change(msgspec.Struct, frozen=True):
    """A file's text as it is now; None: it is gone. `path` is absolute, line ends are `\\n`."""

    path: str
    text: str | None
    parsed: Parsed | None = None
    """What the text says, for whom that is known already; of use until the file is edited."""


class Stored(msgspec.Struct, frozen=True):
    """All that a workspace knows besides the facts of its files: holds until the next change."""

    index: StoredIndex
    checked: Mapping[str, dict[str, Checked]]
    """What the rules say, by file and by function or class."""
    deployed: Mapping[str, DeploymentFile]
    edited: Mapping[str, FileFacts] = {}
    """The facts of the files that were edited: their texts alone need not tell."""


class Workspace:
    """Files of one project, analysed together."""

    def __init__(
        self,
        roots: tuple[str, ...],
        config: Config,
        *,
        config_for: Callable[[str], Config] | None = None,
        tracks: bool = True,
        text_of: Callable[[str], str | None] | None = None,
        pause: Callable[[], None] = go_on,
    ) -> None:
        """`text_of` gives once more the text of a file that is not edited; else texts are kept.

        `pause` is called between files that are joined or checked, for what cannot wait until all are.
        """
        self._pause = pause
        self._config_for = config_for or (lambda path: config)
        self._parsed: dict[str, Parsed | Document] = {}
        """A document for what was handed in more than once: it is being edited."""
        self._known = (_configured(config),)
        options = Options(roots, config.entry_points, lambda path: self._config_for(path).versions)
        self.index = LiveIndex(self.knowledge(), options, tracks=tracks, pause=pause)
        self.index.read_texts_with(self._text)
        self._text_of = text_of
        self._packed: dict[str, bytes] = {}
        self._deployed: dict[str, DeploymentFile] = {}
        self._is_built = False
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._problems: dict[str, tuple[Problem, ...]] = {}
        self._checks = Checks(self.index, load())

    def knowledge(self) -> Knowledge:
        """What is known of libraries, read anew: it grows with the modules that are mentioned."""
        return Knowledge(self._known)

    def apply(self, changes: Iterable[Change]) -> Snapshot:
        """Take in some files' new texts and say what holds now."""
        deployed: list[Change] = []
        concerned = self._take(_sources(changes, deployed))
        concerned = _together(concerned, self._take_deployed(deployed))
        gone = {change.path for change in deployed if change.text is None}
        return self._checked(
            {path: subjects for path, subjects in concerned.items() if path not in gone}
        )

    def paths(self) -> Iterator[str]:
        """Every file that was taken in."""
        yield from self._parsed
        yield from self._deployed

    def stored(self) -> Stored | None:
        """What `restore` needs besides the facts of texts; None where not texts alone made it so."""
        index = self.index.stored() if self._is_built else None
        if index is None:
            return None
        edited = {
            path: item.facts for path, item in self._parsed.items() if isinstance(item, Document)
        }
        return Stored(index, self._checks.stored(), self._deployed, edited)

    def restore(
        self,
        parsed: Mapping[str, Parsed],
        read: Callable[[Mapping[str, FileTable]], Stored | None],
    ) -> bool:
        """Go on from what was stored, before anything else is known; whether that could be done.

        `parsed` has every file as it was then, `read` gives the rest. Wants a workspace that need not keep texts.
        """
        tables: dict[str, FileTable] = {}
        for path, item in parsed.items():
            self._pause()
            tables[path] = FileTable(path, item.facts)
        stored = read(tables)
        if self._is_built or stored is None or not stored.index.is_of(tables):
            return False
        self._parsed.update((path, item.without_facts()) for path, item in parsed.items())
        self._deployed.update(stored.deployed)
        self.index.deploy(self._by_root())
        self.index.restore(tables, stored.index)
        self._checks.restore(stored.checked)
        self._is_built = True
        self._checked({path: set() for path in (*self._parsed, *self._deployed)})
        return True

    def hint(self, hints: Mapping[str, Hint]) -> Snapshot:
        """Take in what calls of some functions mean that the project's text leaves open."""
        update = self.index.hint(hints)
        if update.everything:
            return self._checked(self._anew())
        return self._checked(self._checks.concerned(update))

    def _checked(self, concerned: Mapping[str, set[str] | None]) -> Snapshot:
        for path, subjects in concerned.items():
            self._pause()
            if path in self._deployed:
                self._check_deployed(path)
            else:
                self._check(path, subjects)
        self.index.pack()
        problems = [item for path in sorted(self._problems) for item in self._problems[path]]
        return Snapshot(dict(self._findings), tuple(problems), self.index)

    def _text(self, path: str) -> str | None:
        """The text of a file, for the few functions of which a rule wants to see more than facts."""
        known = self._parsed.get(path)
        if known is None or isinstance(known, Document):
            return None if known is None else known.text
        if self._text_of is not None:
            return self._text_of(path)
        return zlib.decompress(self._packed[path]).decode("utf-8", "surrogatepass")

    def _take_deployed(self, changes: Sequence[Change]) -> dict[str, set[str] | None]:
        """Take in deployment files; gives what to look at again, as `_take` does."""
        for change in changes:
            if change.text is None:
                self._checks.forget(change.path)
                for known in (self._deployed, self._findings, self._problems):
                    known.pop(change.path, None)
            else:
                self._deployed[change.path] = read_deployment(change.path, change.text)
        if not changes:
            return {}
        update = self.index.deploy(self._by_root())
        return {**self._checks.concerned(update), **dict.fromkeys(self._deployed)}

    def _by_root(self) -> dict[str, Deployment]:
        files: dict[str, dict[str, DeploymentFile]] = {}
        for path, file in self._deployed.items():
            relative = self.index.relative(path)
            files.setdefault(path[: len(path) - len(relative)], {})[relative] = file
        return {root: Deployment(dict(sorted(found.items()))) for root, found in files.items()}

    def _build(self, changes: Iterable[Change]) -> dict[str, set[str] | None]:
        """Take in the whole project for the first time; an edited file is read anew."""
        tables: dict[str, FileTable] = {}
        for change in changes:
            path, text = change.path, change.text
            if text is None:
                tables.pop(path, None)
                self._parsed.pop(path, None)
                continue
            parsed = change.parsed or parse(text)
            tables[path] = FileTable(path, parsed.facts)
            self._parsed[path] = parsed.without_facts()
            if self._text_of is None:
                self._packed[path] = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)
        self._is_built = True
        self.index.build(tables)
        return dict.fromkeys(self._parsed)

    def _take(self, changes: Iterable[Change]) -> dict[str, set[str] | None]:
        """Take in texts; gives the functions and classes to look at again by file, None for all."""
        if not self._is_built:
            return self._build(changes)
        changed: dict[str, Parsed | Document | None] = {}
        for change in changes:
            known = (
                changed[change.path] if change.path in changed else self._parsed.get(change.path)
            )
            changed[change.path] = _read(known, change, keeps_text=self._text_of is None)
        before = {path: self._parsed.get(path) for path in changed}
        for path, item in changed.items():
            if item is None:
                self._parsed.pop(path, None)
                self._packed.pop(path, None)
                self._findings.pop(path, None)
                self._problems.pop(path, None)
            else:
                self._parsed[path] = item if isinstance(item, Document) else item.without_facts()
        facts = {path: None if item is None else item.facts for path, item in changed.items()}
        update = self.index.update(facts) if facts else Update()
        if update.everything:
            return self._anew()
        concerned = self._checks.concerned(update)
        edited: dict[str, set[str]] = {}
        for path, item in changed.items():
            if item is None:
                self._checks.forget(path, concerned.pop(path, ()))
            elif _speaks_otherwise(before[path], item):
                edited[path] = set()
        return {**edited, **concerned}

    def _anew(self) -> dict[str, set[str] | None]:
        """Forget what the rules said; gives all files, to be looked at again."""
        self._checks = Checks(self.index, load())
        return dict.fromkeys((*self._parsed, *self._deployed))

    def _check(self, path: str, subjects: set[str] | None) -> None:
        item = self._parsed[path]
        checked = self._checks.check(path, self._config_for(path), subjects)
        self._keep(path, checked.findings, item.suppressions)
        self._problems.pop(path, None)
        problems = _problems(path, checked, item)
        if problems:
            self._problems[path] = problems

    def _check_deployed(self, path: str) -> None:
        checked = self._checks.check_deployment(path, self._config_for(path))
        self._keep(path, checked.findings, self._deployed[path].suppressions)
        self._problems.pop(path, None)
        if checked.problems:
            self._problems[path] = checked.problems

    def _keep(
        self, path: str, findings: tuple[Finding, ...], suppressions: Sequence[Suppression]
    ) -> None:
        config = self._config_for(path)
        kept = engine.suppress(findings, suppressions, path, load(), config)
        found = tuple(one for one in kept if not config.is_ignored_in(path, one.code, one.rule))
        self._findings.pop(path, None)
        if found:
            self._findings[path] = found


def _sources(changes: Iterable[Change], deployed: list[Change]) -> Iterator[Change]:
    """The Python files among `changes`, one after the other; the others go to `deployed`."""
    for change in changes:
        if kind_of(change.path) is None:
            yield change
        else:
            deployed.append(change)


def _together(
    first: Mapping[str, set[str] | None], second: Mapping[str, set[str] | None]
) -> dict[str, set[str] | None]:
    """What two changes ask to be looked at again."""
    found = {**first, **second}
    for path in first.keys() & second.keys():
        one, other = first[path], second[path]
        found[path] = None if one is None or other is None else one | other
    return found


def _read(
    known: Parsed | Document | None, change: Change, *, keeps_text: bool
) -> Parsed | Document | None:
    """A file's new state after a change."""
    text = change.text
    if text is None:
        return None
    if isinstance(known, Document):
        return known.edited(text)
    return (None if keeps_text else change.parsed) or Document.read(text)


def _speaks_otherwise(before: Parsed | Document | None, after: Parsed | Document) -> bool:
    """Whether two states of a file say something else besides their facts: in comments, or of a trouble."""
    if before is None:
        return True
    return (before.suppressions, before.trouble) != (after.suppressions, after.trouble)


def _problems(path: str, checked: Checked, item: Parsed | Document) -> tuple[Problem, ...]:
    trouble = item.trouble
    if trouble is None:
        return checked.problems
    is_whole = trouble.newer_syntax
    problem = Problem(path, trouble.message, trouble.line, trouble.column, is_whole=is_whole)
    return (*checked.problems, problem)


def _configured(config: Config) -> Library:
    """The project's own blocking functions and offloading wrappers, as a knowledge file."""
    entries: dict[str, tuple[Entry, ...]] = {}
    for name in config.blocking:
        entries[name] = (Entry("blocking", name, cost="network"),)
    for name in config.offload:
        offload = Entry("offload", name, callables=(0,), to="thread", form="call")
        entries[name] = (*entries.get(name, ()), offload)
    return Library((), {}, {}, {}, {}, {}, entries)
