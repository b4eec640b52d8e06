"""Makes a library's name available in a file: an import that is already there, or a new one.

Plain text edits placed with `ast`: nothing but the import block changes.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import PurePath

import msgspec

from unlag.finding import Edit
from unlag.fixes.names import bound_in, imported, visible_scopes
from unlag.fixes.tree import Place, empty

Import = ast.Import | ast.ImportFrom


class Available(msgspec.Struct, frozen=True):
    """How to write a library's name at a place, and the edits that make it known there."""

    name: str
    edits: tuple[Edit, ...] = ()


def member(place: Place, module: str, name: str, same: str = "") -> Available | None:
    """`name` of `module`, imported with `from`; None when it means something else there.

    `same` is another dotted path of the same object whose import does as well.
    """
    wanted = {f"{module}.{name}", same}
    if written := _already(place, wanted):
        return Available(written)
    if _is_taken(place, name):
        return None
    for statement in _leading_imports(place.tree):
        if isinstance(statement, ast.ImportFrom) and _takes_more(statement, module):
            return Available(name, _merge(place, statement, name))
    return Available(name, (_insert(place, module, f"from {module} import {name}"),))


def library(place: Place, module: str) -> Available | None:
    """`module` itself, imported with `import`; None when its name means something else there."""
    if written := _already(place, {module}):
        return Available(written)
    root = module.partition(".")[0]
    if _is_taken(place, root, package=root):
        return None
    return Available(module, (_insert(place, module, f"import {module}"),))


def attribute(place: Place, module: str, name: str) -> Available | None:
    """`module.name`, or the plain name where the file imports it that way."""
    if written := _already(place, {f"{module}.{name}"}):
        return Available(written)
    known = library(place, module)
    return known and Available(f"{known.name}.{name}", known.edits)


def either(place: Place, module: str, name: str) -> Available | None:
    """`name` of `module` as the file imports such names already: behind the module, or by itself."""
    members = (s for s in _leading_imports(place.tree) if isinstance(s, ast.ImportFrom))
    if _already(place, {module}) and not any(_takes_more(one, module) for one in members):
        return attribute(place, module, name)
    return member(place, module, name) or attribute(place, module, name)


def after_imports(place: Place) -> int:
    """The line below the file's leading imports: where module-level names can be created.

    Imports under a condition, such as those for typing, count where nothing but imports stands there.
    """
    leading: list[ast.stmt] = [*_leading_imports(place.tree)]
    for statement in place.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        if isinstance(statement, ast.If | ast.Try) and _only_imports(statement):
            leading.append(statement)
    if leading:
        return _below(max(leading, key=_below))
    return _below_docstring(place)


def _only_imports(statement: ast.If | ast.Try) -> bool:
    return bool(statement.body) and all(isinstance(one, Import) for one in statement.body)


def insertion(place: Place, line: int, text: str) -> Edit:
    """An edit that puts the lines `text` above `line`; `line` can be one past the last."""
    if line > len(place.lines):
        last = len(place.lines)
        end = len(place.lines[-1])
        return Edit(place.path, empty(last, end), "\n" + text.removesuffix("\n"))
    return Edit(place.path, empty(line, 0), text)


def _already(place: Place, wanted: set[str]) -> str | None:
    scopes = visible_scopes(place)
    for depth, scope in enumerate((*scopes, place.tree)):
        for statement in _running_before(place, scope):
            for written, path in imported(statement):
                root = written.partition(".")[0]
                if path in wanted and _means_the_import(scopes[:depth], scope, root):
                    return written
    return None


def _running_before(place: Place, scope: ast.AST) -> list[Import]:
    """The imports in the body of `scope` that have run when the place runs."""
    if isinstance(scope, ast.Module):
        return [s for s in scope.body if isinstance(s, Import)]
    line = place.node.lineno  # type: ignore[attr-defined]
    blocks = [node for node in place.chain if node is scope or isinstance(node, ast.stmt)]
    return [
        statement
        for block in blocks
        for statement in getattr(block, "body", ())
        if isinstance(statement, Import) and statement.lineno < line
    ]


def _means_the_import(inner: tuple[ast.AST, ...], scope: ast.AST, root: str) -> bool:
    if any(name == root for one in inner for name, _ in bound_in(one)):
        return False
    binders = [binder for name, binder in bound_in(scope) if name == root]
    return all(isinstance(binder, Import) for binder in binders) and (
        len({path for b in binders for name, path in imported(b) if name == root}) == 1
    )


def _is_taken(place: Place, name: str, package: str = "") -> bool:
    inner = visible_scopes(place)
    if any(bound == name for scope in inner for bound, _ in bound_in(scope)):
        return True
    return any(
        bound == name
        and (package, package) not in imported(binder)
        and not _only_for_typing(place.tree, binder)
        for bound, binder in bound_in(place.tree)
    )


def _only_for_typing(tree: ast.Module, binder: ast.AST) -> bool:
    return any(
        isinstance(statement, ast.If)
        and ast.unparse(statement.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}
        and any(node is binder for one in statement.body for node in ast.walk(one))
        for statement in tree.body
    )


