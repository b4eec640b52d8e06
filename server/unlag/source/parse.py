"""From the text of one file to its facts and suppressions; trouble comes back as a value.

The door to this package for whole files. Nothing is read from disk and no text is kept.
"""

from __future__ import annotations

import msgspec

from unlag.source.broken import salvage
from unlag.source.chunks import Chunk, Place, facts_of, trouble_in
from unlag.source.extract import extract_file
from unlag.source.facts import FileFacts
from unlag.source.suppressions import Suppression, suppressions
from unlag.source.tree import UNREADABLE, SyntaxTrouble, statements, trouble_of

__all__ = ["Parsed", "SyntaxTrouble", "parse"]


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """What one text says."""

    facts: FileFacts
    suppressions: tuple[Suppression, ...]
    trouble: SyntaxTrouble | None
    chunks: tuple[Chunk, ...] = ()
    """Empty where the text was read in one go."""
    joined: tuple[int, ...] = ()
    """Indexes of the units that start on the line where the unit before them ends."""

    def without_facts(self) -> Parsed:
        """What is left to ask of a file once its facts have been arranged elsewhere."""
        return Parsed(_NO_FACTS, self.suppressions, self.trouble)


_NO_FACTS = FileFacts((), 0)


def parse(text: str) -> Parsed:
    """The facts of a file, as many as can be had where it is not valid Python."""
    text = normalised(text)
    try:
        tree = statements(text)
    except UNREADABLE as error:
        chunks = tuple(salvage(text, Place()))
        trouble = trouble_in(chunks) or trouble_of(error)
        return Parsed(facts_of(chunks), suppressions(text), trouble, chunks)
    facts, joined = extract_file(tree, text.split("\n"), is_ascii=text.isascii())
    return Parsed(facts, suppressions(text), None, joined=joined)


def normalised(text: str) -> str:
    """The text with its line ends as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
