"""Facts and index in, findings out: runs the rules, isolates one that fails, applies suppressions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import msgspec

from unlag.config import Config
from unlag.finding import Finding, Problem
from unlag.project import keys
from unlag.project.index import Index
from unlag.project.live_index import Update
from unlag.project.table import FileTable, FunctionEntry
from unlag.rules import Rule, Subject
from unlag.rules.deployment_view import DeploymentView
from unlag.rules.needs import Needs
from unlag.rules.view import ClassView, CommentView, FunctionView
from unlag.source.scopes import MODULE
from unlag.source.suppressions import Suppression


class Checked(msgspec.Struct, frozen=True):
    """What the rules say about one function, class or file, before suppressions."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


class Checks:
    """What the rules say about every function and class; looks again only at those an edit concerns.

    Holds for what is known of libraries now: is made anew once another is mentioned.
    """

    def __init__(self, index: Index, rules: tuple[Rule, ...]) -> None:
        self._index = index
        self._rules = rules
        self._choices: dict[Config, _Choice] = {}
        self._checked: dict[str, dict[str, Checked]] = {}
        """File -> function or class of which there is something to say -> what."""

    def concerned(self, update: Update) -> dict[str, set[str]]:
        """The functions and classes to look at again, by file."""
        found: dict[str, set[str]] = {}
        for name in (*update.subjects, *self._index.watch.touched(update.keys)):
            subject = name.removesuffix(_OF_CLASS)
            found.setdefault(subject.rpartition(":")[0], set()).add(subject)
        return found

    def forget(self, path: str, subjects: Iterable[str] = ()) -> None:
        """A deployment file has gone, or a source file with the functions and classes in it."""
        for subject in (f"{path}:", *subjects):
            self._index.watch.write_down(subject, ())
            self._index.watch.write_down(f"{subject}{_OF_CLASS}", ())
        self._checked.pop(path, None)

    def stored(self) -> dict[str, dict[str, Checked]]:
        """What there is to say, by file and by function or class, before suppressions."""
        return self._checked

    def restore(self, stored: Mapping[str, dict[str, Checked]]) -> None:
        """Take what was stored for what there is to say."""
        self._checked = dict(stored)

    def check(self, path: str, config: Config, subjects: Iterable[str] | None = None) -> Checked:
        """What holds of a file, once `subjects` of it are looked at again; None: all."""
        checked = self._checked.pop(path, {})
        if not self._index.is_test(path):
            choice = self._choice(config)
            table = self._index.own_table(path)
            if subjects is None:
                names = [name.removesuffix(_OF_CLASS).rpartition(":")[2] for name in checked]
                names += (*table.functions, *table.classes)
            else:
                names = [subject.rpartition(":")[2] for subject in subjects]
            for name in dict.fromkeys(names):
                self._look(checked, table, name, choice)
        if checked:
            self._checked[path] = checked
        return _gathered(checked.values(), self._index.relative(path))

    def check_deployment(self, path: str, config: Config) -> Checked:
        """What holds of a deployment file."""
        chosen = self._choice(config).of_deployment
        if not chosen or self._index.is_test(path):
            return _NOTHING
        found, seen = self._index.noting(
            lambda: _check(DeploymentView(self._index, path), chosen, config)
        )
        self._index.watch.write_down(f"{path}:", seen)
        return _gathered([found], self._index.relative(path))

    def _choice(self, config: Config) -> _Choice:
        known = self._choices.get(config)
        if known is None:
            rules = active_rules(self._rules, config)
            known = self._choices[config] = _Choice(rules, config, self._index)
        return known

    def _look(
        self, checked: dict[str, Checked], table: FileTable, name: str, choice: _Choice
    ) -> None:
        """Look at the function of that name and at the class."""
        subject = f"{table.path}:{name}"
        style = choice.config.offload_style
        function = table.functions.get(name)
        chosen = choice.of_function(function, table) if function is not None else ()
        view = FunctionView(self._index, function, style) if function and chosen else None
        self._note(checked, subject, view, chosen, choice.config)
        item = table.classes.get(name)
        of_class = ClassView(self._index, item, style) if item and choice.of_class else None
        self._note(checked, f"{subject}{_OF_CLASS}", of_class, choice.of_class, choice.config)

    def _note(
        self,
        checked: dict[str, Checked],
        name: str,
        view: FunctionView | ClassView | None,
        chosen: tuple[Rule, ...],
        config: Config,
    ) -> None:
        """Keep what some rules say about something, and what they asked for it."""
        checked.pop(name, None)
        seen: set[str] = set()
        if view is not None:
            found, seen = self._index.noting(partial(_check, view, chosen, config))
            if found is not _NOTHING:
                checked[name] = found
                if self._index.tracks:
                    seen.update(_places_named(found.findings))
        if self._index.tracks:
            self._index.watch.write_down(name, seen)


