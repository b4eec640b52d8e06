"""Adds a loader option to the query that loads some rows, in whatever function and file it stands.

Arguments: the file, the place of `select(...)`, `session.query(...)` or `session.get(...)` in it, and
the option, a step at a time: `selectinload(Order.lines)`, `joinedload(OrderLine.product)`.
"""

from __future__ import annotations

import ast
import re

import msgspec

from unlag.finding import Edit, Span
from unlag.fixes import FixRequest, Refusal, keywords, tree
from unlag.fixes.blocks import lines_from
from unlag.fixes.imports import member
from unlag.fixes.layout import fitted, linked, width_of
from unlag.fixes.names import (
    bound_in,
    dotted,
    imported,
    meaning,
    origins_in,
    origins_of,
    visible_scopes,
)
from unlag.fixes.tree import Place, empty

_STEP = re.compile(r"(\w+)\((\w+)\.(\w+)\)")
_GETTING = ("get", "get_one")
_LOADING = ("selectinload", "joinedload", "subqueryload", "immediateload", "contains_eager")


def edits(request: FixRequest) -> tuple[Edit, ...] | Refusal:
    """Put `.options(...)` behind the query, or `options=[...]` into `get`, and import the loader."""
    path, line, column, end_line, end_column, *chain = request.arguments
    text = request.text_at(path)
    if text is None:
        return Refusal("The file with the query cannot be read.")
    span = Span(int(line), int(column), int(end_line), int(end_column))
    found = tree.expression(msgspec.structs.replace(request, path=path, text=text, span=span))
    if isinstance(found, Refusal):
        return found
    if not isinstance(found.node, ast.Call):
        return Refusal("The text has changed: no query stands where it was.")
    return _added(found, found.node, chain)


def _added(query: Place, call: ast.Call, chain: list[str]) -> tuple[Edit, ...] | Refusal:
    steps = [match.groups() for step in chain if (match := _STEP.fullmatch(step))]
    if "with_for_update" in query.code(query.statement):
        steps = [("selectinload", owner, name) for _, owner, name in steps]
    first, _, _ = steps[0]
    loader = member(query, "sqlalchemy.orm", first)
    if loader is None:
        return Refusal(f"`{first}` means something else in this file.")
    written = []
    for index, (name, owner, attribute) in enumerate(steps):
        model = ("" if index else _aliased(query, call, owner)) or _spelled(query, call, owner)
        if not model:
            return Refusal(f"`{owner}` has no name where the query is built.")
        written.append(f"{loader.name if not index else name}({model}.{attribute})")
    option = _option(query, call, written)
    return tuple(sorted((*loader.edits, *option), key=lambda edit: edit.span))


def _spelled(query: Place, call: ast.Call, model: str) -> str | None:
    """How the model is written there: as the query itself has it, or by a name of the file."""
    spelled = [dotted(argument) or "" for argument in call.args]
    for name in spelled:
        if name.rpartition(".")[2] == model:
            return name
    scopes = (*visible_scopes(query), query.tree)
    if any(bound == model for scope in scopes for bound, _ in bound_in(scope)):
        return model
    if alias := _alias(query, model):
        return alias
    prefixes = {name.rpartition(".")[0] for name in spelled if "." in name}
    plain = [prefix for prefix in prefixes if prefix and not prefix.startswith("self")]
    return f"{plain[0]}.{model}" if len(plain) == 1 else None


def _aliased(query: Place, call: ast.Call, model: str) -> str:
    """The name of `aliased(model)`, where the query selects that and not the model itself."""
    names = [dotted(argument) or "" for argument in call.args]
    if any(name.rpartition(".")[2] == model for name in names):
        return ""
    return next((name for name in names if _stands_for(query, name, model)), "")


def _stands_for(query: Place, name: str, model: str) -> bool:
    for given in (*origins_of(query, name), *origins_in(query.tree, name)):
        match given:
            case ast.Call(func=callee, args=[aliased, *_]):
                is_alias = (meaning(query, callee) or "").endswith(".aliased")
                if is_alias and (dotted(aliased) or "").rpartition(".")[2] == model:
                    return True
    return False


def _alias(query: Place, model: str) -> str:
    """The name under which the file imports the one class that is called so."""
    names = {
        written: path
        for statement in query.tree.body
        if isinstance(statement, ast.ImportFrom)
        for written, path in imported(statement)
        if path.rpartition(".")[2] == model
    }
    alias = next(iter(names), "")
    is_known = meaning(query, ast.Name(alias, ast.Load())) == names.get(alias)
    return alias if len(names) == 1 and is_known else ""


