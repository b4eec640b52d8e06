from __future__ import annotations

import pytest

from unlag.source import facts as flags

from .reading import facts, function, targets, unit

USES = {
    "go()": flags.STATEMENT,
    "x = go()": flags.ASSIGNED,
    "x: int = go()": flags.ASSIGNED,
    "(x := go())": flags.ASSIGNED,
    "x += go()": 0,
    "return go()": flags.RETURNED,
    "yield go()": flags.YIELDED,
    "yield from go()": flags.YIELDED,
    "await go()": flags.AWAITED,
    "if go(): pass": flags.TESTED,
    "while go(): pass": flags.TESTED,
    "x = not go()": flags.TESTED,
    "x = go() or y": flags.TESTED,
    "x = a if go() else b": flags.TESTED,
    "f(go())": flags.ARGUMENT,
    "f(x=go())": flags.ARGUMENT,
    "go().close()": flags.CONSUMED,
    "go()[0]": flags.CONSUMED,
    "with go(): pass": flags.ENTERED,
    "async with go(): pass": flags.ASYNC_ENTERED,
    "for x in go(): pass": flags.ITERATED,
    "async for x in go(): pass": flags.ITERATED,
    "x = [y for y in go()]": flags.ITERATED,
    "for x in y: go()": flags.STATEMENT | flags.IN_LOOP,
    "while x: go()": flags.STATEMENT | flags.IN_LOOP,
    "x = [go() for y in z]": flags.IN_LOOP | flags.IN_COMPREHENSION,
    "x = {go(): 1 for y in z}": flags.IN_LOOP | flags.IN_COMPREHENSION,
    "x = {y for y in z if go()}": flags.IN_LOOP | flags.IN_COMPREHENSION,
    "try: pass\n    except E: go()": flags.STATEMENT | flags.IN_EXCEPT | flags.CONDITIONAL,
    "try: go()\n    except E: pass": flags.STATEMENT,
    "try: pass\n    finally: go()": flags.STATEMENT,
    "if x: go()": flags.STATEMENT | flags.CONDITIONAL,
    "if x == 'a': go()": flags.STATEMENT | flags.CONDITIONAL | flags.PICKED,
    "if x == 'a':\n        if y in ('b', 'c'): go()": (
        flags.STATEMENT | flags.CONDITIONAL | flags.PICKED | flags.SELDOM
    ),
    "if x == 'a': pass\n    elif x.startswith('b'): go()": (
        flags.STATEMENT | flags.CONDITIONAL | flags.PICKED
    ),
    "if x != 'a': go()": flags.STATEMENT | flags.CONDITIONAL,
    "for y in x:\n        if y == 'a': go()": (flags.STATEMENT | flags.CONDITIONAL | flags.IN_LOOP),
    "if x:\n        go()\n        raise E": (flags.STATEMENT | flags.CONDITIONAL | flags.SELDOM),
    "if x: pass\n    else:\n        go()\n        raise E": (
        flags.STATEMENT | flags.CONDITIONAL | flags.SELDOM
    ),
    "if x:\n        go()\n        if y: return\n        raise E": flags.STATEMENT
    | flags.CONDITIONAL,
    "yield\n    go()": flags.STATEMENT | flags.AFTER_YIELD,
    "raise go()": 0,
    "assert go()": 0,
    "del x[go()]": 0,
    "x = f'{go()}'": 0,
    "x = {1: go()}": 0,
    "x = [go()]": 0,
    "x = (go(),)": 0,
    "x = go() + 1": 0,
    "x = 1 < go()": 0,
    "x = y[go():]": 0,
    "f(*go())": 0,
    "x = -go()": 0,
    "match go():\n        case _: pass": 0,
}


@pytest.mark.parametrize(("statement", "expected"), USES.items(), ids=USES)
def test_a_call_knows_what_becomes_of_its_value(statement: str, expected: int) -> None:
    found = function(f"async def f():\n    {statement}\n")
    (call,) = [call for call in found.calls if call.target == "go"]
    assert call.flags == expected


def test_calls_come_in_the_order_of_the_text_the_outer_first() -> None:
    found = function("def f():\n    a(b(), c=d())\n    e().f()\n")
    assert targets(found) == ["a", "b", "d", "e().f", "e"]


def test_arguments_are_paths_literals_and_keywords() -> None:
    (call,) = function("def f():\n    go(x.y, 'text', 3, *rest, k=v, **more)\n").calls
    assert call.arguments == ("x.y", "'text", "#3", "*rest", "k=v", "**more")
    assert call.positional() == ["x.y", "'text", "#3"]
    assert call.keyword("k") == "v"
    assert call.argument(7, "k") == "v"
    assert call.keyword("absent") is None


def test_parameters_of_every_kind() -> None:
    found = function("def f(a, /, b: int, c: 'X' = 1, *d: T, e, g=h(), **i): ...\n")
    assert [(p.name, p.annotation, p.default, p.star) for p in found.parameters] == [
        ("a", "", "", ""),
        ("b", "int", "", ""),
        ("c", "X", "#1", ""),
        ("d", "T", "", "*"),
        ("e", "", "", "k"),
        ("g", "", "h()", "k"),
        ("i", "", "", "**"),
    ]


def test_bindings_say_what_a_name_holds() -> None:
    found = function(
        """
        def f(self):
            a = make()
            b, (c, *d) = pair()
            e: models.User = row()
            for g in rows(): pass
            with opened() as h: pass
            i = None
            try: pass
            except E as j: pass
        """
    )
    assert [(b.name, b.path) for b in found.bindings] == [
        ("a", "make()"),
        ("b", "pair()[0]"),
        ("c", "pair()[1][0]"),
        ("d", "?"),
        ("e", ":(models/User)|row()"),
        ("g", "rows().for"),
        ("h", "opened().with"),
        ("i", "?"),
        ("j", "?"),
    ]


