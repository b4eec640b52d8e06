"""Fixed programs give the same answers with fewer statements, which are counted: on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unlag import fixes
from unlag.config import parse
from unlag.fixes import FixRequest, Refusal
from unlag.fixes.composing import apply_edits
from unlag.rules import load as rules
from unlag.workspace import Change, Workspace

from .postgresql import MissingError, server

pytest.importorskip("fastapi")
pytest.importorskip("aiosqlite")
sqlalchemy = pytest.importorskip("sqlalchemy")

MAIN = "/project/app/main.py"
EVERYTHING = parse('[tool.unlag]\nselect = ["ALL"]\n', "/project/pyproject.toml", rules()).config
ROWS = 20
SQLITE = ("sqlite:///PATH", "sqlite+aiosqlite:///PATH")
Urls = tuple[str, str]
"""Of the synchronous and of the asynchronous engine."""
HEAD = """
from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

app = FastAPI()
engine = create_engine("sqlite:///PATH")
async_engine = create_async_engine("sqlite+aiosqlite:///PATH")
Sessions = sessionmaker(engine)
AsyncSessions = async_sessionmaker(async_engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list["Order"]] = relationship(back_populates="user")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")


class OrderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int


class UserOut(OrderOut):
    orders: list[OrderOut]


def get_session():
    with Sessions() as session:
        yield session


async def get_async_session():
    async with AsyncSessions() as session:
        yield session

"""


def fixed(text: str, kind: str) -> str:
    """The program once every fix of a kind is made."""
    for _ in range(5):
        workspace = Workspace(("/project",), EVERYTHING, tracks=False)
        findings = workspace.apply([Change(MAIN, text)]).findings.get(MAIN, ())
        offers = [(f, offer) for f in findings for offer in f.fixes if offer.kind == kind]
        if not offers:
            return text
        finding, offer = offers[0]
        made = fixes.edits(offer, FixRequest(MAIN, text, finding.span, offer.arguments))
        assert not isinstance(made, Refusal), made.reason
        text = apply_edits(text, list(made))
    raise AssertionError(f"{kind} can be applied for ever:\n{text}")


class Run:
    """A program with its own database, and the statements that it sends."""

    def __init__(self, text: str, urls: Urls) -> None:
        self.names: dict[str, Any] = {"__name__": "program"}
        for written, url in zip(SQLITE, urls, strict=True):
            text = text.replace(f'"{written}"', repr(url))
        exec(compile(text, MAIN, "exec", dont_inherit=True), self.names)
        self.statements: list[str] = []
        self.connections = 0
        self._fill()
        for engine in (self.names["engine"], self.names["async_engine"].sync_engine):
            sqlalchemy.event.listen(engine, "before_cursor_execute", self._sent)

    def _fill(self) -> None:
        self.names["Base"].metadata.create_all(self.names["engine"])
        with self.names["Sessions"]() as session:
            for number in range(ROWS):
                user = self.names["User"](name=f"user {number:02}")
                user.orders.append(self.names["Order"]())
                session.add(user)
            session.commit()

    def _sent(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        self.statements.append(statement)

    def __call__(self, *arguments: Any) -> Any:
        with self.names["Sessions"]() as session:
            return self.names["read"](*arguments, session)

    def later(self) -> Any:
        async def run() -> Any:
            try:
                async with self.names["AsyncSessions"]() as session:
                    return await self.names["read"](session)
            finally:
                await self.names["async_engine"].dispose()

        return asyncio.run(run())

    def close(self) -> None:
        """Give back what it holds of its database."""
        self.names["engine"].dispose()


class Database:
    """Makes pairs of programs, each with a database of its own."""

    def __init__(self, name: str, fresh: Callable[[], Urls]) -> None:
        self.name = name
        self._fresh = fresh
        self._runs: list[Run] = []

    def pair(self, code: str, kind: str) -> tuple[Run, Run]:
        """The program as it is, and fixed."""
        text = HEAD + textwrap.dedent(code)
        after = fixed(text, kind)
        assert after != text
        self._runs = [Run(text, self._fresh()), Run(after, self._fresh())]
        return self._runs[0], self._runs[1]

    def close(self) -> None:
        for run in self._runs:
            run.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Callable[[], Urls]]:
    pytest.importorskip("psycopg")
    pytest.importorskip("asyncpg")
    with contextlib.ExitStack() as stack:
        try:
            new = stack.enter_context(server())
        except MissingError as missing:
            pytest.skip(str(missing))

        def urls() -> Urls:
            rest = new()
            return f"postgresql+psycopg{rest}", f"postgresql+asyncpg{rest}"

        yield urls


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    numbers = itertools.count(1)

    def on_disk() -> Urls:
        path = tmp_path / f"{next(numbers)}.db"
        return f"sqlite:///{path}", f"sqlite+aiosqlite:///{path}"

    is_sqlite = request.param == "sqlite"
    fresh = on_disk if is_sqlite else request.getfixturevalue("postgresql")
    made = Database(request.param, fresh)
    yield made
    made.close()


def test_loader_for_rows_in_a_loop(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> list[str]:
        return [order.user.name for order in session.scalars(select(Order).order_by(Order.id))]
    """
    before, after = database.pair(code, "add_loader")
    assert before() == after()
    assert (len(before.statements), len(after.statements)) == (1 + ROWS, 1)


