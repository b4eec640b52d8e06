"""Findings as they go into the cache: many of them share a list of hundreds of entry points."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from unlag.finding import EntryPoint, Finding


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """Findings with every list of entry points once."""

    findings: tuple[Finding, ...] = ()
    """They have lost their entry points."""
    lists: tuple[tuple[EntryPoint, ...], ...] = ()
    list_of: tuple[int, ...] = ()
    """For each finding, which list it had."""

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Packed:
        """The same findings, packed."""
        findings = tuple(findings)
        lists: dict[tuple[EntryPoint, ...], int] = {}
        list_of = [lists.setdefault(item.entry_points, len(lists)) for item in findings]
        bare = tuple(msgspec.structs.replace(item, entry_points=()) for item in findings)
        return cls(bare, tuple(lists), tuple(list_of))

    def unpacked(self) -> tuple[Finding, ...]:
        """The findings as they were."""
        return tuple(
            msgspec.structs.replace(finding, entry_points=self.lists[number])
            for finding, number in zip(self.findings, self.list_of, strict=True)
        )
