import functools
from functools import cached_property
from pathlib import Path

import requests
from fastapi import FastAPI

app = FastAPI()


class Profile:
    def __init__(self, name: str):
        self.name = name

    @property
    def picture(self) -> bytes:
        return requests.get(f"https://pictures.example/{self.name}").content

    @picture.setter
    def picture(self, data: bytes) -> None:
        Path(self.name).write_bytes(data)

    @cached_property
    def biography(self) -> str:
        return Path(self.name, "bio.txt").read_text()

    @functools.cached_property
    def friends(self):
        return requests.get(f"https://friends.example/{self.name}").json()

    @property
    def card(self):
        return {"name": self.name, "picture": self.picture}

    @property
    def initials(self):
        return self.name[:1]


@app.get("/pictures/{name}")
async def picture(name: str):
    profile = Profile(name)
    if profile.initials and profile.picture:  # blocks: requests.get
        return profile.picture  # blocks: requests.get


@app.get("/cards/{name}")
async def card(name: str):
    return Profile(name).card  # blocks: requests.get


@app.get("/biographies/{name}")
async def biography(name: str):
    profile = Profile(name)
    return profile.biography, profile.friends  # once: pathlib.Path.read_text, requests.get


@app.get("/sizes/{name}")
async def size(name: str):
    return len(Profile(name).picture)  # blocks: requests.get


@app.put("/pictures/{name}")
async def store(name: str, data: bytes):
    Profile(name).picture = data  # gap: pathlib.Path.write_bytes, setters are not followed