def _leading_imports(tree: ast.Module) -> list[Import]:
    """Module-level imports above the first class or function, without those from `__future__`."""
    leading: list[Import] = []
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            break
        if isinstance(statement, Import) and not _is_future(statement):
            leading.append(statement)
    return leading


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _takes_more(statement: ast.ImportFrom, module: str) -> bool:
    return _module_of(statement) == module and statement.names[0].name != "*"


def _merge(place: Place, statement: ast.ImportFrom, name: str) -> tuple[Edit, ...]:
    names = [alias.name for alias in statement.names]
    order = next((order for order in _ORDERS if names == sorted(names, key=order)), None)
    following = [one for one in statement.names if order and order(one.name) > order(name)]
    if not following:
        return _append(place, statement, name)
    span = place.span(following[0])
    indent = place.lines[span.line - 1][: span.column]
    if indent.strip():
        return (_at(place, span.line, span.column, f"{name}, "),)
    separator = f",\n{indent}" if place.code(statement).endswith(")") else ", "
    return (_at(place, span.line, span.column, name + separator),)


def _by_kind(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest: what import sorters do unless told otherwise."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


_ORDERS: tuple[Callable[[str], tuple[int, str]], ...] = (
    _by_kind,
    lambda name: (0, name),
    lambda name: (0, name.lower()),
)


def _append(place: Place, statement: ast.ImportFrom, name: str) -> tuple[Edit, ...]:
    span = place.span(statement.names[-1])
    line = place.lines[span.end_line - 1]
    indent, rest = line[: span.column], line[span.end_column :].lstrip()
    on_its_own = not indent.strip() and rest.removeprefix(",").lstrip()[:1] in ("", "#")
    if not on_its_own or not place.code(statement).endswith(")"):
        return (_at(place, span.end_line, span.end_column, f", {name}"),)
    added = _at(place, span.end_line, len(line), f"\n{indent}{name},")
    if rest.startswith(","):
        return (added,)
    return (_at(place, span.end_line, span.end_column, ","), added)


def _insert(place: Place, module: str, statement: str) -> Edit:
    leading = _leading_imports(place.tree)
    if not leading:
        line = _below_docstring(place)
        above = "\n" if line > 1 and place.lines[line - 2].strip() else ""
        below = "\n" if line <= len(place.lines) and place.lines[line - 1].strip() else ""
        return insertion(place, line, f"{above}{statement}\n{below}")
    own = _section(place, module)
    on_top = [one for one in leading if _is_on_top(place.tree, one)]
    if any(_section(place, _module_of(one)) == own for one in on_top):
        leading = on_top
    sections = [_section(place, _module_of(one)) for one in leading]
    if own not in sections:
        later = [one for one, section in zip(leading, sections, strict=True) if section > own]
        if later:
            return insertion(place, _above(place, later[0]), f"{statement}\n\n")
        return insertion(place, _below(leading[-1]), f"\n{statement}\n")
    return insertion(place, _sorted_line(place, leading, module, statement), f"{statement}\n")


def _is_on_top(tree: ast.Module, statement: Import) -> bool:
    """Whether nothing but imports and a docstring stands above."""
    above = tree.body[: tree.body.index(statement)]
    return all(
        isinstance(one, Import | ast.If | ast.Try)
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in above
    )


def _sorted_line(place: Place, leading: list[Import], module: str, statement: str) -> int:
    """The line the new import belongs above, among the imports of its section and package."""
    section = [
        one for one in leading if _section(place, _module_of(one)) == _section(place, module)
    ]
    package = module.partition(".")[0]
    related = [one for one in section if _module_of(one).partition(".")[0] == package]
    key = (statement.startswith("from"), module.lower())
    for one in related or section:
        if (isinstance(one, ast.ImportFrom), _module_of(one).lower()) > key:
            return _above(place, one)
    return _below((related or section)[-1])


def _below(statement: ast.stmt) -> int:
    return (statement.end_lineno or 0) + 1


def _module_of(statement: Import) -> str:
    if isinstance(statement, ast.Import):
        return statement.names[0].name
    return "." * statement.level + (statement.module or "")


def _section(place: Place, module: str) -> int:
    """0 for the standard library, 1 for packages, 2 for the project's own, 3 for relative imports."""
    root = module.partition(".")[0]
    if not root:
        return 3
    if root in sys.stdlib_module_names:
        return 0
    return 2 if root == _own_package(place) else 1


def _own_package(place: Place) -> str:
    """The package that the file belongs to, as its imports call it: the outermost of its folders among them."""
    roots = {_module_of(one).partition(".")[0] for one in _leading_imports(place.tree)}
    folders = (part for part in PurePath(place.path).parent.parts if part in roots)
    return next(folders, "")


def _below_docstring(place: Place) -> int:
    """The first line after the docstring and `__future__` imports, or above the first statement."""
    line = 0
    body = place.tree.body
    for position, statement in enumerate(body):
        docstring = position == 0 and ast.get_docstring(place.tree, clean=False) is not None
        if docstring or _is_future(statement):
            line = statement.end_lineno or 0
            continue
        if not line:
            return _above(place, statement)
        break
    return line + 1


def _above(place: Place, statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    start = min([statement.lineno, *(one.lineno for one in decorators)])
    line = start
    while line > 1 and place.lines[line - 2].startswith("#"):
        line -= 1
    return start if line == 1 else line


def _at(place: Place, line: int, column: int, text: str) -> Edit:
    return Edit(place.path, empty(line, column), text)
