"""Paths: expressions and annotations written as short strings, the form in which facts keep them.

A path reads like the expression it stands for, with Python's own keywords as steps that an
attribute can never be called:

    client.get().await.json()      (await client.get(...)).json()
    users.for.name                 user.name, where user runs over users
    open_session().with            what `with open_session() as ...` binds
    app['db']  rows[0]  rows[]     subscripts; the key only where it is a short literal
    Repository[models/User]        a generic; inside brackets and parentheses dots are written as slashes
    partial(requests/get)          the first argument is kept for callees that hand it on
    Depends(get_db,'function)      a dependency that ends before the response is sent
    :(str,'\\users)                 a literal text that can be a route, its slashes turned round
    :(models/User)                 an instance of the annotation models.User
    list(A()|B())  dict('csv:f|g)  displays, with what they hold, dicts also under which literal key
    each(fetch())                  comprehensions and generator expressions, with what they yield
    settings|Settings()            alternatives: `or`, `if else`, annotation and value
    ?                              anything else

So a path can always be cut at its last step without parsing what stands before.
"""

from __future__ import annotations

import re

UNKNOWN = "?"
_LONGEST_ROUTE = 60

_BRACKETS = frozenset("()[]")
_ROUTE = re.compile(r"(/[\w\-{}:]*)+")
_IN_ROUTES = str.maketrans({"/": "\\", ":": ";"})
_FROM_ROUTES = str.maketrans({"\\": "/", ";": ":"})

CARRIERS = frozenset(
    {
        "partial", "partialmethod", "Depends", "Security", "to_thread", "run_in_threadpool",
        "run_sync", "wait_for", "shield", "wraps", "asyncify", "sync_to_async", "async_to_sync",
        "Factory", "Singleton", "Resource", "Provide", "iter", "reversed", "sorted", "list",
        "set", "tuple", "frozenset", "deepcopy", "copy", "type", "enumerate", "contextmanager",
        "asynccontextmanager", "lru_cache", "cache", "closing", "aclosing", "enter_context",
        "enter_async_context", "nullcontext", "choice", "cycle", "defaultdict", "from_openai",
        "from_anthropic", "wrap_openai", "syncify", "run_in_executor",
        "ensure_future", "create_task", "run", "run_until_complete", "run_coroutine_threadsafe",
    }
)  # fmt: skip
"""Callees whose first argument decides what the call gives."""


def text_path(text: str) -> str:
    """The path of a literal text; what looks like a path of a URL is kept, in a disguise."""
    if text[:1] == "/" and len(text) <= _LONGEST_ROUTE and _ROUTE.fullmatch(text):
        return f":(str,'{text.translate(_IN_ROUTES)})"
    return ":(str)"


def route_text(path: str) -> str:
    """The text that `text_path` kept in `path`, or an empty string."""
    if not path.startswith(":(str,'"):
        return ""
    return path[7:-1].translate(_FROM_ROUTES)


def pack(path: str) -> str:
    """`path` in the form it takes inside brackets or parentheses."""
    return path.replace(".", "/")


def unpack(argument: str) -> str:
    """The path that was packed into `argument`; what is nested deeper stays packed."""
    if "(" not in argument and "[" not in argument:
        return argument.replace("/", ".")
    depth = 0
    characters = []
    for character in argument:
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "/" and not depth:
            character = "."
        characters.append(character)
    return "".join(characters)


def opening(path: str) -> int:
    """Index of the bracket or parenthesis that the last character of `path` closes."""
    if path[-2] in "([":
        return len(path) - 2
    start = path.rfind("(" if path[-1] == ")" else "[")
    inside = path[start + 1 : -1]
    if start > 0 and _BRACKETS.isdisjoint(inside):
        return start
    depth = 0
    for index in range(len(path) - 1, -1, -1):
        character = path[index]
        if character in ")]":
            depth += 1
        elif character in "([":
            depth -= 1
            if not depth:
                return index
    return 0


def split(text: str, separator: str) -> list[str]:
    """`text` cut at every `separator` that stands outside brackets and parentheses."""
    if "(" not in text and "[" not in text:
        return text.split(separator)
    parts = []
    depth = start = 0
    for index, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == separator and not depth:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return parts


def arguments(path: str) -> list[str]:
    """What stands inside the brackets or parentheses that end `path`, unpacked."""
    return listed(path[opening(path) + 1 : -1])


def listed(inside: str) -> list[str]:
    """The arguments that are written inside brackets or parentheses, unpacked."""
    if not inside:
        return []
    if "," not in inside:
        return [unpack(inside)]
    return [unpack(part) for part in split(inside, ",")]


def unkeyed(item: str) -> tuple[str, str]:
    """The literal key of one alternative in a `dict(...)` display, or an empty string; and its path."""
    if not item.startswith("'"):
        return "", item
    key, _, value = item[1:].partition(":")
    return key, value


def is_dotted(path: str) -> bool:
    """Whether a path is nothing but names: `a.b.c`."""
    return path.replace(".", "").isidentifier()


def root(path: str) -> str:
    """The name a path starts from."""
    head = path.partition(".")[0]
    if head[-1:] in ")]" or "(" in head or "[" in head:
        head = head.partition("(")[0].partition("[")[0]
    return head
