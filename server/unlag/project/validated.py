"""Where Pydantic runs methods of the project's models: where an object is made, for requests and their answers."""

from __future__ import annotations

from collections.abc import Iterator

from unlag.project import keys
from unlag.project.callables import CALLED
from unlag.project.gathered import Gathered
from unlag.project.model_hooks import is_plain
from unlag.project.registration import Answer, Registration
from unlag.project.resolver import Place, Resolver
from unlag.project.table import FunctionEntry
from unlag.project.values import Class, each
from unlag.source.facts import Call
from unlag.source.scopes import MODULE

_MAKING = frozenset({"model_validate", "model_validate_json", "parse_obj", "parse_raw", "from_orm"})
"""Class methods of Pydantic's models that make an object."""


def constructed(resolver: Resolver, work: Gathered, call: Call, class_id: str) -> None:
    """An object of a class is made at `call`: its validators run, if it is a model."""
    for validator in resolver.model_hooks.validators(class_id):
        work.add(validator, CALLED, call, 0, "validator")


def made_by_method(resolver: Resolver, work: Gathered, call: Call) -> None:
    """A method that gives an object of its class is called: `Model.model_validate(...)` makes an object."""
    owner, _, name = call.target.rpartition(".")
    if name in _MAKING:
        for item in each(resolver.resolve(work.place, owner, call.line)):
            if isinstance(item, Class):
                constructed(resolver, work, call, item.id)


def of_endpoint(resolver: Resolver, target: str, answer: Answer | None) -> Iterator[Registration]:
    """What FastAPI has Pydantic run on the event loop for each request to an endpoint, `def` or not."""
    entry = resolver.function(target)
    if entry is None:
        return
    resolver.seen.update((target, target + keys.PARAMETERS))
    hooks, place = resolver.model_hooks, Place(entry.path, entry.facts.parent or MODULE)
    for path in _carried(resolver, place, entry):
        found = hooks.of_request(resolver.instance_of(place, path))
        if found:
            yield Registration("entry", found, "validator", sync="loop")
    if answer is None or answer.model == "None":
        return
    if answer.model:
        path, _, function = answer.place.rpartition(":")
        found = hooks.of_answer(resolver.instance_of(Place(path, function), answer.model))
    else:
        found = hooks.of_answer(resolver.instance_of(place, entry.facts.returns))
    if found:
        yield Registration("entry", found, "serializer", sync="loop")


def _carried(resolver: Resolver, place: Place, entry: FunctionEntry) -> Iterator[str]:
    """Annotations of the parameters that FastAPI fills from the request itself, with objects of classes."""
    for parameter in entry.facts.parameters:
        path = parameter.annotation
        if path and not is_plain(path) and not resolver.dependencies(place, parameter):
            yield path
