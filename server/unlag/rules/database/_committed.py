"""What becomes of objects when an asynchronous session commits: they forget what they have loaded."""

from __future__ import annotations

import ast

import msgspec

from unlag.project.index import Index
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import FunctionEntry
from unlag.project.values import ExternalInstance, Instance, each
from unlag.rules.database._calls import ASYNC_SESSIONS
from unlag.rules.database._expiry import expires_on_commit
from unlag.rules.database._followed_calls import Calls
from unlag.rules.database._models import model_of
from unlag.rules.database._values import Known, Record, Rows, Statement


class Keeping(Calls):
    """Knows which objects a session holds, and which of them a commit has expired."""

    def __init__(
        self,
        index: Index,
        entry: FunctionEntry,
        tree: FunctionSyntax,
        names: dict[str, Known],
        depth: int,
        *,
        is_thorough: bool,
    ) -> None:
        super().__init__(index, entry, tree, names, depth, is_thorough=is_thorough)
        self._added: set[str] = set()

    def kept(self, member: str, node: ast.Call) -> None:
        """What a call of an asynchronous session does to the objects at hand."""
        if member in ("add", "add_all"):
            inside = ast.walk(node.args[0]) if node.args else ()
            self._added |= {item.id for item in inside if isinstance(item, ast.Name)}
        elif member == "commit":
            self.committed(node)

    def committed(self, node: ast.expr) -> None:
        """Expire everything that the function holds."""
        if not expires_on_commit(self.index):
            return
        for name, value in list(self.names.items()):
            self.names[name] = self._expired_of(name, value, node)

    def _expired_of(self, name: str, value: Known, node: ast.expr) -> Known:
        match value:
            case Record(session="async"):
                return msgspec.structs.replace(value, expired=self.site(node))
            case Rows(element=Record(session="async") as record):
                expired = msgspec.structs.replace(record, expired=self.site(node))
                return msgspec.structs.replace(value, element=expired)
            case Instance() if name in self._added and model_of(self.index, value.id) is not None:
                statement = Statement(self.entry.id, self.site(node), (value.id,), is_open=True)
                return Record(
                    value.id, statement, "async", is_certain=False, expired=self.site(node)
                )
        return value

    def begins(self, node: ast.expr) -> bool:
        """Whether an expression is `session.begin()`, whose block ends with a commit."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr != "begin":
            return False
        return any(
            isinstance(item, ExternalInstance)
            and self.index.knowledge.is_a(item.name, ASYNC_SESSIONS)
            for item in each(self._resolved(node.func.value))
        )

    def handed_over(self, node: ast.Call) -> None:
        """Objects that a function of the project gets, which may load them again: nobody knows."""
        inside = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            inside.append(node.func.value)
        for item in inside:
            value = self.names.get(item.id) if isinstance(item, ast.Name) else None
            if isinstance(item, ast.Name) and isinstance(value, Record) and value.expired:
                self.names[item.id] = msgspec.structs.replace(value, expired=None)
