from typing import Generic, TypeVar

import requests
from sqlalchemy.orm import Session

T = TypeVar("T")
K = TypeVar("K")


class Model:
    id: int

    def save(self):
        requests.post("https://models.example")


class User(Model):
    def avatar(self):
        return requests.get("https://avatars.example").content


class Order(Model):
    def avatar(self):
        return b""


class Repository(Generic[T]):
    model: type[T]

    def __init__(self, session: Session, model: type[T] | None = None):
        self.session = session

    def get(self, key: int) -> T:
        return self.session.get(self.model, key)

    def all(self) -> list[T]:
        return list(self.session.scalars("select"))

    async def first(self) -> T | None:
        return None

    def build(self) -> T:
        return self.model()


class Users(Repository[User]):
    model = User

    def by_name(self, name):
        return self.get(name)


class Orders(Repository[Order]):
    model = Order


class Service(Generic[K, T]):
    def __init__(self, repository: Repository[T]):
        self.repository = repository

    def fetch(self, key: K) -> T:
        return self.repository.build()
