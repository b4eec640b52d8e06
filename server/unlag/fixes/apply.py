"""Carries out many fixes at once: texts and findings in, new texts out, pass by pass.

Does no I/O and knows no engine: the caller reads, re-analyses and writes. The command line uses
it for `--fix`, the language server for fix-all.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from unlag import fixes
from unlag.finding import Edit, Finding, FixOffer, Safety
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.composing import apply_edits
from unlag.fixes.names import bound_in
from unlag.fixes.parsing import still_parses, why_broken
from unlag.fixes.unused import left_behind

PASSES = 100
"""More means that fixes undo each other: rules that speak once a project need a pass a place."""


class Fix(msgspec.Struct, frozen=True):
    """An offer and the finding it belongs to."""

    finding: Finding
    offer: FixOffer


Made = tuple[Fix, tuple[Edit, ...]]
"""A fix and the edits that make it."""


class Refused(msgspec.Struct, frozen=True):
    """A fix that was not made, or did not help, and why."""

    fix: Fix
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What one pass or all of them did."""

    texts: Mapping[str, str]
    """The files that changed, by path."""
    applied: tuple[Fix, ...]
    refused: tuple[Refused, ...]


class Project(msgspec.Struct, frozen=True):
    """What fixing needs to know of the caller's files."""

    text_of: Callable[[str], str | None]
    """The text of a file as it was analysed; None where it must not be edited."""
    style_of: Callable[[str], str]
    """The offload style configured for a file."""
    analyse: Callable[[Mapping[str, str]], Iterable[Finding]]
    """The findings of the whole project once these texts have replaced the old ones."""


_GIVEN = re.compile(r"[^\W\d]\w* = \S")

Place = tuple[str, str, str, str]
"""What stays of a finding's identity while lines move: code, path, function, sink."""


def fix_all(findings: Iterable[Finding], project: Project, *, unsafe: bool) -> Outcome:
    """Apply safe fixes, or all of them, until none is left that can be made."""
    texts: dict[str, str] = {}
    applied: list[Fix] = []
    refused: dict[tuple[Place, str], Refused] = {}
    idle: dict[Place, Refused] = {}
    current = tuple(findings)

    def text_of(path: str) -> str | None:
        return texts[path] if path in texts else project.text_of(path)

    for _ in range(PASSES):
        wanted = [finding for finding in current if place(finding) not in idle]
        done = one_pass(wanted, text_of, project.style_of, unsafe=unsafe)
        for item in done.refused:
            refused[place(item.fix.finding), _line(item.fix.finding, text_of)] = item
        if not done.applied:
            break
        old = {path: text_of(path) or "" for path in done.texts}
        texts.update(done.texts)
        applied.extend(done.applied)
        before, current = current, tuple(project.analyse(done.texts))
        vain = _without_effect(done.applied, before, current)
        moved = _moved_on(vain, current, old, text_of)
        idle.update((key, value) for key, value in vain.items() if key not in moved)
    changed = {path: text for path, text in texts.items() if text != project.text_of(path)}
    left = {place(finding) for finding in current}
    still = [item for item in refused.values() if place(item.fix.finding) in left]
    return Outcome(changed, tuple(applied), (*still, *idle.values()))


def one_pass(
    findings: Iterable[Finding],
    text_of: Callable[[str], str | None],
    style_of: Callable[[str], str],
    *,
    unsafe: bool,
) -> Outcome:
    """Apply the fixes that do not get in each other's way; the others wait for the next pass.

    Each finding gets its first fix that can be made here.
    """
    taken: dict[str, list[Edit]] = {}
    given: set[tuple[str, str, str]] = set()
    made: list[Made] = []
    refused: list[Refused] = []
    for finding in sorted(findings, key=lambda finding: (finding.path, finding.span)):
        offers = [o for o in finding.fixes if unsafe or o.safety is Safety.SAFE]
        attempt = _first_possible(finding, offers, text_of, style_of)
        if isinstance(attempt, Refused):
            refused.append(attempt)
        elif attempt and not any(_collides(e, taken.get(e.path, ())) for e in attempt[1]):
            own = {(finding.path, finding.function, line) for line in _given(attempt[1])}
            if own & given:
                continue  # once the other is made, this one can find the value there
            given |= own
            made.append(attempt)
            for edit in attempt[1]:
                taken.setdefault(edit.path, []).append(edit)
    good, broken = _parsing(made, text_of)
    texts = {
        path: apply_edits(text, left_behind(path, text_of(path) or "", text))
        for path, text in _edited(good, text_of)
    }
    return Outcome(texts, tuple(fix for fix, _ in good), (*refused, *broken))


def place(finding: Finding) -> Place:
    """What two findings have in common that a fix of one of them does not tell apart."""
    return finding.code, finding.path, finding.function, finding.sink


def _line(finding: Finding, text_of: Callable[[str], str | None]) -> str:
    lines = (text_of(finding.path) or "").split("\n")
    return lines[finding.span.line - 1].strip() if finding.span.line <= len(lines) else ""


def _first_possible(
    finding: Finding,
    offers: Iterable[FixOffer],
    text_of: Callable[[str], str | None],
    style_of: Callable[[str], str],
) -> Made | Refused | None:
    refusal = None
    for offer in offers:
        fix = Fix(finding, offer)
        edits = _edits(fix, text_of, style_of)
        if not isinstance(edits, Refusal):
            return fix, edits
        refusal = refusal or Refused(fix, edits.reason)
    return refusal


