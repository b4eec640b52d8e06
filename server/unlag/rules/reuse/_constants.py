"""Which expressions of a function give the same whenever it runs, so that what they make can be kept.

Looks at one function's tree and the names it can see. Whatever it does not know varies.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from unlag.project.memoised import remembers
from unlag.project.resolver import Place
from unlag.project.syntax import FunctionSyntax
from unlag.project.table import ClassEntry
from unlag.project.values import Class, External, Function, Instance, each
from unlag.rules.nodes import nodes_in
from unlag.rules.reuse._requests import is_made_once
from unlag.rules.view import FunctionView, Site
from unlag.source.facts import FunctionFacts
from unlag.source.scopes import MODULE

_DEEPEST = 6
_PARTS = (
    ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.UnaryOp,
    ast.BoolOp, ast.IfExp, ast.Compare, ast.Starred, ast.Subscript, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.expr_context, ast.Constant, ast.keyword, ast.Slice,
)  # fmt: skip
_STEADY = (
    "httpx.", "httpx2.", "aiohttp.", "ssl.create_default_context", "os.getenv", "os.environ", "os.environ.", "os.path.",
    "certifi.", "botocore.config.", "datetime.timedelta", "pathlib.", "jinja2.", "str", "int", "float", "bool",
    "requests.adapters.", "urllib3.util.", "len", "tuple", "list", "dict", "fastapi.Path", "importlib.resources.files",
    "boto3.Session", "boto3.session.Session", "aioboto3.Session",
)  # fmt: skip
"""What gives the same for the same arguments; environment variables stay as they were at start-up."""
_OF_TEXTS = frozenset(
    {"strip", "rstrip", "lstrip", "removeprefix", "removesuffix", "lower", "upper", "format", "join",
     "joinpath", "resolve", "absolute", "with_name", "with_suffix", "get_secret_value", "encode"}
)  # fmt: skip

_OF_FIELDS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs"})
_RECORDS = frozenset(
    {
        "pydantic.BaseModel",
        "pydantic.RootModel",
        "sqlmodel.SQLModel",
        "msgspec.Struct",
        "typing.NamedTuple",
    }
)
_CHANGING = frozenset(
    {"append", "extend", "insert", "remove", "pop", "clear", "add", "discard", "update", "setdefault"}
)  # fmt: skip


class Constants:
    """What one function can see that never changes."""

    def __init__(self, function: FunctionView, syntax: FunctionSyntax) -> None:
        self._function = function
        self._syntax = syntax
        self._parameters = {item.name: item for item in function.facts.parameters}

    def call_at(self, site: Site) -> ast.Call | None:
        """The tree of the call that stands at `site`."""
        for node in nodes_in(self._syntax.node):
            if isinstance(node, ast.Call):
                found = self._syntax.site(node)
                start = (found.line, found.column) == (site.line, site.column)
                if start and (found.end_line, found.end_column) == (site.end_line, site.end_column):
                    return node
        return None

    def varying(self, call: ast.Call) -> tuple[str, ...]:
        """Names of the arguments that can differ from call to call; positions are `0`, `1`, ..."""
        given = [(str(number), node) for number, node in enumerate(call.args)]
        given += [(item.arg or "**", item.value) for item in call.keywords]
        return tuple(name for name, node in given if not self.is_constant(node))

    def is_constant(self, node: ast.AST, depth: int = 0) -> bool:
        """Whether an expression gives the same whenever the function runs."""
        if depth > _DEEPEST:
            return False
        match node:
            case ast.Name(id=name):
                return self._is_constant_name(name, depth)
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                return self._is_constant_member(name)
            case ast.Attribute(value=value):
                return self.is_constant(value, depth + 1)
            case ast.Call():
                return self._is_constant_call(node, depth)
        if not isinstance(node, _PARTS):
            return False
        return all(self.is_constant(child, depth) for child in ast.iter_child_nodes(node))

    def _is_constant_name(self, name: str, depth: int) -> bool:
        bindings = list(_bindings(self._syntax.node, name))
        parameter = self._parameters.get(name)
        if parameter is not None:
            return not bindings and (self._is_injected_once(name) or self._are_settings(name))
        if bindings:
            return all(
                value is not None and self.is_constant(value, depth + 1) for value in bindings
            )
        return not self._is_of_outer_function(name)

    def _is_of_outer_function(self, name: str) -> bool:
        """Whether a function around this one binds the name: a closure can be made many times."""
        return any(binds(outer, name) for outer in functions_around(self._function))

    def _is_injected_once(self, name: str) -> bool:
        """Whether FastAPI fills a parameter from a function that remembers what it gave."""
        resolver = self._function.index.resolver
        parameter = self._parameters[name]
        place = Place(self._function.entry.path, self._function.facts.parent or MODULE)
        values = resolver.dependencies(place, parameter)
        given = [item for value in values for item in each(value)]
        return bool(given) and all(
            isinstance(item, Function) and is_remembered(self._function, item.id) for item in given
        )

    def _are_settings(self, name: str) -> bool:
        """Whether FastAPI fills a parameter with settings, which read the same from the environment every time."""
        place = Place(self._function.entry.path, self._function.facts.parent or MODULE)
        if not self._function.index.resolver.dependencies(place, self._parameters[name]):
            return False
        given = each(self._function.resolve(name, self._function.facts.line))
        return all(
            isinstance(item, Instance) and is_settings(self._function, item.id) for item in given
        )

    def _is_constant_member(self, name: str) -> bool:
        """Whether `self.name` is set by the class alone, or by a constructor that runs once."""
        owner = self._function.facts.owner
        index = self._function.index
        entry = index.resolver.class_(f"{self._function.entry.path}:{owner}") if owner else None
        if entry is None or name in entry.methods:
            return False
        setters = entry.self_attributes.get(name, [])
        if not setters:
            return name in entry.attributes and (
                not self._has_fields(entry) or is_made_once(self._function, entry.id)
            )
        is_set_early = all(item.method.endswith(".__init__") for item in setters)
        return is_set_early and is_made_once(self._function, entry.id)

    def _has_fields(self, entry: ClassEntry) -> bool:
        """Whether what stands in a class is what each of its objects is given, as in a dataclass."""
        decorators = {item.target.rpartition(".")[2] for item in entry.facts.decorators}
        if decorators & _OF_FIELDS:
            return True
        return any(
            base in _RECORDS for base in self._function.index.resolver.outside_bases(entry.id)
        )

    def _is_constant_call(self, call: ast.Call, depth: int) -> bool:
        given: list[ast.AST] = [*call.args, *(item.value for item in call.keywords)]
        if not all(self.is_constant(node, depth + 1) for node in given):
            return False
        if isinstance(call.func, ast.Attribute) and call.func.attr in _OF_TEXTS:
            return self.is_constant(call.func.value, depth + 1)
        callee = self._function.resolve(ast.unparse(call.func), 0)
        return callee is not None and all(self._gives_the_same(item) for item in each(callee))

    def _gives_the_same(self, value: object) -> bool:
        if isinstance(value, External):
            name = self._function.knowledge.canonical(value.name)
            return name in _STEADY or name.startswith(tuple(s for s in _STEADY if s[-1] == "."))
        if isinstance(value, Function):
            return is_remembered(self._function, value.id)
        return isinstance(value, Class) and is_settings(self._function, value.id)


def functions_around(function: FunctionView) -> Iterator[FunctionFacts]:
    """The functions that it is nested in, the nearest first."""
    functions = function.index.tables[function.entry.path].functions
    parent = function.facts.parent
    while parent:
        outer = functions[parent].facts
        yield outer
        parent = outer.parent


def binds(item: FunctionFacts, name: str) -> bool:
    """Whether a function has a parameter or a variable of that name."""
    is_parameter = any(parameter.name == name for parameter in item.parameters)
    return is_parameter or any(binding.name == name for binding in item.bindings)


def is_remembered(function: FunctionView, function_id: str) -> bool:
    """Whether a function of the project keeps what it gave, and takes nothing."""
    entry = function.index.function(function_id)
    return entry is not None and remembers(entry.facts) and not entry.facts.parameters


def is_settings(function: FunctionView, class_id: str) -> bool:
    """Whether a class of the project reads its values from the environment."""
    bases = function.index.resolver.outside_bases(class_id)
    return any(base in SETTINGS for base in bases)


SETTINGS = frozenset(
    {
        "pydantic_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.env_settings.BaseSettings",
        "pydantic.v1.BaseSettings",
    }
)


def _bindings(function: ast.AST, name: str) -> Iterator[ast.expr | None]:
    """What the body of a function binds a name to; None for what is no plain assignment, or changes it."""
    plain: set[int] = set()
    for node in nodes_in(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=bound) as target], value=value) if bound == name:
                plain.add(id(target))
                yield value
            case ast.AnnAssign(target=ast.Name(id=bound) as target, value=value) if bound == name:
                plain.add(id(target))
                yield value
    for node in nodes_in(function):
        match node:
            case ast.Name(id=bound, ctx=ast.Store() | ast.Del()):
                if bound == name and id(node) not in plain:
                    yield None
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=bound), attr=attr))):
                if bound == name and attr in _CHANGING:
                    yield None
            case ast.Subscript(value=ast.Name(id=bound), ctx=ast.Store() | ast.Del()):
                if bound == name:
                    yield None
            case ast.ExceptHandler() if node.name == name:
                yield None
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if (
                node is not function and node.name == name
            ):
                yield None
            case ast.Global(names=names) | ast.Nonlocal(names=names) if name in names:
                yield None
