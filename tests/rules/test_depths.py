"""What a function does behind others is followed once for all depths that come to the same, and to the same."""

from __future__ import annotations

from itertools import permutations

import pytest

from unlag.config import Config
from unlag.rules.database._flow import Summary, summary_of
from unlag.rules.database._prospects import FURTHEST
from unlag.workspace import Change, Workspace

PATH = "/project/app.py"
CODE = """
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="user")

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")

def rows(session: Session):
    return session.scalars(select(User)).all()

def one(session: Session):
    return [user.orders for user in rows(session)]

def two(session: Session):
    return one(session)

def three(session: Session):
    two(session)
    return rows(session)

def four(session: Session):
    return three(session)

def leaf(session: Session):
    return session.scalar(select(User.id))
"""
FUNCTIONS = ("rows", "one", "two", "three", "four", "leaf")
DEPTHS = tuple(range(1, FURTHEST + 1))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("is_thorough", [False, True])
def test_each_depth_gives_what_it_gives_alone(name: str, is_thorough: bool) -> None:
    alone = [_summaries(name, (depth,), tracks=True, is_thorough=is_thorough) for depth in DEPTHS]
    wanted = {depth: found[depth] for depth, found in zip(DEPTHS, alone, strict=True)}
    for order in permutations(DEPTHS):
        assert _summaries(name, order, tracks=False, is_thorough=is_thorough) == wanted


def test_the_calls_that_are_left_decide() -> None:
    found = _summaries("four", DEPTHS, tracks=False, is_thorough=False)
    assert found[1] != found[FURTHEST]


def test_what_follows_nothing_is_followed_once() -> None:
    index = _workspace(tracks=False).index
    first = summary_of(index, f"{PATH}:leaf", (), 1)
    assert first.events
    assert all(summary_of(index, f"{PATH}:leaf", (), depth) is first for depth in DEPTHS)


def _workspace(*, tracks: bool) -> Workspace:
    workspace = Workspace(("/project",), Config(), tracks=tracks)
    workspace.apply([Change(PATH, CODE)])
    return workspace


def _summaries(
    name: str, depths: tuple[int, ...], *, tracks: bool, is_thorough: bool
) -> dict[int, tuple[object, ...]]:
    index = _workspace(tracks=tracks).index
    return {
        depth: _said(summary_of(index, f"{PATH}:{name}", (), depth, is_thorough=is_thorough))
        for depth in depths
    }


def _said(summary: Summary) -> tuple[object, ...]:
    return summary.value, summary.events, summary.returns
