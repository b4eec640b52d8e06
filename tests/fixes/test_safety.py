"""A fix is safe only where the answer is the same for sure: fix-all makes it without asking."""

from __future__ import annotations

import pytest

from unlag.config import parse
from unlag.finding import Safety
from unlag.rules import load
from unlag.workspace import Change, Workspace

MAIN = "/project/app/main.py"
CONFIG = parse("", "/project/pyproject.toml", load()).config
PROGRAM = """
from enum import Enum
from typing import Annotated

from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

app = FastAPI()
Text = str
Loud = Annotated[str, AfterValidator(lambda text: text + "!")]


class Colour(Enum):
    RED = "red"


class Part(BaseModel):
    size: float


class Item(BaseModel):
    field: {annotation}


@app.post("/item")
async def read(item: Item) -> Item:
    return item.model_dump()
"""


def safety_of(annotation: str) -> Safety:
    """How safe it is to return the object itself, for a model with a field of that type."""
    workspace = Workspace(("/project",), CONFIG, tracks=False)
    text = PROGRAM.replace("{annotation}", annotation)
    found = workspace.apply([Change(MAIN, text)]).findings[MAIN]
    (offer,) = (fix for item in found for fix in item.fixes if fix.kind == "return_instance")
    return offer.safety


@pytest.mark.parametrize(
    "annotation",
    ["int", "Text", '"str"', "list[str]", "dict[str, Part]", "Colour", "int | None = None"],
)
def test_plain_types_are_validated_without_change(annotation: str) -> None:
    assert safety_of(annotation) is Safety.SAFE


@pytest.mark.parametrize(
    "annotation",
    [
        'Annotated[str, AfterValidator(lambda text: text + "!")]',
        "Annotated[str, StringConstraints(to_upper=True)]",
        "Loud",
        '"Loud"',
        "list[Loud]",
        "dict[str, Loud]",
        'str = Field("", exclude=True)',
        "object",
        "Unknown",
    ],
)
def test_what_a_second_validation_can_change_is_unsafe(annotation: str) -> None:
    assert safety_of(annotation) is Safety.UNSAFE
