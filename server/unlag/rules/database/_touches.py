"""Relationships that a function reads from rows that were loaded without them.

Says each once, in the function where rows and reading come together; the rules choose among them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import msgspec

from unlag.finding import Step
from unlag.project.index import Index
from unlag.project.syntax import NodeSite
from unlag.project.values import Instance, each
from unlag.rules.database._calls import may_query
from unlag.rules.database._flow import flow_of
from unlag.rules.database._lazy_names import may_load
from unlag.rules.database._models import model_of, relationship
from unlag.rules.database._origins import looped_by, touched_by
from unlag.rules.database._prospects import can_be_loaded
from unlag.rules.database._values import Record, Sent, Statement, Touch
from unlag.rules.nodes import own_nodes
from unlag.rules.places import chain_to, dotted
from unlag.rules.view import FunctionView, spoken


class Lazy(msgspec.Struct, frozen=True):
    """One relationship that is loaded on reading, where a function has it read."""

    touch: Touch
    site: NodeSite
    """In the function: the attribute, or the call that leads to it."""
    trail: tuple[Step, ...]


def lazy_reads(
    view: FunctionView, matters: Callable[[Record], bool], *, in_loops: bool = False
) -> Iterator[Lazy]:
    """Every relationship that this function has read from rows that lack it.

    None of them where none of the objects `matters`; `in_loops` asks only for what is read of row after row.
    """
    index, function_id = view.index, view.entry.id
    if not (may_load(index, function_id) and may_query(index, function_id)):
        return
    if not can_be_loaded(index, touched_by(index, function_id)):
        return  # what a callee does all by itself is said there
    events = flow_of(index, function_id).events
    if not any(isinstance(event, Touch) and matters(event.record) for event in events):
        return
    if in_loops and not can_be_loaded(index, looped_by(index, function_id)):
        return
    said: set[tuple[str, NodeSite, tuple[str, ...]]] = set()
    events = flow_of(index, function_id, is_thorough=True).events
    at_hand = {
        entity for event in events if isinstance(event, Sent) for entity in event.statement.entities
    }
    at_hand |= _given(view)
    for event in events:
        if not isinstance(event, Touch) or _is_callees(view.index, event):
            continue
        found = relationship(view.index, event.record.model, event.name)
        if found is not None and not found.is_collection and found.target in at_hand:
            continue  # a session finds what it loaded before by its key, without a query
        statement = event.record.statement
        key = (statement.function, statement.site, (*event.record.path, event.name))
        if key not in said:
            said.add(key)
            yield _placed(view, event)


def _given(view: FunctionView) -> set[str]:
    """The models of which the function is given an object: `project: Project`."""
    return {
        value.id
        for parameter in view.facts.parameters
        if parameter.annotation and not parameter.star
        for value in each(view.resolve(parameter.name, view.facts.line))
        if isinstance(value, Instance)
    }


def spoken_path(index: Index, record: Record, name: str) -> str:
    """`Order.user`: the relationship with the class that has it."""
    model = model_of(index, record.model)
    return f"{model.name}.{name}" if model is not None else name


def loader_chain(index: Index, statement: Statement, record: Record, name: str) -> list[str]:
    """The loader options that load a relationship with its statement, as code: one a step of the way.

    `["selectinload(Order.lines)", "joinedload(OrderLine.product)"]`; empty where a step is unknown, and
    where the statement is for other models too. Joins would be locked along with the rows.
    """
    if statement.is_generic:
        return []
    found: list[str] = []
    current = next((entity for entity in statement.entities if entity), "")
    for step in (*record.path, name):
        model = model_of(index, current)
        item = relationship(index, current, step)
        if model is None or item is None:
            return []
        is_apart = item.is_collection or statement.is_locking
        loader = "selectinload" if is_apart else "joinedload"
        owner = model.name if found else _selected(index, statement, model.name)
        found.append(f"{loader}({owner}.{step})")
        current = item.target
    return found


def _selected(index: Index, statement: Statement, model: str) -> str:
    """How a statement calls the model that it selects: by its name, or by that of an alias in the same function."""
    entry = index.function(statement.function)
    tree = index.syntax(entry) if entry is not None else None
    chain = chain_to(tree, statement.site)
    if tree is None or not chain or not isinstance(chain[-1], ast.Call):
        return model
    names = {item.id for item in chain[-1].args if isinstance(item, ast.Name)} - {model}
    for node in own_nodes(tree.node) if names else ():
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=callee, args=[of, *_])
            ):
                is_alias = dotted(callee).rpartition(".")[2] == "aliased"
                if is_alias and name in names and dotted(of).rpartition(".")[2] == model:
                    return name
    return model


def place_of(view: FunctionView, statement: Statement) -> str:
    """Where a statement is begun, in words for messages."""
    if statement.function == view.entry.id:
        entry = view.entry
        return f"the query in line {statement.site.line + entry.offset}"
    return f"the query in `{spoken(statement.function)}`"


def _placed(view: FunctionView, event: Touch) -> Lazy:
    what = spoken_path(view.index, event.record, event.name)
    if not event.steps:
        return Lazy(event, event.site, (view.step(event.site, what),))
    first = event.steps[0][1]
    steps = [view.step_in(function, site, spoken(callee)) for function, site, callee in event.steps]
    return Lazy(event, first, (*steps, view.step_in(event.function, event.site, what)))


def _is_callees(index: Index, event: Touch) -> bool:
    """Whether the function that is called does all of it by itself, and has a finding of its own."""
    for _, _, callee in event.steps:
        for own in flow_of(index, callee, is_thorough=True).events:
            if (
                isinstance(own, Touch)
                and own.name == event.name
                and own.record.path == event.record.path
                and own.record.statement.site == event.record.statement.site
                and own.record.statement.function == event.record.statement.function
            ):
                return True
    return False
