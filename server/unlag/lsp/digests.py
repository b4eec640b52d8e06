"""What tells the texts of a project apart from those of another time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unlag.known_findings import digest_of
from unlag.lsp.texts import Texts


class Digests:
    """The digests of the texts that a project's findings speak of, by path."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[str, bytes] = {}
        self._outdated: set[str] = set()
        """Paths that were read since without working out a digest: that is too dear at each keystroke."""

    def clear(self) -> None:
        """Know none."""
        self._known.clear()

    def read(self, path: str) -> str | None:
        """The text of a file that is to be known from now on."""
        text = self._texts.read(path)
        self._known[path] = digest_of(text)
        return text

    def has(self, path: str) -> bool:
        """Whether the file was read, and not touched since."""
        return path in self._known

    def of(self, path: str) -> bytes:
        """The digest of a file; empty where it is not known."""
        return self._known.get(path, b"")

    def touch(self, path: str) -> None:
        """Have the digest worked out anew the next time all are wanted."""
        self._known.pop(path, None)
        self._outdated.add(path)

    def all_of(self, files: Iterable[str]) -> Mapping[str, bytes] | None:
        """The digests of exactly these files; None where the disk has gone on since one was read."""
        wanted = frozenset(files)
        for path in self._outdated:
            text = self._texts.again(path) if path in wanted else None
            if text is not None:
                self._known[path] = digest_of(text)
        self._outdated.clear()
        return self._known if self._known.keys() == wanted else None
