from __future__ import annotations

import ast

import pytest

from unlag.source.arguments import value_of
from unlag.source.expressions import annotation_of, path_of

PATHS = {
    "name": "name",
    "a.b.c": "a.b.c",
    "f()": "f()",
    "a.b(1, x=2).c": "a.b().c",
    "(await client.get(url)).json()": "client.get().await.json()",
    "app['db']": "app['db]",
    "rows[0]": "rows[0]",
    "rows[-1]": "rows[]",
    "rows[10]": "rows[]",
    "rows[i]": "rows[i]",
    "rows[1:2]": "rows[]",
    "app['a.b']": "app[]",
    "Repository[models.User]()": "Repository[models/User]()",
    "Cache[str, models.User]()": "Cache[str,models/User]()",
    "partial(requests.get, url)": "partial(requests/get)",
    "asyncio.to_thread(requests.get, url)": "asyncio.to_thread(requests/get)",
    "loop.run_in_executor(None, read)": "loop.run_in_executor(read)",
    "Depends(get_db)": "Depends(get_db)",
    "Depends(dependency=get_db)": "Depends(get_db)",
    "Depends()": "Depends()",
    "Depends(get_db, scope='function')": "Depends(get_db,'function)",
    "Depends(get_db, scope='request')": "Depends(get_db)",
    "cast(models.User, row)": ":(models/User)",
    "typing.cast('User', row)": ":(User)",
    "getattr(client, 'get')": "client.get",
    "getattr(client, name)": "getattr()",
    "next(rows)": "rows.for",
    "[A(), B()]": "list(A()|B())",
    "{'a': f, 'b': g}": "dict('a:f|'b:g)",
    "(f(), g)": "tuple(f(),g)",
    "[fetch(x) for x in y]": "each(fetch())",
    "(fetch(x) for x in y)": "each(fetch())",
    "{k: fetch(k) for k in y}": "dict(fetch())",
    "settings or Settings()": "settings|Settings()",
    "a if x else b.c()": "a|b.c()",
    "(x := make())": "make()",
    "lambda: 0": "<lambda 1-0>",
    "'text'": ":(str)",
    "b''": ":(bytes)",
    "1.5": ":(float)",
    "True": ":(bool)",
    "f'{x}'": ":(str)",
    "''.join(x)": ":(str).join()",
    "None": "?",
    "not x": "?",
    "x < y": "?",
    "(x + y).z": "?",
}

ANNOTATIONS = {
    "User": "User",
    "models.User": "models.User",
    "'models.User'": "models.User",
    "Optional[User]": "User",
    "User | None": "User",
    "None | 'User'": "User",
    "Union[A, B]": "A|B",
    "list[models.User]": "list[models/User]",
    "dict[str, list[A]]": "dict[str,list[A]]",
    "Annotated[Session, Depends(get_db)]": "Annotated[Session,Depends(get_db)]",
    "Callable[[int], User]": "Callable[?,User]",
    "Literal['a']": "",
    "'not valid('": "",
    "...": "",
}

VALUES = {
    "'text'": "'text",
    "'" + "x" * 100 + "'": "'" + "x" * 60,
    "3": "#3",
    "1.5": "#1.5",
    "b''": "?",
    "10 ** 3": "?",
    "9" * 100: "#big",
    "True": "True",
    "None": "None",
    "*rest": "*rest",
    "f'{x}'": "'",
    "name.attribute": "name.attribute",
}


def expression(code: str) -> ast.expr:
    call = ast.parse(f"f({code})" if code.startswith("*") else f"({code})", mode="eval").body
    return call.args[0] if isinstance(call, ast.Call) and code.startswith("*") else call


@pytest.mark.parametrize(("code", "path"), PATHS.items(), ids=PATHS)
def test_paths(code: str, path: str) -> None:
    assert path_of(ast.parse(code, mode="eval").body, 0) == path


@pytest.mark.parametrize(("code", "path"), ANNOTATIONS.items(), ids=ANNOTATIONS)
def test_annotations(code: str, path: str) -> None:
    assert annotation_of(expression(code), 0) == path


@pytest.mark.parametrize(("code", "value"), VALUES.items(), ids=[str(k)[:20] for k in VALUES])
def test_argument_values(code: str, value: str) -> None:
    assert value_of(expression(code), 0) == value


@pytest.mark.parametrize("code", ["[" * 60 + "1" + "]" * 60, " | ".join("1" * 60)])
def test_nesting_costs_no_more_than_its_size(code: str) -> None:
    assert path_of(ast.parse(code, mode="eval").body, 0) != ""  # in 2 ** 60 steps: never


def test_a_very_long_chain_is_unknown() -> None:
    assert path_of(ast.parse("a" + ".b()" * 500, mode="eval").body, 0) == "?"
