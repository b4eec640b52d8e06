"""Numbers that the client of an endpoint chooses as large as it likes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import pairwise

from unlag.project.index import Index
from unlag.project.models import fields, model_of
from unlag.project.place import Place
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, Function, Instance
from unlag.rules.database._values import Chosen, Given, Known
from unlag.rules.places import last_name, tree_of
from unlag.source.facts import Parameter
from unlag.source.scopes import MODULE
from unlag.source.signature import metadata_of, with_defaults

_NUMBERS = (":(int)", ":(int|None)")
_BOUNDS = frozenset({"le", "lt"})
_UPPER = ("le", "lt", None)
"""Keywords of `Query` that bound a number from above, and `**` of whatever."""


def chosen_by_client(index: Index, function_id: str) -> Given:
    """The parameters of an endpoint that are plain numbers of the query, without `le=` or `lt=`."""
    routes = index.routes.by_function.get(function_id, ())
    return index.recall(_chosen, function_id) if any(route.method for route in routes) else ()


def _chosen(index: Index, function_id: str) -> Given:
    entry = index.function(function_id)
    routes = index.routes.by_function.get(function_id, ())
    if entry is None:
        return ()
    own = tuple(
        (item.name, Chosen(item.name))
        for item in entry.facts.parameters
        if _is_number(item)
        and not any(f"{{{item.name}}}" in route.route for route in routes)
        and not _is_bounded(index, entry, item)
    )
    return (*own, *_injected(index, entry))


def _injected(index: Index, entry: FunctionEntry) -> Iterator[tuple[str, Known]]:
    """Numbers that dependencies take from the client: `page["limit"]` of a dict, `page.limit` of a class."""
    place = Place(entry.path, entry.facts.parent or MODULE)
    for parameter in entry.facts.parameters:
        given = index.resolver.dependencies(place, parameter)
        asked = given[0].id if len(given) == 1 and isinstance(given[0], Class) else ""
        for name in _open_fields(index, asked or _query_model(index, place, parameter)):
            yield f"{parameter.name}.{name}", Chosen(f"{parameter.name}.{name}")
        if len(given) != 1:
            continue
        if isinstance(given[0], Function):
            for key, name in _passed_on(index, given[0].id, _of_dict):
                yield f"{parameter.name}[{key}]", Chosen(f'{parameter.name}["{name}"]')
        elif isinstance(given[0], Class):
            made = index.resolver.method(given[0].id, "__init__")
            for key, _ in _passed_on(index, made.id, _of_self) if made is not None else ():
                yield f"{parameter.name}.{key}", Chosen(f"{parameter.name}.{key}")


def _query_model(index: Index, place: Place, parameter: Parameter) -> str:
    """The class whose fields a parameter takes from the query: `Annotated[Page, Query()]`."""
    if "Query(" not in parameter.annotation + parameter.default:
        return ""
    value = index.resolver.instance_of(place, parameter.annotation)
    return value.id if isinstance(value, Instance) else ""


def _open_fields(index: Index, class_id: str) -> Iterator[str]:
    """The plain numbers among the fields of a model that nothing checks."""
    model = model_of(index.resolver, class_id) if class_id else None
    if model is None or not model.is_whole or model.hooks:
        return
    for name, path, where in fields(index.resolver, model):
        entry = index.resolver.class_(f"{where.path}:{where.class_name}")
        member = entry.members.get(name) if entry is not None else None
        if member is None or path.partition("|")[0] not in _NUMBERS:
            continue
        bounds = (item.partition("=")[0] for call in member.calls for item in call.arguments)
        if _BOUNDS.isdisjoint(bounds):
            yield name


def _passed_on(
    index: Index, function_id: str, given_by: Callable[[FunctionSyntax], dict[str, str]]
) -> list[tuple[str, str]]:
    """Under which key a dependency gives its plain numbers on as they are, and their names."""
    entry = index.function(function_id)
    tree = tree_of(index, entry) if entry is not None and _has_numbers(entry) else None
    if entry is None or tree is None:
        return []
    tested = {n.id for test in ast.walk(tree.node) if isinstance(test, ast.Compare)
              for n in ast.walk(test) if isinstance(n, ast.Name)}  # fmt: skip
    open_numbers = {
        item.name
        for item in entry.facts.parameters
        if _is_number(item) and item.name not in tested and not _is_bounded(index, entry, item)
    } - {binding.name for binding in entry.facts.bindings}
    return [(key, name) for key, name in given_by(tree).items() if name in open_numbers]


def _has_numbers(entry: FunctionEntry) -> bool:
    return any(map(_is_number, entry.facts.parameters))


def _of_dict(tree: FunctionSyntax) -> dict[str, str]:
    """Of `return {"limit": limit}` what stands under which key."""
    returned = [node.value for node in ast.walk(tree.node) if isinstance(node, ast.Return)]
    match returned:
        case [ast.Dict(keys=keys, values=values)]:
            return {
                str(key.value): value.id
                for key, value in zip(keys, values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(value, ast.Name)
            }
    return {}


def _of_self(tree: FunctionSyntax) -> dict[str, str]:
    """Of `self.limit = limit` what each attribute is set to."""
    found = {}
    for node in ast.walk(tree.node):
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=ast.Name(id=name),
            ):
                found[attribute] = name
    return found


def _is_number(parameter: Parameter) -> bool:
    plain = parameter.annotation.removeprefix("Annotated[").partition(",")[0]
    return plain.removesuffix("|None") == "int"


def _is_bounded(index: Index, entry: FunctionEntry, parameter: Parameter) -> bool:
    """Whether anything says more of it than a number: `Query(le=100)`, `Depends(...)`, a constant's name."""
    is_annotated = parameter.annotation.startswith("Annotated[")
    is_plain = not parameter.default or parameter.default[0] == "#" or parameter.default == "None"
    if is_plain and not is_annotated:
        return False
    tree = tree_of(index, entry)
    if tree is None:
        return True
    pairs = with_defaults(tree.node.args)
    item, default = next(pair for pair in pairs if pair[0].arg == parameter.name)
    written = [] if is_plain else [default]
    if is_annotated:
        written += metadata_of(item) or [None]
    return not written or not all(_is_open(item) for item in written)


def _is_open(node: ast.expr | None) -> bool:
    """Whether what is said of a number is `Query(...)` without an upper bound, or words about it."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    return name in ("Query", "Doc") and not any(item.arg in _UPPER for item in node.keywords)


def is_checked(test: ast.expr, name: str) -> bool:
    """Whether a condition compares a number with more than zero or one: it is not too large in one of both branches."""
    return any(isinstance(node, ast.Compare) and _compares(node, name) for node in ast.walk(test))


def _compares(node: ast.Compare, name: str) -> bool:
    sides = [node.left, *node.comparators]
    return any(
        isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
        and any(isinstance(side, ast.Name) and side.id == name for side in pair)
        and not any(isinstance(side, ast.Constant) and side.value in (0, 1) for side in pair)
        for operator, pair in zip(node.ops, pairwise(sides), strict=True)
    )