def test_globals_and_attributes_of_self_are_kept_apart() -> None:
    found = function(
        """
        class A:
            def f(self):
                global cache
                cache = make()
                self.client = Client()
                other.client = Client()
        """
    )
    assert [(b.name, b.path) for b in found.global_bindings] == [
        ("cache", "make()"),
        ("other.client", "Client()"),
    ]
    assert [(b.name, b.path) for b in found.self_bindings] == [("client", "Client()")]
    assert found.bindings == ()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import a", [("a", 0, "a", ".")]),
        ("import a.b", [("a", 0, "a.b", ".")]),
        ("import a.b as c", [("c", 0, "a.b", "")]),
        ("from a import b, c as d", [("b", 0, "a", "b"), ("d", 0, "a", "c")]),
        ("from ..a import b", [("b", 2, "a", "b")]),
        ("from . import b", [("b", 1, "", "b")]),
        ("from a import *", [("*", 0, "a", "*")]),
    ],
)
def test_imports(statement: str, expected: list[tuple[str, int, str, str]]) -> None:
    found = unit(statement).body.imports
    assert [(i.name, i.level, i.module, i.attribute) for i in found] == expected


def test_functions_know_what_they_are() -> None:
    found = {
        item.qualname: item.flags
        for _, item in facts(
            """
            async def a(): await b()
            def c(): yield 1
            def d():
                '''Says nothing.'''
            def e(): raise NotImplementedError
            @overload
            def g(x: int) -> int: ...
            h = lambda: 0
            def i(): return 1
            """
        ).functions()
    }
    assert found == {
        "a": flags.ASYNC | flags.AWAITS,
        "c": flags.GENERATOR,
        "d": flags.ABSTRACT,
        "e": flags.ABSTRACT,
        "g": flags.ABSTRACT | flags.OVERLOAD,
        "<lambda 1-4>": flags.LAMBDA,
        "i": 0,
    }


def test_nesting_shows_in_names_and_parents() -> None:
    found = [
        (item.qualname, item.owner, item.parent)
        for _, item in facts(
            """
            class A:
                class B:
                    def m(self):
                        def inner():
                            return lambda: 0
            def factory():
                class C:
                    def n(self): pass
            """
        ).functions()
    ]
    assert found == [
        ("A.B.m", "A.B", ""),
        ("A.B.m.inner", "", "A.B.m"),
        ("A.B.m.inner.<lambda 4-23>", "", "A.B.m.inner"),
        ("factory", "", ""),
        ("factory.C.n", "factory.C", "factory"),
    ]


def test_a_class_is_its_header_and_its_members() -> None:
    found = facts("class A(B[C], d.E, metaclass=M):\n    x = 1\n    def f(self): g()\n")
    header, attribute, method = found.units
    (facts_of_class,) = header.facts.classes
    assert (facts_of_class.bases, facts_of_class.keywords) == (("B[C]", "d.E"), ("metaclass=M",))
    assert [(b.name, b.path) for b in attribute.facts.body.bindings] == [("x", ":(int)")]
    assert [(u.line, u.owner) for u in found.units] == [(1, ""), (2, "A"), (3, "A")]
    assert targets(method.facts.functions[0]) == ["g"]


def test_a_class_on_one_line_is_one_unit() -> None:
    found = facts("class A: x = make()\nclass B(\n    C): y = 1\n")
    assert [u.line for u in found.units] == [1, 2]
    assert [b.name for b in found.units[0].facts.classes[0].attributes] == ["x"]


def test_attributes_read_and_not_called_are_kept_once() -> None:
    found = function("def f(self):\n    return self.user.name + self.user.name\n")
    assert [read.path for read in found.reads] == ["self.user.name", "self.user"]


def test_results_and_yields() -> None:
    found = function(
        "def f():\n    yield a\n    yield from b()\n    return c or d()\n    return None\n"
    )
    assert found.yields == ("a", "b().for")
    assert found.results == ("c|d()",)


def test_a_with_whose_body_awaits_is_a_block() -> None:
    found = function(
        """
        async def f():
            with lock:
                await go()
            with open(x) as y:
                pass
            async with session.begin():
                await go()
        """
    )
    assert [(b.path, b.is_async, b.awaits) for b in found.blocks] == [
        ("lock", False, True),
        ("session.begin()", True, True),
    ]


def test_the_main_guard_marks_what_runs_as_a_script() -> None:
    found = unit("if __name__ == '__main__':\n    run()\nelse:\n    other()\n").body
    marked = {call.target: bool(call.flags & flags.MAIN_GUARD) for call in found.calls}
    assert marked == {"run": True, "other": False}


def test_decorators_say_whether_they_are_called() -> None:
    found = function("@app.get('/x', tags=['a'])\n@cached\ndef f(): pass\n")
    assert [(d.target, bool(d.flags & flags.BARE)) for d in found.decorators] == [
        ("app.get", False),
        ("cached", True),
    ]
    assert found.line == 3


def test_facts_of_a_unit_do_not_depend_on_where_it_stands() -> None:
    code = "def f():\n    return go(lambda: 0)\n"
    assert facts(code).units[0].facts == facts("x = 1\n\n\n" + code).units[1].facts


def test_deeply_chained_calls_are_all_found() -> None:
    found = unit("x = q" + ".filter(a())" * 400 + "\n").body
    assert sum(call.target == "a" for call in found.calls) == 400
