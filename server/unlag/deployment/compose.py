"""Reads a compose file into its services: what each starts, how it is built, what it mounts.

Lines that are no YAML, as while they are typed, are passed over where they are few. A file that is not YAML, or
no compose file after all, has no services.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yaml import MappingNode, MarkedYAMLError, Node, SafeLoader, ScalarNode, SequenceNode, YAMLError

from unlag.deployment import shell, written
from unlag.deployment.facts import Command, Form, Line, Service, Variable, Word

Fields = Mapping[str, Node]
_MOST_BROKEN_LINES = 3


def services(text: str) -> tuple[Service, ...]:
    """The services of a compose file, in the order of the text."""
    root = _root(text) or _mended(text)
    below = fields_of(root).get("services") if root is not None else None
    return tuple(_service(name, fields_of(node), text) for name, node in fields_of(below).items())


def is_yaml(text: str) -> bool:
    """Whether the text can be read."""
    return _root(text) is not None


def _root(text: str) -> Node | None:
    try:
        node: Node | None = SafeLoader(text).get_single_node()
    except (YAMLError, RecursionError, ValueError):
        return None
    return node


def _mended(text: str) -> Node | None:
    """The tree of a text without the lines that keep it from being read; None where they are many, or a template's."""
    if "{%" in text or "{{" in text:
        return None
    for _ in range(_MOST_BROKEN_LINES):
        attempts = [_without(text, line) for line in _suspects(text)]
        for attempt in attempts:
            if (root := _root(attempt)) is not None:
                return root
        if not attempts:
            return None
        text = attempts[0]
    return None


def _suspects(text: str) -> list[int]:
    """The lines, from 0, one of which has what is no YAML: where reading ended, and where what is open began."""
    try:
        SafeLoader(text).get_single_node()
    except MarkedYAMLError as error:
        filled = [number for number, line in enumerate(text.split("\n")) if line.strip()]
        marks = (error.problem_mark, error.context_mark)
        numbers = [
            max((number for number in filled if number <= mark.line), default=-1)
            for mark in marks
            if mark is not None
        ]
        return [number for number in dict.fromkeys(numbers) if number >= 0]
    except (YAMLError, RecursionError, ValueError):
        pass
    return []


def _without(text: str, number: int) -> str:
    """The text with a blank line of the same length in the place of one."""
    lines = text.split("\n")
    lines[number] = " " * len(lines[number])
    return "\n".join(lines)


def fields_of(node: Node | None, depth: int = 0) -> dict[str, Node]:
    """The fields of a mapping by name, those it merges in with `<<` included."""
    if not isinstance(node, MappingNode) or depth > 10:
        return {}
    merged: dict[str, Node] = {}
    own: dict[str, Node] = {}
    for key, value in node.value:
        if key.value == "<<":
            parents = value.value if isinstance(value, SequenceNode) else [value]
            for parent in reversed(parents):
                merged.update(fields_of(parent, depth + 1))
        elif isinstance(key, ScalarNode):
            own[key.value] = value
    return {**merged, **own}


def _service(name: str, fields: Fields, text: str) -> Service:
    build = fields.get("build")
    of_build = fields_of(build)
    context = build if isinstance(build, ScalarNode) else of_build.get("context")
    return Service(
        name,
        command=_line(fields.get("command"), text),
        entrypoint=_line(fields.get("entrypoint"), text),
        variables=tuple(_variables(fields.get("environment"))),
        context=_scalar(context),
        dockerfile=_scalar(of_build.get("dockerfile")),
        is_built=build is not None,
        has_image="image" in fields,
        target=_scalar(of_build.get("target")),
        mounts=tuple(_mounts(fields.get("volumes"))),
        hints=tuple(_hints(fields)),
    )


def _line(node: Node | None, text: str) -> Line | None:
    if isinstance(node, SequenceNode):
        start, end = _extent(node)
        form = Form.LIST if node.flow_style else Form.LINES
        words = tuple(_word(item, text) for item in node.value if isinstance(item, ScalarNode))
        return Line((Command(words, form),), start, end, is_shell=False)
    if isinstance(node, ScalarNode) and node.value:
        start, end = _extent(node)
        # compose splits the string as a shell does, but runs no shell
        found = shell.commands(_word(node, text).value)
        return Line(found, start, end, is_shell=False)
    return None


def _word(node: ScalarNode, text: str) -> Word:
    start, end = _extent(node)
    begin = start
    if node.style in ("|", ">"):  # the content begins on the line after the mark
        begin = text.find("\n", start) + 1
        end = begin + len(text[begin:end].rstrip())
    value = node.value.rstrip("\n")
    is_plain = "$" not in value.replace("$$", "")
    found = written.word(value, text, begin, end, is_plain=is_plain)
    return found if begin == start else Word(found.value, start, end, is_plain)


def _extent(node: Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _variables(node: Node | None) -> Iterator[Variable]:
    if isinstance(node, SequenceNode):
        for item in node.value:
            name, _, value = _scalar(item).partition("=")
            yield Variable(name.strip(), value.strip(), *_extent(item))
    for name, item in fields_of(node).items():
        yield Variable(name, _scalar(item), *_extent(item))


def _mounts(node: Node | None) -> Iterator[str]:
    for item in node.value if isinstance(node, SequenceNode) else ():
        fields = fields_of(item)
        if _scalar(fields.get("type")) == "bind":
            yield _scalar(fields.get("source"))
        source, colon, _ = _scalar(item).partition(":")
        if colon and (source[:1] in ("/", "~") or source.startswith((".", "${PWD", "$PWD"))):
            yield source


def _hints(fields: Fields) -> Iterator[str]:
    for name in ("profiles", "container_name", "env_file"):
        node = fields.get(name)
        for item in node.value if isinstance(node, SequenceNode) else (node,):
            if _scalar(item):
                yield _scalar(item)
    if "develop" in fields:
        yield "develop"


def _scalar(node: Node | None) -> str:
    return node.value if isinstance(node, ScalarNode) else ""
