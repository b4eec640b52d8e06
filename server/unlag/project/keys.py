"""The keys under which rules' questions are written down, besides the names that links look up.

A function's or class's key is its id and what was asked of it; an edit gives out those whose answers
may be others than before.
"""

from __future__ import annotations

FACTS = "<facts>"
"""Its facts, whatever they are."""
COROUTINE = "<async>"
"""Whether it is one, and whether it is there at all."""
LINKS = "<links>"
CONTEXTS = "<contexts>"
ROUTES = "<routes>"
"""What frameworks are told of it."""
ENTRIES = "<entries>"
"""The entry points that lead to it."""
PARAMETERS = "<parameters>"
ROUTERS = "<routers>"
"""Which of its parameters may be routers."""
FORWARDS = "<forwards>"
"""Which routes it adds for those who call it."""
CALLERS = "<callers>"
"""Whether it is called, or a dependency."""
SUBCLASSES = "<subclasses>"
TEXT = "<text>"
"""Its text, where not even the facts need be others."""
PLACE = "<place>"
"""Its lines in the file, which findings elsewhere name."""
CLASSES = "<classes>"
"""The classes in its body."""
THERE = ":<there>"
"""After a path: whether there is such a file."""
FILE = ":<file>"
"""After a path: anything in the file, its text too."""
ALL_ROUTES = "routes:"
"""What frameworks are told of anything."""
DEPLOYMENT = "deployment:"
"""What deployment files say that findings in Python code depend on."""
ANYTHING = "*:<all>"
"""Somebody looked through all there is."""


def module(stem: str) -> str:
    """Whether there is a module, and in which file; written down where no name of a file stands for it."""
    return f"module:{stem}"


def called(name: str) -> str:
    """All calls of something of that name."""
    return f"called:{name}"


def local(function_id: str, name: str) -> str:
    """What a name is inside a function."""
    return f"{function_id}<local {name}>"


def reach(category: str) -> str:
    """Its way to a hazard of a category."""
    return f"<reach-{category}>"


def survey(name: str) -> str:
    """What a survey of the whole project says."""
    return f"survey:{name}"
