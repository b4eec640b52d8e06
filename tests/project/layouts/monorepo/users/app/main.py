from app.client import load
from app.settings import settings
from fastapi import FastAPI

app = FastAPI()


@app.get("/users/{key}")
async def read_user(key: str):
    return load(key), settings.root  # blocks: pathlib.Path.read_text