def _edits(
    fix: Fix, text_of: Callable[[str], str | None], style_of: Callable[[str], str]
) -> tuple[Edit, ...] | Refusal:
    path = fix.finding.path
    text = text_of(path)
    if text is None:
        return Refusal("the file could not be read whole")
    request = FixRequest(path, text, fix.finding.span, fix.offer.arguments, style_of(path), text_of)
    try:
        edits = fixes.edits_alone(fix.offer, request)
    except Exception as error:  # one faulty kind of fix must not cost the user all the others
        return Refusal(f"this is a fault in Unlag, report it: {type(error).__name__}: {error}")
    if isinstance(edits, tuple) and any(text_of(edit.path) is None for edit in edits):
        return Refusal("it needs an edit in a file that could not be read whole")
    return edits


def _collides(edit: Edit, taken: Iterable[Edit]) -> bool:
    return any(_overlap(edit, other) for other in taken)


def _overlap(one: Edit, other: Edit) -> bool:
    if _inserts_lines(one) and _inserts_lines(other):
        if one.span != other.span and _defined(one) & _defined(other):
            return True  # the later one would win
        # the same import is wanted once; two different ones may not be told which goes first
        return one.span == other.span and one.text != other.text
    start, end = (one.span.line, one.span.column), (one.span.end_line, one.span.end_column)
    span = other.span
    other_start, other_end = (span.line, span.column), (span.end_line, span.end_column)
    if start == other_start:
        return not (_inserts_lines(one) or _inserts_lines(other))
    return start < other_end and other_start < end


def _given(edits: Iterable[Edit]) -> Iterator[str]:
    """The first lines of edits that give a name a value, such as a client that others share."""
    lines = (edit.text.strip().partition("\n")[0].strip() for edit in edits)
    return (line for line in lines if _GIVEN.match(line))


def _inserts_lines(edit: Edit) -> bool:
    """Whether the edit puts whole lines, such as an import, before a line."""
    span = edit.span
    is_insertion = (span.line, span.column) == (span.end_line, span.end_column)
    return is_insertion and span.column == 0 and edit.text.endswith("\n")


def _defined(edit: Edit) -> frozenset[str]:
    """What the lines of an edit would bind in a module, but for imports."""
    try:
        body = ast.parse(edit.text).body
    except SyntaxError:
        return frozenset()
    own: list[ast.stmt] = [one for one in body if not isinstance(one, ast.Import | ast.ImportFrom)]
    return frozenset(name for name, _ in bound_in(ast.Module(own, [])))


def _parsing(
    made: Sequence[Made], text_of: Callable[[str], str | None]
) -> tuple[Sequence[Made], list[Refused]]:
    """The fixes after which every file still parses, and those that break one by themselves.

    Two can be fine alone and not together, as an `await` in a function that the other makes a plain
    `def`: the second is in neither list and waits for the next pass.
    """
    harmed = {
        path
        for path, text in _edited(made, text_of)
        if not still_parses(path, text_of(path) or "", text)
    }
    good: list[Made] = []
    refused: list[Refused] = []
    for fix, edits in made:
        paths = {edit.path for edit in edits}
        beside = [other for other in good if any(edit.path in paths for edit in other[1])]
        broken = _broken([*beside, (fix, edits)], paths & harmed, text_of)
        if not broken:
            good.append((fix, edits))
        elif alone := _broken([(fix, edits)], paths, text_of):
            refused.append(Refused(fix, why_broken(alone[0], text_of(alone[0]) or "")))
    return good, refused


def _broken(
    made: Sequence[Made], paths: Collection[str], text_of: Callable[[str], str | None]
) -> list[str]:
    """Those of some files that no longer parse after the fixes."""
    if not paths:
        return []
    texts = dict(_edited(made, text_of))
    return [
        path for path in sorted(paths) if not still_parses(path, text_of(path) or "", texts[path])
    ]


def _edited(
    made: Iterable[Made], text_of: Callable[[str], str | None]
) -> Iterator[tuple[str, str]]:
    by_path: dict[str, list[Edit]] = {}
    for _, edits in made:
        for edit in edits:
            by_path.setdefault(edit.path, []).append(edit)
    for path, edits_of_file in by_path.items():
        yield path, apply_edits(text_of(path) or "", edits_of_file)


def _without_effect(
    applied: Iterable[Fix], before: Iterable[Finding], after: Iterable[Finding]
) -> dict[Place, Refused]:
    """The places that have as many findings as before their fix: to try again is vain."""
    had, has = Counter(map(place, before)), Counter(map(place, after))
    return {
        place(fix.finding): Refused(fix, "it was made, but the finding is still there")
        for fix in applied
        if has[place(fix.finding)] >= had[place(fix.finding)]
    }


def _moved_on(
    vain: Mapping[Place, Refused],
    after: Iterable[Finding],
    old: Mapping[str, str],
    text_of: Callable[[str], str | None],
) -> set[Place]:
    """The places whose finding now stands on another line that was there before the fix.

    Rules that speak once a project, or once a function, go on to the next line, which can read the same.
    """
    now: dict[Place, set[str]] = {}
    for finding in after:
        now.setdefault(place(finding), set()).add(_line(finding, text_of))
    moved = set()
    for key, refused in vain.items():
        fixed = _line(refused.fix.finding, old.get)
        others = Counter(line.strip() for line in old.get(key[1], "").split("\n"))
        left = Counter(line.strip() for line in (text_of(key[1]) or "").split("\n"))
        if left[fixed] >= others[fixed]:
            del others[fixed]
        if key in now and now[key] <= others.keys():
            moved.add(key)
    return moved
