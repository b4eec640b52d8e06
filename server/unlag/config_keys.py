"""Turns a parsed `[tool.unlag]` table into a `Config`, with a located word on each error.

One wrong key never costs another its value. Reads no files.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import msgspec

from unlag import toml_places
from unlag.config import (
    OFFLOAD_STYLES,
    SEVERITIES,
    Config,
    Loaded,
    RuleId,
    suggestion,
    unknown_selector,
)
from unlag.finding import Problem
from unlag.versions import DISTRIBUTIONS, Known, Versions

_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*([.:]\*|:[^\W\d]\w*(\.[^\W\d]\w*)*)?")

Path = tuple[str | int, ...]
Complaint = tuple[Path, str]
"""Where below `tool.unlag` something is wrong, and what."""
Outcome = tuple[object, list[Complaint]]
"""The value for the field, None for its default, and what was wrong."""
Check = Callable[[str, Any, Sequence[RuleId]], Outcome]


def convert(table: object, text: str, path: str, rules: Sequence[RuleId]) -> Loaded:
    """The settings in `table`, which was read from `text` at `path`."""
    if not isinstance(table, dict):
        complaints: list[Complaint] = [((), f"`tool.unlag` must be a table; it is {_kind(table)}.")]
        return Loaded(_config(path, {}), tuple(_located(text, path, complaints)))
    fields: dict[str, object] = {}
    complaints = []
    for key, value in table.items():
        check = _KEYS.get(key)
        if check is None:
            message = f"`{key}` is no setting of Unlag{suggestion(key, _KEYS)} It is left out."
            complaints.append(((key,), message))
            continue
        converted, wrong = check(key, value, rules)
        complaints.extend(wrong)
        if converted is not None:
            fields[key.replace("-", "_")] = converted
    fields["versions"] = _versions_in(fields, path)
    return Loaded(_config(path, fields), tuple(_located(text, path, complaints)))


def _config(path: str, fields: dict[str, object]) -> Config:
    from os.path import dirname

    return msgspec.structs.replace(Config(root=dirname(path)), **fields)


def _located(text: str, path: str, complaints: list[Complaint]) -> Iterator[Problem]:
    for below, message in complaints:
        line, column = toml_places.position(text, ("tool", "unlag", *below))
        yield Problem(path, message, line, column, fatal=True)


def _versions_in(fields: dict[str, object], path: str) -> Versions:
    """What the keys that name a version say together; they are taken out of `fields`."""
    named = dict(cast("tuple[tuple[str, str], ...]", fields.pop("versions", ())))
    for key in ("fastapi", "pydantic"):
        if key in fields:
            named[key] = cast("str", fields.pop(key))
    return Versions(tuple(Known(name, f"=={named[name]}", path) for name in sorted(named)))


def _strings(key: str, value: Any, example: str) -> Outcome:
    """The list's strings, without the elements that are none."""
    if not isinstance(value, list):
        message = f"`{key}` must be a list of {example}; it is {_kind(value)}. The default is used."
        return None, [((key,), message)]
    complaints: list[Complaint] = [
        ((key, index), f"`{key}` takes {example}; this is {_kind(item)}. It is left out.")
        for index, item in enumerate(value)
        if not isinstance(item, str) or not item
    ]
    return tuple(item for item in value if isinstance(item, str) and item), complaints


