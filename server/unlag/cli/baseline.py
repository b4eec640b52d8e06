"""The file of findings a project has accepted for now: only findings beyond it are reported.

Holds fingerprints with counts, so moving lines changes nothing. Says nothing about which findings
there are; `report` does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from unlag.cli.places import shown
from unlag.finding import Finding, Problem

VERSION = 1


class Entry(msgspec.Struct, frozen=True, order=True):
    """Findings of one fingerprint in one file; the rule is there for readers."""

    path: str
    """Relative to the folder of the baseline, with /."""
    rule: str
    fingerprint: str
    count: int

    def path_in(self, folder: str) -> str:
        """The absolute path; `folder` is that of the baseline."""
        return os.path.normpath(os.path.join(folder, self.path))


class Baseline(msgspec.Struct, frozen=True):
    """The content of the file."""

    version: int = VERSION
    findings: tuple[Entry, ...] = ()


class Compared(msgspec.Struct, frozen=True):
    """A run beside its baseline."""

    new: tuple[Finding, ...]
    known: int
    stale: tuple[Entry, ...]
    """What no longer occurs, with the count that is gone."""


def load(path: str) -> Baseline | Problem:
    """The baseline at `path`, or what is wrong with it."""
    try:
        with open(path, "rb") as handle:
            baseline = msgspec.json.decode(handle.read(), type=Baseline)
    except FileNotFoundError:
        message = "There is no such baseline. Write it with --write-baseline."
        return Problem(path, message, fatal=True)
    except OSError as error:
        return Problem(path, f"The baseline cannot be read: {error.strerror}.", fatal=True)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"This is no baseline of Unlag: {error}. Write it again with --write-baseline."
        return Problem(path, message, fatal=True)
    if baseline.version != VERSION:
        message = (
            f"The baseline has version {baseline.version}, this Unlag reads version {VERSION}. "
            "Write it again with --write-baseline."
        )
        return Problem(path, message, fatal=True)
    return baseline


def of(findings: Iterable[Finding], folder: str, others: Iterable[Entry] = ()) -> Baseline:
    """The baseline that accepts exactly these findings and `others`; `folder` is where it will stand."""
    counts = Counter((_relative(f.path, folder), f.rule, f.fingerprint) for f in findings)
    entries = [Entry(*identity, count) for identity, count in counts.items()]
    return Baseline(findings=tuple(sorted((*entries, *others))))


def unchecked(path: str, is_checked: Callable[[Entry], bool]) -> tuple[Entry, ...]:
    """The entries of the baseline at `path`, if there is one, for what this run has not looked at."""
    known = load(path)
    if isinstance(known, Problem):
        return ()
    return tuple(entry for entry in known.findings if not is_checked(entry))


def encoded(baseline: Baseline) -> bytes:
    """The file's content: one entry a few short lines, so that version control shows changes."""
    return msgspec.json.format(msgspec.json.encode(baseline), indent=2) + b"\n"


def compare(
    findings: Iterable[Finding],
    baseline: Baseline,
    folder: str,
    is_checked: Callable[[Entry], bool],
) -> Compared:
    """Which findings are new, and which entries are stale; `folder` is where the file stands.

    `is_checked` tells whether this run has looked for what an entry speaks of at all.
    """
    left = Counter({(entry.path, entry.fingerprint): entry.count for entry in baseline.findings})
    new = []
    known = 0
    for finding in findings:
        identity = (_relative(finding.path, folder), finding.fingerprint)
        if left[identity] > 0:
            left[identity] -= 1
            known += 1
        else:
            new.append(finding)
    stale = tuple(
        msgspec.structs.replace(entry, count=left[entry.path, entry.fingerprint])
        for entry in baseline.findings
        if left[entry.path, entry.fingerprint] > 0 and is_checked(entry)
    )
    return Compared(tuple(new), known, stale)


def write(baseline: Baseline, path: str) -> Problem | None:
    """Replace the file in one step."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as handle:
            handle.write(encoded(baseline))
        os.replace(temporary, path)
    except OSError as error:
        message = f"The baseline cannot be written: {error.strerror}."
        return Problem(path, message, fatal=True)
    return None


def _relative(path: str, folder: str) -> str:
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:
        return shown(path)  # another drive
