"""Which files are deployment files, and what their names say: development or production.

Looks at paths only.
"""

from __future__ import annotations

import re
from functools import lru_cache

from unlag.deployment.facts import Kind

_NAMES = (
    (Kind.DOCKERFILE, r"(?:.+[._-])?(?:[Dd]ockerfile|[Cc]ontainerfile)(?:[._-][\w.-]+)?"),
    (Kind.COMPOSE, r"(?:.+[._-])?compose(?:[._-].+)?\.ya?ml"),
    (Kind.PROCFILE, r"Procfile(?:\.\w+)?"),
    (Kind.SHELL, r".+\.(?:sh|bash)|(?:docker-)?entrypoint"),
    (Kind.SYSTEMD, r".+\.service"),
    (Kind.REQUIREMENTS, r"(?:.+[._-])?requirements(?:[._-].+)?\.(?:txt|in)"),
    (Kind.PYPROJECT, r"pyproject\.toml"),
)
_ANY = re.compile("|".join(f"({pattern})" for _, pattern in _NAMES))
_ENDINGS = (".sh", ".bash", ".service", ".yml", ".yaml", ".txt", ".in", "pyproject.toml")
_TELLING = ("ockerfile", "ontainerfile", "Procfile", "entrypoint")
_OTHER_DOCKERFILE = re.compile(
    r".+\.(?:dockerignore|md|rst|py|pyc|txt|j2|jinja2?|tmpl|tpl|template|ya?ml|json|html|[jt]s|sh|bak)"
)
_LISTED = re.compile(r".+\.(?:txt|in)")
_PARTS = re.compile(r"[^a-z0-9]+")

GLOBS = (
    "**/*[Dd]ockerfile*", "**/*[Cc]ontainerfile*", "**/*compose*.{yml,yaml}", "**/Procfile*",
    "**/*.{sh,bash}", "**/{entrypoint,docker-entrypoint}", "**/*.service",
    "**/*requirements*.{txt,in}", "**/requirements/*.{txt,in}", "**/pyproject.toml",
)  # fmt: skip
"""What an editor is to watch: every deployment file, and few others."""
_DEVELOPMENT = frozenset(
    {
        "dev", "devel", "develop", "development", "devcontainer", "local", "localhost", "debug",
        "debugger", "test", "tests", "testing", "override", "reload", "watch", "hot", "example",
        "examples", "sample", "samples", "demo", "demos", "docs", "doc", "playground", "sandbox",
        "ci", "e2e", "integration", "benchmark", "benchmarks", "bench", "tutorial", "tutorials",
        "template", "templates", "cookbook", "github", "lint", "typing", "notebook", "notebooks",
    }
)  # fmt: skip
_PRODUCTION = frozenset(
    {"prod", "production", "deploy", "deployment", "deployments", "release", "staging", "live",
     "entrypoint"}
)  # fmt: skip


def kind_of(path: str) -> Kind | None:
    """What sort of deployment file stands at `path`, or None."""
    # asked of every file of a project: most are told by a few letters
    if not path.endswith(_ENDINGS):
        if path.endswith(".py") or not any(part in path for part in _TELLING):
            return None
    folder, _, name = path.replace("\\", "/").rpartition("/")
    found = _kind_of_name(name)
    if found is None and _LISTED.fullmatch(name) and folder.endswith("requirements"):
        return Kind.REQUIREMENTS
    return found


@lru_cache(maxsize=4096)
def _kind_of_name(name: str) -> Kind | None:
    match = _ANY.fullmatch(name)
    if match is None or match.lastindex is None:
        return None
    kind = _NAMES[match.lastindex - 1][0]
    if kind is Kind.DOCKERFILE and _OTHER_DOCKERFILE.fullmatch(name):
        return None
    return kind


def development_word(path: str) -> str:
    """The word of a relative path that says the file is not for production, or an empty string."""
    return _first(path, _DEVELOPMENT)


def production_word(path: str) -> str:
    """The word of a relative path that says the file is for production, or an empty string."""
    return _first(path, _PRODUCTION)


def is_for_development(word: str) -> bool:
    """Whether a name, such as that of a stage, service or setting, speaks of development."""
    return not _DEVELOPMENT.isdisjoint(_words(word))


def is_for_production(word: str) -> bool:
    """Whether a name speaks of production."""
    return not _PRODUCTION.isdisjoint(_words(word))


def is_development_setting(name: str, value: str) -> bool:
    """Whether a variable such as `APP_ENV=dev` or `DEBUG=1` says development."""
    words = name.upper().split("_")
    if "ENV" in words or "ENVIRONMENT" in words or "STAGE" in words:
        return is_for_development(value)
    if "DEBUG" in words or "RELOAD" in words:
        return value.lower() in ("1", "true", "yes", "on")
    return False


def _first(path: str, words: frozenset[str]) -> str:
    return next((word for word in reversed(_words(path)) if word in words), "")


def _words(text: str) -> list[str]:
    return [word for word in _PARTS.split(text.lower()) if word]
