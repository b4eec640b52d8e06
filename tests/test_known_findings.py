"""What was found before is said again only of the very texts it was found in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from unlag.finding import EntryPoint, Finding, FixOffer, Safety, Severity, Span, Step
from unlag.kept import text_digest
from unlag.known_findings import KnownFindings, digest_of

TEXTS = {"/p/a.py": "a = 1\n", "/p/b.py": "b = 'ü'\n"}
POINT = EntryPoint("route", "GET", "/", "f", "/p/a.py", 1)
FOUND = {
    "/p/a.py": (
        Finding(
            *("LAG101", "blocking-call", Severity.ERROR, "/p/a.py", Span(1, 0, 1, 5), "Slow."),
            trail=(Step("/p/a.py", 1, 0, "f", "g"),),
            entry_points=(POINT,) * 3,
            fixes=(FixOffer("Await it", Safety.SAFE, "offload"),),
        ),
        Finding("LAG102", "other", Severity.HINT, "/p/a.py", Span(1, 0, 1, 5), "Slow.", entry_points=(POINT,)),
    )
}  # fmt: skip


@pytest.fixture(autouse=True)
def kept_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    KnownFindings("/p", ["a"]).keep(digests(TEXTS), FOUND)
    return tmp_path / "unlag" / "kept"


def digests(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text_digest(text) for path, text in texts.items()}


def digesting(texts: Mapping[str, str | None]) -> Callable[[str], bytes]:
    return lambda path: digest_of(texts.get(path))


def found(texts: Mapping[str, str], root: str = "/p", config: str = "a") -> object:
    return KnownFindings(root, [config]).holding(texts.keys(), digesting(texts))


def test_the_same_texts_have_the_same_findings() -> None:
    assert found(TEXTS) == FOUND


def test_anything_else_has_none() -> None:
    assert found({**TEXTS, "/p/b.py": "b = 2\n"}) is None
    assert found({**TEXTS, "/p/c.py": ""}) is None
    assert found({"/p/a.py": TEXTS["/p/a.py"]}) is None
    assert found(TEXTS, root="/q") is None
    assert found(TEXTS, config="b") is None


def test_a_file_that_cannot_be_read_is_as_it_was_as_long_as_it_cannot() -> None:
    KnownFindings("/p", ["a"]).keep({**digests(TEXTS), "/p/c.py": digest_of(None)}, FOUND)
    texts: dict[str, str | None] = {**TEXTS, "/p/c.py": None}
    assert KnownFindings("/p", ["a"]).holding(texts, digesting(texts)) == FOUND
    texts["/p/c.py"] = ""
    assert KnownFindings("/p", ["a"]).holding(texts, digesting(texts)) is None


def test_a_damaged_file_says_nothing(kept_folder: Path) -> None:
    (file,) = kept_folder.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert found(TEXTS) is None


def test_what_is_kept_already_is_not_written_again(kept_folder: Path) -> None:
    known = KnownFindings("/p", ["a"])
    assert known.holding(TEXTS.keys(), digesting(TEXTS)) == FOUND
    (file,) = kept_folder.iterdir()
    file.unlink()
    known.keep(digests(TEXTS), FOUND)
    assert not list(kept_folder.iterdir())
    known.keep(digests({**TEXTS, "/p/b.py": ""}), FOUND)
    assert found({**TEXTS, "/p/b.py": ""}) == FOUND
