from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from unlag import discovery
from unlag.config import Config
from unlag.discovery import Discovery

Make = Callable[[str], None]


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[str], Path]:
    """Makes one file a line; `.gitignore` lines carry their content after a colon."""

    def make(listing: str) -> Path:
        for line in filter(None, map(str.strip, listing.splitlines())):
            name, _, content = line.partition(": ")
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content.replace(" ", "\n"))
        return tmp_path

    return make


def found(folder: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    result = discover(folder, *paths, exclude=exclude)
    assert result.problems == ()
    return [os.path.relpath(path, folder) for path in result.files]


def discover(folder: Path, *paths: str, exclude: tuple[str, ...] = ()) -> Discovery:
    config = Config(root=str(folder), exclude=exclude)
    named = [os.path.normpath(folder / path) for path in paths or (".",)]
    return discovery.discover(named, lambda _: config)


def test_only_python_files_of_the_project_are_taken(tree: Callable[[str], Path]) -> None:
    folder = tree(
        """
        app/main.py
        app/data.json
        app/stub.pyi
        .venv/lib/x.py
        env/pyvenv.cfg
        env/lib/y.py
        node_modules/a/b.py
        app/__pycache__/c.py
        build/lib/app/main.py
        shop.egg-info/d.py
        odd.py/inner.py
        """
    )
    assert found(folder) == ["app/main.py", "odd.py/inner.py"]


def test_a_named_path_is_taken_whatever_excludes_it(tree: Callable[[str], Path]) -> None:
    folder = tree(
        """
        .gitignore: generated/
        build/tool.py
        generated/models.py
        generated/deep/more.py
        script
        """
    )
    (folder / ".git").mkdir()
    assert found(folder, "build", "generated", "script") == [
        "build/tool.py",
        "generated/deep/more.py",
        "generated/models.py",
        "script",
    ]


def test_gitignore_nested_negated_and_anchored(tree: Callable[[str], Path]) -> None:
    folder = tree(
        """
        .gitignore: *_pb2.py /local.py tmp/ secret/* !secret/keep.py # data
        app/.gitignore: !order_pb2.py /local.py
        local.py
        app/local.py
        app/inner/local.py
        user_pb2.py
        app/order_pb2.py
        tmp/x.py
        secret/keep.py
        secret/lost.py
        """
    )
    assert found(folder) == ["app/inner/local.py", "app/order_pb2.py", "secret/keep.py"]


def test_patterns_above_the_named_folder_hold_up_to_the_repository(
    tree: Callable[[str], Path],
) -> None:
    folder = tree(
        """
        .gitignore: a.py
        repo/.gitignore: b.py
        repo/app/a.py
        repo/app/b.py
        """
    )
    (folder / "repo" / ".git" / "info").mkdir(parents=True)
    assert found(folder, "repo/app") == ["repo/app/a.py"]
    (folder / "repo" / ".git" / "info" / "exclude").write_text("a.py\n")
    assert found(folder, "repo/app") == []


def test_exclude_is_stronger_than_gitignore_and_the_defaults(tree: Callable[[str], Path]) -> None:
    folder = tree(
        """
        .gitignore: generated.py
        generated.py
        build/a.py
        app/old.py
        app/new.py
        """
    )
    exclude = ("!generated.py", "!build/", "app/old.py")
    assert found(folder, exclude=exclude) == ["app/new.py", "build/a.py", "generated.py"]


@pytest.mark.parametrize("pattern", ["!", "***", "\\", "[", "a b", "x.p[y", "# x", "*.p?", "é*"])
def test_odd_patterns_do_no_harm(tree: Callable[[str], Path], pattern: str) -> None:
    folder = tree("app/main.js\napp/z.py")
    (folder / ".gitignore").write_text(f"{pattern}\nmain.*\n")
    assert set(found(folder)) <= {"app/z.py"}


def test_links_to_folders_are_not_entered(tree: Callable[[str], Path]) -> None:
    folder = tree("app/main.py\nother/z.py")
    (folder / "app" / "loop").symlink_to(folder)
    (folder / "app" / "self").symlink_to("self")
    (folder / "app" / "linked").symlink_to(folder / "other")
    assert found(folder, "app") == ["app/main.py"]
    assert found(folder, "app/linked") == ["app/linked/z.py"]


def test_a_linked_file_is_taken_once(tree: Callable[[str], Path]) -> None:
    folder = tree("app/main.py\nother/z.py")
    (folder / "app" / "again.py").symlink_to("main.py")
    (folder / "app" / "z.py").symlink_to(folder / "other" / "z.py")
    (folder / "app" / "zz.py").symlink_to(folder / "other" / "z.py")
    assert found(folder, "app") == ["app/main.py", "app/z.py"]


def test_a_link_that_leads_nowhere_is_left_to_the_reader_to_say(
    tree: Callable[[str], Path],
) -> None:
    folder = tree("app/main.py")
    (folder / "app" / "loop.py").symlink_to("loop.py")
    assert found(folder) == ["app/loop.py", "app/main.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_opened(tree: Callable[[str], Path]) -> None:
    folder = tree("app/main.py")
    os.mkfifo(folder / "app" / "pipe.py")
    assert found(folder) == ["app/main.py"]


def test_a_path_that_does_not_exist_is_fatal(tmp_path: Path) -> None:
    (problem,) = discover(tmp_path, "missing").problems
    assert problem.fatal
    assert problem.path == str(tmp_path / "missing")


def test_an_unreadable_folder_costs_only_its_own_files(
    tree: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree("app/main.py\nlocked/x.py")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = discover(folder)
    assert result.files == (str(folder / "app" / "main.py"),)
    assert [problem.path for problem in result.problems] == [str(folder / "locked")]
    assert "permission denied" in result.problems[0].message


def test_the_project_of_a_path(tree: Callable[[str], Path]) -> None:
    folder = tree(
        """
        mono/pyproject.toml
        mono/app/api/routes.py
        loose/pack/__init__.py
        loose/pack/deep/__init__.py
        loose/pack/deep/x.py
        """
    )
    cases = {
        "mono/app/api/routes.py": "mono",
        "mono/app": "mono",
        "mono": "mono",
        "loose/pack/deep/x.py": "loose",
        "loose/pack": "loose",
        "loose": "loose",
    }
    for path, root in cases.items():
        assert discovery.project_root(str(folder / path)) == str(folder / root), path


def test_without_a_project_file_the_working_directory_is_the_project(
    tree: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree(
        """
        loose/main.py
        loose/jobs/pack/__init__.py
        loose/jobs/pack/x.py
        loose/own/setup.py
        loose/own/x.py
        """
    )
    loose = folder / "loose"
    cases = {
        ("jobs/pack/x.py", loose): loose,
        ("jobs/pack/x.py", loose / "jobs"): loose / "jobs",
        ("jobs/pack/x.py", loose / "jobs" / "pack"): loose / "jobs",
        ("jobs/pack/x.py", loose / "own"): loose / "jobs",
        ("jobs", loose): loose,
        ("main.py", loose): loose,
        ("own/x.py", loose): loose / "own",
    }
    for (path, here), root in cases.items():
        assert discovery.project_root(str(loose / path), str(here)) == str(root), (path, here)
    monkeypatch.setenv("HOME", str(loose))
    assert discovery.project_root(str(loose / "jobs"), str(loose)) == str(loose / "jobs")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert discovery.project_root(str(loose / "jobs"), str(folder)) == str(loose / "jobs")
    assert discovery.project_root(str(loose / "jobs"), os.sep) == str(loose / "jobs")


def test_the_home_folder_is_no_project(
    tree: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tree("pyproject.toml\nnotes/x.py")
    monkeypatch.setenv("HOME", str(folder))
    assert discovery.project_root(str(folder / "notes" / "x.py")) == str(folder / "notes")