def test_loader_for_collections(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> list[int]:
        return [len(user.orders) for user in session.scalars(select(User).order_by(User.id))]
    """
    before, after = database.pair(code, "add_loader")
    assert before() == after()
    assert (len(before.statements), len(after.statements)) == (1 + ROWS, 2)


def test_loader_for_a_response(database: Database) -> None:
    code = """
    @app.get("/", response_model=list[UserOut])
    def read(session: Session = Depends(get_session)) -> list[User]:
        return session.scalars(select(User).order_by(User.id).limit(50)).all()
    """
    from pydantic import TypeAdapter

    before, after = database.pair(code, "add_loader")
    answers = []
    for run in (before, after):
        model: Any = run.names["UserOut"]
        schema = TypeAdapter(list[model])
        with run.names["Sessions"]() as session:
            rows = run.names["read"](session)
            answers.append(schema.dump_json(schema.validate_python(rows, from_attributes=True)))
    assert answers[0] == answers[1]
    assert (len(before.statements), len(after.statements)) == (1 + ROWS, 2)


def test_loader_for_an_asynchronous_session(database: Database) -> None:
    code = """
    @app.get("/")
    async def read(session: AsyncSession = Depends(get_async_session)) -> list[str]:
        orders = await session.scalars(select(Order).order_by(Order.id))
        return [order.user.name for order in orders]
    """
    before, after = database.pair(code, "add_loader")
    with pytest.raises(sqlalchemy.exc.SQLAlchemyError, match="greenlet_spawn"):
        before.later()
    assert after.later() == [f"user {number:02}" for number in range(ROWS)]
    assert len(after.statements) == 1


def test_one_query_before_the_loop(database: Database) -> None:
    code = """
    @app.post("/")
    def read(keys: list[int], session: Session = Depends(get_session)) -> list[str]:
        found = []
        for key in keys:
            user = session.get(User, key)
            found.append(user.name if user else "")
        return found
    """
    before, after = database.pair(code, "hoist_query")
    keys = [3, 999, 7]
    assert before(keys) == after(keys) == ["user 02", "", "user 06"]
    assert (len(before.statements), len(after.statements)) == (3, 1)


def test_one_awaited_query_before_the_loop(database: Database) -> None:
    code = """
    @app.get("/")
    async def read(session: AsyncSession = Depends(get_async_session)) -> list[str]:
        found = []
        keys = list((await session.scalars(select(Order.id))).all())
        numbers: list[int] = sorted(keys)
        for number in numbers:
            user = (await session.execute(select(User).where(User.id == number))).scalars().first()
            found.append(user.name if user is not None else "")
        return found
    """
    before, after = database.pair(code, "hoist_query")
    assert before.later() == after.later()
    assert (len(before.statements), len(after.statements)) == (1 + ROWS, 2)


def test_one_commit_after_the_loop(database: Database) -> None:
    code = """
    @app.post("/")
    def read(names: list[str], session: Session = Depends(get_session)) -> int:
        for name in names:
            session.add(User(name=name))
            session.commit()
        return len(names)
    """
    names = ["a", "b", "c"]
    before, after = database.pair(code, "commit_after_loop")
    commits = {before: 0, after: 0}
    for run in commits:

        def count(connection: Any, run: Run = run) -> None:
            commits[run] += 1

        sqlalchemy.event.listen(run.names["engine"], "commit", count)
        assert run(names) == 3
        with run.names["Sessions"]() as session:
            users = session.query(run.names["User"]).filter(run.names["User"].name.in_(names))
            assert users.count() == 3
    assert list(commits.values()) == [3, 1]


def test_the_database_counts(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> int:
        return len(session.scalars(select(User).where(User.id > 3).order_by(User.id)).all())
    """
    before, after = database.pair(code, "count_query")
    assert before() == after() == ROWS - 3
    assert "count(*)" not in before.statements[0]
    assert "count(*)" in after.statements[0]


def test_the_database_counts_what_has_a_name(database: Database) -> None:
    code = """
    @app.get("/")
    async def read(session: AsyncSession = Depends(get_async_session)) -> str:
        users = (
            (await session.execute(select(User).where(User.id > 3).order_by(User.id)))
            .scalars()
            .all()
        )
        if not users:
            return "none"
        return f"{len(users)} of them"
    """
    before, after = database.pair(code, "count_query")
    assert before.later() == after.later() == f"{ROWS - 3} of them"
    assert "count(*)" in after.statements[0]


def test_one_row_tells_whether_there_are_some(database: Database) -> None:
    code = """
    @app.get("/")
    def read(name: str, session: Session = Depends(get_session)) -> str:
        users = session.scalars(select(User).where(User.name >= name)).all()
        if not users:
            return "none"
        if not session.query(User).filter(User.name > name).all():
            return "one"
        return "some"
    """
    before, after = database.pair(code, "first_row")
    for name in ("", "user 19", "x"):
        assert before(name) == after(name)
    assert all("LIMIT" in statement for statement in after.statements)


def test_one_row_is_asked_for(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> str:
        return session.scalars(select(User).order_by(User.id.desc())).first().name
    """
    before, after = database.pair(code, "limit_to_one")
    assert before() == after()
    assert "LIMIT" not in before.statements[0]
    assert "LIMIT" in after.statements[0]


def test_an_index_is_used(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> str:
        return session.scalars(select(User).where(User.name == "user 03").limit(1)).one().name
    """
    before, after = database.pair(code, "index_column")
    assert before() == after()
    plans = []
    explain = "explain query plan" if database.name == "sqlite" else "explain"
    for run in (before, after):
        with run.names["engine"].connect() as connection:
            if (
                database.name == "postgresql"
            ):  # it reads a table of one page whole unless told not to
                connection.exec_driver_sql("set enable_seqscan = off")
            plan = connection.exec_driver_sql(f"{explain} select * from users where name = 'a'")
            plans.append(str(plan.all()).lower())
    assert "scan users" in plans[0] or "seq scan on users" in plans[0]
    assert "ix_users_name" not in plans[0]
    assert "ix_users_name" in plans[1]


def test_one_engine_for_all(database: Database) -> None:
    code = """
    @app.get("/")
    def read(session: Session = Depends(get_session)) -> int:
        own = create_engine("sqlite:///PATH")
        with own.connect() as connection:
            return id(own)
    """
    before, after = database.pair(code, "hoist_assignment")
    kept = [before() for _ in range(3)], [after() for _ in range(3)]
    assert len(set(kept[1])) == 1
    assert "own" in after.names
    assert "own" not in before.names
