"""Arguments of `requests.get` and `httpx.get`, as a method of `httpx.AsyncClient` takes them.

What the client would send differently is refused: `True` and `None` in a query or a form, a query
in both URL and `params`, bodies whose type only the running program knows.
"""

from __future__ import annotations

import libcst
import libcst.matchers as m
import msgspec

from unlag.fixes import Refusal
from unlag.fixes.syntax import code, comments

_POSITIONS = {
    "get": ("url", "params"),
    "post": ("url", "data", "json"),
    "put": ("url", "data"),
    "patch": ("url", "data"),
    "delete": ("url",),
    "head": ("url",),
    "options": ("url",),
    "request": ("method", "url"),
}
_AS_THEY_ARE = {"method", "url", "json", "headers", "timeout"}
_OF_THE_CLIENT = {"cookies", "proxy", "verify", "trust_env"}
_BODIES = {"json", "data", "content"}
_BODILESS = {"get", "delete", "head", "options"}


class Request(msgspec.Struct, frozen=True):
    """One request on a client, and the arguments the client itself is made with."""

    method: str
    arguments: tuple[libcst.Arg, ...]
    client: str


def from_httpx(call: libcst.Call, verb: str) -> Request | Refusal:
    """The same request; what only a client can be told goes to the client."""
    if verb not in _POSITIONS:
        return Refusal(f"`httpx.{verb}` has no simple form on a client.")
    kept = [argument for argument in call.args if _name(argument) not in _OF_THE_CLIENT]
    own = [argument for argument in call.args if _name(argument) in _OF_THE_CLIENT]
    if any(comments(code(argument)) for argument in own):
        return Refusal("A comment stands at an argument that goes to the client.")
    if call.args and call.args[-1] in own and kept:
        kept[-1] = kept[-1].with_changes(comma=call.args[-1].comma)
    client = ", ".join(f"{_name(argument)}={code(argument.value)}" for argument in own)
    return Request(verb, tuple(kept), client)


def from_requests(call: libcst.Call, verb: str) -> Request | Refusal:
    """The same request with httpx's names, following redirects and waiting as long."""
    if verb not in _POSITIONS:
        return Refusal(f"`requests.{verb}` has no counterpart on a client.")
    arguments: dict[str, libcst.Arg] = {}
    for position, argument in enumerate(call.args):
        if argument.star:
            return Refusal("Starred arguments hide what is sent: write them out first.")
        name = _name(argument) or "".join(_POSITIONS[verb][position : position + 1])
        translated = _translated(name, argument)
        if isinstance(translated, Refusal):
            return translated
        arguments[_name(translated) or name] = translated
    if "url" not in arguments:
        return Refusal("The call names no URL.")
    if "params" in arguments and "?" in code(arguments["url"].value):
        return Refusal("httpx replaces the URL's own query by `params`: put both in one place.")
    return _as_method(verb, arguments)


def _translated(name: str, argument: libcst.Arg) -> libcst.Arg | Refusal:
    """`argument` under the name httpx has for it."""
    value = argument.value
    if name in ("method", "url") and argument.keyword is None:
        return argument
    if name in _AS_THEY_ARE:
        return _named(argument, name)
    if name == "allow_redirects":
        return _named(argument, "follow_redirects")
    if name in ("params", "data") and _is_plain_mapping(value):
        return _named(argument, name)
    if name == "data" and _is_text(value):
        return _named(argument, "content")
    if name == "auth" and isinstance(value, libcst.Tuple):
        return _named(argument, name)
    return Refusal(f"httpx handles `{name or 'the arguments'}={code(value)}` in another way.")


def _as_method(verb: str, arguments: dict[str, libcst.Arg]) -> Request:
    options = [] if verb == "head" or "follow_redirects" in arguments else ["follow_redirects=True"]
    if "timeout" not in arguments:
        options.append("timeout=None")
    made = tuple(arguments.values())
    if verb in _BODILESS and _BODIES & set(arguments):
        method = libcst.Arg(
            libcst.SimpleString(f'"{verb.upper()}"'),
            comma=libcst.Comma(whitespace_after=libcst.SimpleWhitespace(" ")),
        )
        return Request("request", (method, *made), ", ".join(options))
    return Request(verb, made, ", ".join(options))


def _name(argument: libcst.Arg) -> str:
    return argument.keyword.value if argument.keyword else ""


def _named(argument: libcst.Arg, name: str) -> libcst.Arg:
    nothing = libcst.SimpleWhitespace("")
    equal = libcst.AssignEqual(whitespace_before=nothing, whitespace_after=nothing)
    return argument.with_changes(keyword=libcst.Name(name), equal=equal)


def _is_plain_mapping(value: libcst.BaseExpression) -> bool:
    """Whether both libraries encode the mapping alike."""
    special = m.Name("None") | m.Name("True") | m.Name("False")
    return isinstance(value, libcst.Dict) and all(
        isinstance(element, libcst.DictElement) and not m.matches(element.value, special)
        for element in value.elements
    )


def _is_text(value: libcst.BaseExpression) -> bool:
    """Whether the value is visibly a string or bytes."""
    if isinstance(value, libcst.SimpleString | libcst.FormattedString):
        return True
    dumps = m.Call(func=m.Attribute(value=m.Name("json"), attr=m.Name("dumps")))
    encoded = m.Call(func=m.Attribute(attr=m.Name("encode")))
    return m.matches(value, dumps | encoded)
