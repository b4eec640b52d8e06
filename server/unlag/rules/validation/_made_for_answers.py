"""Models that are made only to be returned under their own class, which Pydantic 1 made once more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from unlag.project.models import model_of
from unlag.project.values import Class, Instance
from unlag.rules.validation._answers import Declared, is_list_of
from unlag.rules.validation._trees import Reading, only_argument, starred_only

FROM_ROWS = frozenset({"parse_obj", "from_orm"})


class Made(msgspec.Struct, frozen=True):
    """A model, or a list of models, that a function makes and returns."""

    node: ast.expr
    """What is returned."""
    value: Instance
    """One of the models."""
    is_row: bool
    """Whether each is made of one row, and of nothing else."""

    @property
    def holds_many(self) -> bool:
        """Whether there are as many objects as a list has, so that making them twice takes time."""
        return any(isinstance(one, ast.ListComp) for one in ast.walk(self.node))


def made_for_answer(read: Reading, told: Declared) -> Iterator[Made]:
    """Each model under the response model of its own class, whole or dumped."""
    for item in read.returned():
        node = item.node.elt if isinstance(item.node, ast.ListComp) else item.node
        made = _made(read, node)
        value = read.instance(made) if made is not None else None
        if value is None or model_of(read.function.index.resolver, value.id) is None:
            continue
        many = isinstance(item.node, ast.ListComp)
        if is_list_of(told.value, value) if many else told.value == value:
            yield Made(item.node, value, made is node and _is_from_row(node))


def _made(read: Reading, node: ast.expr) -> ast.Call | None:
    """The call that makes the object which an expression gives."""
    match node:
        case ast.Call(func=ast.Attribute(value=dumped, attr="dict"), args=[], keywords=[]):
            node = dumped
    if not isinstance(node, ast.Call):
        return None
    return node if _is_from_row(node) or isinstance(read.value(node.func), Class) else None


def _is_from_row(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if starred_only(node) is not None:
        return True
    is_builder = isinstance(node.func, ast.Attribute) and node.func.attr in FROM_ROWS
    return is_builder and only_argument(node) is not None