class _Choice:
    """The rules that a configuration leaves on, and which of them are to look at what."""

    def __init__(self, rules: tuple[Rule, ...], config: Config, index: Index) -> None:
        self.config = config
        self.of_class = _about(rules, Subject.CLASS)
        self.of_deployment = _about(rules, Subject.DEPLOYMENT)
        self._index = index
        self._of_functions = tuple(
            rule for rule in rules if not _OF_FUNCTIONS.isdisjoint(rule.subjects)
        )
        self._needs = Needs(self._of_functions, index.knowledge)
        self._shown = {
            subject: sum(
                1 << number
                for number, rule in enumerate(self._of_functions)
                if subject in rule.subjects
            )
            for subject in _OF_FUNCTIONS
        }
        self._chosen: dict[int, tuple[Rule, ...]] = {0: ()}

    def of_function(self, entry: FunctionEntry, table: FileTable) -> tuple[Rule, ...]:
        """The rules that can have something to say about a function."""
        index, item, function_id = self._index, entry.facts, entry.id
        has_classes = item.qualname in table.local_classes
        links = index.own_links(function_id)
        bits = self._needs.met_by(item, links, has_classes=has_classes) & self._shown_of(entry)
        chosen = self._chosen.get(bits)
        if chosen is None:
            chosen = self._chosen[bits] = tuple(
                rule for number, rule in enumerate(self._of_functions) if bits >> number & 1
            )
        return chosen

    def _shown_of(self, entry: FunctionEntry) -> int:
        """The rules that are shown a function, whatever it mentions."""
        index, shown = self._index, self._shown
        found = shown[Subject.FUNCTION]
        if entry.facts.name == MODULE:
            found |= shown[Subject.MODULE]
        if entry.facts.is_async:
            found |= shown[Subject.COROUTINE]
            if index.own_runs_on_loop(entry.id):
                found |= shown[Subject.ON_LOOP]
        elif index.own_is_entered_on_loop(entry.id):
            found |= shown[Subject.PLAIN_ON_LOOP]
        if index.own_serves(entry.id):
            found |= shown[Subject.REQUEST]
            if index.own_is_entered(entry.id):
                found |= shown[Subject.ENDPOINT]
        return found


_OF_FUNCTIONS = frozenset(
    {
        Subject.COROUTINE,
        Subject.ON_LOOP,
        Subject.PLAIN_ON_LOOP,
        Subject.REQUEST,
        Subject.ENDPOINT,
        Subject.FUNCTION,
        Subject.MODULE,
    }
)


def _about(rules: tuple[Rule, ...], subject: Subject) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if subject in rule.subjects)


_OF_CLASS = "<class>"
"""After a class's id: a function can have the same."""


def check_file(index: Index, path: str, rules: tuple[Rule, ...], config: Config) -> Checked:
    """Findings of every rule that is on, in the order of the text."""
    return Checks(index, rules).check(path, config)


def check_deployment(index: Index, path: str, rules: tuple[Rule, ...], config: Config) -> Checked:
    """What the rules that are on say about a deployment file, in the order of the text."""
    return Checks(index, rules).check_deployment(path, config)


def _check(view: Any, rules: tuple[Rule, ...], config: Config) -> Checked:
    findings: list[Finding] = []
    problems: list[Problem] = []
    for rule in rules:
        try:
            findings.extend([_of_rule(item, rule, config) for item in rule.check(view)])
        except Exception as error:  # one broken rule must not take the others with it
            problems.append(_failure(rule, view, error))
    return Checked(tuple(findings), tuple(problems)) if findings or problems else _NOTHING