def _option(query: Place, call: ast.Call, written: list[str]) -> tuple[Edit, ...]:
    option = ".".join(written)
    if isinstance(call.func, ast.Attribute) and call.func.attr in _GETTING:
        return (_in_get(query, call, written),)
    given = _options_behind(query)
    if given is None:
        return linked(query, f".options({option})")
    return (_extended(query, given.args, written) or keywords.added(query, given, [option]),)


def _options_behind(query: Place) -> ast.Call | None:
    """The call of `options` that the chain of the query has already."""
    node = query.node
    for attribute, call in zip(query.around[::-2], query.around[-2::-2], strict=False):
        if not isinstance(attribute, ast.Attribute) or not isinstance(call, ast.Call):
            return None
        if attribute.value is not node or call.func is not attribute:
            return None
        is_plain = not any(isinstance(item, ast.Starred) for item in call.args)
        if attribute.attr == "options" and call.args and is_plain:
            return call
        node = call
    return None


def _in_get(query: Place, call: ast.Call, written: list[str]) -> Edit:
    option = ".".join(written)
    for keyword in call.keywords:
        if keyword.arg == "options" and isinstance(keyword.value, ast.List | ast.Tuple):
            items = keyword.value.elts
            if not items:
                return Edit(query.path, query.span(keyword.value), f"[{option}]")
            if extended := _extended(query, items, written):
                return extended
            if len(query.code(call).splitlines()) == 1:
                return _written_anew(query, call, [*map(query.code, items), option])
            at = query.span(items[-1])
            before = query.lines[at.line - 1][: at.column]
            gap = " " if before.strip() else f"\n{before}"
            return Edit(query.path, empty(at.end_line, at.end_column), f",{gap}{option}")
    if len(query.code(call).splitlines()) == 1:
        return _written_anew(query, call, [option])
    return keywords.added(query, call, [f"options=[{option}]"])


def _written_anew(query: Place, call: ast.Call, options: list[str]) -> Edit:
    """A call of one line with `options`, on as many lines as it then takes."""
    others = [item for item in call.keywords if item.arg != "options"]
    arguments = [query.code(item) for item in (*call.args, *others)]
    head, span = query.code(call.func), query.span(call)
    text = f"{head}({', '.join([*arguments, _listed(options)])})"
    line, width = query.lines[span.line - 1], width_of(query)
    length = span.column + len(text) + len(line) - span.end_column
    broken = fitted(query, text)
    is_open = line[: span.column].count("(") > line[: span.column].count(")")
    if length > width and broken == text and not is_open:
        indent = line[: len(line) - len(line.lstrip())]
        unit = lines_from(query).unit
        inner = f"\n{indent}{unit}"
        last = _listed(options)
        if len(inner) + len(last) > width:
            last = f"options=[{inner}{unit}" + f",{inner}{unit}".join(options) + f",{inner}]"
        broken = f"{head}({inner}" + f",{inner}".join([*arguments, last]) + f",\n{indent})"
    return Edit(query.path, span, broken)


def _listed(options: list[str]) -> str:
    return f"options=[{', '.join(options)}]"


def _extended(query: Place, options: list[ast.expr], written: list[str]) -> Edit | None:
    """The further steps of an option put behind the one that begins alike."""
    for option in options:
        steps = _steps(query, option)
        count = len(steps)
        if 0 < count < len(written) and steps == [_loaded(step) for step in written[:count]]:
            at = query.span(option)
            further = "".join(f".{step}" for step in written[count:])
            return Edit(query.path, empty(at.end_line, at.end_column), further)
    return None


def _steps(query: Place, option: ast.expr) -> list[str]:
    """What the steps of an option load; nothing of one that says more than that."""
    found: list[str] = []
    node: ast.expr | None = option
    while isinstance(node, ast.Call):
        if not (dotted(node.func) or query.code(node.func)).endswith(_LOADING):
            return []
        if len(node.args) != 1 or node.keywords:
            return []
        found.insert(0, query.code(node.args[0]))
        is_link = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
        node = node.func.value if isinstance(node.func, ast.Attribute) and is_link else None
    return found


def _loaded(step: str) -> str:
    return step.partition("(")[2].removesuffix(")")
