"""Where the real applications are that benchmarks and samples read: unpacked already, or fetched once.

Installs nothing and runs nothing of them; the pinned versions stand in `tests/corpus/applications.toml`,
and those of applications that Unlag was not tuned on in the files there whose names end in `hold_out.toml`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import platformdirs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[2]
SERVER = REPOSITORY / "server"
PINNED = REPOSITORY / "tests" / "corpus" / "applications.toml"
HELD_OUT = {file.stem: file for file in sorted(PINNED.parent.glob("*hold_out.toml"))}
"""The files of applications that Unlag was not tuned on, by name."""
CACHE = platformdirs.user_cache_path("unlag-corpus")


def pinned(file: Path = PINNED) -> Mapping[str, str]:
    """What pip calls each application of a file, version included, by folder name."""
    applications: Mapping[str, str] = tomllib.loads(file.read_text("utf-8"))["applications"]
    return applications


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which applications, and where they are."""
    parser.add_argument("--sources", type=Path, metavar="DIR", help="unpacked applications")
    parser.add_argument(
        "--cache", type=Path, default=CACHE, metavar="DIR", help="keeps what is downloaded"
    )


def folders(names: Iterable[str], options: argparse.Namespace) -> dict[str, Path]:
    """The folder of each application, downloaded where `--sources` names none."""
    held_out = {name: wanted for file in HELD_OUT.values() for name, wanted in pinned(file).items()}
    known = {**pinned(), **held_out}
    found: dict[str, Path] = {}
    for name in names:
        if name not in known:
            sys.exit(f"`{name}` is no application: {PINNED.parent} knows {', '.join(known)}.")
        sources: Path | None = options.sources
        wanted = (known[name], options.cache, name in held_out)
        folder = sources / name if sources else _fetched(name, *wanted)
        if not folder.is_dir():
            sys.exit(f"{folder} is no folder. Leave --sources out to download {known[name]}.")
        found[name] = folder.resolve()
    return found


def _fetched(name: str, requirement: str, cache: Path, requires: bool) -> Path:
    """The `.py` files of the pinned wheel, unpacked in a folder of the cache; what it `requires` beside them."""
    folder = cache / requirement.replace("==", "-") / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as working:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--ignore-requires-python", "--dest", working]
        command.append(requirement)
        subprocess.run(command, check=True)
        (wheel,) = Path(working).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            files = [file for file in archive.namelist() if file.endswith(".py")]
            archive.extractall(Path(working) / "unpacked", files)
            if requires:
                wanted = Path(working) / "unpacked" / "requirements.txt"
                wanted.write_text("\n".join(_requirements(archive)), "utf-8")
        # moved when complete: a run that was stopped leaves nothing half unpacked
        shutil.move(Path(working) / "unpacked", folder)
    return folder


def _requirements(archive: zipfile.ZipFile) -> Iterable[str]:
    """What a wheel says that it needs, extras left out: a checkout has that in its pyproject.toml."""
    (metadata,) = (item for item in archive.namelist() if item.endswith(".dist-info/METADATA"))
    for line in archive.read(metadata).decode().split("\n\n")[0].splitlines():
        key, _, value = line.partition(": ")
        if key == "Requires-Dist" and "extra ==" not in value:
            yield value


def size(folder: Path) -> tuple[int, int]:
    """How many Python files and lines a folder has."""
    files = [path for path in folder.rglob("*.py") if path.is_file()]
    return len(files), sum(path.read_bytes().count(b"\n") for path in files)
