"""What was found in a project when it was last known as a whole: holds as long as every text is the same.

Kept for each project in one file of the user's cache directory, so that an editor can show everything before
anything is worked out again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from unlag import kept
from unlag.finding import Finding
from unlag.packed import Packed

Findings = Mapping[str, tuple[Finding, ...]]


def digest_of(text: str | None) -> bytes:
    """A name for the text of a file, or for there being none that can be read."""
    return b"" if text is None else kept.text_digest(text)


class _Stored(msgspec.Struct, array_like=True):
    digests: dict[str, bytes]
    """Of the text of every file, by path."""
    findings: Packed


class KnownFindings:
    """The findings known of one project under one configuration."""

    def __init__(self, root: str, configs: Iterable[object]) -> None:
        self._name = kept.name_of("findings", root, sorted(map(repr, configs)))
        self._digests: dict[str, bytes] = {}
        """Of the texts that the findings that are kept were found in."""

    def holding(
        self, paths: Iterable[str], digest: Callable[[str], bytes]
    ) -> dict[str, tuple[Finding, ...]] | None:
        """All findings, by path, where `paths` are the project and have the texts of then; else None.

        `digest` gives what `digest_of` makes of the text at a path.
        """
        data = kept.load(self._name)
        if data is None:
            return None
        try:
            stored = msgspec.msgpack.decode(data, type=_Stored)
            findings = stored.findings.unpacked()
        except (msgspec.MsgspecError, IndexError, ValueError):
            return None
        paths = set(paths)
        if stored.digests.keys() != paths:
            return None
        for path in paths:
            if digest(path) != stored.digests[path]:
                return None
        self._digests = stored.digests
        found: dict[str, tuple[Finding, ...]] = {}
        for finding in findings:
            found[finding.path] = (*found.get(finding.path, ()), finding)
        return found

    def keep(self, digests: Mapping[str, bytes], findings: Findings) -> None:
        """Keep what was found in texts with these digests, by path."""
        if digests == self._digests:
            return
        self._digests = dict(digests)
        packed = Packed.of(item for items in findings.values() for item in items)
        try:
            data = msgspec.msgpack.encode(_Stored(self._digests, packed))
        except UnicodeEncodeError:
            return  # a path that is not Unicode
        kept.save(self._name, data)
