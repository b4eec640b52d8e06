"""Who may import whom: the map in ARCHITECTURE.md, held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import unlag

ROOT = Path(unlag.__file__).parent
READING = {
    *("finding", "versions", "config", "config_keys", "toml_places", "environment", "manifests"),
    "files",
}
ENGINE = {
    *("source", "knowledge", "deployment", "project", "rules", "engine", "config", "finding"),
    "versions",
}
KEPT = {"kept", "known_facts", "known_findings", "known_state", "packed"}
PRESENTING = {
    *(*ENGINE, *READING, *KEPT),
    *("workspace", "snapshot", "resuming", "fixes", "discovery", "configurations"),
}
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli", "lsp"},
    "finding": set(),
    "versions": set(),
    "manifests": {"versions"},
    "toml_places": set(),
    "config_keys": READING,
    "config": READING,
    "environment": {"versions", "manifests"},
    "files": READING,
    "discovery": {*READING, "deployment"},
    "configurations": READING,
    "kept": set(),
    "known_facts": {"kept", "source"},
    "known_findings": {"kept", "packed", "finding"},
    "known_state": {"kept", "encoding", "project", "source", "workspace"},
    "resuming": {*KEPT, "config", "deployment", "source", "workspace"},
    "encoding": {"project"},
    "packed": {"finding"},
    "source": set(),
    "knowledge": set(),
    "deployment": {"source", "finding", "toml_places"},
    "project": {"source", "knowledge", "deployment", "finding", "versions"},
    "rules": {"source", "knowledge", "deployment", "project", "finding", "versions"},
    "fixes": {"source", "deployment", "finding"},
    "engine": ENGINE,
    "snapshot": ENGINE,
    "workspace": {*ENGINE, "snapshot"},
    "cli": {*PRESENTING, "lsp"},
    "lsp": PRESENTING,
}
"""Part of the package -> the parts it may know, besides itself and the version."""
HOMES = {"pygls": "lsp", "lsprotocol": "lsp", "libcst": "fixes"}


def imports() -> Iterator[tuple[str, str, str]]:
    """Every import: the part of ours and the file it stands in, and the module imported."""
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        part = inside.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield part, str(inside), alias.name
            elif isinstance(node, ast.ImportFrom) and node.module == "unlag":
                for alias in node.names:
                    yield part, str(inside), f"unlag.{alias.name}"
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{inside} imports relatively"
                yield part, str(inside), node.module or ""


def test_every_part_knows_only_what_is_below_it() -> None:
    wrong = [
        f"{file} imports {module}"
        for part, file, module in imports()
        if module.startswith("unlag.")
        and module.split(".")[1] not in MAY_IMPORT[part] | {part, "__version__"}
    ]
    assert not wrong


def test_the_command_line_knows_the_server_by_its_door_only() -> None:
    doors = {
        module for part, _, module in imports() if part == "cli" and module.startswith("unlag.lsp")
    }
    assert doors <= {"unlag.lsp.server"}


def test_heavy_libraries_have_one_home() -> None:
    found = {(module.partition(".")[0], part, file) for part, file, module in imports()}
    homes = {(library, part) for library, part, _ in found if library in HOMES}
    assert homes == set(HOMES.items())
    assert len({file for library, _, file in found if library == "jedi"}) <= 1
