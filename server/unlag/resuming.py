"""What happened to a project's files since its state was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from unlag.config import Config
from unlag.deployment.names import kind_of
from unlag.kept import text_digest
from unlag.known_facts import KnownFacts
from unlag.known_state import Kept
from unlag.source.facts import FileFacts
from unlag.source.parse import Parsed
from unlag.workspace import Change

_TOO_MANY = 3
"""Where one file in so many is another, all are joined anew as soon."""
_NO_FACTS = FileFacts((), 0)


class Since(msgspec.Struct, frozen=True):
    """The Python files then, and what became of all."""

    before: Mapping[str, Parsed]
    changes: tuple[Change, ...]
    """Deployment files are among them whether they are others or not: they are soon read."""
    others: int
    """How many files came, went or have another text."""
    is_whole: bool
    """False where nobody wanted to wait for all."""

    @property
    def is_worth_it(self) -> bool:
        """Whether going on from then is sooner than starting anew."""
        return self.is_whole and _TOO_MANY * self.others <= len(self.before)

    def everything(self) -> Iterator[Change]:
        """All files as they are now, for who starts anew and keeps no texts."""
        changed = {change.path for change in self.changes}
        for path, parsed in self.before.items():
            if path not in changed:
                yield Change(path, "", parsed)
        yield from self.changes


class Reading(msgspec.Struct, frozen=True):
    """How the texts of files are had."""

    read: Callable[[str], str | None]
    digest: Callable[[str], bytes]
    """Of the text, as `known_findings.digest_of` gives it; has it read where it is not known yet."""


def digests_of(config_for: Callable[[str], Config], folders: Iterable[str]) -> dict[str, bytes]:
    """A digest of the configuration of each folder; equal ones are one object."""
    known: dict[Config, bytes] = {}
    found = {}
    for folder in folders:
        config = config_for(folder)
        if config not in known:
            known[config] = text_digest(repr(config))
        found[folder] = known[config]
    return found


def can_resume(state: Kept, facts: KnownFacts, config: Mapping[str, bytes]) -> bool:
    """Whether the files as they were then are known still, and are configured as they are now."""
    then = state.then
    is_configured_alike = all(then.config.get(name, now) == now for name, now in config.items())
    return is_configured_alike and all(
        path in state.edited or kind_of(path) is not None or facts.knows(digest)
        for path, digest in then.digests.items()
    )


def since(
    paths: Iterable[str],
    state: Kept,
    facts: KnownFacts,
    texts: Reading,
    watch: Callable[[int, int], bool],
    *,
    stays: bool = False,
) -> Since:
    """What became of the files of a state; `paths` are those of now.

    `stays` where the next start goes on from this state too: its facts are not to be forgotten.
    """
    then, edited = state.then, state.edited
    before: dict[str, Parsed] = {}
    changes: list[Change] = []
    others = 0
    now = set(paths)
    every = sorted(now | then.digests.keys())
    for number, path in enumerate(every):
        if not watch(number, len(every)):
            return Since(before, tuple(changes), others, is_whole=False)
        is_source, was = kind_of(path) is None, then.digests.get(path)
        is_same = bool(was) and path in now and was == texts.digest(path)
        if was is not None and is_source:
            found = facts.of(was, is_wanted=is_same or stays) if path not in edited else None
            before[path] = found or Parsed(edited.get(path, _NO_FACTS), (), None)
            if is_same and found is not None:
                continue
        text = texts.read(path) if path in now else None
        others += not is_same and (text is not None or was is not None)
        if text is not None:
            changes.append(Change(path, text, facts.parsed(text) if is_source else None))
        elif was is not None:
            changes.append(Change(path, None))
    return Since(before, tuple(changes), others, is_whole=True)