_NOTHING = Checked()


def _places_named(findings: Iterable[Finding]) -> Iterator[str]:
    """The keys of the places that findings name besides their own."""
    for finding in findings:
        for step in finding.trail:
            function = f":{step.function}{keys.PLACE}" if step.function else keys.FILE
            yield f"{step.path}{function}"
        for point in finding.entry_points:
            yield f"{point.path}:{point.function}{keys.PLACE}"


def _gathered(checked: Collection[Checked], path: str) -> Checked:
    findings = [finding for item in checked for finding in item.findings]
    problems = [problem for item in checked for problem in item.problems]
    if not findings and not problems:
        return _NOTHING
    findings.sort(key=lambda item: (item.span, item.code, item.function, item.message))
    problems.sort(key=lambda item: (item.line or 0, item.message))
    return Checked(tuple(_fingerprinted(findings, path)), tuple(problems))


@lru_cache(maxsize=64)
def active_rules(rules: tuple[Rule, ...], config: Config) -> tuple[Rule, ...]:
    """The rules that the configuration leaves on; files share few configurations."""
    return tuple(rule for rule in rules if config.is_on(rule.code, rule.name, enabled=rule.enabled))


def _of_rule(finding: Finding, rule: Rule, config: Config) -> Finding:
    severity = finding.severity
    chosen = config.severity_of(rule.code, rule.name, rule.severity)
    if chosen is not rule.severity:
        severity = chosen
    return msgspec.structs.replace(finding, code=rule.code, rule=rule.name, severity=severity)


def _failure(
    rule: Rule, view: FunctionView | ClassView | DeploymentView, error: Exception
) -> Problem:
    what, path, line = _named(view)
    message = (
        f"{rule.name} failed on `{what}` and skipped it "
        f"({type(error).__name__}: {error}). The other rules ran. Please report this."
    )
    return Problem(path, message, line)


def _named(view: FunctionView | ClassView | DeploymentView) -> tuple[str, str, int | None]:
    if isinstance(view, DeploymentView):
        return view.relative, view.path, None
    return view.qualname, view.entry.path, view.entry.facts.line + view.entry.offset


def _fingerprinted(findings: Iterable[Finding], path: str) -> Iterator[Finding]:
    """Findings with names that survive moved lines: equal ones are told apart by their order."""
    counts: dict[tuple[str, ...], int] = {}
    for finding in findings:
        key = (finding.rule, path, finding.function, finding.sink)
        ordinal = counts[key] = counts.get(key, 0) + 1
        yield msgspec.structs.replace(finding, fingerprint=_digest(*key, str(ordinal)))


def suppress(
    findings: Iterable[Finding],
    suppressions: Sequence[Suppression],
    path: str,
    rules: tuple[Rule, ...],
    config: Config,
) -> tuple[Finding, ...]:
    """`findings` without those that a comment silences, and with a word on comments that silence none."""
    if not suppressions:
        return tuple(findings)
    used: list[set[str]] = [set() for _ in suppressions]
    kept: list[Finding] = []
    for finding in findings:
        silencing = [index for index, item in enumerate(suppressions) if _silences(item, finding)]
        for index in silencing:
            used[index].update((finding.code, finding.rule))
        if not silencing:
            kept.append(finding)
    views = (
        CommentView(item, path, rules, active_rules(rules, config), used=names)
        for item, names in zip(suppressions, used, strict=True)
    )
    about = [item for view in views for item in _about_comment(view, rules, config)]
    kept.extend(_fingerprinted(about, path.rpartition("/")[2]))
    kept.sort(key=lambda finding: (finding.span, finding.code))
    return tuple(kept)


def _silences(item: Suppression, finding: Finding) -> bool:
    if finding.code not in item.names and finding.rule not in item.names:
        return False
    span = finding.span
    return item.applies_to_file or (
        span.line <= item.target_end_line and item.target_line <= span.end_line
    )


def _about_comment(view: CommentView, rules: tuple[Rule, ...], config: Config) -> Iterator[Finding]:
    for rule in _about(active_rules(rules, config), Subject.COMMENT):
        for finding in rule.check(view):
            yield _of_rule(finding, rule, config)


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
