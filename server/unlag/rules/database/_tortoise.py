"""Relations of Tortoise's models that a loop waits for row by row, though the query could bring them along."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import msgspec

from unlag.project.index import Index
from unlag.project.surveys import Survey, nothing
from unlag.project.syntax import FunctionSyntax, NodeSite
from unlag.project.table import FileTable
from unlag.project.values import Class, each
from unlag.rules.database._lengths import Comprehension, assigned, is_long
from unlag.rules.database._loops import iterated_text, words_for
from unlag.rules.places import dotted, tree_of
from unlag.rules.view import FunctionView

_MODEL = "tortoise.models.Model"
_FIELDS = ("ForeignKeyField", "OneToOneField", "ManyToManyField")
_ANNOTATIONS = ("ReverseRelation", "ForeignKeyRelation", "ForeignKeyNullableRelation", "ManyToManyRelation",
                "OneToOneRelation", "OneToOneNullableRelation", "BackwardOneToOneRelation")  # fmt: skip
_ROWS = frozenset(
    {"all", "filter", "exclude", "order_by", "annotate", "limit", "offset", "distinct", "only", "using_db",
     "select_for_update", "prefetch_related", "select_related"}
)  # fmt: skip
_LOADING = frozenset({"prefetch_related", "select_related"})
_Relations = dict[str, frozenset[str]]


class Waited(msgspec.Struct, frozen=True):
    """One place in a loop that waits for a relation of its row."""

    site: NodeSite
    written: str
    relation: str
    words: str
    """What the loop runs over."""


def waited_relations(view: FunctionView) -> Iterator[Waited]:
    """Every relation that a coroutine waits for in a loop over rows which were loaded without it."""
    known: _Relations = view.index.survey(RELATIONS) if view.facts.is_async else {}
    if not known or not _mentions(view, frozenset().union(*known.values())):
        return
    tree = tree_of(view.index, view.entry)
    for node in ast.walk(tree.node) if tree is not None else ():
        if tree is None:
            return
        if isinstance(node, ast.For | ast.AsyncFor):
            yield from _in_loop(view, tree, known, node, node.target, node.iter)
        elif isinstance(node, Comprehension):
            first = node.generators[0]
            yield from _in_loop(view, tree, known, node, first.target, first.iter)


def _mentions(view: FunctionView, names: frozenset[str]) -> bool:
    paths = (*(read.path for read in view.facts.reads), *(c.target for c in view.facts.calls))
    wanted = names | {"fetch_related"}
    return any(not wanted.isdisjoint(path.split(".")) for path in paths)


def _in_loop(
    view: FunctionView,
    tree: FunctionSyntax,
    known: _Relations,
    loop: ast.For | ast.AsyncFor | Comprehension,
    target: ast.expr,
    iterated: ast.expr,
) -> Iterator[Waited]:
    query = _query(tree, iterated)
    if query is None or not isinstance(target, ast.Name):
        return
    relations = _left_out(view, tree, known, query)
    if not relations or not (isinstance(loop, ast.AsyncFor) or is_long(view, tree, loop, iterated)):
        return
    body = loop.body if isinstance(loop, ast.For | ast.AsyncFor) else parts(loop)
    said: set[str] = set()
    for node in each_time(body):
        for written, relation in _relations_at(node, target.id):
            if relation in relations and relation not in said:
                said.add(relation)
                words = words_for(iterated_text(iterated))
                yield Waited(tree.site(written), ast.unparse(written), relation, words)


def _query(tree: FunctionSyntax, node: ast.expr) -> ast.Call | None:
    """The query that rows come from, also through a name."""
    if isinstance(node, ast.Name):
        given = assigned(tree.node, node.id)
        node = given[0] if len(given) == 1 else node
    node = node.value if isinstance(node, ast.Await) else node
    return node if isinstance(node, ast.Call) else None


def _left_out(
    view: FunctionView, tree: FunctionSyntax, known: _Relations, query: ast.Call
) -> frozenset[str]:
    """The relations of the model that a query of rows does not bring along."""
    loaded: set[str] = set()
    node: ast.expr = query
    line = tree.site(query).line
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name not in _ROWS:
            return frozenset()
        if name in _LOADING:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            if len(texts) < len(node.args):
                return frozenset()
            loaded |= {str(text).partition("__")[0] for text in texts}
        node = node.func.value
    if any(call.target.endswith("fetch_for_list") for call in view.facts.calls) or not dotted(node):
        return frozenset()
    value = view.resolve(dotted(node), line)
    found = [known.get(item.id, frozenset()) for item in each(value) if isinstance(item, Class)]
    is_model = any(
        isinstance(item, Class) and _MODEL in _outside(view.index, item.id) for item in each(value)
    )
    return frozenset().union(*found) - loaded if is_model else frozenset()


def _outside(index: Index, class_id: str) -> set[str]:
    return {index.knowledge.canonical(name) for name in index.resolver.outside_bases(class_id)}


def parts(node: Comprehension) -> list[ast.AST]:
    """What a comprehension works out for each item."""
    made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    return [*made, *(inner.iter for inner in node.generators[1:])]


def each_time(body: list[ast.stmt] | list[ast.AST]) -> Iterator[ast.AST]:
    """What runs in every round: not what stands in a branch."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop(0)
        yield node
        if isinstance(node, ast.If | ast.IfExp):
            pending.append(node.test)
        elif not isinstance(node, ast.ExceptHandler | ast.Match | ast.Lambda | ast.FunctionDef):
            pending.extend(ast.iter_child_nodes(node))


def _relations_at(node: ast.AST, item: str) -> Iterator[tuple[ast.expr, str]]:
    """What an `await` or `async for` waits for on the row: `row.team`, `row.players.all()`."""
    waited = node.value if isinstance(node, ast.Await) else None
    if isinstance(node, ast.AsyncFor):
        waited = node.iter
    if waited is None:
        return
    if isinstance(waited, ast.Call) and dotted(waited.func) == f"{item}.fetch_related":
        for argument in waited.args:
            if isinstance(argument, ast.Constant):
                yield waited, str(argument.value).partition("__")[0]
        return
    inner: ast.expr = waited
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
        inner = inner.func.value
    owner, _, relation = dotted(inner).rpartition(".")
    if owner == item:
        yield waited, relation


# -- all files


def _relations_in(index: Index, table: FileTable) -> tuple[tuple[str, frozenset[str]], ...]:
    found = []
    for entry in table.classes.values():
        names = {
            name
            for name, item in entry.members.items()
            if any(call.target.rpartition(".")[2] in _FIELDS for call in item.calls)
        }
        names |= {
            name
            for name, paths in entry.attributes.items()
            if any(word in path for path in paths for word in _ANNOTATIONS)
        }
        if names:
            found.append((entry.id, frozenset(names)))
    return tuple(found)


def _all_relations(
    parts: Mapping[str, tuple[tuple[str, frozenset[str]], ...]],
) -> _Relations:
    return {class_id: names for part in parts.values() for class_id, names in part}


RELATIONS: Survey[Index, tuple[tuple[str, frozenset[str]], ...], _Relations] = Survey(
    _relations_in, _all_relations, is_local=True, of_function=nothing
)
