"""What an expression of a function is, with the names that its statements gave values so far.

Records what expressions do on the way: statements that are sent, relationships that are read, results
of which only a part is taken.
"""

from __future__ import annotations

import ast

import msgspec

from unlag.project.resolver import is_property
from unlag.project.table import FunctionEntry
from unlag.project.values import Coroutine, Value
from unlag.rules.database._calls import may_begin, may_query
from unlag.rules.database._client_numbers import is_checked
from unlag.rules.database._models import model_of, relationship
from unlag.rules.database._names import Names
from unlag.rules.database._values import (
    Chosen,
    Display,
    Expired,
    Flag,
    Known,
    Loaded,
    Loads,
    Made,
    Mapped,
    Record,
    Result,
    Row,
    Rows,
    Statement,
    Touch,
    all_of,
    merged,
)
from unlag.rules.places import dotted
from unlag.source.expressions import path_of
from unlag.source.paths import UNKNOWN


class Evaluation(Names):
    """The values of one function's expressions."""

    def called(self, callee: Value, node: ast.Call, values: list[Known]) -> Known:
        """What a function of the project gives: who follows functions says so."""
        raise NotImplementedError

    def call(self, node: ast.Call) -> Known:
        """What a call gives: who knows calls says so."""
        raise NotImplementedError

    def property_of(self, record: Record, entry: FunctionEntry, node: ast.expr) -> Known:
        """What a property of a model gives: as `called`."""
        raise NotImplementedError

    def is_worth_following(self, entry: FunctionEntry, values: list[Known]) -> bool:
        """Whether a callee is handed something loaded, begins a statement, or asks a database itself."""
        is_handed = any(isinstance(value, Loaded) for value in values)
        return is_handed or may_begin(self.index, entry.id) or may_query(self.index, entry.id)

    # -- expressions

    def value(self, node: ast.expr) -> Known:
        """What an expression is."""
        match node:
            case ast.Name(id=name):
                known = self.names.get(name)
                return known if known is not None else self._resolved(node)
            case ast.Attribute():
                known = self.names.get(dotted(node)) if self.chosen else None
                return known if known is not None else self._attribute(node)
            case ast.Call():
                return self.call(node)
            case ast.Constant(value=constant):
                return Flag(constant) if constant is True or constant is False else None
            case ast.Await(value=inner):
                return self._awaited(self.value(inner))
            case ast.Subscript():
                return self._subscript(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.IfExp():
                self.tested(node.test)
                return merged(self.value(node.body), self.value(node.orelse))
            case ast.BoolOp(values=values):
                found: Known = None
                for item in values:
                    found = merged(found, self.value(item))
                return found
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.tested(operand)
                return None
            case ast.NamedExpr():
                given = self.value(node.value)
                self.bind(node.target, given)
                return given
            case ast.Starred(value=inner):
                return self.value(inner)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return self._display(items)
            case ast.Dict():
                return self._dictionary(node)
            case ast.Lambda():
                return None
        return self._parts_of(node)

    def tested(self, node: ast.expr) -> None:
        """A condition: only whether there is something counts."""
        if isinstance(node, ast.BoolOp):
            for operand in node.values:
                self.tested(operand)
            return
        value = None if self._says_nothing(node) else self.value(node)
        if isinstance(value, Rows) and value.is_whole:
            self.taken(value, "truth", node)
        if self.chosen:
            for name in [item for item in self.chosen if is_checked(node, item)]:
                self.names[name] = None

    def done(self, node: ast.expr) -> None:
        """Go through an expression whose value nobody wants to know."""
        if not self._says_nothing(node):
            self.value(node)

    def _says_nothing(self, node: ast.expr) -> bool:
        """Whether an expression is a name or attribute of nothing loaded: it does nothing, whatever it is."""
        while isinstance(node, ast.Attribute):
            node = node.value
        if isinstance(node, ast.Name):
            return not isinstance(self.names.get(node.id), Loaded)
        return isinstance(node, ast.Constant)

    def _parts_of(self, node: ast.AST) -> Known:
        for field in node._fields:
            part = getattr(node, field, None)
            for child in part if isinstance(part, list) else (part,):
                if isinstance(child, ast.expr):
                    self.done(child)
                elif isinstance(child, ast.keyword):
                    self.done(child.value)
        return None

    def _display(self, items: list[ast.expr]) -> Known:
        values = tuple(self.value(item) for item in items)
        if any(isinstance(item, Rows) for item in values) and any(
            isinstance(item, ast.Starred) for item in items
        ):
            return next(item for item in values if isinstance(item, Rows))
        return Display(values) if any(isinstance(item, Loaded) for item in values) else None

    def _dictionary(self, node: ast.Dict) -> Known:
        for key in node.keys:
            if key is not None:
                self.done(key)
        given = [
            (key.value if isinstance(key, ast.Constant) else None, self.value(item))
            for key, item in zip(node.keys, node.values, strict=True)
            if not self._says_nothing(item)
        ]
        of_all = (all_of(value) for _, value in given)
        found = next((item for item in of_all if item is not None), None)
        if found is None:
            return None
        held = [
            (key, value)
            for key, value in given
            if isinstance(key, str) and isinstance(value, Record | Rows)
        ]
        return Made(found, tuple(held))

    def _resolved(self, node: ast.expr) -> Value:
        path = path_of(node, 0)
        if path == UNKNOWN:
            return None
        return self.index.resolver.resolve(self.place, path, self.tree.line(node))

    def _awaited(self, value: Known) -> Known:
        if isinstance(value, Loaded | Made | Chosen | Flag) or value is None:
            return value
        if isinstance(value, Coroutine):
            return value.value
        return self.index.resolver.attribute(value, "await")

    def _attribute(self, node: ast.Attribute) -> Known:
        owner = self.value(node.value)
        match owner:
            case Record():
                return self._read(owner, node)
            case Row():
                return dict(zip(owner.names, owner.elements, strict=False)).get(node.attr)
            case Statement() | Loads() | Result() | Rows() | Display() | Mapped():
                return None
            case Made() | Chosen() | Flag() | None:
                return None
        return self.index.resolver.attribute(owner, node.attr)

    def _read(self, record: Record, node: ast.Attribute) -> Known:
        if record.expired is not None and self._is_mapped(record, node.attr):
            self._expired(record, node)
            record = msgspec.structs.replace(record, expired=None)
        found = relationship(self.index, record.model, node.attr)
        if found is None:
            member = self.index.resolver.member(record.model, node.attr)
            if member is not None and isinstance(member[0], FunctionEntry):
                if is_property(member[0].facts) and not member[0].facts.is_async:
                    return self.property_of(record, member[0], node)
            return None
        path = (*record.path, node.attr)
        is_back = (
            not found.is_collection
            and bool(record.path)
            and (
                found.back == record.path[-1]
                or (len(record.path) == 1 and found.target in record.statement.entities)
            )
        )
        is_loaded = path in record.statement.loads or path in record.loaded or is_back
        if found.is_lazy and not is_loaded and record.is_certain:
            self.events.append(Touch(record, node.attr, self.site(node), self.entry.id))
            record = msgspec.structs.replace(record, is_certain=False)
        if not found.target:
            return None
        read = msgspec.structs.replace(record, model=found.target, path=path)
        return Rows(read, record.statement, False) if found.is_collection else read

    def _is_mapped(self, record: Record, name: str) -> bool:
        model = model_of(self.index, record.model)
        return model is not None and (name in model.columns or name in model.relationships)

    def _expired(self, record: Record, node: ast.Attribute) -> None:
        """Say once that an object is read after a commit."""
        text = ast.unparse(node)
        self.events.append(Expired(record, text, self.site(node), self.entry.id))
        if isinstance(node.value, ast.Name) and self.names.get(node.value.id) == record:
            self.names[node.value.id] = msgspec.structs.replace(record, expired=None)

    def _subscript(self, node: ast.Subscript) -> Known:
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))):
                if self.chosen and f"{name}[{key}]" in self.names:
                    return self.names[f"{name}[{key}]"]
        owner = self.value(node.value)
        if not isinstance(node.slice, ast.Slice):
            self.value(node.slice)
        match owner:
            case Rows():
                if isinstance(node.slice, ast.Slice):
                    return Rows(owner.element, owner.statement, False)
                return owner.element
            case Mapped():
                return owner.element
            case Row() | Display():
                if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                    at = node.slice.value
                    inside = -len(owner.elements) <= at < len(owner.elements)
                    return owner.elements[at] if inside else None
                return None
            case Statement() | Loads() | Result() | Record() | None:
                return None
        return self._resolved(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Known:
        outer, self.names = self.names, dict(self.names)
        source: Known = None
        for generator in node.generators:
            iterated = self.value(generator.iter)
            source = iterated if generator is node.generators[0] else None
            self.bind(generator.target, self.element(iterated, generator.iter))
            for condition in generator.ifs:
                self.value(condition)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
        made = self.value(node.value if isinstance(node, ast.DictComp) else node.elt)
        self.names = outer
        has_conditions = any(generator.ifs for generator in node.generators)
        if has_conditions and (rows := self.whole(source)) is not None:
            self.taken(rows, "filter", node.generators[0].iter)
        of_all = all_of(source) if not has_conditions and len(node.generators) == 1 else None
        if isinstance(node, ast.DictComp):
            return Mapped(made) if isinstance(made, Record) else None
        if isinstance(made, Record):
            is_same = isinstance(source, Rows) and source.element is not None
            whole = is_same and not has_conditions and len(node.generators) == 1
            return Rows(
                made, made.statement, whole and isinstance(source, Rows) and source.is_whole
            )
        if isinstance(made, Loads):
            return made
        return Made(of_all) if of_all is not None else None
