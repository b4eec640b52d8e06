"""A fix is safe only where the answer is the same for sure: fix-all makes it without asking."""

from __future__ import annotations

import pytest

from unlag.config import parse
from unlag.finding import FixOffer, Safety
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

ROWS = """
from fastapi import FastAPI
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


@app.get("/")
def read(name: str) -> int:
    with Sessions() as session:
        user = session.scalars(select(User).where(User.name == name){more}).first()
        return user.id if user else 0
"""


COUNTED = """
from fastapi import FastAPI
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker

app = FastAPI()
Sessions = sessionmaker(create_engine("sqlite://"))


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


@app.get("/")
def read() -> int:
    with Sessions() as session:
        return len(session.query({query}.all())
"""

BUILT = """
from fastapi import FastAPI
from pydantic import TypeAdapter, create_model

app = FastAPI()


class Colour(str):
    pass


@app.get("/")
def read(rows: list[dict]) -> list:
    made = {call}
    return [made, rows]
"""

CACHED = """
import functools

from fastapi import Depends, FastAPI
from fastapi.templating import Jinja2Templates
from pydantic_settings import BaseSettings

app = FastAPI()


def traced(function):
    return function


class Settings(BaseSettings):
    url: str = ""


{function}


@app.get("/")
def read(given=Depends({name})) -> str:
    return str(given)
"""

STATUS = """
from fastapi import FastAPI
from fastapi.responses import ORJSONResponse

app = FastAPI()


@app.get("/"{status})
def read():
    return ORJSONResponse([1, 2])
"""


def offers(text: str, kind: str) -> tuple[FixOffer, ...]:
    """The fixes of a kind that a program is offered."""
    workspace = Workspace(("/project",), CONFIG, tracks=False)
    found = workspace.apply([Change(MAIN, text)]).findings[MAIN]
    return tuple(fix for item in found for fix in item.fixes if fix.kind == kind)


def offered(text: str, kind: str) -> Safety:
    """How safe the one of them is."""
    (offer,) = offers(text, kind)
    return offer.safety


def safety_of(annotation: str) -> Safety:
    """How safe it is to return the object itself, for a model with a field of that type."""
    return offered(PROGRAM.replace("{annotation}", annotation), "return_instance")


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


def test_a_limit_that_leaves_rows_unlocked_is_unsafe() -> None:
    assert offered(ROWS.replace("{more}", ""), "limit_to_one") is Safety.SAFE
    locked = ROWS.replace("{more}", ".with_for_update()")
    assert offered(locked, "limit_to_one") is Safety.UNSAFE


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("User).filter(User.id > 5)", 1),
        ("User).order_by(Order.id)", 1),
        ("User.id).join(User.orders)", 1),
        ("User).join(User.orders)", 0),
        ("User).outerjoin(Order)", 0),
        ("User).filter(Order.user_id == User.id)", 0),
    ],
)
def test_no_count_of_rows_where_a_query_gives_each_object_once(query: str, count: int) -> None:
    assert len(offers(COUNTED.replace("{query}", query), "count_query")) == count


@pytest.mark.parametrize(
    ("call", "safety"),
    [
        ("TypeAdapter(list[int])", Safety.SAFE),
        ("TypeAdapter(list[Colour])", Safety.UNSAFE),
        ("TypeAdapter(list[int], config={})", Safety.SAFE),
        ('create_model("Row")', Safety.UNSAFE),
    ],
)
def test_a_type_is_built_at_import_only_where_nothing_can_go_wrong(
    call: str, safety: Safety
) -> None:
    assert offered(BUILT.replace("{call}", call), "hoist_type") is safety


@pytest.mark.parametrize(
    ("function", "count"),
    [
        ("def load():\n    return Settings()", 1),
        ("async def load():\n    return Settings()", 0),
        ("def load(name: str = ''):\n    return Settings()", 0),
        ("def load():\n    made = Settings()\n    return made", 0),
        ("def load():\n    kind = 'a'\n    return Settings()", 0),
        ("def load():\n    print(Settings())\n    return Settings()", 0),
        ("def load():\n    import os\n    return Settings()", 0),
        ("@traced\ndef load():\n    return Settings()", 0),
        ("def load():\n    yield Settings()", 0),
    ],
)
def test_settings_are_cached_only_where_nothing_else_is_done(function: str, count: int) -> None:
    text = CACHED.replace("{function}", function).replace("{name}", "load")
    assert len(offers(text, "cache_function")) == count


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("def load():\n    return Jinja2Templates('pages')", "cache_function"),
        ("async def load():\n    return Jinja2Templates('pages')", "cached_setup"),
        ("def load(name: str = ''):\n    return Jinja2Templates('pages')", "cached_setup"),
        ("def load():\n    made = Jinja2Templates('pages')\n    return made", "cached_setup"),
        ("@traced\ndef load():\n    return Jinja2Templates('pages')", "cached_setup"),
        ("def load():\n    kind = 'a'\n    return Jinja2Templates('pages')", "cached_setup"),
        ("def load():\n    print(Jinja2Templates('pages'))", "cached_setup"),
    ],
)
def test_what_else_a_function_does_is_not_cached_along(function: str, kind: str) -> None:
    text = CACHED.replace("{function}", function).replace("{name}", "load")
    both = [*offers(text, "cache_function"), *offers(text, "cached_setup")]
    assert [offer.kind for offer in both] == [kind]


def test_no_cache_that_awaits_for_an_asynchronous_generator() -> None:
    function = "@functools.lru_cache\nasync def load():\n    {give} 1"
    text = CACHED.replace("{function}", function).replace("{name}", "load")
    assert len(offers(text.replace("{give}", "return"), "async_cache")) == 1
    assert not offers(text.replace("{give}", "yield"), "async_cache")


@pytest.mark.parametrize(
    ("status", "count"), [("", 1), (", status_code=200", 1), (", status_code=201", 0)]
)
def test_a_response_does_not_take_the_status_of_its_route(status: str, count: int) -> None:
    assert len(offers(STATUS.replace("{status}", status), "return_encoded")) == count
