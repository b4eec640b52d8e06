"""What single inserts and `.first()` without a limit cost: figures in the docs of LAG601 and LAG613.

Run by hand from the repository: `python -m tests.fixes.database_costs`. Variants take turns, so that a busy machine
slows all of them; the least wall time of the rounds is printed. SQLite is a file; PostgreSQL, where it is
installed, is a server of its own without `fsync`, behind a Unix socket.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine, create_engine, exists, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from . import postgresql

ROUNDS = 5
INSERTS = 300
ROWS = 100_000


class Base(DeclarativeBase):
    """The tables."""


class User(Base):
    """Three columns, as in the examples of the docs."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_active: Mapped[bool]


def rows(count: int) -> list[dict[str, object]]:
    """What is inserted."""
    return [{"name": f"user {number}", "is_active": True} for number in range(count)]


def one_by_one(session: Session) -> None:
    """A statement an item, one transaction."""
    for row in rows(INSERTS):
        session.execute(insert(User).values(**row))
    session.commit()


def flushed(session: Session) -> None:
    """An object an item, each flushed, one transaction."""
    for row in rows(INSERTS):
        session.add(User(**row))
        session.flush()
    session.commit()


def added(session: Session) -> None:
    """All objects at once, which SQLAlchemy writes in few statements."""
    session.add_all([User(**row) for row in rows(INSERTS)])
    session.commit()


def many(session: Session) -> None:
    """One statement for all rows, without objects."""
    session.execute(insert(User), rows(INSERTS))
    session.commit()


def first(session: Session) -> None:
    """Every row is sent."""
    session.scalars(select(User)).first()


def limited(session: Session) -> None:
    """One row is sent."""
    session.scalars(select(User).limit(1)).first()


def asked(session: Session) -> None:
    """Whether there is a row."""
    session.scalar(select(exists(select(User.id))))


def measure(engine: Engine, variants: list[Callable[[Session], None]]) -> None:
    """Print a line a variant: the least milliseconds of the rounds."""
    least = {variant: float("inf") for variant in variants}
    for _ in range(ROUNDS):
        for variant in variants:
            with Session(engine) as session:
                session.connection()
                started = time.perf_counter()
                variant(session)
                least[variant] = min(least[variant], time.perf_counter() - started)
    for variant, seconds in least.items():
        print(f"  {variant.__name__:<12}{seconds * 1000:>10.2f} ms")


def both(url: str) -> None:
    """Both tables of figures for one database."""
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    print(engine.dialect.name, engine.dialect.driver, sqlalchemy.__version__)
    measure(engine, [one_by_one, flushed, added, many])
    with Session(engine) as session:
        session.execute(insert(User), rows(ROWS))
        session.commit()
    measure(engine, [first, limited, asked])
    engine.dispose()


def main() -> None:
    """Print the figures for SQLite, and for PostgreSQL where it can be started."""
    with tempfile.TemporaryDirectory() as folder:
        both(f"sqlite:///{Path(folder) / 'users.db'}")
    try:
        with postgresql.server() as database:
            both(f"postgresql+psycopg{database()}")
    except postgresql.MissingError as missing:
        print(missing)


if __name__ == "__main__":
    main()
