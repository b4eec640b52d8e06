import settings
from fastapi import FastAPI
from shared.clients import load

app = FastAPI()


@app.get("/api")
async def read_api():
    settings.read()  # blocks: pathlib.Path.read_text
    return load()
