"""libcst on one expression: parsed without its surroundings, printed as it was written.

Comments and line breaks stay; it never sees a whole file.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Sequence

import libcst

from unlag.fixes import Refusal


def parse_expression(text: str) -> libcst.BaseExpression | Refusal:
    """The expression `text`, which may break lines as if it stood in parentheses."""
    try:
        parsed = libcst.parse_expression(f"({text}\n)")
    except libcst.ParserSyntaxError as error:
        return Refusal(f"The call cannot be rewritten: {error.message}.")
    return parsed.with_changes(lpar=parsed.lpar[1:], rpar=parsed.rpar[:-1])


def code(node: libcst.CSTNode) -> str:
    """The text of `node`."""
    return libcst.Module([]).code_for_node(node)


def with_first_argument(
    call: libcst.Call, function: libcst.BaseExpression, first: libcst.BaseExpression
) -> libcst.Call:
    """`call` with `function` as its callee and `first` put before its arguments."""
    arguments = [_parenthesised_generator(argument) for argument in call.args]
    inside = call.whitespace_before_args
    if not arguments:
        only = libcst.Arg(first, whitespace_after_arg=inside)
        return call.with_changes(
            func=function, args=[only], whitespace_before_args=libcst.SimpleWhitespace("")
        )
    gap: libcst.BaseParenthesizableWhitespace = libcst.SimpleWhitespace(" ")
    if isinstance(inside, libcst.ParenthesizedWhitespace):
        if len(arguments) == 1:
            arguments = [_ended_by_comma(arguments[0])]
        if _stand_below_each_other(arguments):
            gap = _without_comments(inside)
    comma = libcst.Comma(whitespace_after=gap)
    return call.with_changes(func=function, args=[libcst.Arg(first, comma=comma), *arguments])


def comments(text: str) -> Counter[str]:
    """The comments in `text`, which can be any stretch of Python, with how often each occurs."""
    found: Counter[str] = Counter()
    try:
        for token in tokenize.generate_tokens(io.StringIO(f"({text}\n)").readline):
            if token.type == tokenize.COMMENT:
                found[token.string] += 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


def parses(text: str) -> bool:
    """Whether `text` is an expression without parentheses around it."""
    try:
        return bool(ast.parse(text, mode="eval"))
    except SyntaxError:
        return False


def _ended_by_comma(argument: libcst.Arg) -> libcst.Arg:
    """The last argument with a comma, where the bracket is closed on a line of its own."""
    space = argument.whitespace_after_arg
    if not isinstance(space, libcst.ParenthesizedWhitespace):
        return argument
    comma = libcst.Comma(whitespace_after=space)
    return argument.with_changes(comma=comma, whitespace_after_arg=libcst.SimpleWhitespace(""))


def _stand_below_each_other(arguments: Sequence[libcst.Arg]) -> bool:
    """Whether every argument has lines of its own."""
    commas = [argument.comma for argument in arguments]
    return all(
        isinstance(comma, libcst.Comma)
        and isinstance(comma.whitespace_after, libcst.ParenthesizedWhitespace)
        for comma in commas[:-1]
    )


def _parenthesised_generator(argument: libcst.Arg) -> libcst.Arg:
    value = argument.value
    if not isinstance(value, libcst.GeneratorExp) or value.lpar:
        return argument
    inside = value.with_changes(lpar=[libcst.LeftParen()], rpar=[libcst.RightParen()])
    return argument.with_changes(value=inside)


def _without_comments(
    space: libcst.BaseParenthesizableWhitespace,
) -> libcst.BaseParenthesizableWhitespace:
    if not isinstance(space, libcst.ParenthesizedWhitespace):
        return space
    return libcst.ParenthesizedWhitespace(
        first_line=libcst.TrailingWhitespace(), indent=space.indent, last_line=space.last_line
    )
