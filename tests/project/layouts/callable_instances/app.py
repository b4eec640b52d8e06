import requests
from fastapi import FastAPI

app = FastAPI()


class Translator:
    def __init__(self, language: str):
        self.language = language

    def __call__(self, text: str) -> str:
        return requests.post("https://translate.example", data=text).text


class Pipeline:
    def __init__(self):
        self.translate = Translator("de")

    async def __call__(self, text: str) -> str:
        return self.translate(text)  # blocks: requests.post


to_german = Translator("de")
pipeline = Pipeline()


@app.get("/german")
async def german(text: str):
    return to_german(text)  # blocks: requests.post


@app.get("/french")
async def french(text: str):
    return Translator("fr")(text)  # blocks: requests.post


@app.get("/piped")
async def piped(text: str):
    return await pipeline(text)
