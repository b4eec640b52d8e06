"""What every repository can do with its model."""

from typing import ClassVar, Generic, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.database import Base

T = TypeVar("T", bound=Base)


class Repository(Generic[T]):
    model: ClassVar[type[Base]]

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, key: int) -> T | None:
        return self.session.get(self.model, key)

    def add(self, row: T) -> T:
        self.session.add(row)
        self.session.commit()
        return row

    def stage(self, row: T) -> T:
        self.session.add(row)
        return row

    def remove(self, row: T) -> None:
        self.session.delete(row)
        self.session.commit()

    def page(self, offset: int = 0, limit: int = 20) -> list[T]:
        query = select(self.model).order_by(self.model.id).offset(offset).limit(limit)
        return list(self.session.scalars(query))

    def count(self) -> int:
        return self.session.scalar(select(func.count()).select_from(self.model)) or 0
