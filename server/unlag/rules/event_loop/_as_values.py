"""Where a coroutine stands as if it were its result: in a sum, a comparison, a text, `len(...)`, an answer.

Facts do not tell these places apart, so the function's syntax tree is read.
"""

from __future__ import annotations

import ast
from itertools import pairwise

from unlag.project.values import External
from unlag.rules.nodes import nodes_in
from unlag.rules.places import Chain, chain_to, dotted
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call, is_inside
from unlag.source.paths import root

UNUSED = "nothing awaits, so it never runs"
_TAKES_RESULTS = frozenset(
    {"abs", "all", "any", "bool", "dict", "enumerate", "float", "int", "len", "list", "max", "min", "print",
     "reversed", "round", "set", "sorted", "str", "sum", "tuple", "json.dumps"}
)  # fmt: skip
_LOGS = frozenset({"critical", "debug", "error", "exception", "info", "log", "warning"})
_IDENTITY = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
_DISPLAYS = (ast.Dict, ast.List, ast.Tuple, ast.Set)


def what_is_wrong(function: FunctionView, call: Call) -> str:
    """What the place where `call` stands makes of its coroutine, as the end of a sentence; or empty."""
    if call.flags & facts.ARGUMENT and not any(
        may_take_results(outer.target) and is_inside(call, outer) for outer in function.facts.calls
    ):
        return ""  # no tree is needed to see that it is passed on
    return _wrong_at(function, chain_to(function.syntax(function.entry), call))


def is_in_answer(function: FunctionView, call: Call) -> bool:
    """Whether `call` stands in a dict, list or tuple that a `return` of the function gives."""
    if call.flags & facts.ARGUMENT:
        return False
    chain = chain_to(function.syntax(function.entry), call)
    return len(chain) > 1 and not isinstance(chain[-2], ast.Return) and _is_answer(chain)


def _is_answer(chain: Chain) -> bool:
    """Whether what a chain leads to is what a `return` gives, or stands in its dicts and lists."""
    for inner, outer in pairwise(reversed(chain)):
        if isinstance(outer, ast.Return):
            return True
        if not isinstance(outer, _DISPLAYS) and inner is not _made_for_each(outer):
            return False
    return False


def _made_for_each(node: ast.AST) -> ast.expr | None:
    """What a list, set or dict comprehension makes of each item."""
    match node:
        case ast.ListComp(elt=made) | ast.SetComp(elt=made) | ast.DictComp(value=made):
            return made
    return None


def wrong_with_name(function: FunctionView, variable: str, *, answers: bool) -> str:
    """What all uses of a name make of the coroutine it holds; empty where one can await it.

    With `answers` the function is an endpoint, whose answer nobody looks for coroutines in.
    """
    syntax = function.syntax(function.entry)
    if syntax is None:
        return ""
    nodes = nodes_in(syntax.node)
    if any(isinstance(node, ast.Nonlocal) and variable in node.names for node in nodes):
        return ""
    uses = [
        node
        for node in nodes
        if isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load)
    ]
    chains = [chain_to(syntax, syntax.site(node)) for node in uses]
    wrong = [
        "FastAPI does not await in an answer"
        if answers and _is_answer(chain)
        else _wrong_at(function, chain)
        for chain in chains
    ]
    if not uses:
        return UNUSED
    return wrong[0] if all(wrong) else ""


def is_tested(function: FunctionView, variable: str) -> bool:
    """Whether a name that holds nothing but one coroutine is tested for truth, and awaited nowhere."""
    item = function.facts
    bound = [binding for binding in item.bindings if binding.name == variable]
    syntax = function.syntax(function.entry)
    if len(bound) != 1 or variable in map(root, item.awaited) or syntax is None:
        return False
    return any(
        _is_tested(chain_to(syntax, syntax.site(node)))
        for node in nodes_in(syntax.node)
        if isinstance(node, ast.Name) and node.id == variable and isinstance(node.ctx, ast.Load)
    )


def _is_tested(chain: Chain) -> bool:
    """Whether a chain leads to a condition, to a part of one, or to what `not` turns round."""
    for inner, outer in pairwise(reversed(chain)):
        match outer:
            case ast.BoolOp(values=values) if inner is values[-1]:
                continue  # the result, whoever asks about that
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return True
            case (
                ast.If(test=test)
                | ast.IfExp(test=test)
                | ast.While(test=test)
                | ast.Assert(test=test)
            ):
                return inner is test
            case ast.comprehension(ifs=conditions):
                return inner in conditions
        return False
    return False


def _wrong_at(function: FunctionView, chain: Chain) -> str:
    if len(chain) < 2:
        return ""  # a lambda, which has no tree of its own, or text that has moved on
    parent = chain[-2]
    if _is_tested(chain):
        return "is always true"
    if isinstance(parent, ast.BinOp | ast.UnaryOp):
        return "cannot be calculated with"
    if isinstance(parent, ast.Subscript) and chain[-1] is parent.value:
        return "has no items"
    if isinstance(parent, ast.Compare):
        if chain[-1] is parent.comparators[-1] and isinstance(parent.ops[-1], ast.In | ast.NotIn):
            return "cannot be searched"
        is_identity = any(isinstance(operator, _IDENTITY) for operator in parent.ops)
        return "" if is_identity else "equals nothing that it is compared with"
    if _is_unpacked(parent, chain[-1]):
        return "cannot be unpacked"
    if isinstance(parent, ast.FormattedValue):
        return "stands in the text instead of its result"
    if isinstance(parent, ast.Call) and chain[-1] in parent.args:
        taker = _name_of(function, parent)
        return f"`{taker}` gets instead of its result" if taker else ""
    return ""


def _is_unpacked(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a node stands behind `*` or `**`, or is given to several names."""
    match parent:
        case ast.Starred():
            return True
        case ast.Dict(keys=keys, values=values):
            return any(
                key is None and value is node for key, value in zip(keys, values, strict=True)
            )
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Tuple | ast.List) for target in targets)
    return False


def may_take_results(name: str) -> bool:
    """Whether what is called by a name can be a builtin or a logger, which await nothing they are given."""
    return name in _TAKES_RESULTS or name.rpartition(".")[2] in _LOGS


def _name_of(function: FunctionView, node: ast.Call) -> str:
    """The function that is called, if it is one of those that cannot await what they are given."""
    name = dotted(node.func)
    if not may_take_results(name):
        return ""
    item = function.facts
    own = {one.name for one in item.parameters} | {one.name for one in item.bindings}
    value = function.resolve(name, item.end_line)
    if name not in _TAKES_RESULTS:
        is_logger = isinstance(value, External) and value.name.startswith("logging.")
        return name if is_logger else ""
    is_known = value is None or (isinstance(value, External) and value.name.endswith(name))
    return name if is_known and root(name) not in own else ""