def _selectors(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    strings, complaints = _strings(key, value, 'codes, prefixes or names such as `"LAG1"`')
    if not isinstance(strings, tuple):
        return None, complaints
    good = []
    for selector in strings:
        trouble = unknown_selector(selector, rules)
        if trouble is None:
            good.append(selector)
        else:
            where = (key, value.index(selector))
            complaints.append(
                (where, f"`{key}` names a rule there is not: {trouble} It is left out.")
            )
    # a select that holds nothing known must not silently mean every rule
    return tuple(good) if good or not strings else None, complaints


def _patterns(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    strings, complaints = _strings(key, value, 'patterns such as `"tests/"`')
    if not isinstance(strings, tuple):
        return None, complaints
    good = []
    for pattern in strings:
        if _is_pattern(pattern):
            good.append(pattern)
        else:
            where = (key, value.index(pattern))
            complaints.append((where, f"`{pattern}` is no gitignore pattern. It is left out."))
    return tuple(good), complaints


def _is_pattern(pattern: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return False
    return True


def _names(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    strings, complaints = _strings(key, value, 'dotted names such as `"shop.tasks.main"`')
    if not isinstance(strings, tuple):
        return None, complaints
    good = []
    for name in strings:
        if _DOTTED.fullmatch(name):
            good.append(name)
        else:
            message = f"`{name}` is no dotted Python name. It is left out."
            complaints.append(((key, value.index(name)), message))
    return tuple(good), complaints


def _per_file_ignores(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    if not isinstance(value, dict):
        message = f"`{key}` must be a table of patterns with lists of rules; it is {_kind(value)}."
        return None, [((key,), f"{message} The default is used.")]
    rows = []
    complaints: list[Complaint] = []
    for pattern, selectors in value.items():
        if not _is_pattern(pattern):
            complaints.append(((key, pattern), f"`{pattern}` is no gitignore pattern."))
            continue
        chosen, wrong = _selectors(pattern, selectors, rules)
        complaints.extend(((key, *below), message) for below, message in wrong)
        if isinstance(chosen, tuple):
            rows.append((pattern, chosen))
    return tuple(rows), complaints


def _severities(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    if not isinstance(value, dict):
        message = f"`{key}` must be a table of rules with a severity each; it is {_kind(value)}."
        return None, [((key,), f"{message} The default is used.")]
    rows = []
    complaints: list[Complaint] = []
    for selector, severity in value.items():
        trouble = unknown_selector(selector, rules)
        if trouble is not None:
            message = f"`{key}` names a rule there is not: {trouble} It is left out."
            complaints.append(((key, selector), message))
        elif severity not in SEVERITIES:
            message = f"The severity of `{selector}` must be one of {_listed(SEVERITIES)}"
            complaints.append(((key, selector), f"{message}; it is {_shown(severity)}."))
        else:
            rows.append((selector, severity))
    return tuple(rows), complaints


def _style(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    if value in OFFLOAD_STYLES:
        return value, []
    message = f"`{key}` must be one of {_listed(OFFLOAD_STYLES)}; it is {_shown(value)}."
    return None, [((key,), f"{message} `{OFFLOAD_STYLES[0]}` is used.")]


def _version(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    from packaging.version import InvalidVersion, Version  # few tables name a version

    if isinstance(value, str):
        with contextlib.suppress(InvalidVersion):
            return str(Version(value)), []
    message = f'`{key}` must be a version in quotes such as `"0.128.0"`; it is {_shown(value)}.'
    return None, [((key,), f"{message} It is left out.")]


def _versions(key: str, value: Any, rules: Sequence[RuleId]) -> Outcome:
    if not isinstance(value, dict):
        message = f"`{key}` must be a table of packages with a version each; it is {_kind(value)}."
        return None, [((key,), f"{message} It is left out.")]
    rows = []
    complaints: list[Complaint] = []
    for name, version in value.items():
        if name not in DISTRIBUTIONS:
            message = f"Unlag asks for no version of `{name}`{suggestion(name, DISTRIBUTIONS)}"
            complaints.append(((key, name), f"{message} It is left out."))
            continue
        converted, wrong = _version(name, version, rules)
        complaints.extend(((key, *below), message) for below, message in wrong)
        if converted is not None:
            rows.append((name, converted))
    return tuple(rows), complaints


_KEYS: dict[str, Check] = {
    "select": _selectors,
    "ignore": _selectors,
    "per-file-ignores": _per_file_ignores,
    "severity": _severities,
    "exclude": _patterns,
    "entry-points": _names,
    "blocking": _names,
    "offload": _names,
    "offload-style": _style,
    "fastapi": _version,
    "pydantic": _version,
    "versions": _versions,
}


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words[:-1]) + f" or `{words[-1]}`"


def _shown(value: object) -> str:
    return f'`"{value}"`' if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    if value == "":
        return "an empty string"
    kinds = {
        bool: "a boolean",
        str: "a string",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    return kinds.get(type(value), "a date or time")
