from __future__ import annotations

from typing import Optional, Union

import requests


class Client:
    def ping(self):
        return requests.get("https://ping.example")

    def configured(self) -> Client:
        return self

    def again(self):
        return self


class Fake:
    def ping(self):
        return None


def annotated() -> Client:
    return build()


def build(): ...


def inferred():
    client = Client()
    return client


def optional() -> Optional[Client]:
    return None


def either() -> Union[Client, Fake]:
    return build()


def quoted() -> "Client | None":
    return build()


def pair():
    return Client(), Fake()


def annotated_pair() -> tuple[Fake, Client]:
    return build()


async def later() -> Client:
    return build()


def given(client: Client | None = None):
    client = client or Client()
    return client.ping()


class Holder:
    def __init__(self, client=None):
        self.client = client or Client()
        self.other = client if client is not None else Client()
