"""The index as its owner sees it: built from every file's facts, brought up to date by edits.

An update gives out the keys of all that may be answered otherwise. It gives exactly what building from
scratch would; a property test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from unlag.deployment.project import AboutCode, Deployment
from unlag.knowledge import Knowledge
from unlag.project import keys
from unlag.project.changes import Watch
from unlag.project.edited_tables import Edits, imports_more
from unlag.project.graph import Lengths
from unlag.project.hints import Hint
from unlag.project.index import Index
from unlag.project.joined import Changed, Joined
from unlag.project.naming import mention
from unlag.project.options import Options
from unlag.project.stored import StoredIndex
from unlag.project.table import FileTable
from unlag.source.facts import FileFacts

_MANY_MOVED = 8
"""Once one of so many files came or went, all of them are joined anew sooner than what looked for them."""
_OWN = (keys.FACTS, keys.PLACE, keys.LINKS, keys.CONTEXTS, keys.ROUTES)
"""What whoever looks at a function sees of it without asking; not its text, for which rules ask."""


def go_on() -> None:
    """No pause."""


class Update(msgspec.Struct, frozen=True):
    """What an update gave other answers to."""

    everything: bool = False
    """Another library is mentioned, or many files came or went: nothing is known to be as it was."""
    keys: frozenset[str] = frozenset()
    """The look-ups that may have another answer."""
    subjects: frozenset[str] = frozenset()
    """Functions and classes that say something else now, stand, lead or run elsewhere, or are told otherwise of."""


class LiveIndex(Index):
    """An index whose facts are handed in and can be replaced."""

    def __init__(
        self,
        knowledge: Knowledge,
        options: Options,
        *,
        tracks: bool = True,
        pause: Callable[[], None] = go_on,
    ) -> None:
        """`pause` is called now and then while files are joined, for what cannot wait; the state before answers."""
        super().__init__(knowledge, options, tracks=tracks)
        self._pause = pause
        self._hints: dict[str, Hint] = {}
        self._join({})

    def read_texts_with(self, text_of: Callable[[str], str | None]) -> None:
        """Whoever owns the texts of files says how they are got."""
        self._syntaxes.text_of = text_of

    # -- building

    def build(self, tables: Mapping[str, FileTable]) -> None:
        """Join `tables`, forgetting all there was."""
        self._join(dict(sorted(tables.items())))

    def update(self, files: Mapping[str, FileFacts | None]) -> Update:
        """Replace the facts of some files, None removes one; says what may be answered otherwise."""
        self._syntaxes.forget()
        tables = self._joined.tables
        after = {
            path: self._table(path, facts) if facts is not None else None
            for path, facts in files.items()
            if facts is not None or path in tables
        }
        moved = sum((table is None) is (path in tables) for path, table in after.items())
        importing = [
            table
            for path, table in after.items()
            if table and imports_more(tables.get(path), table)
        ]
        if _MANY_MOVED * moved > len(tables) or mention(self.knowledge, importing):
            kept = {path: table for path, table in {**tables, **after}.items() if table is not None}
            self._join(dict(sorted(kept.items())))
            return Update(everything=True)
        return self._take(self._joined.edit(after))

    def stored(self) -> StoredIndex | None:
        """All that is known, for `restore` in another process; None where not only texts made it so."""
        if self._hints:
            return None
        linked, lengths = self._joined.linked, self._joined.graph.lengths
        answers, count, remembered = self._remembered.stored()
        surveys, parts, surveyed = self._surveys.stored()
        return StoredIndex(
            links=linked.links,
            linked=linked.watch.stored(),
            contexts=lengths.contexts,
            reaches=lengths.reaches,
            answers=answers,
            remembered=remembered,
            count=count,
            surveys=surveys,
            parts=parts,
            surveyed=surveyed,
            checked=self.watch.stored(),
            entered=self._entries.asked(),
        )

    def restore(self, tables: Mapping[str, FileTable], stored: StoredIndex) -> None:
        """Know what was stored of just these `tables`, forgetting all there was."""
        tables = dict(sorted(tables.items()))
        mention(self.knowledge, tables.values())
        self._pause()
        lengths = Lengths(stored.contexts, stored.reaches)
        linked = Watch.restored(stored.linked)
        joined = Joined.restored(
            tables, self.knowledge, self.options, stored.links, linked, lengths
        )
        self._use(joined)
        self._remembered.restore(stored.answers, stored.count, stored.remembered)
        self._surveys.restore(stored.surveys, stored.parts, stored.surveyed)
        self.watch = Watch.restored(stored.checked)
        for function in stored.entered:
            self._entries.routes(function)
        self._resolver.seen = set()

    def _table(self, path: str, facts: FileFacts) -> FileTable:
        known = self._joined.tables.get(path)
        return known.edited(facts) if known is not None else FileTable(path, facts)

    def deploy(self, deployments: Mapping[str, Deployment]) -> Update:
        """Take in what the deployment files of each root say, by the root with its last separator."""
        before, self._deployments = self._deployments, deployments
        if _about_code(before) == _about_code(deployments):
            return Update()
        return Update(keys=frozenset(self._give_out({keys.DEPLOYMENT})))

    def hint(self, hints: Mapping[str, Hint]) -> Update:
        """Take in what calls of some functions mean that the project's own text leaves open."""
        modules = {
            name.partition(".")[0] for hint in hints.values() for name in hint.names.values()
        }
        grew = [module for module in sorted(modules) if self.knowledge.mention(module)]
        self._hints.update(hints)
        if grew:
            self._join(dict(self._joined.tables))
            return Update(everything=True)
        entries = [self._resolver.function(function) for function in hints]
        return self._take(self._joined.again(entry for entry in entries if entry is not None))

    def _take(self, changed: Changed) -> Update:
        found = changed.keys
        if not found:
            return Update()
        found.add(keys.ANYTHING)
        own = {kind: set[str]() for kind in _OWN}
        for key in found:
            head, bracket, kind = key.rpartition("<")
            if bracket and f"<{kind}" in own:
                own[f"<{kind}"].add(head)
        routed = self._entries.follow(changed, own[keys.PLACE])
        found.update(f"{function}{keys.ENTRIES}" for function in routed)
        subjects = frozenset().union(*own.values())
        given = self._give_out(found, changed.files, changed.edits)
        return Update(keys=frozenset(given), subjects=subjects)

    def _give_out(
        self, found: set[str], files: Iterable[str] = (), edits: Edits | None = None
    ) -> set[str]:
        """All keys with another answer, where those in `found` have one, and `files` came or went."""
        self._resolver.forget(found)
        lapsed = self._remembered.lapse(found)
        lapse = self._remembered.lapse
        surveyed = self._surveys.renew(self, found | lapsed, lapse, files, edits)
        if surveyed:
            self._resolver.forget(surveyed)
        self._resolver.seen = set()  # what was looked up meanwhile is nobody's
        return found | lapsed | surveyed

    def _join(self, tables: dict[str, FileTable]) -> None:
        mention(self.knowledge, tables.values())
        joined = Joined.of(
            tables,
            self.knowledge,
            self.options,
            self._hints,
            tracks=self.tracks,
            pause=self._pause,
        )
        self._use(joined)

    def pack(self) -> None:
        """Keep what has been asked so far in less room, as most of what will be; let go of trees."""
        self._syntaxes.forget()
        self.resolver.forget()
        self.watch.pack()
        self._remembered.pack()

    def own_tables(self) -> Mapping[str, FileTable]:
        """The tables of all files, for who writes down all that is known."""
        return self._joined.tables


def _about_code(deployments: Mapping[str, Deployment]) -> dict[str, AboutCode]:
    return {root: deployment.about_code for root, deployment in deployments.items()}
