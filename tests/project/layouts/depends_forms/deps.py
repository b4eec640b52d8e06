import time
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import fastapi
import requests
from fastapi import Depends, Header, Request, Security


class Client:
    def get(self):
        return requests.get("https://client.example")


async def slow():
    time.sleep(1)  # blocks: time.sleep
    return Client()


def get_client() -> Client:
    time.sleep(1)
    return Client()


async def get_user(request: Request, client: Client = Depends(get_client)):
    client.get()  # blocks: requests.get
    return request.headers["user"]


async def get_admin(user: Annotated[str, Depends(get_user)]):
    return user


class Paging:
    def __init__(self, limit: int = 10):
        time.sleep(0.1)
        self.limit = limit

    def fetch(self):
        return requests.get("https://pages.example")


@dataclass
class Filters:
    name: str = ""


class RoleChecker:
    def __init__(self, role: str):
        self.role = role

    async def __call__(self, token: str = Header()):
        return requests.get("https://roles.example")  # blocks: requests.get


class QuotaChecker:
    def __call__(self, token: str = Header()):
        return requests.get("https://quota.example")


async def scoped(scope: str):
    time.sleep(0.1)  # blocks: time.sleep


def require(role: str):
    async def check():
        time.sleep(0.1)  # blocks: time.sleep

    return check


ClientDep = Annotated[Client, Depends(get_client)]
UserDep = Annotated[str, Security(get_user, scopes=["read"])]
AdminDep = Annotated[str, fastapi.Depends(get_admin)]
PagingDep = Annotated[Paging, Depends()]
NestedDep = Annotated[ClientDep, "documented"]
quota = QuotaChecker()
only_read = partial(scoped, "read")
AdminOnly = Depends(get_admin)
