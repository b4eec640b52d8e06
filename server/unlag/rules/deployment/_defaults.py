"""What an expression comes to when nobody sets anything: settings' defaults, followed to their definition.

Unknown where a file for production sets the variable, and wherever a step is not understood.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

import msgspec

from unlag.project.resolver import Place
from unlag.project.values import Class, Instance, Value, each
from unlag.rules.deployment._definitions import definitions_in
from unlag.rules.view import FunctionView
from unlag.source.facts import Import
from unlag.source.scopes import MODULE

_DEEPEST = 8
_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off", ""})
_GETTERS = frozenset({"os.getenv", "os.environ.get", "environ.get", "os.environ.setdefault"})
_CASTS = frozenset({"bool", "int", "str"})
_PARSERS = frozenset(
    {"strtobool", "str2bool", "str_to_bool", "parse_bool", "to_bool", "as_bool", "asbool"}
)
_OF_TEXT: dict[str, Callable[[str], str]] = {
    "lower": str.lower, "upper": str.upper, "strip": str.strip, "casefold": str.casefold,
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
}  # fmt: skip


class UnknownError(Exception):
    """The expression is not understood."""


class Default(msgspec.Struct, frozen=True):
    """What an expression is by default, and where that is decided."""

    is_on: bool
    source: str = ""
    """The setting or variable that decides, as a reader knows it; empty for a literal."""
    path: str = ""
    """The file of the definition, where that is another one."""
    is_named: bool = False
    """Whether it is on because of the name of an environment, such as `dev`."""


class _Evaluation:
    """One expression being worked out; keeps what decided."""

    def __init__(self, view: FunctionView, line: int) -> None:
        self._view = view
        self._line = line
        self._set = view.index.deployment(view.entry.path).about_code.variables
        self.source = ""
        self.path = ""
        self.is_named = False

    def value(self, node: ast.expr, owner: str, depth: int = 0) -> object:
        """The value of `node`; `owner` is `path:Class.` or `path:` where its names are looked up."""
        if depth > _DEEPEST:
            raise UnknownError
        match node:
            case ast.Constant(value=value):
                return value
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return [self.value(item, owner, depth + 1) for item in items]
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand, owner, depth + 1)
            case ast.BoolOp(op=kind, values=values):
                return self._joined(isinstance(kind, ast.And), values, owner, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                chosen = body if self.value(test, owner, depth + 1) else orelse
                return self.value(chosen, owner, depth + 1)
            case ast.Compare(left=left, ops=[kind], comparators=[right]):
                return self._compared(left, kind, right, owner, depth)
            case ast.Call():
                return self._called(node, owner, depth)
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant()):
                raise UnknownError  # it has to be set
            case ast.Name(id=name):
                return self._name(name, owner, depth)
            case ast.Attribute():
                return self._attribute(node, owner, depth)
        raise UnknownError

    def _joined(self, is_and: bool, values: list[ast.expr], owner: str, depth: int) -> object:
        found: object = is_and
        for item in values:
            found = self.value(item, owner, depth + 1)
            if bool(found) is not is_and:
                return found
        return found

    def _compared(
        self, left: ast.expr, kind: ast.cmpop, right: ast.expr, owner: str, depth: int
    ) -> object:
        one, other = self.value(left, owner, depth + 1), self.value(right, owner, depth + 1)
        texts = other if isinstance(other, list) else [other]
        names = [text for text in texts if isinstance(text, str)]
        if any(name.lower() not in _TRUE | _FALSE for name in names):
            self.is_named = True
        if isinstance(kind, ast.In | ast.NotIn) and isinstance(other, list | str):
            is_in = one in other if isinstance(other, list) else str(one) in other
            return is_in is isinstance(kind, ast.In)
        compare = _COMPARISONS.get(type(kind))
        if compare is None:
            raise UnknownError
        return compare(one, other)

    def _called(self, call: ast.Call, owner: str, depth: int) -> object:
        name = ast.unparse(call.func)
        if name in _GETTERS or name.endswith(("os.getenv", "environ.get")) or name == "getenv":
            return self._variable(call, owner, depth)
        if isinstance(call.func, ast.Attribute) and call.func.attr in _OF_TEXT and not call.args:
            text = self.value(call.func.value, owner, depth + 1)
            if isinstance(text, str):
                return _OF_TEXT[call.func.attr](text)
        last = name.rpartition(".")[2]
        if len(call.args) == 1 and not call.keywords and last in _CASTS | _PARSERS:
            inner = self.value(call.args[0], owner, depth + 1)
            if last in _PARSERS and isinstance(inner, str) and inner.lower() in _TRUE | _FALSE:
                return inner.lower() in _TRUE
            if last in _CASTS and isinstance(inner, str | int | bool):
                return {"bool": bool, "int": int, "str": str}[last](inner)
        raise UnknownError

    def _variable(self, call: ast.Call, owner: str, depth: int) -> object:
        given = [*call.args, *(item.value for item in call.keywords if item.arg == "default")]
        name = given[0].value if given and isinstance(given[0], ast.Constant) else None
        if not isinstance(name, str) or name in self._set:
            raise UnknownError
        self._note(f"`{name}`", "")
        return self.value(given[1], owner, depth + 1) if len(given) > 1 else None

    def _name(self, name: str, owner: str, depth: int) -> object:
        path, _, scope = owner.rpartition(":")
        if path == self._view.entry.path and not scope:
            local = self._local(name)
            if local is not None:
                return self.value(local, owner, depth + 1)
        found = self._defined(path, scope + name, depth)
        if found is None and scope:
            found = self._defined(path, name, depth)
        if found is not None:
            return found[0]
        for item in self._imports(path, name):
            file = self._view.index.resolver.imported_file(path, item)
            found = self._defined(file or "", item.attribute, depth)
            if found is not None:
                return found[0]
        raise UnknownError

    def _local(self, name: str) -> ast.expr | None:
        """What the function itself gives a name; UnknownError where that is not one plain assignment."""
        facts = self._view.facts
        if facts.qualname == MODULE:
            return None
        is_parameter = any(item.name == name for item in facts.parameters)
        bindings = [item for item in facts.bindings if item.name == name]
        if not is_parameter and not bindings:
            return None
        syntax = self._view.syntax(self._view.entry)
        if is_parameter or len(bindings) != 1 or syntax is None:
            raise UnknownError
        for node in ast.walk(syntax.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                    return value
        raise UnknownError

    def _imports(self, path: str, name: str) -> list[Import]:
        table = self._view.index.tables.get(path)
        found = list(table.imports.get(name, ())) if table is not None else []
        if path == self._view.entry.path:
            found += [item for item in self._view.facts.imports if item.name == name]
        return [item for item in found if item.attribute not in ("", ".")]

    def _attribute(self, node: ast.Attribute, owner: str, depth: int) -> object:
        name = node.attr
        base = ast.unparse(node.value)
        path, _, scope = owner.rpartition(":")
        if base in ("self", "cls") and scope:
            found = self._member(Class(f"{path}:{scope[:-1]}"), name, depth)
        else:
            place = Place(path, MODULE)
            value = self._view.index.resolver.resolve(place, base, 0)
            if path == self._view.entry.path and not scope:
                value = self._view.resolve(base, self._line) or value
            found = self._of(value, name, depth)
        if found is None:
            raise UnknownError
        return found[0]

    def _of(self, value: Value, name: str, depth: int) -> tuple[object] | None:
        values = each(value)
        if len(values) != 1:
            return None
        one = values[0]
        file = self._view.index.resolver.file_of(one)
        if file is not None:
            return self._defined(file, name, depth)
        return self._member(one, name, depth) if isinstance(one, Instance | Class) else None

    def _member(self, owner: Value, name: str, depth: int) -> tuple[object] | None:
        if not isinstance(owner, Instance | Class) or depth > _DEEPEST:
            return None
        entry = self._view.index.resolver.class_(owner.id)
        if entry is None:
            return None
        if any(_sets(variable.upper(), name.upper()) for variable in self._set):
            raise UnknownError
        path, _, qualname = entry.id.rpartition(":")
        found = self._defined(path, f"{qualname}.{name}", depth)
        if found is not None:
            return found
        for base in self._view.index.resolver.bases(entry):
            found = self._member(base, name, depth + 1)
            if found is not None:
                return found
        return None

    def _defined(self, path: str, name: str, depth: int) -> tuple[object] | None:
        text = definitions_in(self._view.index, path).get(name)
        if text is None:
            return None
        self._note(f"`{name}`", path)
        scope = name.rpartition(".")[0]
        owner = f"{path}:{scope}." if scope else f"{path}:"
        return (self.value(ast.parse(text, mode="eval").body, owner, depth + 1),)

    def _note(self, source: str, path: str) -> None:
        if not self.source:
            self.source, self.path = source, path


def _sets(variable: str, field: str) -> bool:
    """Whether a variable can set a field of settings, under a prefix or not; Python's own set none."""
    return variable.endswith(field) and not variable.startswith("PYTHON")


def default_of(view: FunctionView, node: ast.expr, line: int) -> Default | None:
    """What an expression in a function is by default; None where that is unknown."""
    if isinstance(node, ast.Constant):
        return Default(bool(node.value))
    evaluation = _Evaluation(view, line)
    try:
        value = evaluation.value(node, f"{view.entry.path}:")
    except (UnknownError, ValueError):
        return None
    is_on = bool(value)
    if isinstance(value, str) and value.lower() in _FALSE:
        is_on = False
    return Default(is_on, evaluation.source, evaluation.path, evaluation.is_named)
