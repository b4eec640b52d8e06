from enum import Enum

import requests
from fastapi import FastAPI

app = FastAPI()


class Named(str, Enum):
    def described(self):
        return requests.get(f"https://words.example/{self.value}").text


class Shop(Named):
    SMALL = "small"
    LARGE = "large"


class Colour(Enum):
    RED = "red"

    def picture(self):
        return requests.get(f"https://colours.example/{self.value}")


@app.get("/member")
async def member():
    Colour.RED.picture()  # blocks: requests.get
    return Colour.RED.value


@app.get("/all")
async def all_of_them():
    return [colour.picture() for colour in Colour]  # blocks: requests.get


@app.get("/by-value")
async def by_value(colour: Colour):
    return colour.picture()  # blocks: requests.get


@app.get("/inherited")
async def inherited():
    return Shop.SMALL.described()  # blocks: requests.get
