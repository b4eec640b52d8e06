import sqlite3
import time
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, AsyncIterator, Iterator

import requests
from fastapi import Depends, FastAPI

app = FastAPI()


class Reader:
    def read(self):
        return requests.get("https://reader.example")


def get_connection():
    connection = sqlite3.connect("shop.db")
    try:
        yield connection
    finally:
        connection.close()


async def get_reader() -> AsyncIterator[Reader]:
    time.sleep(0.1)  # blocks: time.sleep
    yield Reader()


async def get_inferred_reader():
    try:
        yield Reader()
    finally:
        time.sleep(0.1)  # blocks: time.sleep


def get_thread_reader() -> Iterator[Reader]:
    time.sleep(0.1)
    yield Reader()


@contextmanager
def managed():
    yield Reader()


def get_managed():
    with managed() as reader:
        yield reader


ReaderDep = Annotated[Reader, Depends(get_reader)]


@app.get("/items")
async def items(connection=Depends(get_connection)):
    return connection.execute("select * from items")  # blocks: sqlite3.Connection.execute


@app.get("/read")
async def read(reader: ReaderDep):
    return reader.read()  # blocks: requests.get


@app.get("/inferred")
async def inferred(reader=Depends(get_inferred_reader)):
    return reader.read()  # blocks: requests.get


@app.get("/threaded")
async def threaded(reader: Annotated[Reader, Depends(get_thread_reader)]):
    return reader.read()  # blocks: requests.get


@app.get("/managed")
def read_managed(reader=Depends(get_managed)):
    return reader.read()
