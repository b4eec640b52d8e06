"""The readers of deployment files: every character is where they say, and no text is too much for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlag.deployment.facts import Command, DeploymentFile, Kind
from unlag.deployment.holding import every_command
from unlag.deployment.names import kind_of
from unlag.deployment.reading import is_whole, read
from unlag.deployment.servers import starts

FILES = {
    "Dockerfile": 'FROM a AS b\nENV X=1\nCMD ["sh", "-c", "cd \\"x\\" && uvicorn a:b", "é\\n"]\n',
    "x.Dockerfile": "# escape=`\nFROM a\nCMD uvicorn `\n  # why\n  'a b' `\n  --reload\n",
    "compose.yaml": "services:\n  a:\n    command: >-\n      uvicorn a:b\n      --reload\n  b:\n    "
    'command: ["fastapi", \'dev\', "\\"🐢\\""]\n  c:\n    entrypoint:\n      - a\n      - |\n        b\n        c\n',
    "Procfile": "web: uvicorn a:b --port $PORT\n",
    "start.sh": '#!/bin/sh\nuvicorn \\\n  \'a\'b "c\\"d" # e\nif x; then python -m y; fi\n',
    "a.service": "[Service]\nExecStart=-/bin/uvicorn a \\\n  --reload\n",
}
PIECES = st.sampled_from(
    ["FROM a", "CMD ", "[", "]", '"', "'", "\\", "\n", " ", "$", "${", "$(", "`", "<<EOF", "EOF", "#", "&&", ";",
     "if ", "fi", "case ", "esac", "{", "}", "(", ")", "services:", "  a:", "command: ", "- ", "|", ">", "&x",
     "*x", "<<: ", "uvicorn", "--reload", "web: ", "[Service]", "ExecStart=", "uvicorn==1", "[project]",
     "dependencies = [", "🐢", "\t", "sh -c ", "python -m ", "pip install "]
)  # fmt: skip
NAMES = [*FILES, "requirements.txt", "pyproject.toml"]


def commands(file: DeploymentFile) -> list[Command]:
    return list(every_command(file))


@pytest.mark.parametrize("path", FILES)
def test_every_character_stands_where_the_word_says(path: str) -> None:
    text = FILES[path]
    found = [word for command in commands(read(path, text)) for word in command.words]
    assert found
    for word in found:
        assert len(word.value.at) == len(word.text) + 1
        assert text[word.start : word.end].strip("'\"-|> \n") != ""
        for character, place in zip(word.text, word.value.at, strict=False):
            here = text[place]
            assert here == character or here == "\\" or (here.isspace() and character.isspace())


@pytest.mark.parametrize("path", NAMES)
def test_no_text_is_too_much(path: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(PIECES, max_size=30).map("".join))
    def survives(text: str) -> None:
        file = read(path, text)
        is_whole(path, text)
        for command in commands(file):
            list(starts(command))
            for word in command.words:
                assert 0 <= word.start <= word.end <= len(text)
                file.span(word.start, word.end)

    survives()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Dockerfile", Kind.DOCKERFILE),
        ("api/prod.Dockerfile", Kind.DOCKERFILE),
        ("Dockerfile.dev", Kind.DOCKERFILE),
        ("Containerfile", Kind.DOCKERFILE),
        ("Dockerfile.dockerignore", None),
        ("Dockerfile.md", None),
        ("dockerfile.py", None),
        ("docker-compose.yml", Kind.COMPOSE),
        ("compose.override.yaml", Kind.COMPOSE),
        ("decompose.yml", None),
        ("Procfile.dev", Kind.PROCFILE),
        ("scripts/start.sh", Kind.SHELL),
        ("docker/entrypoint", Kind.SHELL),
        ("deploy/api.service", Kind.SYSTEMD),
        ("requirements-dev.txt", Kind.REQUIREMENTS),
        ("requirements/base.txt", Kind.REQUIREMENTS),
        ("notes/base.txt", None),
        ("pyproject.toml", Kind.PYPROJECT),
        ("my-pyproject.toml", None),
        ("Makefile", None),
        ("README.md", None),
        ("app/main.py", None),
    ],
)
def test_kinds_are_told_by_names(path: str, kind: Kind | None) -> None:
    assert kind_of(path) is kind


COMPOSE = "services:\n  web:\n    command: uvicorn a:b --reload\n  db:\n    image: postgres\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (COMPOSE + "  wor\n", ["web", "db"]),
        (COMPOSE + "\tx: 1\n", ["web", "db"]),
        (COMPOSE + "x: [1,\n", ["web", "db"]),
        (COMPOSE + '    labels: "a\n\n\n', ["web", "db"]),
        (COMPOSE.replace("postgres", "postgres: 1") + "    ports: }\n", ["web", "db"]),
        (COMPOSE.replace("uvicorn", '"uvicorn'), ["web", "db"]),
        (COMPOSE + "  {% if x %}\n\tx:\n", []),
        ("\n".join(f"{number}: a: b" for number in range(9)), []),
    ],
)
def test_a_compose_file_is_read_around_lines_that_are_being_typed(
    text: str, names: list[str]
) -> None:
    file = read("compose.yaml", text)
    assert [service.name for service in file.services] == names
    assert not is_whole("compose.yaml", text)
    for command in commands(file):
        assert text[command.words[0].start :].startswith("uvicorn")
